"""DescribeInstanceTypes and DescribeInstanceTypeOfferings: the table in state/instance_types.toml.

Every type is offered in every zone of every Region (assumed: the real service has fewer in some).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors, paging
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.regions import zones_of
from emulator.shapes.ec2 import (
    DescribeInstanceTypeOfferingsRequest,
    DescribeInstanceTypeOfferingsResult,
    DescribeInstanceTypesRequest,
    DescribeInstanceTypesResult,
    EbsInfo,
    InstanceStorageInfo,
    InstanceTypeInfo,
    InstanceTypeOffering,
    NetworkCardInfo,
    NetworkInfo,
    ProcessorInfo,
    VCpuInfo,
)
from state.instance_types import InstanceType, all_types
from state.store import Numbered

actions = Actions()

# Where a filter's name does not lead to its member by itself.
SPELLED = {
    "processor-info.supported-architecture": "ProcessorInfo.SupportedArchitectures",
    "supported-boot-mode": "SupportedBootModes",
    "supported-root-device-type": "SupportedRootDeviceTypes",
    "supported-usage-class": "SupportedUsageClasses",
    "supported-virtualization-type": "SupportedVirtualizationTypes",
    "instance-storage-info.disk.count": "InstanceStorageInfo.Disks.Count",
    "instance-storage-info.disk.size-in-gb": "InstanceStorageInfo.Disks.SizeInGB",
    "instance-storage-info.disk.type": "InstanceStorageInfo.Disks.Type",
    "instance-storage-info.total-size-in-gb": "InstanceStorageInfo.TotalSizeInGB",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.BaselineThroughputInMBps"
    ),
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.MaximumThroughputInMBps"
    ),
    "memory-info.size-in-mib": "MemoryInfo.SizeInMiB",
    "vcpu-info.default-cores": "VCpuInfo.DefaultCores",
    "vcpu-info.default-threads-per-core": "VCpuInfo.DefaultThreadsPerCore",
    "vcpu-info.default-vcpus": "VCpuInfo.DefaultVCpus",
    "vcpu-info.valid-cores": "VCpuInfo.ValidCores",
    "vcpu-info.valid-threads-per-core": "VCpuInfo.ValidThreadsPerCore",
}
FILTERED = (
    "auto-recovery-supported",
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "dedicated-hosts-supported",
    "ebs-info.attachment-limit-type",
    "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.baseline-iops",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-iops",
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
    "ebs-info.ebs-optimized-support",
    "ebs-info.encryption-support",
    "ebs-info.maximum-ebs-attachments",
    "ebs-info.nvme-support",
    "free-tier-eligible",
    "hibernation-supported",
    "hypervisor",
    "instance-storage-info.disk.count",
    "instance-storage-info.disk.size-in-gb",
    "instance-storage-info.disk.type",
    "instance-storage-info.encryption-support",
    "instance-storage-info.nvme-support",
    "instance-storage-info.total-size-in-gb",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "network-info.bandwidth-weightings",
    "network-info.efa-info.maximum-efa-interfaces",
    "network-info.efa-supported",
    "network-info.ena-support",
    "network-info.encryption-in-transit-supported",
    "network-info.flexible-ena-queues-support",
    "network-info.ipv4-addresses-per-interface",
    "network-info.ipv6-addresses-per-interface",
    "network-info.ipv6-supported",
    "network-info.maximum-network-cards",
    "network-info.maximum-network-interfaces",
    "network-info.network-performance",
    "nitro-enclaves-support",
    "nitro-tpm-info.supported-versions",
    "nitro-tpm-support",
    "phc-support",
    "processor-info.supported-architecture",
    "processor-info.supported-features",
    "processor-info.sustained-clock-speed-in-ghz",
    "reboot-migration-support",
    "supported-boot-mode",
    "supported-in-region",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-cores",
    "vcpu-info.default-threads-per-core",
    "vcpu-info.default-vcpus",
    "vcpu-info.valid-cores",
    "vcpu-info.valid-threads-per-core",
)


def path_of(name: str) -> tuple[str, ...]:
    """Return the members that a filter's name leads to."""
    if name in SPELLED:
        return tuple(SPELLED[name].split("."))
    return tuple(
        "".join(word[:1].upper() + word[1:] for word in part.split("-")) for part in name.split(".")
    )


