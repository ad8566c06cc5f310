"""The errors of what instances stand on. "assumed" marks texts that no client was seen to get."""

from collections.abc import Iterable

from emulator.errors import AwsError

# ids ----------------------------------------------------------------------------------------------


def malformed(code: str, prefix: str, resource_id: str) -> AwsError:
    """Say that a string cannot be the id of a resource."""
    expected = "" if resource_id.startswith(f"{prefix}-") else f' (expecting "{prefix}-...")'
    return AwsError(code, f'Invalid id: "{resource_id}"{expected}')


def vpc_not_found(*vpc_ids: str) -> AwsError:
    """Say that there is no such VPC."""
    return not_found("InvalidVpcID.NotFound", "vpc", vpc_ids)


def subnet_not_found(*subnet_ids: str) -> AwsError:
    """Say that there is no such subnet."""
    return not_found("InvalidSubnetID.NotFound", "subnet", subnet_ids)


def route_table_not_found(*table_ids: str) -> AwsError:
    """Say that there is no such route table."""
    return not_found("InvalidRouteTableID.NotFound", "routeTable", table_ids)


def gateway_not_found(*gateway_ids: str) -> AwsError:
    """Say that there is no such internet gateway."""
    return not_found("InvalidInternetGatewayID.NotFound", "internetGateway", gateway_ids)


def acl_not_found(*acl_ids: str) -> AwsError:
    """Say that there is no such network ACL."""
    return not_found("InvalidNetworkAclID.NotFound", "networkAcl", acl_ids)


def dhcp_options_not_found(*options_ids: str) -> AwsError:
    """Say that there is no such set of DHCP options."""
    return not_found("InvalidDhcpOptionID.NotFound", "dhcpOption", options_ids)


def interface_not_found(*interface_ids: str) -> AwsError:
    """Say that there is no such network interface."""
    return not_found("InvalidNetworkInterfaceID.NotFound", "networkInterface", interface_ids)


def not_found(code: str, noun: str, ids: tuple[str, ...]) -> AwsError:
    """Say that there is nothing of an id, or of several."""
    if len(ids) > 1:
        return AwsError(code, f"The {noun} IDs '{', '.join(ids)}' do not exist")
    return AwsError(code, f"The {noun} ID '{ids[0]}' does not exist")


def group_not_found(*groups: str) -> AwsError:
    """Say that there is no such security group."""
    if len(groups) > 1:
        return AwsError(
            "InvalidGroup.NotFound", f"The security groups '{', '.join(groups)}' do not exist"
        )
    return AwsError("InvalidGroup.NotFound", f"The security group '{groups[0]}' does not exist")


def group_name_not_found(name: str, vpc_id: str) -> AwsError:
    """Say that the default VPC has no security group of a name."""
    return AwsError(
        "InvalidGroup.NotFound",
        f"The security group '{name}' does not exist in default VPC '{vpc_id}'",
    )


def rule_not_found(*rule_ids: str) -> AwsError:
    """Say that there is no such rule of a security group."""
    return AwsError(
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{', '.join(rule_ids)}' does not exist",
    )


def prefix_list_not_found(list_id: str) -> AwsError:
    """Say that there is no such prefix list."""
    return AwsError(
        "InvalidPrefixListID.NotFound", f"The prefix list ID '{list_id}' does not exist"
    )


def key_pair_not_found(name: str) -> AwsError:
    """Say that there is no key pair of a name."""
    return AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")


def key_pair_id_not_found(key_pair_id: str) -> AwsError:
    """Say that there is no key pair of an id."""
    return AwsError("InvalidKeyPair.NotFound", f"The key pair ID '{key_pair_id}' does not exist")


# VPCs and subnets ---------------------------------------------------------------------------------


def no_default_vpc() -> AwsError:
    """Say that what is asked for would go into the default VPC, which is gone."""
    return AwsError("VPCIdNotSpecified", "No default VPC for this user")


def no_default_vpc_for_names() -> AwsError:
    """Say that a security group can only be named in a default VPC."""
    return AwsError(
        "VPCIdNotSpecified",
        "No default VPC for this user. GroupName is only supported for EC2-Classic and default "
        "VPC.",
    )


