"""RunInstances: new instances of an AMI, with volumes of its snapshots and a network interface.

Between MinCount and MaxCount as many are started as there are room and free addresses for. The
answer shows them pending; whether a machine is then started or not is for the workers: see
state/machines.py.

There are neither launch templates nor instance profiles, hence none that could be named; spot
instances, hibernation, enclaves, IPv6, host names of ids and licence configurations are refused.
CreditSpecification and AutoRecovery are remembered, and change nothing.
"""

import logging
from collections.abc import Mapping
from typing import Literal

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import (
    client_tokens,
    ids,
    image_errors,
    network_errors,
    task_errors,
    user_data,
)
from emulator.services.ec2.images import find_image
from emulator.services.ec2.instances import (
    capacity,
    credits,
    disks,
    errors,
    metadata,
    monitoring,
)
from emulator.services.ec2.instances.listing import reservation
from emulator.services.ec2.instances.placing import addresses_of, connected, place_of
from emulator.services.ec2.instances.rows import Row, rows_of
from emulator.services.ec2.network import world
from emulator.services.ec2.tags import specified
from emulator.services.ec2.volumes.rows import check_number
from emulator.shapes.ec2 import (
    PrivateDnsNameOptionsRequest,
    Reservation,
    RunInstancesRequest,
)
from state.images import Image
from state.instance_types import InstanceType, all_types
from state.instances import Instance
from state.store import Tx

actions = Actions()

log = logging.getLogger(__name__)

DEFAULT_TYPE = "m1.small"  # the service's own, from when there was nothing else
LONGEST_TOKEN = 64  # ASCII characters
MOST = 100  # instances of one request: assumed, as a limit that nobody meets by intention
TAGGED = ("instance", "network-interface", "volume")
NAMES = ("ip-name", "resource-name")
WEIGHTINGS = ("default", "vpc-1", "ebs-1")
NOT_OFFERED = {
    "CpuOptions": "Another number of processors than that of the instance type",
    "ElasticGpuSpecification": "An elastic GPU",
    "ElasticInferenceAccelerators": "An elastic inference accelerator",
    "EnablePrimaryIpv6": "IPv6",
    "InstanceMarketOptions": "A spot instance",
    "Ipv6AddressCount": "IPv6",
    "Ipv6Addresses": "IPv6",
    "LicenseSpecifications": "An instance with licence configurations",
    "Operator": "An instance that a service provider manages",
    "SecondaryInterfaces": "A secondary interface",
}


@actions
def run_instances(ctx: Context, request: RunInstancesRequest) -> Reservation:
    """Start instances of an AMI; or show those that the ClientToken has started."""
    check_parameters(request)
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    digest = client_tokens.digest_of(request)
    tags = specified(request.get("TagSpecifications"), TAGGED)
    with world.writing(ctx) as tx:
        known = [] if token is None else tx.instances.by_token(ctx.account_id, ctx.region, token)
        if known and not request.get("DryRun"):
            if known[0].request_digest != digest:
                raise task_errors.idempotent_parameter_mismatch()
            return reservation(rows_of(tx, known))
        model = model_of(ctx, tx, request).model_copy(
            update={"client_token": token, "request_digest": digest}
        )
        place = place_of(ctx, tx, request)
        most = request["MaxCount"]
        if most > 1 and (place.address is not None or place.waiting is not None):
            raise errors.addresses_of_several()
        image = find_image(ctx, tx, request["ImageId"])
        devices = disks.devices_of(ctx, tx, image, request.get("BlockDeviceMappings", ()))
        check_number(model.instance_type, len(devices))
        there = model.model_copy(update={"zone": place.subnet.zone})
        count, real = capacity.admitted(ctx, tx, there, request["MinCount"], most)
        addresses = addresses_of(tx, place, request["MinCount"], count)
        if request.get("DryRun"):
            raise dry_run()
        started = []
        for number, address in enumerate(addresses):
            instance = model.model_copy(update={"id": ctx.new_id("i"), "launch_index": number})
            begun = capacity.begun(ctx, instance, real=real)
            begun = begun.model_copy(update={"created_at": begun.launched_at})
            instance = connected(ctx, tx, begun, place, address)
            tx.instances.add(instance)
            disks.attach(ctx, tx, instance, devices, tags["volume"])
            tx.tags.put(ctx.account_id, ctx.region, instance.id, tags["instance"])
            if instance.interface_id is not None:
                mine = tags["network-interface"]
                tx.tags.put(ctx.account_id, ctx.region, instance.interface_id, mine)
            started.append(instance)
        shown = begun_shape(rows_of(tx, [pending(instance) for instance in started]))
    for instance in started:
        log.info("instance %s is started of %s", instance.id, image.id)
    return shown


