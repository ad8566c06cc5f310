"""How requests spell the rules of a security group, and how errors do.

IpPermissions.1.IpProtocol=tcp  .FromPort=22  .ToPort=22
               .IpRanges.1.CidrIp=192.0.2.0/24  .IpRanges.2.CidrIp=…       one rule each
               .Ipv6Ranges.1.CidrIpv6=…  .Groups.1.GroupId=sg-…
IpProtocol=tcp  FromPort=22  ToPort=22  CidrIp=192.0.2.0/24                 the old way, one rule
SourceSecurityGroupName=…                                                   all of TCP, UDP, ICMP
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

from emulator.context import Context
from emulator.services.ec2 import ids, network_errors
from emulator.services.ec2.network import security_groups
from emulator.shapes.ec2 import IpPermission, UserIdGroupPair
from state.network import SecurityGroup, SecurityGroupRule
from state.store import Tx

ALL = "-1"
NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": ALL}
NAMED = frozenset({"icmp", "tcp", "udp", "icmpv6", ALL})
PORTS, TYPES = range(65536), range(-1, 256)
DESCRIPTION = re.compile(r"[A-Za-z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


class Traffic(NamedTuple):
    """What kind of traffic a rule is about."""

    protocol: str
    from_port: int | None
    to_port: int | None


class Wanted(NamedTuple):
    """A rule as a request names it: traffic, and one peer."""

    traffic: Traffic
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    peer_group_id: str | None = None
    description: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it this rule and no other."""
        return (*self.traffic, self.cidr_ipv4, self.cidr_ipv6, self.peer_group_id)

    @property
    def words(self) -> str:
        """The rule as errors tell it."""
        peer = self.cidr_ipv4 or self.cidr_ipv6 or self.peer_group_id
        protocol, first, last = self.traffic
        match protocol:
            case "-1":
                what = "ALL"
            case "tcp" | "udp":
                what = f"{protocol.upper()}, from port: {first}, to port: {last}"
            case "icmp" | "icmpv6":
                kinds = "ALL" if first == -1 else first
                codes = "ALL" if last == -1 else last
                what = f"{protocol.upper()}, type: {kinds}, code: {codes}"
            case _:
                what = f"protocol: {protocol}"
        return f"peer: {peer}, {what}, ALLOW"


def key_of(rule: SecurityGroupRule) -> tuple[object, ...]:
    """Return what makes a rule this one and no other."""
    traffic = Traffic(rule.protocol, rule.from_port, rule.to_port)
    return Wanted(traffic, rule.cidr_ipv4, rule.cidr_ipv6, rule.peer_group_id).key


def traffic(protocol: str | None, first: int | None, last: int | None) -> Traffic:
    """Return what kind of traffic is meant; InvalidParameterValue, InvalidPermission.Malformed.

    Of other protocols than TCP, UDP and ICMP all traffic is meant, whatever ports are given.
    """
    named = (protocol or ALL).lower()
    named = NAMES.get(named, named)
    if named not in NAMED and not (named.isdecimal() and int(named) < 256):
        raise network_errors.unknown_protocol(protocol or "")
    match named:
        case "tcp" | "udp":
            if first is None or last is None:
                raise network_errors.ports_missing("TCP/UDP")
            for port in (first, last):
                if port not in PORTS:
                    raise network_errors.port_out_of_range("TCP/UDP", port)
            if first > last:
                raise network_errors.ports_reversed(first, last)
            return Traffic(named, first, last)
        case "icmp" | "icmpv6":
            if named == "icmpv6" and first is None and last is None:
                return Traffic(named, -1, -1)
            if first is None or last is None:
                raise network_errors.ports_missing(named.upper())
            if first not in TYPES:
                raise network_errors.port_out_of_range(f"{named.upper()} type", first)
            if last not in TYPES:
                raise network_errors.port_out_of_range(f"{named.upper()} code", last)
            return Traffic(named, first, last)
        case _:
            return Traffic(named, None, None)


def ipv4(text: str) -> str:
    """Return a block of addresses as EC2 keeps it: without bits of hosts."""
    try:
        address, _, length = text.partition("/")
        return str(IPv4Network((address, int(length)), strict=False))
    except ValueError as error:
        raise network_errors.rule_cidr_malformed(text) from error


def ipv6(text: str) -> str:
    """Return the same of IPv6."""
    try:
        address, _, length = text.partition("/")
        return str(IPv6Network((address, int(length)), strict=False))
    except ValueError as error:
        raise network_errors.rule_cidr_malformed(text) from error


