"""DescribeInstanceStatus: whether instances are reached.

    a machine   `initializing` until its guest gets on the network, then `ok`; `impaired` if it
                has not within five minutes (assumed)
    a record    `ok` as soon as it runs

The system is always well; there are no events.
"""

from collections.abc import Mapping
from datetime import datetime

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging
from emulator.services.ec2.errors import not_together
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import (
    CODES,
    Row,
    check_instance_ids,
    fetch,
    state_shape,
)
from emulator.services.ec2.regions import zone_id
from emulator.shapes.ec2 import (
    DescribeInstanceStatusRequest,
    DescribeInstanceStatusResult,
    EbsStatusSummary,
    InstanceStatusSummary,
)
from emulator.shapes.ec2 import InstanceStatus as InstanceStatusShape
from state.instances import SETTLES, Instance

actions = Actions()

LARGEST_PAGE = 1000
REACHABLE: Mapping[str, str] = {
    "ok": "passed",
    "initializing": "initializing",
    "impaired": "failed",
}  # of an instance that does not run there is nothing to tell
EVENTS = (
    "event.code", "event.description", "event.instance-event-id", "event.not-after",
    "event.not-before", "event.not-before-deadline",
)  # fmt: skip


@actions
def describe_instance_status(
    ctx: Context, request: DescribeInstanceStatusRequest
) -> DescribeInstanceStatusResult:
    """Tell how instances are: those that run, or with IncludeAllInstances all."""
    now = ctx.now()
    named = list(dict.fromkeys(request.get("InstanceIds") or ()))
    if named and "MaxResults" in request:
        raise not_together("instancesSet", "maxResults")
    check_instance_ids(named)
    page = paging.page(
        "DescribeInstanceStatus",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
        clipped=True,
    )
    test = filters(now).test(request.get("Filters"))
    everything = request.get("IncludeAllInstances", False)
    if request.get("DryRun"):
        raise dry_run()
    if named:
        found = {
            row.instance.id for _, row in fetch(ctx, named, 0, None) if row.instance.listed(now)
        }
        if missing := [each for each in named if each not in found]:
            raise errors.instances_not_found(*missing)

    def wanted(row: Row) -> bool:
        shown = row.instance.state == "running" or everything
        return shown and row.instance.listed(now) and (test is None or test(row))

    rows, next_token = paging.take(
        page, lambda after, limit: fetch(ctx, named, after, limit), wanted
    )
    result: DescribeInstanceStatusResult = {
        "InstanceStatuses": [item(row.instance, now) for row in rows]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def filters(now: datetime) -> Filters[Row]:
    """Return the filters, as of a moment."""
    return Filters[Row](
        {
            **dict.fromkeys(EVENTS, lambda row: None),
            "application-status.status": lambda row: None,  # nobody tells of one
            "attached-ebs-status.status": lambda row: system(row.instance),
            "availability-zone": lambda row: row.instance.zone,
            "availability-zone-id": lambda row: zone_id(row.instance.region, row.instance.zone),
            "instance-state-code": lambda row: str(CODES[row.instance.state]),
            "instance-state-name": lambda row: row.instance.state,
            "instance-status.reachability": lambda row: REACHABLE.get(status(row.instance, now)),
            "instance-status.status": lambda row: status(row.instance, now),
            "operator.managed": lambda row: "false",
            "operator.principal": lambda row: None,
            "system-status.reachability": lambda row: REACHABLE.get(system(row.instance)),
            "system-status.status": lambda row: system(row.instance),
        },
        lambda row: row.tags,
    )


def item(instance: Instance, now: datetime) -> InstanceStatusShape:
    """Return how one instance is."""
    attached: EbsStatusSummary = {"Status": system(instance)}
    if instance.state == "running":
        attached["Details"] = [{"Name": "reachability", "Status": "passed"}]
    return {
        "AttachedEbsStatus": attached,
        "AvailabilityZone": instance.zone,
        "AvailabilityZoneId": zone_id(instance.region, instance.zone),
        "InstanceId": instance.id,
        "InstanceState": state_shape(instance.state),
        "InstanceStatus": summary(status(instance, now)),
        "Operator": {"Managed": False},
        "SystemStatus": summary(system(instance)),
    }


def status(instance: Instance, now: datetime) -> str:
    """Return whether a guest is reached."""
    if instance.state != "running":
        return "not-applicable"
    if instance.reached_at is not None:
        return "ok"
    return "initializing" if now < instance.launched_at + SETTLES else "impaired"


def system(instance: Instance) -> str:
    """Return how that is on which an instance runs."""
    return "ok" if instance.state == "running" else "not-applicable"


def summary(found: str) -> InstanceStatusSummary:
    """Return a status with its one check."""
    shape: InstanceStatusSummary = {"Status": found}
    if found in REACHABLE:
        shape["Details"] = [{"Name": "reachability", "Status": REACHABLE[found]}]
    return shape