def default_vpc_exists() -> AwsError:
    """Say that the account has its default VPC."""
    return AwsError(
        "DefaultVpcAlreadyExists", "A Default VPC already exists for this account in this region."
    )


def default_vpc_missing() -> AwsError:
    """Say that there is no default VPC for a default subnet."""
    return AwsError(
        "DefaultVpcDoesNotExist",
        "No default VPC exists for this account in this region.",
    )


def default_subnet_exists(subnet_id: str, zone: str) -> AwsError:
    """Say that a zone has its default subnet."""
    return AwsError(
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        f"'{subnet_id}' is already the default subnet in {zone}.",
    )


def vpc_range(cidr: str) -> AwsError:
    """Say that a VPC cannot have so many addresses, or so few."""
    return AwsError("InvalidVpc.Range", f"The CIDR '{cidr}' is invalid.")


def subnet_range(cidr: str) -> AwsError:
    """Say that a subnet is not inside its VPC, or too large or small."""
    return AwsError("InvalidSubnet.Range", f"The CIDR '{cidr}' is invalid.")


def subnet_conflict(cidr: str) -> AwsError:
    """Say that a subnet would overlap another."""
    return AwsError("InvalidSubnet.Conflict", f"The CIDR '{cidr}' conflicts with another subnet")


def cidr_malformed(cidr: str, name: str) -> AwsError:
    """Say that a string is no block of addresses."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({cidr}) for parameter {name} is invalid. This is not a valid CIDR block.",
    )


def zone_not_usable(zone: str, zones: Iterable[str]) -> AwsError:
    """Say that the Region has no such zone."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({zone}) for parameter availabilityZone is invalid. Subnets can currently only be "
        f"created in the following availability zones: {', '.join(zones)}.",
    )


def vpc_in_use(vpc_id: str) -> AwsError:
    """Say that something is in a VPC."""
    return AwsError(
        "DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted."
    )


def subnet_in_use(subnet_id: str) -> AwsError:
    """Say that something is in a subnet."""
    return AwsError(
        "DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
    )


def not_offered(what: str) -> AwsError:
    """Say that vmie has no such thing in its networks; the text is its own."""
    return AwsError("UnsupportedOperation", f"{what} is not supported here.")


# internet gateways --------------------------------------------------------------------------------


def gateway_attached(gateway_id: str, vpc_id: str) -> AwsError:
    """Say that an internet gateway is attached already."""
    return AwsError(
        "Resource.AlreadyAssociated",
        f"resource {gateway_id} is already attached to network {vpc_id}",
    )


def vpc_has_gateway(vpc_id: str) -> AwsError:
    """Say that a VPC has its internet gateway."""
    return AwsError(
        "InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached"
    )


def gateway_not_attached(gateway_id: str, vpc_id: str) -> AwsError:
    """Say that an internet gateway is not attached to a VPC."""
    return AwsError(
        "Gateway.NotAttached", f"resource {gateway_id} is not attached to network {vpc_id}"
    )


def public_addresses(vpc_id: str) -> AwsError:
    """Say that something in a VPC has a public address."""
    return AwsError(
        "DependencyViolation",
        f"Network {vpc_id} has some mapped public address(es). Please unmap those public "
        "address(es) before detaching the gateway.",
    )


def gateway_in_use(gateway_id: str) -> AwsError:
    """Say that an internet gateway is attached."""
    return AwsError(
        "DependencyViolation",
        f"The internetGateway '{gateway_id}' has dependencies and cannot be deleted.",
    )


# route tables -------------------------------------------------------------------------------------


def route_table_in_use(table_id: str) -> AwsError:
    """Say that something is associated with a route table."""
    return AwsError(
        "DependencyViolation",
        f"The routeTable '{table_id}' has dependencies and cannot be deleted.",
    )


def association_not_found(association_id: str) -> AwsError:
    """Say that there is no such association."""
    return not_found("InvalidAssociationID.NotFound", "association", (association_id,))


def main_association(association_id: str) -> AwsError:
    """Say that a VPC cannot be without its main route table."""
    return AwsError(
        "InvalidParameterValue",
        f"cannot disassociate the main route table association {association_id}",
    )