def pending(instance: Instance) -> Instance:
    """Return an instance as the answer shows it: that its start has begun."""
    return instance.model_copy(update={"state": "pending"})


def begun_shape(rows: list[Row]) -> Reservation:
    """Return a reservation as the first answer shows it: nothing is in its place yet."""
    shape = reservation(rows)
    for instance in shape["Instances"]:
        instance["BlockDeviceMappings"] = []
        instance["MetadataOptions"]["State"] = "pending"
        for interface in instance["NetworkInterfaces"]:
            interface["Attachment"]["Status"] = "attaching"
    return shape


def model_of(ctx: Context, tx: Tx, request: RunInstancesRequest) -> Instance:
    """Return what all instances of a request are like; no row tells of any yet."""
    image = usable_image(ctx, tx, request)
    kind = type_of(request.get("InstanceType", DEFAULT_TYPE), image)
    if request.get("EbsOptimized") and kind.ebs_optimized == "unsupported":
        raise errors.configuration_not_supported()
    key_name, public_key = request.get("KeyName"), None
    if key_name is not None:
        pair = tx.key_pairs.by_name(ctx.account_id, ctx.region, key_name)
        if pair is None:
            raise network_errors.key_pair_not_found(key_name)
        public_key = pair.public_key
    return Instance(
        id="",
        account_id=ctx.account_id,
        region=ctx.region,
        launched_at=ctx.now(),
        reservation_id=ctx.new_id("r"),
        instance_type=kind.name,
        zone="",
        architecture=image.architecture,
        platform=image.platform,
        platform_details=image.platform_details,
        usage_operation=image.usage_operation,
        boot_mode=image.boot_mode,
        root_device_name=image.root_device_name,
        tenancy=request.get("Placement", {}).get("Tenancy", "default"),
        monitored=request.get("Monitoring", {}).get("Enabled", False),
        shutdown_behavior=shutdown(request.get("InstanceInitiatedShutdownBehavior", "stop")),
        user_data=user_data.checked(request.get("UserData")),
        task_id=image.task_id,
        image_id=image.id,
        key_name=key_name,
        public_key=public_key,
        ena_support=bool(image.ena_support),
        sriov_net_support="simple" if image.sriov_net_support == "simple" else None,
        imds_support=image.imds_support is not None,
        ebs_optimized=request.get("EbsOptimized", kind.ebs_optimized == "default"),
        host_disks=disks.has_host_disks(image, request.get("BlockDeviceMappings", ())),
        protected=request.get("DisableApiTermination", False),
        protected_from_stop=request.get("DisableApiStop", False),
        metadata=metadata.changed(metadata.of_image(image), request.get("MetadataOptions", {})),
        cpu_credits=request.get("CreditSpecification", {}).get("CpuCredits"),
        auto_recovery=monitoring.chosen(
            "AutoRecovery", request.get("MaintenanceOptions", {}).get("AutoRecovery", "default")
        ),
        resource_name=request.get("PrivateDnsNameOptions", {}).get(
            "EnableResourceNameDnsARecord", False
        ),
    )


# rules --------------------------------------------------------------------------------------------


