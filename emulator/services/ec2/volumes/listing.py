"""DescribeVolumes: the account's volumes in the Region."""

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging
from emulator.services.ec2.errors import not_together
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.regions import zone_id
from emulator.services.ec2.snapshots import timestamp
from emulator.services.ec2.volumes.rows import Row, check_volume_ids, fetch, shown
from emulator.shapes.ec2 import DescribeVolumesRequest, DescribeVolumesResult

actions = Actions()

LARGEST_PAGE = 1000

FILTERS = Filters[Row](
    {
        "availability-zone": lambda row: row.volume.zone,
        "availability-zone-id": lambda row: zone_id(row.volume.region, row.volume.zone),
        "create-time": lambda row: timestamp(row.volume.created_at),
        "encrypted": lambda row: truth(row.volume.encrypted),
        "fast-restored": lambda row: "false",
        "multi-attach-enabled": lambda row: truth(row.volume.shape.multi_attach),
        "operator.managed": lambda row: "false",
        "operator.principal": lambda row: None,
        "size": lambda row: str(row.volume.shape.size_gib),
        "snapshot-id": lambda row: row.volume.snapshot_id,
        "status": lambda row: row.volume.state,
        "volume-id": lambda row: row.volume.id,
        "volume-type": lambda row: row.volume.shape.volume_type,
    },
    lambda row: row.tags,
    {
        "attachment.attach-time": lambda row: [
            timestamp(each.attached_at) for each in row.volume.attachments
        ],
        "attachment.delete-on-termination": lambda row: [
            truth(each.delete_on_termination) for each in row.volume.attachments
        ],
        "attachment.device": lambda row: [each.device for each in row.volume.attachments],
        "attachment.instance-id": lambda row: [each.instance_id for each in row.volume.attachments],
        "attachment.status": lambda row: [each.state for each in row.volume.attachments],
    },
)


@actions
def describe_volumes(ctx: Context, request: DescribeVolumesRequest) -> DescribeVolumesResult:
    """List volumes: those named, or all that pass the filters."""
    named = request.get("VolumeIds")
    for member, other in (("MaxResults", "maxResults"), ("NextToken", "nextToken")):
        if named and member in request:
            raise not_together("volumeSet", other)
    check_volume_ids(named or ())
    page = paging.page(
        "DescribeVolumes",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
        clipped=True,
    )
    test = FILTERS.test(request.get("Filters"))
    if request.get("DryRun"):
        raise dry_run()
    rows, next_token = paging.take(page, lambda after, limit: fetch(ctx, named, after, limit), test)
    result: DescribeVolumesResult = {"Volumes": [shown(row.volume, row.tags) for row in rows]}
    if next_token:
        result["NextToken"] = next_token
    return result


def truth(value: bool) -> str:
    """Return a boolean as filters spell it."""
    return "true" if value else "false"
