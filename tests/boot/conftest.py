"""Fixtures of the tests that start guests."""

import os
from pathlib import Path

import pytest

from tests.boot.tiny import Tinies


@pytest.fixture(scope="session")
def tinies(tmp_path_factory: pytest.TempPathFactory) -> Tinies:
    """Make tiny guests, each once for all processes of this run."""
    folder: Path = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return Tinies(folder / "tinies")
