"""ImportInstance: a machine whose boot disk comes in parts becomes a stopped instance.

The instance is there from the beginning, stopped and without a volume, with a network interface in
the subnet that is named, or the default one of its zone; it goes if nothing comes of the import.
AdditionalInfo is ignored.
"""

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.protocol.regions import is_opt_in
from emulator.services.actions import Actions
from emulator.services.ec2 import machines, user_data
from emulator.services.ec2.conversions import disks, errors, starting
from emulator.services.ec2.conversions.shapes import task_shape
from emulator.services.ec2.errors import invalid_value
from emulator.services.ec2.instances import errors as instance_errors
from emulator.services.ec2.instances.placing import (
    TENANCIES,
    Place,
    addresses_of,
    checked_groups,
    connected,
    subnet_of,
)
from emulator.services.ec2.network import security_groups, world
from emulator.services.ec2.volumes.rows import named_zone
from emulator.shapes.ec2 import (
    DiskImage,
    ImportInstanceLaunchSpecification,
    ImportInstanceRequest,
    ImportInstanceResult,
)
from state.instance_types import all_types
from state.instances import Instance
from state.licences import LINUX, WINDOWS
from state.store import Tx
from state.tasks import ImportInstanceWork, Task

actions = Actions()

# The user guide, "Limitations of instance import": what a Linux can be imported onto.
SIZES = ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
LINUX_TYPES = frozenset({
    "t2.micro", "t2.small", "t2.medium",
    *(f"m3.{size}" for size in SIZES[:4]),
    *(f"c3.{size}" for size in SIZES[1:]),
    *(f"r3.{size}" for size in SIZES[1:]),
    *(f"i2.{size}" for size in SIZES[2:]),
    "cc1.4xlarge", "cc2.8xlarge", "cr1.8xlarge", "hi1.4xlarge", "hi1.8xlarge",
})  # fmt: skip
SHUTDOWN = ("stop", "terminate")


@actions
def import_instance(ctx: Context, request: ImportInstanceRequest) -> ImportInstanceResult:
    """Start to wait for a disk that is to become that of a stopped instance."""
    disks.check_region(ctx, "ImportInstance")
    platform = machines.any_case(machines.PLATFORMS, "platform", request["Platform"])
    assert platform is not None, "it is required"
    launch = request.get("LaunchSpecification", {})
    architecture = machines.one_of(
        machines.ARCHITECTURES, "architecture", launch.get("Architecture")
    )
    check_type(platform, launch.get("InstanceType"), architecture or "x86_64")
    place = placed(ctx, launch)
    image = the_disk(request.get("DiskImages", []))
    disk = disks.checked(
        image.get("Image"),
        image.get("Volume"),
        place.subnet.zone,
        image.get("Description", ""),
        "DiskImage.1.",
    )
    instance = new_instance(ctx, launch, platform, request.get("Description", ""))
    work = ImportInstanceWork(
        disk=disk,
        expires_at=ctx.now() + starting.LASTS,
        instance_id=instance.id,
        platform=platform,
        architecture=architecture,
        opt_in=is_opt_in(ctx.region),
    )

    def also(tx: Tx, task: Task) -> None:
        (address,) = addresses_of(tx, place)
        imported = instance.model_copy(update={"task_id": task.id})
        tx.instances.add(connected(ctx, tx, imported, place, address))

    task = starting.start(
        ctx,
        starting.INSTANCE,
        work,
        request.get("Description", ""),
        request.get("DryRun", False),
        also,
    )
    return {"ConversionTask": task_shape(task)}


def the_disk(images: list[DiskImage]) -> DiskImage:
    """Return the one disk image of a request."""
    if not images:
        raise missing_parameter("DiskImage.1")
    if len(images) > 1:
        raise errors.one_disk_only()
    return images[0]


def check_type(platform: str, instance_type: str | None, architecture: str) -> None:
    """Refuse an instance that the system cannot be imported onto."""
    if instance_type is None:
        raise missing_parameter("LaunchSpecification.InstanceType")
    if platform == LINUX and instance_type not in LINUX_TYPES:
        raise errors.linux_not_on_type()
    kind = all_types().get(instance_type)
    if kind is None:
        raise instance_errors.unknown_type(instance_type)
    if architecture not in kind.architectures:
        raise instance_errors.configuration_not_supported()


def placed(ctx: Context, launch: ImportInstanceLaunchSpecification) -> Place:
    """Return where an instance is to be; refuses what is not there, or not together."""
    placement = launch.get("Placement", {})
    named = placement.get("AvailabilityZone"), placement.get("AvailabilityZoneId")
    zone = named_zone(ctx.region, *named)
    if placement.get("Tenancy", "default") not in TENANCIES:
        raise instance_errors.wrong_choice("tenancy", placement["Tenancy"])
    subnet_id, asked = launch.get("SubnetId"), launch.get("PrivateIpAddress")
    if asked is not None and subnet_id is None:
        raise errors.address_without_subnet()
    with world.reading(ctx) as tx:
        subnet = subnet_of(ctx, tx, subnet_id, zone)
        groups = [
            *(security_groups.find(ctx, tx, each, None) for each in launch.get("GroupIds", ())),
            *(security_groups.find(ctx, tx, None, each) for each in launch.get("GroupNames", ())),
        ]
        return Place(subnet, checked_groups(ctx, tx, subnet, groups), asked)


def new_instance(
    ctx: Context,
    launch: ImportInstanceLaunchSpecification,
    platform: str,
    description: str,
) -> Instance:
    """Return the instance, as far as it is known before its place and its disk."""
    behaviour = launch.get("InstanceInitiatedShutdownBehavior", "stop")
    if behaviour not in SHUTDOWN:
        raise invalid_value(behaviour, "instanceInitiatedShutdownBehavior", "")
    return Instance(
        id=ctx.new_id("i"),
        account_id=ctx.account_id,
        region=ctx.region,
        launched_at=ctx.now(),
        reservation_id=ctx.new_id("r"),
        instance_type=launch["InstanceType"],
        zone="",
        architecture=launch.get("Architecture", "x86_64"),
        platform="windows" if platform == WINDOWS else None,
        description=description,
        tenancy=launch.get("Placement", {}).get("Tenancy", "default"),
        monitored=launch.get("Monitoring", False),
        shutdown_behavior="terminate" if behaviour == "terminate" else "stop",
        user_data=user_data.checked(launch.get("UserData", {}).get("Data")),
    )
