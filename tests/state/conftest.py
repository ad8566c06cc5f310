"""A fresh store for each test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from state.blobs import Blobs
from state.store import Store
from tests.postgres import Server, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(scope="session")
def one_postgres_url(postgres_server: Server) -> str:
    """The URL of a database for all tests of this package."""
    return postgres_server.new_database()


@pytest.fixture
def emptied_postgres_url(one_postgres_url: str) -> str:
    """The URL of an empty database; ten times faster to have than a new one."""
    with psycopg.connect(one_postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return one_postgres_url


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vmie.db'}"
    emptied: str = request.getfixturevalue("emptied_postgres_url")
    return emptied


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    store = Store(url)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """Blobs with nothing in them."""
    return Blobs(tmp_path / "data")
