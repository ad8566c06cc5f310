"""Rules of security groups: authorized, revoked, described (anew), modified.

A rule has one peer: what is authorized with three ranges becomes three rules. All that a request
names is done, or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import rule_words, world
from emulator.services.ec2.network.describing import Asked, Described, Tags
from emulator.services.ec2.network.rule_words import Wanted
from emulator.services.ec2.network.security_groups import find
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    AuthorizeSecurityGroupEgressRequest,
    AuthorizeSecurityGroupEgressResult,
    AuthorizeSecurityGroupIngressRequest,
    AuthorizeSecurityGroupIngressResult,
    DescribeSecurityGroupRulesRequest,
    DescribeSecurityGroupRulesResult,
    IpPermission,
    ModifySecurityGroupRulesRequest,
    ModifySecurityGroupRulesResult,
    RevokedSecurityGroupRule,
    RevokeSecurityGroupEgressRequest,
    RevokeSecurityGroupEgressResult,
    RevokeSecurityGroupIngressRequest,
    RevokeSecurityGroupIngressResult,
    SecurityGroupRuleRequest,
    TagSpecification,
    UpdateSecurityGroupRuleDescriptionsEgressRequest,
    UpdateSecurityGroupRuleDescriptionsEgressResult,
    UpdateSecurityGroupRuleDescriptionsIngressRequest,
    UpdateSecurityGroupRuleDescriptionsIngressResult,
)
from emulator.shapes.ec2 import SecurityGroupRule as RuleShape
from emulator.shapes.ec2 import SecurityGroupRuleDescription as RuleDescription
from state.network import SecurityGroup, SecurityGroupRule
from state.store import Tx

actions = Actions()

MOST_RULES = 60  # of a group in one direction, for IPv4 and IPv6 each


class Row(NamedTuple):
    """A rule and its tags."""

    rule: SecurityGroupRule
    tags: Mapping[str, str]


FILTERS = Filters[Row](
    {
        "group-id": lambda row: row.rule.group_id,
        "security-group-rule-id": lambda row: row.rule.id,
    },
    lambda row: row.tags,
)


def rows(tx: Tx, rules: Sequence[SecurityGroupRule], tags: Tags) -> list[Row]:
    """Return rules with their tags."""
    return [Row(rule, tags[rule.id]) for rule in rules]


RULES = Described(
    "DescribeSecurityGroupRules",
    "sgr",
    "InvalidSecurityGroupRuleId.Malformed",
    lambda tx: tx.network.rules,
    rows,
    FILTERS,
    network_errors.rule_not_found,
)


@actions
def describe_security_group_rules(
    ctx: Context, request: DescribeSecurityGroupRulesRequest
) -> DescribeSecurityGroupRulesResult:
    """List rules."""
    found, next_token = RULES.list(
        ctx,
        Asked(
            request.get("SecurityGroupRuleIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeSecurityGroupRulesResult = {
        "SecurityGroupRules": [shown(*row) for row in found]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


# authorize ----------------------------------------------------------------------------------------


@actions
def authorize_security_group_ingress(
    ctx: Context, request: AuthorizeSecurityGroupIngressRequest
) -> AuthorizeSecurityGroupIngressResult:
    """Let traffic in."""
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request.get("GroupId"), request.get("GroupName"))
        given = ingress_permissions(ctx, tx, request)
        if given is None:
            raise missing_parameter("ipPermissions")
        made = authorize(
            ctx,
            tx,
            group,
            given,
            request.get("TagSpecifications"),
            egress=False,
            dry=request.get("DryRun", False),
        )
    return {"Return": True, "SecurityGroupRules": made}


@actions
def authorize_security_group_egress(
    ctx: Context, request: AuthorizeSecurityGroupEgressRequest
) -> AuthorizeSecurityGroupEgressResult:
    """Let traffic out; the flat parameters are not supported there, and say nothing."""
    if "IpPermissions" not in request:
        raise missing_parameter("ipPermissions")
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request["GroupId"], None)
        made = authorize(
            ctx,
            tx,
            group,
            request["IpPermissions"],
            request.get("TagSpecifications"),
            egress=True,
            dry=request.get("DryRun", False),
        )
    return {"Return": True, "SecurityGroupRules": made}


def authorize(
    ctx: Context,
    tx: Tx,
    group: SecurityGroup,
    given: Iterable[IpPermission],
    specifications: Iterable[TagSpecification] | None,
    *,
    egress: bool,
    dry: bool,
) -> list[RuleShape]:
    """Give a group rules; InvalidPermission.Duplicate, RulesPerSecurityGroupLimitExceeded."""
    tags = specified(specifications, ("security-group-rule",))["security-group-rule"]
    rules = list(rule_words.wanted(ctx, tx, group, given))
    if len({rule.key for rule in rules}) < len(rules):
        raise network_errors.rule_twice()
    present = of_direction(tx, group, egress)
    known = {rule_words.key_of(rule) for rule in present}
    for rule in rules:
        if rule.key in known:
            raise network_errors.rule_exists(rule.words)
    for ipv6 in (False, True):
        number = sum(_counts(rule, ipv6) for rule in present) + sum(
            _counts(rule, ipv6) for rule in rules
        )
        if number > MOST_RULES:
            raise network_errors.too_many_rules()
    if dry:
        raise dry_run()
    made = [rule_words.placed(ctx, group, rule, egress) for rule in rules]
    for new in made:
        tx.network.rules.add(new)
        tx.tags.put(ctx.account_id, ctx.region, new.id, tags)
    return [shown(new, tags) for new in made]


def _counts(rule: SecurityGroupRule | Wanted, ipv6: bool) -> bool:
    """Tell whether a rule counts in the quota of a kind; one of a group counts in both."""
    return (rule.cidr_ipv4 if ipv6 else rule.cidr_ipv6) is None


def of_direction(tx: Tx, group: SecurityGroup, egress: bool) -> list[SecurityGroupRule]:
    """Return the rules of a group in one direction."""
    return [rule for rule in tx.network.rules.within(group.id) if rule.is_egress is egress]


def ingress_permissions(
    ctx: Context,
    tx: Tx,
    request: AuthorizeSecurityGroupIngressRequest | RevokeSecurityGroupIngressRequest,
) -> list[IpPermission] | None:
    """Return what a request about traffic in names, in either way; None for nothing."""
    if "IpPermissions" in request:
        return request["IpPermissions"]
    flat = ("IpProtocol", "CidrIp", "SourceSecurityGroupName")
    if not any(member in request for member in flat):
        return None
    return rule_words.old_way(
        ctx,
        tx,
        request.get("IpProtocol"),
        (request.get("FromPort"), request.get("ToPort")),
        request.get("CidrIp"),
        (request.get("SourceSecurityGroupName"), request.get("SourceSecurityGroupOwnerId")),
    )


# revoke -------------------------------------------------------------------------------------------


class Revoked(NamedTuple):
    """What a revocation has done."""

    rules: list[RevokedSecurityGroupRule]
    unknown: list[IpPermission]


@actions
def revoke_security_group_ingress(
    ctx: Context, request: RevokeSecurityGroupIngressRequest
) -> RevokeSecurityGroupIngressResult:
    """Let traffic in no more."""
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request.get("GroupId"), request.get("GroupName"))
        given = ingress_permissions(ctx, tx, request)
        done = revoke(
            ctx, tx, group, given, request.get("SecurityGroupRuleIds"), egress=False,
            dry=request.get("DryRun", False),
        )  # fmt: skip
    result: RevokeSecurityGroupIngressResult = {
        "Return": True,
        "RevokedSecurityGroupRules": done.rules,
    }
    if done.unknown:
        result["UnknownIpPermissions"] = done.unknown
    return result


@actions
def revoke_security_group_egress(
    ctx: Context, request: RevokeSecurityGroupEgressRequest
) -> RevokeSecurityGroupEgressResult:
    """Let traffic out no more."""
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request["GroupId"], None)
        done = revoke(
            ctx, tx, group, request.get("IpPermissions"), request.get("SecurityGroupRuleIds"),
            egress=True, dry=request.get("DryRun", False),
        )  # fmt: skip
    result: RevokeSecurityGroupEgressResult = {
        "Return": True,
        "RevokedSecurityGroupRules": done.rules,
    }
    if done.unknown:
        result["UnknownIpPermissions"] = done.unknown
    return result


def revoke(
    ctx: Context,
    tx: Tx,
    group: SecurityGroup,
    given: Iterable[IpPermission] | None,
    rule_ids: Sequence[str] | None,
    *,
    egress: bool,
    dry: bool,
) -> Revoked:
    """Take rules from a group: those of some ids, or those that permissions name.

    What a permission names and is not there is an error, InvalidPermission.NotFound; in a default
    VPC it is only told. So the API reference.
    """
    if given is None and not rule_ids:
        raise network_errors.permissions_missing()
    present = of_direction(tx, group, egress)
    gone = [] if rule_ids is None else named(present, rule_ids)
    unknown: list[IpPermission] = []
    known = {rule_words.key_of(rule): rule for rule in present}
    for rule in rule_words.wanted(ctx, tx, group, given or ()):
        if rule.key in known:
            gone.append(known[rule.key])
        elif world.find_vpc(ctx, tx, group.vpc_id).is_default:
            unknown.append(rule_words.permission_of(rule))
        else:
            raise network_errors.permission_not_found()
    if dry:
        raise dry_run()
    for each in gone:
        tx.network.rules.remove(each.id)
        tx.tags.remove(ctx.account_id, ctx.region, each.id)
    return Revoked([revoked_shape(each) for each in gone], unknown)


def named(present: Iterable[SecurityGroupRule], rule_ids: Sequence[str]) -> list[SecurityGroupRule]:
    """Return the rules of some ids; InvalidSecurityGroupRuleId.NotFound."""
    by_id = {rule.id: rule for rule in present}
    if missing := [each for each in rule_ids if each not in by_id]:
        raise network_errors.rule_not_found(*missing)
    return [by_id[each] for each in dict.fromkeys(rule_ids)]


# descriptions and changes -------------------------------------------------------------------------


@actions
def update_security_group_rule_descriptions_ingress(
    ctx: Context, request: UpdateSecurityGroupRuleDescriptionsIngressRequest
) -> UpdateSecurityGroupRuleDescriptionsIngressResult:
    """Describe rules anew."""
    describe_anew(ctx, request, egress=False)
    return {"Return": True}


@actions
def update_security_group_rule_descriptions_egress(
    ctx: Context, request: UpdateSecurityGroupRuleDescriptionsEgressRequest
) -> UpdateSecurityGroupRuleDescriptionsEgressResult:
    """Describe rules anew."""
    describe_anew(ctx, request, egress=True)
    return {"Return": True}


def describe_anew(
    ctx: Context,
    request: UpdateSecurityGroupRuleDescriptionsIngressRequest
    | UpdateSecurityGroupRuleDescriptionsEgressRequest,
    *,
    egress: bool,
) -> None:
    """Change descriptions of rules; one that is left out is taken away."""
    given, by_id = request.get("IpPermissions"), request.get("SecurityGroupRuleDescriptions")
    if not given and not by_id:
        raise network_errors.permissions_missing()
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request.get("GroupId"), request.get("GroupName"))
        present = of_direction(tx, group, egress)
        known = {rule_words.key_of(rule): rule for rule in present}
        changes: list[tuple[SecurityGroupRule, str | None]] = []
        for rule in rule_words.wanted(ctx, tx, group, given or ()):
            if rule.key not in known:
                raise network_errors.permission_not_found()
            changes.append((known[rule.key], rule.description))
        for each in by_id or ():
            (found,) = named(present, [each.get("SecurityGroupRuleId", "")])
            changes.append((found, new_description(each)))
        if request.get("DryRun"):
            raise dry_run()
        for rule_of_it, description in changes:
            tx.network.rules.replace(rule_of_it.model_copy(update={"description": description}))


def new_description(shape: RuleDescription) -> str | None:
    """Return the description that a rule is to have; none for an empty one."""
    return rule_words.described(shape) or None


@actions
def modify_security_group_rules(
    ctx: Context, request: ModifySecurityGroupRulesRequest
) -> ModifySecurityGroupRulesResult:
    """Change rules in their places; a rule keeps its direction and its id."""
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request["GroupId"], None)
        for update in request["SecurityGroupRules"]:
            present = tx.network.rules.within(group.id)
            (rule,) = named(present, [update["SecurityGroupRuleId"]])
            wanted = replacement(ctx, tx, group, update.get("SecurityGroupRule", {}))
            for other in present:
                same = other.is_egress is rule.is_egress and other.id != rule.id
                if same and rule_words.key_of(other) == wanted.key:
                    raise network_errors.rule_exists(wanted.words)
            changed = rule_words.placed(ctx, group, wanted, rule.is_egress)
            tx.network.rules.replace(changed.model_copy(update={"id": rule.id}))
        if request.get("DryRun"):
            raise dry_run()
    return {"Return": True}


def replacement(
    ctx: Context, tx: Tx, group: SecurityGroup, shape: SecurityGroupRuleRequest
) -> Wanted:
    """Return what a rule is to become."""
    permission: IpPermission = {"IpProtocol": shape.get("IpProtocol", rule_words.ALL)}
    if "FromPort" in shape:
        permission["FromPort"] = shape["FromPort"]
    if "ToPort" in shape:
        permission["ToPort"] = shape["ToPort"]
    if "CidrIpv4" in shape:
        permission["IpRanges"] = [{"CidrIp": shape["CidrIpv4"]}]
    if "CidrIpv6" in shape:
        permission["Ipv6Ranges"] = [{"CidrIpv6": shape["CidrIpv6"]}]
    if "ReferencedGroupId" in shape:
        permission["UserIdGroupPairs"] = [{"GroupId": shape["ReferencedGroupId"]}]
    if "PrefixListId" in shape:
        permission["PrefixListIds"] = [{"PrefixListId": shape["PrefixListId"]}]
    found = list(rule_words.wanted(ctx, tx, group, [permission]))
    if len(found) != 1:
        raise network_errors.rule_source_missing()
    return found[0]._replace(description=rule_words.described(shape) or None)


# shapes -------------------------------------------------------------------------------------------


def shown(rule: SecurityGroupRule, tags: Mapping[str, str]) -> RuleShape:
    """Return a rule as clients see it."""
    partition = regions.partition(rule.region)
    shape: RuleShape = {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": (
            f"arn:{partition}:ec2:{rule.region}:{rule.account_id}:security-group-rule/{rule.id}"
        ),
        "GroupId": rule.group_id,
        "GroupOwnerId": rule.account_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
        "Tags": tag_set(tags),
    }
    if rule.cidr_ipv4 is not None:
        shape["CidrIpv4"] = rule.cidr_ipv4
    if rule.cidr_ipv6 is not None:
        shape["CidrIpv6"] = rule.cidr_ipv6
    if rule.peer_group_id is not None:
        shape["ReferencedGroupInfo"] = {"GroupId": rule.peer_group_id, "UserId": rule.account_id}
    if rule.description is not None:
        shape["Description"] = rule.description
    return shape


def revoked_shape(rule: SecurityGroupRule) -> RevokedSecurityGroupRule:
    """Return a rule that is gone as clients see it."""
    shape: RevokedSecurityGroupRule = {
        "SecurityGroupRuleId": rule.id,
        "GroupId": rule.group_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": rule.protocol,
        "FromPort": -1 if rule.from_port is None else rule.from_port,
        "ToPort": -1 if rule.to_port is None else rule.to_port,
    }
    if rule.cidr_ipv4 is not None:
        shape["CidrIpv4"] = rule.cidr_ipv4
    if rule.cidr_ipv6 is not None:
        shape["CidrIpv6"] = rule.cidr_ipv6
    if rule.peer_group_id is not None:
        shape["ReferencedGroupId"] = rule.peer_group_id
    if rule.description is not None:
        shape["Description"] = rule.description
    return shape
