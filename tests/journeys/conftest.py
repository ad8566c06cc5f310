"""What journeys start from: servers on a database of each kind."""

from collections.abc import Iterator

import pytest

from tests.house import House, MakeHouse
from tests.postgres import new_postgres_database, postgres_server, postgres_url

__all__ = ["new_postgres_database", "postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house_on(request: pytest.FixtureRequest, make_house: MakeHouse) -> Iterator[House]:
    """A server of one's own that does everything itself, on a database of each kind."""
    if request.param == "sqlite":
        yield make_house()
        return
    house = make_house(database_url=request.getfixturevalue("postgres_url"))
    yield house
    if house.server.process is not None:
        house.stop()
