"""Fixtures that all tests share: houses, which are real servers."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.house import House, MakeHouse, Server

# The same cases every time, however long they take: a busy machine is no failure.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_configure() -> None:
    """Collect tests, but no garbage: there is none while thousands of tests are found."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes minutes: at the end the other workers would wait for it."""
    items.sort(key=lambda item: "real_debian" not in getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    """Collect it from now on, without looking at the tests again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of this process (each xdist worker has its own)."""
    server = Server(tmp_path_factory.mktemp("house") / "data")
    server.start(forked=False)  # as a user starts it
    yield server
    server.stop()


@pytest.fixture
def house(server: Server) -> House:
    """The shared server, seen from a fresh account."""
    return House(server)


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[MakeHouse]:
    """Start servers of one's own, with settings; they are killed at the end."""
    servers: list[Server] = []

    def make(**settings: object) -> House:
        server = Server(tmp_path / f"data-{len(servers)}", **settings)
        servers.append(server)
        server.start()
        return House(server)

    yield make
    for server in servers:
        if server.process is not None:
            server.kill()


@pytest.fixture
def own_house(make_house: MakeHouse) -> House:
    """A server of one's own, to kill, stop and start."""
    return make_house()
