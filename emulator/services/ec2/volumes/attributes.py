"""DescribeVolumeAttribute and ModifyVolumeAttribute: product codes, of which none has any, and
whether I/O is enabled again by itself after a fault."""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.rows import find_volume
from emulator.shapes.ec2 import (
    DescribeVolumeAttributeRequest,
    DescribeVolumeAttributeResult,
    ModifyVolumeAttributeRequest,
)

actions = Actions()


@actions
def describe_volume_attribute(
    ctx: Context, request: DescribeVolumeAttributeRequest
) -> DescribeVolumeAttributeResult:
    """Return one attribute of a volume."""
    attribute = request["Attribute"]
    if attribute not in ("autoEnableIO", "productCodes"):
        raise errors.invalid_attribute(attribute)
    with ctx.store.read() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
    if request.get("DryRun"):
        raise dry_run()
    if attribute == "productCodes":
        return {"VolumeId": volume.id, "ProductCodes": []}
    return {"VolumeId": volume.id, "AutoEnableIO": {"Value": volume.auto_enable_io}}


@actions
def modify_volume_attribute(
    ctx: Context, request: ModifyVolumeAttributeRequest
) -> Mapping[str, object]:
    """Say whether the I/O of a volume is to be enabled again by itself."""
    wanted = request.get("AutoEnableIO", {}).get("Value")
    if wanted is None:
        raise errors.no_attribute()
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        if request.get("DryRun"):
            raise dry_run()
        tx.volumes.replace(volume.model_copy(update={"auto_enable_io": wanted}))
    return {}
