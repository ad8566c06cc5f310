"""Instance types, and where they are offered."""

from typing import Any

import pytest

from emulator.services.ec2.instance_types.instance_types import TYPE_FILTERS, shapes
from state.instance_types import all_types
from tests.ec2.conftest import refusal
from tests.house import House

# What ImportInstance takes for Linux, by the guide.
IMPORTED = (
    "t2.micro t2.small t2.medium m3.medium m3.large m3.xlarge m3.2xlarge c3.large c3.xlarge "
    "c3.2xlarge c3.4xlarge c3.8xlarge cc1.4xlarge cc2.8xlarge r3.large r3.xlarge r3.2xlarge "
    "r3.4xlarge r3.8xlarge cr1.8xlarge i2.xlarge i2.2xlarge i2.4xlarge i2.8xlarge hi1.4xlarge "
    "hi1.8xlarge"
)
COMMON = [
    f"{family}.{size}"
    for family, sizes in {
        "t2": "nano micro small medium large xlarge",
        "t3": "nano micro small medium large xlarge",
        "t3a": "nano micro small medium large xlarge",
        "m5": "large xlarge",
        "c5": "large xlarge",
        "r5": "large xlarge",
        "m6i": "large xlarge",
        "c6i": "large xlarge",
    }.items()
    for size in sizes.split()
]


@pytest.fixture(scope="module")
def listed(shared_house: House) -> list[Any]:
    pages = shared_house.ec2().get_paginator("describe_instance_types").paginate()
    return [each for page in pages for each in page["InstanceTypes"]]


def test_the_table_has_what_clients_name() -> None:
    assert {*IMPORTED.split(), *COMMON} <= all_types().keys()


def test_the_table_adds_up() -> None:
    for each in all_types().values():
        if each.cores is not None and each.threads is not None:
            assert each.vcpus in (each.cores * each.threads, 1), each.name
        assert each.hypervisor == "nitro" or "uefi" not in each.boot_modes, each.name
        assert set(each.architectures) <= {"i386", "x86_64", "arm64"}, each.name
        assert (each.architectures == ("arm64",)) == (each.boot_modes == ("uefi",)), each.name
        assert (each.disks is None) == (each.disk_type is None), each.name
        assert (each.ebs_mbps is None) == (each.ebs_iops is None), each.name


def test_an_instance_type_is_shown_as_terraform_reads_it(shared_house: House) -> None:
    (found,) = shared_house.ec2().describe_instance_types(InstanceTypes=["t3.micro"])[
        "InstanceTypes"
    ]

    expected: Any = {
        "InstanceType": "t3.micro",
        "CurrentGeneration": True,
        "FreeTierEligible": True,
        "SupportedUsageClasses": ["on-demand", "spot"],
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "BareMetal": False,
        "Hypervisor": "nitro",
        "ProcessorInfo": {
            "SupportedArchitectures": ["x86_64"],
            "SustainedClockSpeedInGhz": 2.5,
            "Manufacturer": "Intel",
        },
        "VCpuInfo": {
            "DefaultVCpus": 2,
            "DefaultCores": 1,
            "DefaultThreadsPerCore": 2,
            "ValidCores": [1],
            "ValidThreadsPerCore": [1, 2],
        },
        "MemoryInfo": {"SizeInMiB": 1024},
        "InstanceStorageSupported": False,
        "EbsInfo": {
            "EbsOptimizedSupport": "default",
            "EncryptionSupport": "supported",
            "EbsOptimizedInfo": {
                "BaselineBandwidthInMbps": 87,
                "BaselineThroughputInMBps": 10.875,
                "BaselineIops": 500,
                "MaximumBandwidthInMbps": 2085,
                "MaximumThroughputInMBps": 260.625,
                "MaximumIops": 11800,
            },
            "NvmeSupport": "required",
            "MaximumEbsAttachments": 27,
            "AttachmentLimitType": "shared",
        },
        "SupportedBootModes": ["legacy-bios", "uefi"],
        "BurstablePerformanceSupported": True,
    }
    assert {name: found[name] for name in expected} == expected  # type: ignore[literal-required]
    assert found["NetworkInfo"]["NetworkPerformance"] == "Up to 5 Gigabit"
    assert found["NetworkInfo"]["MaximumNetworkInterfaces"] == 2


