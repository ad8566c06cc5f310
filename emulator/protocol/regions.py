"""The Regions of EC2 and the partitions that they belong to, from botocore's endpoint data."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from emulator.protocol.models import loader

# botocore does not say which Regions need no opting in; these were there before March 2019.
ALWAYS_ON = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Region:
    """A Region that has EC2."""

    name: str
    description: str  # "Europe (Frankfurt)"
    partition: str
    dns_suffix: str
    opt_in: bool  # an account must ask for it first

    @property
    def endpoint(self) -> str:
        """The host name of EC2 in this Region."""
        return f"ec2.{self.name}.{self.dns_suffix}"


@cache
def regions(partition: str = "aws") -> tuple[Region, ...]:
    """List the Regions of a partition by name; none for an unknown partition."""
    return tuple(
        Region(
            name=name,
            description=region["description"],
            partition=partition,
            dns_suffix=data["dnsSuffix"],
            opt_in=partition == "aws" and name not in ALWAYS_ON,
        )
        for data in partitions()
        if data["partition"] == partition
        for name, region in sorted(data["regions"].items())
        if name in data["services"]["ec2"]["endpoints"]
    )


def find(name: str) -> Region | None:
    """Find a Region by its name."""
    return next((region for region in regions(partition(name)) if region.name == name), None)


def is_opt_in(name: str) -> bool:
    """Tell whether an account must ask for a Region first."""
    region = find(name)
    return region is not None and region.opt_in


@cache
def partition(region: str) -> str:
    """Name the partition of a Region, also of one that botocore does not know yet."""
    for data in partitions():
        if region in data["regions"] or re.fullmatch(data["regionRegex"].strip("^$"), region):
            return str(data["partition"])
    return "aws"


@cache
def partitions() -> list[dict[str, Any]]:
    """Load botocore's endpoint data."""
    found: list[dict[str, Any]] = loader().load_data("endpoints")["partitions"]
    return found
