"""What the actions of IAM are done to: roles and policies, by their ARNs, paths and all.

Messages call them otherwise, `role vmimport`, as the service does (assumed from those that clients
have quoted).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.context import Context
from emulator.protocol import regions
from emulator.rights.asking import Asked, Values, of_resource, of_tags
from state import role_policies
from state.store import Tx


def asked_for(tx: Tx, ctx: Context, action: str, request: Mapping[str, Any]) -> Iterator[Asked]:
    """Tell what a request asks for."""
    name, tags = f"iam:{action}", of_tags(request.get("Tags") or ())
    path = request.get("Path", "/")
    if action == "CreateRole":
        made, limit = arn(ctx, f"role{path}{request['RoleName']}"), {}
        if "PermissionsBoundary" in request:
            limit = {"iam:PermissionsBoundary": request["PermissionsBoundary"]}
        yield Asked(name, made, made, {**tags, **limit})
    elif action == "CreatePolicy":
        policy = request["PolicyName"]
        yield Asked(name, arn(ctx, f"policy{path}{policy}"), f"policy {policy}", tags)
    elif "RoleName" in request:
        resource, known = role_of(tx, ctx, request["RoleName"])
        if "PolicyArn" in request:
            known = {**known, "iam:PolicyARN": request["PolicyArn"]}
        if "PermissionsBoundary" in request:
            known = {**known, "iam:PermissionsBoundary": request["PermissionsBoundary"]}
        yield Asked(name, resource, f"role {request['RoleName']}", {**known, **tags})
    elif "PolicyArn" in request:
        policy = request["PolicyArn"]
        found = role_policies.managed_policy(tx, policy)
        known = of_resource({} if found is None else found.tags, "iam")
        yield Asked(name, policy, f"policy {policy}", {**known, **tags})
    elif action == "ListRoles":
        every = arn(ctx, f"role{request.get('PathPrefix', '/')}")
        yield Asked(name, every, every)
    elif action == "ListPolicies":
        yield Asked(name, "*", f"policy path {request.get('PathPrefix', '/')}")
    else:
        yield Asked(name, "*", "*")


def role_of(tx: Tx, ctx: Context, role_name: str) -> tuple[str, Values]:
    """Return the ARN of a role, which has a path only if it is there, and what its tags say."""
    role = tx.roles.get(ctx.account_id, role_name)
    if role is None:
        return arn(ctx, f"role/{role_name}"), {}
    known = of_resource(role.tags, "iam")
    boundary = tx.attachments.of_role(role.account_id, role.key, "boundary")
    return role.arn, {**known, "iam:PermissionsBoundary": boundary} if boundary else known


def arn(ctx: Context, name: str) -> str:
    """Spell the ARN of a role or a policy of the account."""
    return f"arn:{regions.partition(ctx.region)}:iam::{ctx.account_id}:{name}"
