"""What instances stand on: VPCs, subnets, security groups and what belongs to them, as records."""

from emulator.services.actions import Handler, merge
from emulator.services.ec2.network import (
    account_attributes,
    acls,
    dhcp_options,
    gateways,
    interfaces,
    route_tables,
    security_groups,
    security_rules,
    subnets,
    vpcs,
)

ACTIONS: dict[str, Handler] = merge(
    [
        account_attributes.actions,
        acls.actions,
        dhcp_options.actions,
        gateways.actions,
        interfaces.actions,
        route_tables.actions,
        security_groups.actions,
        security_rules.actions,
        subnets.actions,
        vpcs.actions,
    ]
)
