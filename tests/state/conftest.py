"""A fresh store for each test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from state.blobs import Blobs
from state.store import Store
from tests.postgres import new_postgres_database, postgres_server, postgres_url

__all__ = ["new_postgres_database", "postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vmie.db'}"
    fresh: str = request.getfixturevalue("postgres_url")
    return fresh


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
