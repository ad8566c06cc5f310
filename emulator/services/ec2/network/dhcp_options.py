"""DHCP options: DescribeDhcpOptions. There is one set for an account and Region."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network.describing import Asked, Described, Tags
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import DescribeDhcpOptionsRequest, DescribeDhcpOptionsResult
from emulator.shapes.ec2 import DhcpOptions as DhcpOptionsShape
from state.network import DhcpOptions
from state.store import Tx

actions = Actions()


class Row(NamedTuple):
    """A set of DHCP options and its tags."""

    dhcp: DhcpOptions
    tags: Mapping[str, str]


FILTERS = Filters[Row](
    {
        "dhcp-options-id": lambda row: row.dhcp.id,
        "owner-id": lambda row: row.dhcp.account_id,
    },
    lambda row: row.tags,
    {
        "key": lambda row: row.dhcp.options,
        "value": lambda row: (value for values in row.dhcp.options.values() for value in values),
    },
)


def rows(tx: Tx, options: Sequence[DhcpOptions], tags: Tags) -> list[Row]:
    """Return sets of DHCP options with their tags."""
    return [Row(each, tags[each.id]) for each in options]


DHCP_OPTIONS = Described(
    "DescribeDhcpOptions",
    "dopt",
    "InvalidDhcpOptionsId.Malformed",
    lambda tx: tx.network.dhcp_options,
    rows,
    FILTERS,
    network_errors.dhcp_options_not_found,
)


@actions
def describe_dhcp_options(
    ctx: Context, request: DescribeDhcpOptionsRequest
) -> DescribeDhcpOptionsResult:
    """List sets of DHCP options."""
    found, next_token = DHCP_OPTIONS.list(
        ctx,
        Asked(
            request.get("DhcpOptionsIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeDhcpOptionsResult = {"DhcpOptions": [shown(*row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


def shown(dhcp: DhcpOptions, tags: Mapping[str, str]) -> DhcpOptionsShape:
    """Return a set of DHCP options as clients see it."""
    return {
        "DhcpOptionsId": dhcp.id,
        "OwnerId": dhcp.account_id,
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": value} for value in values]}
            for key, values in dhcp.options.items()
        ],
        "Tags": tag_set(tags),
    }
