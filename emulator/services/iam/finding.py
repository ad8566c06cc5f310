"""Roles and policies as requests name them, or the error that there are none."""

import re

from emulator.context import Context
from emulator.services.iam import errors
from state import aws_policies, role_policies
from state.iam import Policy, Role
from state.store import Tx

POLICY_ARN = re.compile(
    r"arn:aws(?:-[a-z]+)*:iam::(?P<owner>[0-9]{12}|aws):policy/[\x21-\x7e]+", re.ASCII
)


def find_role(tx: Tx, ctx: Context, name: str) -> Role:
    """Return the account's role of that name; NoSuchEntity."""
    role = tx.roles.get(ctx.account_id, name)
    if role is None or role.name != name:
        raise errors.no_role(name)
    return role


def find_policy(tx: Tx, ctx: Context, arn: str) -> Policy:
    """Return the policy with an ARN, the account's or AWS's; NoSuchEntity, InvalidInput."""
    policy = visible_policy(tx, ctx, arn)
    if policy is None:
        raise errors.no_policy(arn)
    return policy


def find_own_policy(tx: Tx, ctx: Context, arn: str) -> Policy:
    """Return a policy that the account may change; AccessDenied for one of AWS's."""
    policy = find_policy(tx, ctx, arn)
    if policy.account_id == aws_policies.OWNER:
        raise errors.of_aws(arn)
    return policy


def visible_policy(tx: Tx, ctx: Context, arn: str) -> Policy | None:
    """Return the policy with an ARN if the account can see it; another account's it cannot."""
    found = POLICY_ARN.fullmatch(arn)
    if found is None:
        raise errors.invalid_arn(arn)
    if found["owner"] not in (ctx.account_id, aws_policies.OWNER):
        return None
    return role_policies.managed_policy(tx, arn)
