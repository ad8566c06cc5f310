"""Managed policies: those of the account, which may change, and AWS's, which may not."""

from collections import Counter

from emulator.context import Context
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.iam import documents, errors, ids, pages, tags
from emulator.services.iam.finding import find_own_policy, find_policy
from emulator.shapes import iam as shapes
from state import aws_policies
from state.iam import Policy, PolicyVersion, Use
from state.store import Duplicate

MOST = 1500  # policies of an account
USES: dict[str, Use] = {"PermissionsPolicy": "permissions", "PermissionsBoundary": "boundary"}

Counts = Counter[tuple[str, Use]]

actions = Actions()


@actions
def create_policy(ctx: Context, request: shapes.CreatePolicyRequest) -> shapes.CreatePolicyResponse:
    """Make a managed policy; its name is the account's, whatever its path."""
    text = request["PolicyDocument"]
    documents.check_managed(text)
    now = ctx.now().replace(microsecond=0)
    policy = Policy(
        account_id=ctx.account_id,
        id=ids.new_id(ids.POLICY),
        name=request["PolicyName"],
        path=request.get("Path", "/"),
        partition=regions.partition(ctx.region),
        created_at=now,
        updated_at=now,
        description=request.get("Description"),
        versions=(PolicyVersion(number=1, document=text, created_at=now),),
        tags=tags.merged({}, tags.checked(request.get("Tags", []))),
    )
    with ctx.store.begin() as tx:
        existing = tx.policies.get(ctx.account_id, policy.name)
        if existing is None and tx.policies.count(ctx.account_id) >= MOST:
            raise errors.quota("PoliciesPerAccount", MOST)
        try:
            tx.policies.add(policy)
        except Duplicate:
            raise errors.policy_exists(policy.name) from None
    shape = policy_shape(policy, Counter())
    if policy.tags:
        shape["Tags"] = tags.tag_list(policy.tags)
    return {"Policy": shape}


@actions
def get_policy(ctx: Context, request: shapes.GetPolicyRequest) -> shapes.GetPolicyResponse:
    """Show a managed policy, with its description and its tags, without its document."""
    with ctx.store.read() as tx:
        policy = find_policy(tx, ctx, request["PolicyArn"])
        counts = tx.attachments.counts(ctx.account_id)
    shape = policy_shape(policy, counts)
    shape["Tags"] = tags.tag_list(policy.tags)
    if policy.description is not None:
        shape["Description"] = policy.description
    return {"Policy": shape}


@actions
def list_policies(ctx: Context, request: shapes.ListPoliciesRequest) -> shapes.ListPoliciesResponse:
    """List managed policies: the account's, AWS's or both; all of them or those that are used."""
    scope, prefix = request.get("Scope", "All"), request.get("PathPrefix", "/")
    use = USES.get(request.get("PolicyUsageFilter", ""))
    with ctx.store.read() as tx:
        found = list(tx.policies.list(ctx.account_id)) if scope != "AWS" else []
        counts = tx.attachments.counts(ctx.account_id)
    if scope != "Local":
        found += aws_policies.every(regions.partition(ctx.region))
    below = [policy for policy in found if policy.path.startswith(prefix)]
    if request.get("OnlyAttached") or use is not None:
        below = [policy for policy in below if used(policy, counts, use)]
    shown, rest = pages.page(pages.asked(request), below, pages.policy_place, "policies")
    return {"Policies": [policy_shape(policy, counts) for policy in shown], **rest}


@actions
def delete_policy(ctx: Context, request: shapes.DeletePolicyRequest) -> dict[str, object]:
    """Delete a policy that is attached to nothing and has one version only."""
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        if tx.attachments.of_policy(ctx.account_id, policy.arn):
            raise errors.policy_attached()
        if len(policy.versions) > 1:
            raise errors.policy_has_versions()
        tx.policies.remove(ctx.account_id, policy.name)
    return {}


@actions
def list_entities_for_policy(
    ctx: Context, request: shapes.ListEntitiesForPolicyRequest
) -> shapes.ListEntitiesForPolicyResponse:
    """List the roles that have a policy; there are no users and groups."""
    prefix = request.get("PathPrefix", "/")
    use = USES.get(request.get("PolicyUsageFilter", ""))
    with ctx.store.read() as tx:
        policy = find_policy(tx, ctx, request["PolicyArn"])
        attached = tx.attachments.of_policy(ctx.account_id, policy.arn)
        keys = sorted({each.role for each in attached if use in (None, each.use)})
        found = [role for key in keys if (role := tx.roles.get(ctx.account_id, key)) is not None]
    if request.get("EntityFilter", "Role") != "Role":
        found = []
    below = [role for role in found if role.path.startswith(prefix)]
    shown, rest = pages.page(pages.asked(request), below, lambda role: role.key, "entities")
    roles: list[shapes.PolicyRole] = [{"RoleName": role.name, "RoleId": role.id} for role in shown]
    return {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": roles, **rest}


def used(policy: Policy, counts: Counts, use: Use | None) -> bool:
    """Tell whether any role has a policy, for a use or for any."""
    uses = USES.values() if use is None else (use,)
    return any(counts[policy.arn, each] for each in uses)


def policy_shape(policy: Policy, counts: Counts) -> shapes.Policy:
    """Return a policy as lists show it: without description and tags."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default}",
        "AttachmentCount": counts[policy.arn, "permissions"],
        "PermissionsBoundaryUsageCount": counts[policy.arn, "boundary"],
        "IsAttachable": True,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
    }