def check_parameters(request: RunInstancesRequest) -> None:
    """Refuse what no request can ask for, and what is not offered."""
    least, most = request["MinCount"], request["MaxCount"]
    if least < 1 or most < least:
        raise errors.counts(least, most)
    if least > MOST:
        raise errors.too_many(least, MOST)
    if "LaunchTemplate" in request:
        raise errors.no_launch_template()
    if "ImageId" not in request:
        raise missing_parameter("ImageId")
    profile = request.get("IamInstanceProfile", {})
    if profile:
        raise errors.no_instance_profile(profile.get("Name") or profile.get("Arn") or "")
    given: Mapping[str, object] = request
    for member, what in NOT_OFFERED.items():
        if given.get(member):
            raise network_errors.not_offered(what)
    if request.get("HibernationOptions", {}).get("Configured"):
        raise network_errors.not_offered("Hibernation")
    if request.get("EnclaveOptions", {}).get("Enabled"):
        raise network_errors.not_offered("An enclave")
    if request.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget"):
        raise network_errors.not_offered("A capacity reservation")
    credits_asked = request.get("CreditSpecification", {}).get("CpuCredits", "standard")
    if credits_asked not in credits.CHOICES:
        raise errors.wrong_choice("CpuCredits", credits_asked)
    check_names(request.get("PrivateDnsNameOptions", {}))
    weighting = request.get("NetworkPerformanceOptions", {}).get("BandwidthWeighting", "default")
    if weighting not in WEIGHTINGS:
        raise errors.wrong_choice("BandwidthWeighting", weighting)
    if weighting != "default":
        raise network_errors.not_offered(f"A bandwidth weighting of {weighting}")
    ids.check_kernel_id(request.get("KernelId"))
    ids.check_ramdisk_id(request.get("RamdiskId"))


def check_names(options: PrivateDnsNameOptionsRequest) -> None:
    """Refuse names that no instance has here: subnets have IPv4 only, hence names by addresses."""
    hostname_type = options.get("HostnameType", "ip-name")
    if hostname_type not in NAMES:
        raise errors.wrong_choice("HostnameType", hostname_type)
    if hostname_type != "ip-name":
        raise network_errors.not_offered(f"A host name of type {hostname_type}")
    if options.get("EnableResourceNameDnsAAAARecord"):
        raise network_errors.not_offered("IPv6")


def usable_image(ctx: Context, tx: Tx, request: RunInstancesRequest) -> Image:
    """Return the AMI; InvalidAMIID.Unavailable for one that is not available."""
    image = find_image(ctx, tx, request["ImageId"])
    if image.state != "available":
        raise image_errors.image_unavailable(image.id)
    return image


def type_of(name: str, image: Image) -> InstanceType:
    """Return an instance type that can run an AMI.

    Of imported AMIs it is not known whether they have a driver for ENA: they are not asked.
    """
    kind = all_types().get(name)
    if kind is None:
        raise errors.unknown_type(name)
    if image.architecture not in kind.architectures:
        raise errors.architectures_differ(",".join(kind.architectures), image.architecture)
    if image.virtualization_type not in kind.virtualization:
        raise errors.virtualization_required(name, kind.virtualization[0])
    check_starts(kind, image)
    return kind


def check_starts(kind: InstanceType, what: Image | Instance) -> None:
    """Refuse what machines of an instance type can't start."""
    if what.boot_mode in ("uefi", "legacy-bios") and what.boot_mode not in kind.boot_modes:
        raise errors.no_such_boot_mode(kind.name, what.boot_mode)
    if kind.ena == "required" and not what.ena_support and what.task_id is None:
        raise errors.ena_required(kind.name, of_image=isinstance(what, Image))


def shutdown(behaviour: str) -> Literal["stop", "terminate"]:
    """Return what becomes of an instance whose guest powers it off."""
    match behaviour:
        case "stop" | "terminate":
            return behaviour
        case _:
            raise errors.wrong_choice("InstanceInitiatedShutdownBehavior", behaviour)
