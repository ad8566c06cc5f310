"""DescribeInstanceCreditSpecifications, ModifyInstanceCreditSpecification: by what credits for its
processor an instance runs. Nothing is slowed down here when they are spent.
"""

from emulator.context import Context
from emulator.errors import AwsError, dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import client_tokens, paging
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import (
    Row,
    check_instance_ids,
    fetch,
    find_instance,
)
from emulator.shapes.ec2 import (
    DescribeInstanceCreditSpecificationsRequest,
    DescribeInstanceCreditSpecificationsResult,
    InstanceCreditSpecificationRequest,
    ModifyInstanceCreditSpecificationRequest,
    ModifyInstanceCreditSpecificationResult,
)
from state.instance_types import all_types
from state.instances import Instance
from state.store import Tx

actions = Actions()

CHOICES = ("standard", "unlimited")
LONGEST_TOKEN = 64  # ASCII characters (assumed)

CREDIT_FILTERS = Filters[Row]({"instance-id": lambda row: row.instance.id})


@actions
def describe_instance_credit_specifications(
    ctx: Context, request: DescribeInstanceCreditSpecificationsRequest
) -> DescribeInstanceCreditSpecificationsResult:
    """Tell by what credits instances run: those named, or all whose type has any."""
    named = list(dict.fromkeys(request.get("InstanceIds") or ()))
    check_instance_ids(named)
    page = paging.page(
        "DescribeInstanceCreditSpecifications",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=1000,
    )
    test = CREDIT_FILTERS.test(request.get("Filters"))
    if request.get("DryRun"):
        raise dry_run()
    now = ctx.now()

    def wanted(row: Row) -> bool:
        listed = row.instance.listed(now) and credits_of(row.instance) is not None
        # assumed: without ids, those that were told to be unlimited
        shown = bool(named) or credits_of(row.instance) == "unlimited"
        return listed and shown and (test is None or test(row))

    if named:
        found = {row.instance.id for _, row in fetch(ctx, named, 0, None)}
        if missing := [each for each in named if each not in found]:
            raise errors.instances_not_found(*missing)
    rows, next_token = paging.take(
        page, lambda after, limit: fetch(ctx, named, after, limit), wanted
    )
    result: DescribeInstanceCreditSpecificationsResult = {
        "InstanceCreditSpecifications": [
            {"CpuCredits": credits_of(row.instance) or "", "InstanceId": row.instance.id}
            for row in rows
        ]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def credits_of(instance: Instance) -> str | None:
    """Return by what credits an instance runs: of t2 standard ones, of later families unlimited."""
    kind = all_types().get(instance.instance_type)
    if kind is None or not kind.burstable:
        return None
    return instance.cpu_credits or (
        "standard" if instance.instance_type.startswith(("t1.", "t2.")) else "unlimited"
    )


@actions
def modify_instance_credit_specification(
    ctx: Context, request: ModifyInstanceCreditSpecificationRequest
) -> ModifyInstanceCreditSpecificationResult:
    """Change by what credits instances run; tell of each whether that was done."""
    client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    wanted = request["InstanceCreditSpecifications"]
    result: ModifyInstanceCreditSpecificationResult = {
        "SuccessfulInstanceCreditSpecifications": [],
        "UnsuccessfulInstanceCreditSpecifications": [],
    }
    with ctx.store.begin() as tx:
        for each in wanted:
            instance_id = each.get("InstanceId", "")
            try:
                change(ctx, tx, each)
            except AwsError as error:
                result["UnsuccessfulInstanceCreditSpecifications"].append(
                    {
                        "InstanceId": instance_id,
                        "Error": {"Code": error.code, "Message": error.message},
                    }
                )
            else:
                result["SuccessfulInstanceCreditSpecifications"].append({"InstanceId": instance_id})
        if request.get("DryRun"):
            raise dry_run()
    return result


def change(ctx: Context, tx: Tx, wanted: InstanceCreditSpecificationRequest) -> None:
    """Change by what credits one instance runs."""
    credits_asked = wanted.get("CpuCredits", "")
    if credits_asked not in CHOICES:
        raise errors.wrong_choice("CpuCredits", credits_asked)
    instance = find_instance(ctx, tx, wanted.get("InstanceId", ""))
    if instance.state not in ("running", "stopped"):
        raise errors.no_credits_now(instance.id, instance.state)
    if credits_of(instance) is None:
        raise errors.no_credits(instance.id, instance.instance_type)
    tx.instances.replace(instance.model_copy(update={"cpu_credits": credits_asked}))
