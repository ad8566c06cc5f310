"""The second account of the tests of EC2."""

from tests.ec2.conftest import friend

__all__ = ["friend"]
