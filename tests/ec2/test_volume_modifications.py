"""ModifyVolume and DescribeVolumesModifications."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.ec2.volumes.modifications import FILTERS
from state.volumes import Modification, Shape
from tests.ec2.conftest import refusal
from tests.ec2.volumes import attached_volume, described_volume, made_volume
from tests.house import House
from tests.instances.conftest import started, volumes_of

INSTANCE = "i-0123456789abcdef0"
NOW = datetime.now(UTC)


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own volumes."""
    return shared_house


def modified(house: House, volume: str, **request: Any) -> Any:
    return house.ec2().modify_volume(VolumeId=volume, **request)["VolumeModification"]


def last(house: House, volume: str) -> Any:
    found = house.ec2().describe_volumes_modifications(VolumeIds=[volume])
    (modification,) = found["VolumesModifications"]
    return modification


def test_a_volume_grows_and_becomes_another_type(house: House) -> None:
    volume = made_volume(house, Size=10)

    answer = modified(house, volume, Size=20, VolumeType="gp3", Throughput=250)

    assert answer["ModificationState"] == "modifying"
    assert answer["Progress"] == 0
    found = last(house, volume)
    assert found.pop("EndTime") == found["StartTime"]
    assert found == {**answer, "ModificationState": "completed", "Progress": 100}
    assert {name: found[name] for name in found if name[:3] in ("Ori", "Tar")} == {
        "OriginalIops": 100,
        "OriginalMultiAttachEnabled": False,
        "OriginalSize": 10,
        "OriginalVolumeType": "gp2",
        "TargetIops": 3000,
        "TargetMultiAttachEnabled": False,
        "TargetSize": 20,
        "TargetThroughput": 250,
        "TargetVolumeType": "gp3",
    }
    shown = described_volume(house, volume)
    assert (shown["Size"], shown["VolumeType"], shown["Iops"]) == (20, "gp3", 3000)


def test_what_is_not_named_stays(house: House) -> None:
    volume = made_volume(house, Size=10, VolumeType="gp3", Iops=5000, Throughput=300)

    modified(house, volume, Size=11)
    shown = described_volume(house, volume)
    modified(house, volume, VolumeType="io2")

    assert (shown["Size"], shown["Iops"], shown["Throughput"]) == (11, 5000, 300)
    shown = described_volume(house, volume)
    assert (shown["VolumeType"], shown["Iops"], shown.get("Throughput")) == ("io2", 3000, None)


