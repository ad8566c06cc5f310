"""Versions of managed policies: up to five, one of which counts."""

from datetime import datetime

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.iam import documents, errors, pages
from emulator.services.iam.finding import find_own_policy, find_policy
from emulator.shapes import iam as shapes
from state.iam import Policy, PolicyVersion

MOST = 5  # versions of a policy

actions = Actions()


@actions
def create_policy_version(
    ctx: Context, request: shapes.CreatePolicyVersionRequest
) -> shapes.CreatePolicyVersionResponse:
    """Add a version to a policy, which counts if that is asked for."""
    now = ctx.now().replace(microsecond=0)
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        documents.check_managed(request["PolicyDocument"])
        if len(policy.versions) >= MOST:
            raise errors.too_many_versions(MOST)
        version = PolicyVersion(
            number=policy.newest + 1, document=request["PolicyDocument"], created_at=now
        )
        changes: dict[str, object] = {
            "versions": (*policy.versions, version),
            "newest": version.number,
        }
        if request.get("SetAsDefault"):
            changes["default"] = version.number
        policy = changed(policy, changes, now)
        tx.policies.replace(policy)
    return {"PolicyVersion": version_shape(policy, version)}


@actions
def get_policy_version(
    ctx: Context, request: shapes.GetPolicyVersionRequest
) -> shapes.GetPolicyVersionResponse:
    """Show a version of a policy, with its document."""
    with ctx.store.read() as tx:
        policy = find_policy(tx, ctx, request["PolicyArn"])
    version = find_version(policy, request["VersionId"])
    shape = version_shape(policy, version)
    shape["Document"] = documents.encoded(version.document)
    return {"PolicyVersion": shape}


@actions
def list_policy_versions(
    ctx: Context, request: shapes.ListPolicyVersionsRequest
) -> shapes.ListPolicyVersionsResponse:
    """List the versions of a policy, the newest first, without their documents."""
    with ctx.store.read() as tx:
        policy = find_policy(tx, ctx, request["PolicyArn"])

    def place(version: PolicyVersion) -> str:
        return f"{10**9 - version.number:09}"

    shown, rest = pages.page(pages.asked(request), policy.versions, place, "versions")
    return {"Versions": [version_shape(policy, version) for version in shown], **rest}


@actions
def set_default_policy_version(
    ctx: Context, request: shapes.SetDefaultPolicyVersionRequest
) -> dict[str, object]:
    """Let another version of a policy count."""
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        version = find_version(policy, request["VersionId"])
        tx.policies.replace(changed(policy, {"default": version.number}, ctx.now()))
    return {}


@actions
def delete_policy_version(
    ctx: Context, request: shapes.DeletePolicyVersionRequest
) -> dict[str, object]:
    """Delete a version of a policy that does not count."""
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        version = find_version(policy, request["VersionId"])
        if version.number == policy.default:
            raise errors.default_version()
        left = tuple(each for each in policy.versions if each != version)
        tx.policies.replace(changed(policy, {"versions": left}, ctx.now()))
    return {}


def changed(policy: Policy, changes: dict[str, object], now: datetime) -> Policy:
    """Return a policy with changes, and the moment they were made."""
    return policy.model_copy(update={**changes, "updated_at": now.replace(microsecond=0)})


def find_version(policy: Policy, version_id: str) -> PolicyVersion:
    """Return a version of a policy; NoSuchEntity."""
    version = policy.version(version_id)
    if version is None:
        raise errors.no_version(policy.arn, version_id)
    return version


def version_shape(policy: Policy, version: PolicyVersion) -> shapes.PolicyVersion:
    """Return a version as lists show it, without its document."""
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.number == policy.default,
        "CreateDate": version.created_at,
    }
