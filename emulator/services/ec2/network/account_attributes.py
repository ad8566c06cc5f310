"""DescribeAccountAttributes: what an account may have in a Region, by the quotas of a new one."""

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value
from emulator.services.actions import Actions
from emulator.services.ec2.network import world
from emulator.shapes.ec2 import (
    DescribeAccountAttributesRequest,
    DescribeAccountAttributesResult,
)

actions = Actions()


@actions
def describe_account_attributes(
    ctx: Context, request: DescribeAccountAttributesRequest
) -> DescribeAccountAttributesResult:
    """List attributes of the account: those named, or all."""
    with world.reading(ctx) as tx:
        vpc = world.find_default_vpc(ctx, tx)
    attributes = {
        "vpc-max-security-groups-per-interface": "5",
        "max-instances": "20",
        "supported-platforms": "VPC",
        "default-vpc": vpc.id if vpc else "none",
        "max-elastic-ips": "5",
        "vpc-max-elastic-ips": "5",
    }
    named = request.get("AttributeNames")
    for name in named or ():
        if name not in attributes:
            raise invalid_parameter_value("attributeName", name)
    if request.get("DryRun"):
        raise dry_run()
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]}
            for name, value in attributes.items()
            if not named or name in named
        ]
    }
