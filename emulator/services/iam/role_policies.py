"""The policies of a role: inline ones, which are its own, and managed ones, which are attached."""

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.iam import documents, errors, pages
from emulator.services.iam.finding import find_role, visible_policy
from emulator.shapes import iam as shapes
from state.policy.documents import Use, size

MOST_ATTACHED = 10  # managed policies of a role

actions = Actions()


@actions
def put_role_policy(ctx: Context, request: shapes.PutRolePolicyRequest) -> dict[str, object]:
    """Give a role an inline policy, in place of the one of that name."""
    name = request["PolicyName"]
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        documents.check(request["PolicyDocument"], Use.INLINE)
        policies = {**role.policies, name: request["PolicyDocument"]}
        if sum(map(size, policies.values())) > documents.LONGEST_INLINE:
            raise errors.inline_too_large(role.name, documents.LONGEST_INLINE)
        tx.roles.replace(role.model_copy(update={"policies": policies}))
    return {}


@actions
def get_role_policy(
    ctx: Context, request: shapes.GetRolePolicyRequest
) -> shapes.GetRolePolicyResponse:
    """Show an inline policy of a role."""
    name = request["PolicyName"]
    with ctx.store.read() as tx:
        role = find_role(tx, ctx, request["RoleName"])
    if name not in role.policies:
        raise errors.no_inline_policy(name)
    return {
        "RoleName": role.name,
        "PolicyName": name,
        "PolicyDocument": documents.encoded(role.policies[name]),
    }


@actions
def list_role_policies(
    ctx: Context, request: shapes.ListRolePoliciesRequest
) -> shapes.ListRolePoliciesResponse:
    """List the names of a role's inline policies."""
    with ctx.store.read() as tx:
        role = find_role(tx, ctx, request["RoleName"])
    shown, rest = pages.page(pages.asked(request), role.policies, str, "role-policies")
    return {"PolicyNames": shown, **rest}


@actions
def delete_role_policy(ctx: Context, request: shapes.DeleteRolePolicyRequest) -> dict[str, object]:
    """Take an inline policy from a role."""
    name = request["PolicyName"]
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        if name not in role.policies:
            raise errors.no_inline_policy(name)
        left = {each: text for each, text in role.policies.items() if each != name}
        tx.roles.replace(role.model_copy(update={"policies": left}))
    return {}


@actions
def attach_role_policy(ctx: Context, request: shapes.AttachRolePolicyRequest) -> dict[str, object]:
    """Attach a managed policy to a role; attached already, it stays so."""
    arn = request["PolicyArn"]
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        if visible_policy(tx, ctx, arn) is None:
            raise errors.not_attachable(arn)
        attached = tx.attachments.of_role(ctx.account_id, role.key)
        if arn not in attached and len(attached) >= MOST_ATTACHED:
            raise errors.quota("PoliciesPerRole", MOST_ATTACHED)
        tx.attachments.put(ctx.account_id, role.key, arn)
    return {}


@actions
def detach_role_policy(ctx: Context, request: shapes.DetachRolePolicyRequest) -> dict[str, object]:
    """Detach a managed policy from a role."""
    arn = request["PolicyArn"]
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        visible_policy(tx, ctx, arn)  # InvalidInput for what is no ARN
        if not tx.attachments.remove(ctx.account_id, role.key, arn):
            raise errors.no_policy(arn)
    return {}


@actions
def list_attached_role_policies(
    ctx: Context, request: shapes.ListAttachedRolePoliciesRequest
) -> shapes.ListAttachedRolePoliciesResponse:
    """List the managed policies of a role that are below a path."""
    prefix = request.get("PathPrefix", "/")
    with ctx.store.read() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        arns = tx.attachments.of_role(ctx.account_id, role.key)
        found = [policy for arn in arns if (policy := visible_policy(tx, ctx, arn)) is not None]
    below = [policy for policy in found if policy.path.startswith(prefix)]
    shown, rest = pages.page(pages.asked(request), below, pages.policy_place, "attached")
    named: list[shapes.AttachedPolicy] = [
        {"PolicyName": policy.name, "PolicyArn": policy.arn} for policy in shown
    ]
    return {"AttachedPolicies": named, **rest}
