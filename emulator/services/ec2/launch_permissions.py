"""Launch permissions: who may use an AMI, as requests say it and as clients see it.

An organization and an organizational unit are remembered and shown, but let nobody in: there are no
organizations here.
"""

import re
from collections.abc import Callable

from emulator.context import Context
from emulator.errors import AwsError, missing_parameter
from emulator.services.ec2 import ids, image_errors, kms, permissions, public_access
from emulator.services.ec2.permissions import Change, Rule, Rules
from emulator.shapes.ec2 import LaunchPermission, ModifyImageAttributeRequest
from state.images import Image
from state.store import Tx

ORGANIZATION = re.compile(r"arn:[a-z-]+:organizations::\d{12}:organization/o-[a-z0-9]{10,32}")
UNIT = re.compile(
    r"arn:[a-z-]+:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}"
)


def wrong(item: str) -> Callable[[str], AwsError]:
    """Return what says that a user does not fit; of the names of items two have been seen."""
    return lambda user: image_errors.attribute_item(item, user)


RULES: Rules = {
    "Group": Rule(permissions.is_everybody, wrong("UserGroup")),
    "UserId": Rule(ids.is_account, wrong("userId")),
    "OrganizationArn": Rule(
        lambda arn: ORGANIZATION.fullmatch(arn) is not None, wrong("organizationArn")
    ),
    "OrganizationalUnitArn": Rule(
        lambda arn: UNIT.fullmatch(arn) is not None, wrong("organizationalUnitArn")
    ),
}


def launch_change(request: ModifyImageAttributeRequest) -> Change:
    """Return what is to change; it must be something."""
    parts = request.get("LaunchPermission", {})
    flat = {
        "UserId": request.get("UserIds", []),
        "Group": request.get("UserGroups", []),
        "OrganizationArn": request.get("OrganizationArns", []),
        "OrganizationalUnitArn": request.get("OrganizationalUnitArns", []),
    }
    change = permissions.change_of(
        RULES,
        parts.get("Add", ()),
        parts.get("Remove", ()),
        flat,
        request.get("OperationType"),
    )
    if not change.add and not change.remove:
        if any(flat.values()):
            raise missing_parameter("LaunchPermission")
        raise image_errors.no_attributes()
    return change


def check_sharing(ctx: Context, tx: Tx, image: Image, change: Change) -> None:
    """Refuse to share what its state, its snapshots or the account keep from being shared."""
    if not change.add:
        return
    if image.state == "disabled":
        raise image_errors.image_unavailable(image.id)
    keys = [
        snapshot.kms_key_id
        for snapshot in map(tx.snapshots.get, image.snapshot_ids)
        if snapshot is not None and snapshot.encrypted
    ]
    if any(kms.is_default(ctx, tx, key) for key in keys):
        raise image_errors.image_default_key_not_shared()
    if change.makes_public:
        if keys:
            raise image_errors.image_not_public("it has encrypted snapshots")
        if image.product_codes:
            raise image_errors.image_not_public("it has product codes")
        public_access.check_image_may_be_public(ctx, tx)


def launch_permissions(tx: Tx, image_id: str) -> list[LaunchPermission]:
    """Return who may use an AMI besides its owner."""
    return [permission(*named) for named in permissions.shown(tx, image_id, RULES)]


def permission(member: str, user: str) -> LaunchPermission:
    """Return a user as the attribute shows it."""
    match member:
        case "Group":
            return {"Group": user}
        case "OrganizationArn":
            return {"OrganizationArn": user}
        case "OrganizationalUnitArn":
            return {"OrganizationalUnitArn": user}
        case _:
            return {"UserId": user}
