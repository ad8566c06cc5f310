"""One account for most tests, and the second one."""

from tests.ec2.conftest import friend, shared_house

__all__ = ["friend", "shared_house"]
