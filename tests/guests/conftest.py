"""Fixtures of the tests about guests."""

import os

import pytest

from tests.guests.builders import Builder


@pytest.fixture(scope="session")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Build guests, each once for all processes of this run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return Builder(folder / "guests")