def subnet_associated(table_id: str) -> AwsError:
    """Say that a subnet has its route table."""
    return AwsError(
        "Resource.AlreadyAssociated",
        f"the specified association for route table {table_id} conflicts with an existing "
        "association",
    )


def subnet_elsewhere(table_id: str, subnet_id: str) -> AwsError:
    """Say that a route table and a subnet are of different VPCs."""
    return AwsError(
        "InvalidParameterValue",
        f"Route table {table_id} and subnet {subnet_id} belong to different networks",
    )


def gateway_elsewhere(table_id: str, gateway_id: str) -> AwsError:
    """Say that a gateway is not attached to the VPC of a route table."""
    return AwsError(
        "InvalidParameterValue",
        f"route table {table_id} and network gateway {gateway_id} belong to different networks",
    )


def route_gateway_not_found(gateway_id: str) -> AwsError:
    """Say that there is no such gateway to lead a route to."""
    return not_found("InvalidGatewayID.NotFound", "gateway", (gateway_id,))


def route_target_missing() -> AwsError:
    """Say that a route leads nowhere (assumed)."""
    return AwsError(
        "MissingParameter", "The request must contain exactly one target of the route: gatewayId"
    )


def route_exists(cidr: str) -> AwsError:
    """Say that a route table has a route to a destination."""
    return AwsError("RouteAlreadyExists", f"The route identified by {cidr} already exists.")


def route_not_found(cidr: str, table_id: str) -> AwsError:
    """Say that a route table has no route to a destination."""
    return AwsError(
        "InvalidRoute.NotFound",
        f"no route with destination-cidr-block {cidr} in route table {table_id}",
    )


def route_inside(cidr: str) -> AwsError:
    """Say that a gateway cannot be the way to what is inside of the VPC."""
    return AwsError(
        "InvalidParameterValue",
        f"The destination CIDR block {cidr} is equal to or more specific than one of this VPC's "
        "CIDR blocks. This route can target only an interface or an instance.",
    )


def local_route(cidr: str, table_id: str) -> AwsError:
    """Say that the way through the VPC itself stays."""
    return AwsError(
        "InvalidParameterValue", f"cannot remove local route {cidr} in route table {table_id}"
    )


# security groups ----------------------------------------------------------------------------------


def group_exists(name: str, vpc_id: str) -> AwsError:
    """Say that a VPC has a security group of a name."""
    return AwsError(
        "InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'"
    )


def group_reserved() -> AwsError:
    """Say that every VPC has its default security group."""
    return AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")


def group_name_like_id(name: str) -> AwsError:
    """Say that a name may not look like an id."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format "
        "sg-*.",
    )


def not_ascii(value: str, name: str) -> AwsError:
    """Say that a parameter may have ASCII characters only."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter {name} is invalid. Character sets beyond ASCII are not "
        "supported.",
    )


def characters(value: str, name: str, allowed: str) -> AwsError:
    """Say that a parameter is empty, too long, or has characters that it may not (assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter {name} is invalid. Expecting 1 to 255 characters of "
        f"{allowed}.",
    )


def group_is_default(group_id: str) -> AwsError:
    """Say that a default security group stays as long as its VPC."""
    return AwsError(
        "CannotDelete",
        f'the specified group: "{group_id}" name: "default" cannot be deleted by a user',
    )


def group_in_use(group_id: str) -> AwsError:
    """Say that an interface has a security group, or that a rule of another names it."""
    return AwsError("DependencyViolation", f"resource {group_id} has a dependent object")


def group_missing() -> AwsError:
    """Say that a security group is to be named."""
    return AwsError(
        "MissingParameter", "The request must contain the parameter groupName or groupId"
    )


def other_network() -> AwsError:
    """Say that a rule cannot name a security group of another VPC."""
    return AwsError(
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )


# rules --------------------------------------------------------------------------------------------


def rule_exists(rule: str) -> AwsError:
    """Say that a security group has a rule."""
    return AwsError("InvalidPermission.Duplicate", f'the specified rule "{rule}" already exists')


def rule_twice() -> AwsError:
    """Say that one request has a rule twice."""
    return AwsError("InvalidParameterValue", "The same permission must not appear multiple times")


def permission_not_found() -> AwsError:
    """Say that a security group does not have a rule."""
    return AwsError(
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    )


def permissions_missing() -> AwsError:
    """Say that rules are to be named."""
    return AwsError(
        "MissingParameter", "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided."
    )


def too_many_rules() -> AwsError:
    """Say that a security group has all the rules that it can have in a direction."""
    return AwsError(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    )


def unknown_protocol(protocol: str) -> AwsError:
    """Say that there is no such protocol."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid value '{protocol}' for IP protocol. Unknown protocol.",
    )


