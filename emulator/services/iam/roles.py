"""Roles: who may assume them, and how they are shown."""

from emulator.context import Context
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.iam import documents, errors, ids, pages, tags
from emulator.services.iam.finding import find_role, visible_policy
from emulator.shapes import iam as shapes
from state.iam import Role
from state.store import Duplicate, Tx

MOST = 1000  # roles of an account

actions = Actions()


@actions
def create_role(ctx: Context, request: shapes.CreateRoleRequest) -> shapes.CreateRoleResponse:
    """Make a role; its name is the account's, whatever its path."""
    documents.check_trust(request["AssumeRolePolicyDocument"])
    role = Role(
        account_id=ctx.account_id,
        id=ids.new_id(ids.ROLE),
        name=request["RoleName"],
        path=request.get("Path", "/"),
        partition=regions.partition(ctx.region),
        created_at=ctx.now().replace(microsecond=0),
        trust=request["AssumeRolePolicyDocument"],
        description=request.get("Description"),
        max_session_seconds=request.get("MaxSessionDuration", 3600),
        tags=tags.merged({}, tags.checked(request.get("Tags", []))),
    )
    with ctx.store.begin() as tx:
        limit = request.get("PermissionsBoundary")
        if limit is not None:
            check_boundary(tx, ctx, limit)
        if (
            tx.roles.get(ctx.account_id, role.name) is None
            and tx.roles.count(ctx.account_id) >= MOST
        ):
            raise errors.quota("RolesPerAccount", MOST)
        try:
            tx.roles.add(role)
        except Duplicate:
            raise errors.role_exists(role.name) from None
        if limit is not None:
            tx.attachments.put(ctx.account_id, role.key, limit, "boundary")
    return {"Role": full_shape(role, limit)}


@actions
def get_role(ctx: Context, request: shapes.GetRoleRequest) -> shapes.GetRoleResponse:
    """Show a role."""
    with ctx.store.read() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        limit = boundary_of(tx, role)
    # Empty for a role that was not used; nobody looks when one is.
    return {"Role": {**full_shape(role, limit), "RoleLastUsed": {}}}


@actions
def list_roles(ctx: Context, request: shapes.ListRolesRequest) -> shapes.ListRolesResponse:
    """List the account's roles below a path, without their tags and boundaries."""
    prefix = request.get("PathPrefix", "/")
    with ctx.store.read() as tx:
        found = [role for role in tx.roles.list(ctx.account_id) if role.path.startswith(prefix)]
    shown, rest = pages.page(pages.asked(request), found, lambda role: role.key, "roles")
    return {"Roles": [role_shape(role) for role in shown], **rest}


@actions
def update_role(ctx: Context, request: shapes.UpdateRoleRequest) -> shapes.UpdateRoleResponse:
    """Change a role's description, the length of its sessions, or both."""
    changes: dict[str, object] = {}
    if "Description" in request:
        changes["description"] = request["Description"]
    if "MaxSessionDuration" in request:
        changes["max_session_seconds"] = request["MaxSessionDuration"]
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        tx.roles.replace(role.model_copy(update=changes))
    return {}


@actions
def update_role_description(
    ctx: Context, request: shapes.UpdateRoleDescriptionRequest
) -> shapes.UpdateRoleDescriptionResponse:
    """Change a role's description."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        changed = role.model_copy(update={"description": request["Description"]})
        tx.roles.replace(changed)
        limit = boundary_of(tx, role)
    return {"Role": full_shape(changed, limit)}


@actions
def update_assume_role_policy(
    ctx: Context, request: shapes.UpdateAssumeRolePolicyRequest
) -> dict[str, object]:
    """Change who may assume a role."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        documents.check_trust(request["PolicyDocument"])
        tx.roles.replace(role.model_copy(update={"trust": request["PolicyDocument"]}))
    return {}


@actions
def delete_role(ctx: Context, request: shapes.DeleteRoleRequest) -> dict[str, object]:
    """Delete a role that has no policies any more; its boundary goes with it."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        if role.policies:
            raise errors.must_delete_policies()
        if tx.attachments.of_role(ctx.account_id, role.key):
            raise errors.must_detach()
        for arn in tx.attachments.of_role(ctx.account_id, role.key, "boundary"):
            tx.attachments.remove(ctx.account_id, role.key, arn, "boundary")
        tx.roles.remove(ctx.account_id, role.name)
    return {}


@actions
def put_role_permissions_boundary(
    ctx: Context, request: shapes.PutRolePermissionsBoundaryRequest
) -> dict[str, object]:
    """Limit a role to what a managed policy allows, in place of the limit that it had."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        check_boundary(tx, ctx, request["PermissionsBoundary"])
        for arn in tx.attachments.of_role(ctx.account_id, role.key, "boundary"):
            tx.attachments.remove(ctx.account_id, role.key, arn, "boundary")
        arn = request["PermissionsBoundary"]
        tx.attachments.put(ctx.account_id, role.key, arn, "boundary")
    return {}


@actions
def delete_role_permissions_boundary(
    ctx: Context, request: shapes.DeleteRolePermissionsBoundaryRequest
) -> dict[str, object]:
    """Take a role's limit away."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        limit = boundary_of(tx, role)
        if limit is None:
            raise errors.no_boundary(role.name)
        tx.attachments.remove(ctx.account_id, role.key, limit, "boundary")
    return {}


@actions
def list_instance_profiles_for_role(
    ctx: Context, request: shapes.ListInstanceProfilesForRoleRequest
) -> shapes.ListInstanceProfilesForRoleResponse:
    """List no instance profiles: there are none here, but Terraform asks before it deletes."""
    with ctx.store.read() as tx:
        find_role(tx, ctx, request["RoleName"])
    return {"InstanceProfiles": [], "IsTruncated": False}


# rules and shapes --------------------------------------------------------------------------------


def check_boundary(tx: Tx, ctx: Context, arn: str) -> None:
    """Refuse a boundary that is no policy."""
    if visible_policy(tx, ctx, arn) is None:
        raise errors.no_boundary_policy(arn)


def boundary_of(tx: Tx, role: Role) -> str | None:
    """Return the ARN of a role's boundary, if it has one."""
    return next(iter(tx.attachments.of_role(role.account_id, role.key, "boundary")), None)


def role_shape(role: Role) -> shapes.Role:
    """Return a role as lists show it."""
    shape: shapes.Role = {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.created_at,
        "AssumeRolePolicyDocument": documents.encoded(role.trust),
        "MaxSessionDuration": role.max_session_seconds,
    }
    if role.description is not None:
        shape["Description"] = role.description
    return shape


def full_shape(role: Role, limit: str | None) -> shapes.Role:
    """Return a role as it is shown alone: with its tags and its boundary."""
    shape = role_shape(role)
    if role.tags:
        shape["Tags"] = tags.tag_list(role.tags)
    if limit is not None:
        shape["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",  # as the service answers, whatever its guide says
            "PermissionsBoundaryArn": limit,
        }
    return shape