def test_disks_of_the_instance_store_are_shown(shared_house: House) -> None:
    (found,) = shared_house.ec2().describe_instance_types(InstanceTypes=["c3.large"])[
        "InstanceTypes"
    ]

    assert found["InstanceStorageInfo"] == {
        "TotalSizeInGB": 32,
        "Disks": [{"SizeInGB": 16, "Count": 2, "Type": "ssd"}],
        "NvmeSupport": "unsupported",
        "EncryptionSupport": "unsupported",
    }


def test_types_that_do_not_exist_are_told(shared_house: House) -> None:
    ec2: Any = shared_house.ec2()

    assert refusal(
        lambda: ec2.describe_instance_types(InstanceTypes=["t3.micro", "t9.micro", "x"])
    ) == (
        "InvalidInstanceType",
        "The following supplied instance types do not exist: [t9.micro, x]",
    )
    assert refusal(lambda: ec2.describe_instance_types(DryRun=True))[0] == "DryRunOperation"


def test_pages_hold_every_type_once(shared_house: House, listed: list[Any]) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_instance_types")
        .paginate(PaginationConfig={"PageSize": 50})
    )

    names = [each["InstanceType"] for page in pages for each in page["InstanceTypes"]]
    assert names == list(all_types()) == [each["InstanceType"] for each in listed]
    assert len(pages) == -(-len(names) // 50)


@pytest.mark.parametrize(
    ("name", "values", "some", "others"),
    [
        ("processor-info.supported-architecture", ["arm64"], "t4g.micro", "t3.micro"),
        ("supported-boot-mode", ["uefi"], "t3.micro", "t2.micro"),
        ("hypervisor", ["xen"], "t2.micro", "t3.micro"),
        ("instance-type", ["t3.*"], "t3.micro", "t3a.micro"),
        ("memory-info.size-in-mib", ["1024"], "t2.micro", "t2.small"),
        ("vcpu-info.default-vcpus", ["2"], "t3.micro", "t2.micro"),
        ("vcpu-info.valid-cores", ["1"], "t3.micro", "m5.2xlarge"),
        ("free-tier-eligible", ["true"], "t3.micro", "m5.large"),
        ("current-generation", ["true"], "t3.micro", "m3.large"),
        ("instance-storage-info.disk.size-in-gb", ["16"], "c3.large", "c3.xlarge"),
        ("instance-storage-supported", ["false"], "t3.micro", "c3.xlarge"),
        ("ebs-info.ebs-optimized-info.baseline-throughput-in-mbps", ["10.875"],
         "t3.micro", "t3.small"),
        ("network-info.ena-support", ["required"], "t3.micro", "t2.micro"),
        ("supported-virtualization-type", ["paravirtual"], "m3.large", "t2.micro"),
    ],
)  # fmt: skip
def test_types_are_filtered(
    shared_house: House, name: str, values: list[str], some: str, others: str
) -> None:
    pages = (
        shared_house.ec2()
        .get_paginator("describe_instance_types")
        .paginate(Filters=[{"Name": name, "Values": values}])
    )

    found = {each["InstanceType"] for page in pages for each in page["InstanceTypes"]}
    assert some in found
    assert others not in found


def test_every_filter_leads_somewhere() -> None:
    nowhere = {
        name
        for name, values in TYPE_FILTERS.lists.items()
        if not any(any(values(shape)) for shape in shapes().values())
    }

    # What no type of the table has.
    assert nowhere == {
        "network-info.bandwidth-weightings",
        "network-info.efa-info.maximum-efa-interfaces",
    }


@pytest.mark.parametrize(
    ("location_type", "places"),
    [
        ("region", ["us-west-1"]),
        ("availability-zone", ["us-west-1b", "us-west-1c"]),
        ("availability-zone-id", ["usw1-az1", "usw1-az2"]),
    ],
)
def test_types_are_offered_everywhere(
    shared_house: House, location_type: Any, places: list[str]
) -> None:
    ec2 = shared_house.ec2(region="us-west-1")

    offered = ec2.describe_instance_type_offerings(
        LocationType=location_type, Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}]
    )["InstanceTypeOfferings"]

    assert offered == [
        {"InstanceType": "t3.micro", "LocationType": location_type, "Location": place}
        for place in places
    ]
    there = ec2.describe_instance_type_offerings(
        LocationType=location_type, Filters=[{"Name": "location", "Values": places[:1]}]
    )["InstanceTypeOfferings"]
    assert len(there) == len(all_types())