def described(member: Mapping[str, object]) -> str | None:
    """Return the description in a peer's shape; InvalidParameterValue."""
    description = member.get("Description")
    if description is None:
        return None
    if not DESCRIPTION.fullmatch(str(description)):
        raise network_errors.rule_description()
    return str(description)


def peer(ctx: Context, tx: Tx, group: SecurityGroup, pair: UserIdGroupPair) -> str:
    """Return the id of the security group that is a rule's peer; InvalidGroup.NotFound.

    There are no peerings: it must be in the same VPC.
    """
    named = pair.get("GroupId") or pair.get("GroupName") or ""
    if pair.get("UserId", ctx.account_id) != ctx.account_id:
        raise network_errors.group_not_found(named)
    found = security_groups.find(ctx, tx, pair.get("GroupId"), pair.get("GroupName"))
    if found.vpc_id != group.vpc_id:
        raise network_errors.other_network()
    return found.id


def wanted(
    ctx: Context, tx: Tx, group: SecurityGroup, given: Iterable[IpPermission]
) -> Iterator[Wanted]:
    """Yield the rules that permissions name, one for each peer."""
    for permission in given:
        what = traffic(
            permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort")
        )
        for ranged in permission.get("IpRanges", ()):
            yield Wanted(what, ipv4(ranged.get("CidrIp", "")), description=described(ranged))
        for ranged6 in permission.get("Ipv6Ranges", ()):
            cidr = ipv6(ranged6.get("CidrIpv6", ""))
            yield Wanted(what, cidr_ipv6=cidr, description=described(ranged6))
        for pair in permission.get("UserIdGroupPairs", ()):
            peer_id = peer(ctx, tx, group, pair)
            yield Wanted(what, peer_group_id=peer_id, description=described(pair))
        for listed in permission.get("PrefixListIds", ()):
            raise prefix_list(listed.get("PrefixListId", ""))


def prefix_list(list_id: str) -> Exception:
    """Say that there is no prefix list of an id: there are none here."""
    if ids.prefix_of(list_id) != "pl":
        return network_errors.malformed("InvalidPrefixListId.Malformed", "pl", list_id)
    return network_errors.prefix_list_not_found(list_id)


def old_way(
    ctx: Context,
    tx: Tx,
    protocol: str | None,
    ports: tuple[int | None, int | None],
    cidr: str | None,
    source: tuple[str | None, str | None],
) -> list[IpPermission]:
    """Return what the flat parameters of a request name, as permissions.

    A source group without a protocol means all of TCP, UDP and ICMP.
    """
    name, owner = source
    permission: IpPermission = {"IpProtocol": protocol or ALL}
    if ports[0] is not None:
        permission["FromPort"] = ports[0]
    if ports[1] is not None:
        permission["ToPort"] = ports[1]
    if cidr is not None:
        permission["IpRanges"] = [{"CidrIp": cidr}]
    if name is None:
        return [permission]
    pair: UserIdGroupPair = {"GroupName": name, "UserId": owner or ctx.account_id}
    if protocol is not None:
        return [{**permission, "UserIdGroupPairs": [pair]}]
    return [
        {"IpProtocol": each, "FromPort": first, "ToPort": last, "UserIdGroupPairs": [pair]}
        for each, first, last in (("tcp", 0, 65535), ("udp", 0, 65535), ("icmp", -1, -1))
    ]


def permission_of(rule: Wanted) -> IpPermission:
    """Return a rule as the permission that names it alone."""
    shape: IpPermission = {"IpProtocol": rule.traffic.protocol}
    if rule.traffic.from_port is not None and rule.traffic.to_port is not None:
        shape["FromPort"], shape["ToPort"] = rule.traffic.from_port, rule.traffic.to_port
    if rule.cidr_ipv4:
        shape["IpRanges"] = [{"CidrIp": rule.cidr_ipv4}]
    if rule.cidr_ipv6:
        shape["Ipv6Ranges"] = [{"CidrIpv6": rule.cidr_ipv6}]
    if rule.peer_group_id:
        shape["UserIdGroupPairs"] = [{"GroupId": rule.peer_group_id}]
    return shape


def placed(ctx: Context, group: SecurityGroup, rule: Wanted, egress: bool) -> SecurityGroupRule:
    """Return a rule as the store has it."""
    return SecurityGroupRule(
        id=ctx.new_id("sgr"),
        account_id=group.account_id,
        region=group.region,
        group_id=group.id,
        is_egress=egress,
        protocol=rule.traffic.protocol,
        from_port=rule.traffic.from_port,
        to_port=rule.traffic.to_port,
        cidr_ipv4=rule.cidr_ipv4,
        cidr_ipv6=rule.cidr_ipv6,
        peer_group_id=rule.peer_group_id,
        description=rule.description,
    )
