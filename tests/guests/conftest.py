"""Fixtures of the tests about guests."""

import os
from pathlib import Path

import pytest

from tests.guests.builders import Builder
from tests.guests.debian import Debian, debian


@pytest.fixture(scope="session")
def guests(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Build guests, each once for all processes of this run."""
    return Builder(_shared(tmp_path_factory) / "guests")


@pytest.fixture(scope="session")
def real_debian(tmp_path_factory: pytest.TempPathFactory) -> Debian:
    """Make a Debian once for all processes of this run."""
    return debian(_shared(tmp_path_factory) / "debian")


def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all processes of this run."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
