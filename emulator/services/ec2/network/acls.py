"""Network ACLs: DescribeNetworkAcls. Every VPC has its default one, and no others can be made."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    DescribeNetworkAclsRequest,
    DescribeNetworkAclsResult,
    NetworkAclEntry,
)
from emulator.shapes.ec2 import NetworkAcl as NetworkAclShape
from state.network import NetworkAcl, Subnet
from state.store import Tx

actions = Actions()

LAST_RULE = 32767  # the `*` of the console: what no other rule lets through
ENTRIES: list[NetworkAclEntry] = [
    {
        "CidrBlock": "0.0.0.0/0",
        "Egress": egress,
        "Protocol": "-1",
        "RuleAction": action,
        "RuleNumber": number,
    }
    for egress in (True, False)
    for number, action in ((100, "allow"), (LAST_RULE, "deny"))
]


class Row(NamedTuple):
    """A network ACL, its tags, and the subnets that it is for."""

    acl: NetworkAcl
    tags: Mapping[str, str]
    subnets: Sequence[Subnet]


FILTERS = Filters[Row](
    {
        "default": lambda row: "true",
        "network-acl-id": lambda row: row.acl.id,
        "owner-id": lambda row: row.acl.account_id,
        "vpc-id": lambda row: row.acl.vpc_id,
    },
    lambda row: row.tags,
    {
        "association.association-id": lambda row: (each.acl_association_id for each in row.subnets),
        "association.network-acl-id": lambda row: [row.acl.id] if row.subnets else [],
        "association.subnet-id": lambda row: (each.id for each in row.subnets),
        "entry.cidr": lambda row: (entry["CidrBlock"] for entry in ENTRIES),
        "entry.egress": lambda row: (true_false(entry["Egress"]) for entry in ENTRIES),
        "entry.icmp.code": lambda row: (),
        "entry.icmp.type": lambda row: (),
        "entry.ipv6-cidr": lambda row: (),
        "entry.port-range.from": lambda row: (),
        "entry.port-range.to": lambda row: (),
        "entry.protocol": lambda row: (entry["Protocol"] for entry in ENTRIES),
        "entry.rule-action": lambda row: (entry["RuleAction"] for entry in ENTRIES),
        "entry.rule-number": lambda row: (str(entry["RuleNumber"]) for entry in ENTRIES),
    },
)


def rows(tx: Tx, acls: Sequence[NetworkAcl], tags: Tags) -> list[Row]:
    """Return network ACLs with what belongs to them."""
    subnets = tx.network.subnets.within(*(acl.vpc_id for acl in acls))
    return [
        Row(acl, tags[acl.id], [each for each in subnets if each.vpc_id == acl.vpc_id])
        for acl in acls
    ]


ACLS = Described(
    "DescribeNetworkAcls",
    "acl",
    "InvalidNetworkAclId.Malformed",
    lambda tx: tx.network.acls,
    rows,
    FILTERS,
    network_errors.acl_not_found,
)


@actions
def describe_network_acls(
    ctx: Context, request: DescribeNetworkAclsRequest
) -> DescribeNetworkAclsResult:
    """List network ACLs."""
    found, next_token = ACLS.list(
        ctx,
        Asked(
            request.get("NetworkAclIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeNetworkAclsResult = {"NetworkAcls": [shown(row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


def shown(row: Row) -> NetworkAclShape:
    """Return a network ACL as clients see it."""
    return {
        "NetworkAclId": row.acl.id,
        "VpcId": row.acl.vpc_id,
        "OwnerId": row.acl.account_id,
        "IsDefault": True,
        "Associations": [
            {
                "NetworkAclAssociationId": each.acl_association_id,
                "NetworkAclId": row.acl.id,
                "SubnetId": each.id,
            }
            for each in row.subnets
        ],
        "Entries": ENTRIES,
        "Tags": tag_set(row.tags),
    }
