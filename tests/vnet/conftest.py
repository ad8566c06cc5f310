"""Fixtures of the tests of an instance's network."""

from tests.boot.conftest import tinies

__all__ = ["tinies"]