@pytest.mark.parametrize(
    ("made", "request_", "code", "message"),
    [
        ({}, {}, "InvalidParameterValue", "Must specify at least one of size"),
        ({}, {"Size": 9}, "InvalidParameterValue", "New size cannot be smaller than existing size"),
        ({}, {"Size": 99999}, "InvalidParameterValue", "maximum is 16384GiB"),
        ({}, {"Iops": 1000}, "InvalidParameterCombination", "iops is not supported for gp2"),
        ({}, {"VolumeType": "st1"}, "InvalidParameterValue", "minimum is 125GiB"),
        ({}, {"VolumeType": "gp9"}, "UnknownVolumeType", "'gp9'"),
        ({}, {"MultiAttachEnabled": True}, "InvalidParameterCombination", "gp2"),
        (
            {"VolumeType": "io1", "Iops": 100, "MultiAttachEnabled": True},
            {"Size": 20},
            "InvalidParameterValue",
            "io1 volumes with Multi-Attach enabled do not support modify-volume actions.",
        ),
        (
            {"VolumeType": "io1", "Iops": 100},
            {"MultiAttachEnabled": True},
            "InvalidParameterCombination",
            "Multi-Attach can be enabled for io1 volumes only when they are created.",
        ),
        (
            {"VolumeType": "io2", "Iops": 100, "MultiAttachEnabled": True},
            {"VolumeType": "gp3"},
            "InvalidParameterCombination",
            "The volume type of a volume with Multi-Attach enabled can't be modified.",
        ),
        ({}, {"Size": 20, "DryRun": True}, "DryRunOperation", "would have succeeded"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, made: dict[str, Any], request_: dict[str, Any], code: str, message: str
) -> None:
    volume = made_volume(house, Size=10, **made)

    refused = refusal(lambda: modified(house, volume, **request_))

    assert refused[0] == code
    assert message in refused[1]
    assert refusal(lambda: last(house, volume)) == (
        "InvalidVolumeModification.NotFound",
        f"Modification for volume '{volume}' does not exist.",
    )


def test_multi_attach_is_switched_while_nobody_else_uses_the_volume(house: House) -> None:
    io2 = Shape(size_gib=10, volume_type="io2", iops=100)
    shared = io2.model_copy(update={"multi_attach": True})
    free = made_volume(house, Size=10, VolumeType="io2", Iops=100)
    attached = attached_volume(house, INSTANCE, shape=io2)
    alone = attached_volume(house, INSTANCE, shape=shared)
    of_two = attached_volume(house, INSTANCE, "i-00000000000000000", shape=shared)

    assert modified(house, free, MultiAttachEnabled=True)["TargetMultiAttachEnabled"]
    assert not modified(house, alone, MultiAttachEnabled=False)["TargetMultiAttachEnabled"]
    for volume, wanted in ((attached, True), (of_two, False)):
        refused = refusal(lambda: modified(house, volume, MultiAttachEnabled=wanted))  # noqa: B023
        assert refused[0] == "IncorrectState"
    assert modified(house, attached, Size=20)["TargetSize"] == 20


def test_a_root_volume_stays_one_that_an_instance_starts_from(house: House) -> None:
    instance = started(house)
    root = volumes_of(house, instance)["/dev/sda1"]["VolumeId"]
    data = attached_volume(house, instance)

    for slow in ("sc1", "st1"):
        assert refusal(lambda: modified(house, root, Size=125, VolumeType=slow)) == (  # noqa: B023
            "InvalidParameterCombination",
            f"The volume type {slow} is not supported for root volumes.",
        )
    assert modified(house, root, VolumeType="gp3")["TargetVolumeType"] == "gp3"
    assert modified(house, data, Size=125, VolumeType="st1")["TargetVolumeType"] == "st1"


def test_who_was_never_modified_is_named(house: House) -> None:
    volumes = [made_volume(house, Size=1) for _ in range(2)]
    modified(house, volumes[0], Size=2)

    asked = house.ec2().describe_volumes_modifications
    assert refusal(lambda: asked(VolumeIds=volumes)) == (
        "InvalidVolumeModification.NotFound",
        f"Modification for volume '{volumes[1]}' does not exist.",
    )


def test_only_what_is_ready_is_modified(house: House) -> None:
    volume = attached_volume(house, state="creating")

    assert refusal(lambda: modified(house, volume, Size=20)) == (
        "IncorrectState",
        f"Volume {volume} must be in the available or in-use state to be modified.",
    )


def test_a_volume_is_modified_four_times_a_day(house: House) -> None:
    ages = (timedelta(hours=25), timedelta(hours=23), timedelta(hours=3), timedelta(hours=2))
    times = [NOW - age for age in ages]
    shape = Shape(size_gib=10)
    volume = attached_volume(
        house,
        INSTANCE,
        shape=shape,
        modifications=tuple(
            Modification(started_at=each, before=shape, after=shape) for each in times
        ),
    )

    modified(house, volume, Size=11)

    again = times[1] + timedelta(hours=24)
    assert refusal(lambda: modified(house, volume, Size=12)) == (
        "VolumeModificationRateExceeded",
        "You've reached the maximum modification rate per volume limit. Wait until "
        f"{again:%Y-%m-%dT%H:%M:%S}.{again.microsecond // 1000:03}Z before you can issue the next "
        "modification request for this volume.",
    )


@pytest.fixture(scope="module")
def listed(shared_house: House) -> tuple[House, list[str]]:
    """Three volumes of an account, of which the first two were modified."""
    house = House(shared_house.server)
    volumes = [
        made_volume(house, Size=1),
        made_volume(house, Size=4, VolumeType="io2", Iops=100, MultiAttachEnabled=True),
        made_volume(house, Size=3),
    ]
    modified(house, volumes[0], Size=2)
    modified(house, volumes[1], Iops=200)
    return house, volumes


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("modification-state", ["completed"], [0, 1]),
        ("modification-state", ["modifying"], []),
        ("original-iops", ["100"], [0, 1]),
        ("original-size", ["1"], [0]),
        ("original-volume-type", ["io2"], [1]),
        ("originalMultiAttachEnabled", ["true"], [1]),
        ("start-time", ["20*"], [0, 1]),
        ("target-iops", ["200"], [1]),
        ("target-size", ["2"], [0]),
        ("target-volume-type", ["gp2"], [0]),
        ("targetMultiAttachEnabled", ["false"], [0]),
        ("volume-id", ["vol-*"], [0, 1]),
    ],
)
def test_modifications_are_filtered(
    listed: tuple[House, list[str]], name: str, values: list[str], expected: list[int]
) -> None:
    house, volumes = listed
    filters: Any = [{"Name": name, "Values": values}]

    found = house.ec2().describe_volumes_modifications(Filters=filters)["VolumesModifications"]

    assert [volumes.index(each["VolumeId"]) for each in found] == expected


def test_the_table_above_is_whole() -> None:
    marks = test_modifications_are_filtered.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}

    assert tried == FILTERS.fields.keys()


def test_pages_join_up(listed: tuple[House, list[str]]) -> None:
    house, volumes = listed

    paginator = house.ec2().get_paginator("describe_volumes_modifications")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 1}))

    found = [each["VolumeId"] for page in pages for each in page["VolumesModifications"]]
    assert found == volumes[:2]
