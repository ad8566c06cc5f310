"""A server for the tests of S3 alone: they count its files, and no import may be under way."""

from collections.abc import Iterator

import pytest

from tests.house import Server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests of this folder."""
    server = Server(tmp_path_factory.mktemp("s3") / "data")
    server.start()
    yield server
    server.stop()
