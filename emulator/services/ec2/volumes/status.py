"""DescribeVolumeStatus and EnableVolumeIO: every volume is well, and its I/O is always enabled."""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging
from emulator.services.ec2.errors import not_together
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.regions import zone_id
from emulator.services.ec2.volumes.rows import Row, check_volume_ids, fetch, find_volume
from emulator.shapes.ec2 import (
    DescribeVolumeStatusRequest,
    DescribeVolumeStatusResult,
    EnableVolumeIORequest,
    InitializationStatusDetails,
    VolumeStatusDetails,
    VolumeStatusItem,
)
from state.volumes import Volume

actions = Actions()

LARGEST_PAGE = 1000
PERFORMANCE = "not-applicable"  # only told of volumes with provisioned IOPS

FILTERS = Filters[Row](
    {
        "action.code": lambda row: None,
        "action.description": lambda row: None,
        "action.event-id": lambda row: None,
        "availability-zone": lambda row: row.volume.zone,
        "event.description": lambda row: None,
        "event.event-id": lambda row: None,
        "event.event-type": lambda row: None,
        "event.not-after": lambda row: None,
        "event.not-before": lambda row: None,
        "volume-status.status": lambda row: status(row),
    },
    lists={
        "attachment-status.instance-id": lambda row: [
            each.instance_id for each in row.volume.attachments
        ],
        "attachment-status.io-performance": lambda row: [
            performance(row) for _ in row.volume.attachments
        ],
        "volume-status.details-name": lambda row: [each["Name"] for each in details(row)],
        "volume-status.details-status": lambda row: [each["Status"] for each in details(row)],
    },
)


@actions
def describe_volume_status(
    ctx: Context, request: DescribeVolumeStatusRequest
) -> DescribeVolumeStatusResult:
    """Tell how volumes are: those named, or all that pass the filters."""
    named = request.get("VolumeIds")
    if named and "MaxResults" in request:
        raise not_together("volumeSet", "maxResults")
    check_volume_ids(named or ())
    page = paging.page(
        "DescribeVolumeStatus",
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
    result: DescribeVolumeStatusResult = {"VolumeStatuses": [item(row) for row in rows]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions.named("EnableVolumeIO")
def enable_volume_io(ctx: Context, request: EnableVolumeIORequest) -> Mapping[str, object]:
    """Enable the I/O of a volume, which it is."""
    with ctx.store.read() as tx:
        find_volume(ctx, tx, request["VolumeId"])
    if request.get("DryRun"):
        raise dry_run()
    return {}


def item(row: Row) -> VolumeStatusItem:
    """Return the status of one volume."""
    shape: VolumeStatusItem = {
        "Actions": [],
        "AttachmentStatuses": [
            {"InstanceId": each.instance_id, "IoPerformance": performance(row)}
            for each in row.volume.attachments
        ],
        "AvailabilityZone": row.volume.zone,
        "AvailabilityZoneId": zone_id(row.volume.region, row.volume.zone),
        "Events": [],
        "Operator": {"Managed": False},
        "VolumeId": row.volume.id,
        "VolumeStatus": {"Details": details(row), "Status": status(row)},
    }
    if row.volume.snapshot_id:
        shape["InitializationStatusDetails"] = initialization(row.volume)
    return shape


def initialization(volume: Volume) -> InitializationStatusDetails:
    """Return how far a volume has the bytes of its snapshot: all of them, once it is there."""
    there = volume.state != "creating"
    shape: InitializationStatusDetails = {
        "InitializationType": "default",
        "Progress": 100 if there else 0,
    }
    if volume.initialization_rate is not None:
        shape["InitializationType"] = "provisioned-rate"
        if there:
            shape["EstimatedTimeToCompleteInSeconds"] = 0
    return shape


def status(row: Row) -> str:
    """Return how a volume is on the whole."""
    return "insufficient-data" if row.volume.state == "creating" else "ok"


def details(row: Row) -> list[VolumeStatusDetails]:
    """Return the checks of a volume."""
    enabled = "not-applicable" if row.volume.state == "creating" else "passed"
    return [
        {"Name": "io-enabled", "Status": enabled},
        {"Name": "io-performance", "Status": performance(row)},
    ]


def performance(row: Row) -> str:
    """Return how fast a volume is compared to what was promised."""
    provisioned = row.volume.shape.volume_type in {"io1", "io2"} and row.volume.attachments
    return "normal" if provisioned else PERFORMANCE