def texts(path: Sequence[str], value: object) -> Iterable[str]:
    """Yield what a filter compares: every value at the end of a path, as text."""
    match value:
        case None:
            return
        case list():
            for each in value:
                yield from texts(path, each)
        case dict():
            if path:
                yield from texts(path[1:], value.get(path[0]))
        case bool():
            yield "true" if value else "false"
        case _:
            yield str(value)


TYPE_FILTERS = Filters[InstanceTypeInfo](
    {}, None, {name: partial(texts, path_of(name)) for name in FILTERED}
)
OFFERING_FILTERS = Filters[InstanceTypeOffering](
    {
        "instance-type": lambda offering: offering.get("InstanceType"),
        "location": lambda offering: offering.get("Location"),
    }
)


@actions
def describe_instance_types(
    ctx: Context, request: DescribeInstanceTypesRequest
) -> DescribeInstanceTypesResult:
    """List instance types: those named, or all that pass the filters."""
    test = TYPE_FILTERS.test(request.get("Filters"))
    page = paging.page(
        "DescribeInstanceTypes",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=100,
    )
    named = request.get("InstanceTypes")
    known = shapes()
    if unknown := [name for name in named or () if name not in known]:
        raise network_errors.instance_types_not_found(unknown)
    if request.get("DryRun"):
        raise dry_run()
    rows = [shape for name, shape in known.items() if not named or name in named]
    found, next_token = paging.take(page, numbered(rows), test)
    result: DescribeInstanceTypesResult = {"InstanceTypes": found}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def describe_instance_type_offerings(
    ctx: Context, request: DescribeInstanceTypeOfferingsRequest
) -> DescribeInstanceTypeOfferingsResult:
    """List where instance types are offered: in the Region, or zone by zone."""
    test = OFFERING_FILTERS.test(request.get("Filters"))
    page = paging.page(
        "DescribeInstanceTypeOfferings",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=1000,
    )
    kind = request.get("LocationType", "region")
    match kind:
        case "region":
            places = [ctx.region]
        case "availability-zone":
            places = [zone["ZoneName"] for zone in zones_of(ctx.region)]
        case "availability-zone-id":
            places = [zone["ZoneId"] for zone in zones_of(ctx.region)]
        case _:
            raise invalid_parameter_value("LocationType", kind)
    if request.get("DryRun"):
        raise dry_run()
    rows: list[InstanceTypeOffering] = [
        {"InstanceType": name, "LocationType": kind, "Location": place}
        for name in all_types()
        for place in places
    ]
    found, next_token = paging.take(page, numbered(rows), test)
    result: DescribeInstanceTypeOfferingsResult = {"InstanceTypeOfferings": found}
    if next_token:
        result["NextToken"] = next_token
    return result


def numbered(
    rows: list[paging.Row],
) -> Callable[[int, int | None], list[Numbered[paging.Row]]]:
    """Return what gives parts of a list that never changes; numbers begin with 1."""

    def fetch(after: int, limit: int | None) -> list[Numbered[paging.Row]]:
        part = rows[after:] if limit is None else rows[after : after + limit]
        return [Numbered(number, row) for number, row in enumerate(part, after + 1)]

    return fetch


# shapes -------------------------------------------------------------------------------------------


@cache
def shapes() -> Mapping[str, InstanceTypeInfo]:
    """Return every instance type as clients see it, by its name."""
    return {name: shown(each) for name, each in all_types().items()}


def shown(each: InstanceType) -> InstanceTypeInfo:
    """Return an instance type as clients see it."""
    shape: InstanceTypeInfo = {
        "InstanceType": each.name,
        "CurrentGeneration": each.current,
        "FreeTierEligible": each.free_tier,
        "SupportedUsageClasses": list(each.usage),
        "SupportedRootDeviceTypes": list(each.root_devices),
        "SupportedVirtualizationTypes": list(each.virtualization),
        "BareMetal": False,
        "Hypervisor": each.hypervisor,
        "ProcessorInfo": processor_info(each),
        "VCpuInfo": vcpu_info(each),
        "MemoryInfo": {"SizeInMiB": each.memory_mib},
        "InstanceStorageSupported": each.disks is not None,
        "EbsInfo": ebs_info(each),
        "NetworkInfo": network_info(each),
        "PlacementGroupInfo": {"SupportedStrategies": list(each.placement)},
        "HibernationSupported": each.hibernation,
        "BurstablePerformanceSupported": each.burstable,
        "DedicatedHostsSupported": each.dedicated_hosts,
        "AutoRecoverySupported": each.recovery,
        "SupportedBootModes": list(each.boot_modes),
        "NitroEnclavesSupport": supported(each.enclaves),
        "NitroTpmSupport": supported(each.tpm),
        "PhcSupport": "unsupported",
        "RebootMigrationSupport": supported(each.reboot_migration),
        "SupportedInRegion": True,
    }
    if each.disks is not None:
        shape["InstanceStorageInfo"] = storage_info(each, *each.disks)
    if each.tpm:
        shape["NitroTpmInfo"] = {"SupportedVersions": ["2.0"]}
    return shape