def ports_missing(protocol: str) -> AwsError:
    """Say that a rule needs ports, or the type and code of ICMP."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid value 'Must specify both from and to ports with {protocol}.' for portRange.",
    )


def port_out_of_range(protocol: str, number: int) -> AwsError:
    """Say that there is no such port, or no such type or code of ICMP."""
    noun = f"{protocol} port" if protocol == "TCP/UDP" else protocol
    return AwsError("InvalidPermission.Malformed", f"{noun} ({number}) out of range")


def ports_reversed(first: int, last: int) -> AwsError:
    """Say that the last port is before the first."""
    return AwsError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")


def rule_cidr_malformed(cidr: str) -> AwsError:
    """Say that a rule's block of addresses is none."""
    return AwsError("InvalidParameterValue", f"CIDR block {cidr} is malformed")


def rule_description() -> AwsError:
    """Say that a rule's description is too long, or has characters that it may not."""
    return AwsError(
        "InvalidParameterValue",
        "Invalid rule description. Valid descriptions are strings less than 256 characters from "
        "the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    )


def rule_source_missing() -> AwsError:
    """Say that a rule is to have one peer."""
    return AwsError(
        "InvalidParameterCombination",
        "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be given.",
    )


# key pairs ----------------------------------------------------------------------------------------


def key_pair_exists(name: str) -> AwsError:
    """Say that there is a key pair of a name."""
    return AwsError("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")


def key_format() -> AwsError:
    """Say that a public key cannot be read."""
    return AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format")


def key_length() -> AwsError:
    """Say that an RSA key is of a length that is not taken (text assumed)."""
    return AwsError("InvalidKey.Format", "Invalid key length. Supported: 1024, 2048, 3072, 4096")


# instance types -----------------------------------------------------------------------------------


def instance_types_not_found(names: list[str]) -> AwsError:
    """Say that there are no such instance types."""
    return AwsError(
        "InvalidInstanceType",
        f"The following supplied instance types do not exist: [{', '.join(names)}]",
    )


# network interfaces -------------------------------------------------------------------------------


def no_address_left(subnet_id: str) -> AwsError:
    """Say that all addresses of a subnet are taken."""
    return AwsError(
        "InsufficientFreeAddressesInSubnet",
        f"The specified subnet does not have enough free addresses to satisfy the request: "
        f"{subnet_id}",
    )


def address_malformed(address: str) -> AwsError:
    """Say that a string is no address."""
    return AwsError("InvalidParameterValue", f"invalid value for parameter address: {address}")


def address_outside(address: str) -> AwsError:
    """Say that an address is not one of the subnet's."""
    return AwsError(
        "InvalidParameterValue", "Address does not fall within the subnet's address range"
    )


def address_reserved(address: str) -> AwsError:
    """Say that an address is kept by EC2."""
    return AwsError("InvalidParameterValue", "Address is in subnet's reserved address range")


def address_in_use(address: str) -> AwsError:
    """Say that an interface has an address."""
    return AwsError("InvalidIPAddress.InUse", f"Address {address} is in use.")


def interface_in_use(interface_id: str) -> AwsError:
    """Say that an instance has a network interface."""
    return AwsError(
        "InvalidParameterValue", f"Network interface '{interface_id}' is currently in use."
    )


def attachment_not_found(attachment_id: str) -> AwsError:
    """Say that a network interface is attached to nothing, or not so."""
    return not_found("InvalidAttachmentID.NotFound", "attachment", (attachment_id,))


def too_many_groups() -> AwsError:
    """Say that an interface cannot have so many security groups."""
    return AwsError(
        "SecurityGroupsPerInterfaceLimitExceeded",
        "The maximum number of security groups per interface has been reached.",
    )