def supported(value: bool) -> str:
    """Return whether something is supported, as many members tell it."""
    return "supported" if value else "unsupported"


def processor_info(each: InstanceType) -> ProcessorInfo:
    """Return what is known of the processor."""
    shape: ProcessorInfo = {"SupportedArchitectures": list(each.architectures)}
    if each.ghz is not None:
        shape["SustainedClockSpeedInGhz"] = each.ghz
    if each.processor_features:
        shape["SupportedFeatures"] = list(each.processor_features)
    if each.processor is not None:
        shape["Manufacturer"] = each.processor
    return shape


def vcpu_info(each: InstanceType) -> VCpuInfo:
    """Return how many processors there are, and can be."""
    shape: VCpuInfo = {"DefaultVCpus": each.vcpus}
    if each.cores is not None:
        shape["DefaultCores"] = each.cores
    if each.threads is not None:
        shape["DefaultThreadsPerCore"] = each.threads
    if each.valid_cores:
        shape["ValidCores"] = list(each.valid_cores)
    if each.valid_threads:
        shape["ValidThreadsPerCore"] = list(each.valid_threads)
    return shape


def storage_info(each: InstanceType, count: int, size: int) -> InstanceStorageInfo:
    """Return the disks of the instance store."""
    return {
        "TotalSizeInGB": count * size,
        "Disks": [{"SizeInGB": size, "Count": count, "Type": each.disk_type or "ssd"}],
        "NvmeSupport": "required" if each.disk_nvme else "unsupported",
        "EncryptionSupport": "required" if each.disk_encryption else "unsupported",
    }


def ebs_info(each: InstanceType) -> EbsInfo:
    """Return how volumes are attached, and how fast they can be."""
    shape: EbsInfo = {
        "EbsOptimizedSupport": each.ebs_optimized,
        "EncryptionSupport": supported(each.ebs_encryption),
        "NvmeSupport": each.nvme,
        "AttachmentLimitType": each.ebs_attachment_limit,
    }
    if each.ebs_attachments is not None:
        shape["MaximumEbsAttachments"] = each.ebs_attachments
    if each.ebs_mbps is not None and each.ebs_iops is not None:
        (base, most), (base_iops, most_iops) = each.ebs_mbps, each.ebs_iops
        shape["EbsOptimizedInfo"] = {
            "BaselineBandwidthInMbps": base,
            "BaselineThroughputInMBps": base / 8,
            "BaselineIops": base_iops,
            "MaximumBandwidthInMbps": most,
            "MaximumThroughputInMBps": most / 8,
            "MaximumIops": most_iops,
        }
    return shape


def network_info(each: InstanceType) -> NetworkInfo:
    """Return how many interfaces there can be, and how fast."""
    card: NetworkCardInfo = {
        "NetworkCardIndex": 0,
        "NetworkPerformance": each.network,
        "MaximumNetworkInterfaces": each.interfaces,
    }
    if each.gbps is not None:
        card["BaselineBandwidthInGbps"], card["PeakBandwidthInGbps"] = each.gbps
    return {
        "NetworkPerformance": each.network,
        "MaximumNetworkInterfaces": each.interfaces,
        "MaximumNetworkCards": 1,
        "DefaultNetworkCardIndex": 0,
        "NetworkCards": [card],
        "Ipv4AddressesPerInterface": each.addresses,
        "Ipv6AddressesPerInterface": each.addresses_ipv6,
        "Ipv6Supported": each.addresses_ipv6 > 0,
        "EnaSupport": each.ena,
        "EfaSupported": False,
        "EncryptionInTransitSupported": each.encryption_in_transit,
        "EnaSrdSupported": False,
        "FlexibleEnaQueuesSupport": "unsupported",
    }
