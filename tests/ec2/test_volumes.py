"""CreateVolume, DeleteVolume, DescribeVolumes, DescribeVolumeStatus and the attributes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.ec2.volumes import listing, status
from state.volumes import Attachment, Shape, Volume
from tests.ec2.conftest import made_key, made_snapshot, refusal
from tests.ec2.volumes import (
    attached_volume,
    described_volume,
    found_volume,
    made_volume,
    put_volumes,
)
from tests.house import House

UNKNOWN = "vol-0123456789abcdef0"
INSTANCE = "i-0123456789abcdef0"
START = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=UTC)


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own volumes."""
    return shared_house


# creating -----------------------------------------------------------------------------------------


def test_a_volume_is_creating_then_available(house: House) -> None:
    tags: Any = [{"Key": "Name", "Value": "data"}]

    made: Any = house.ec2().create_volume(
        AvailabilityZone="us-east-1b",
        Size=5,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )

    assert made.pop("ResponseMetadata")
    assert made["State"] == "creating"
    assert abs(made["CreateTime"] - datetime.now(UTC)) < timedelta(minutes=1)
    found = described_volume(house, made["VolumeId"])
    assert found == {**made, "State": "available"}
    assert {name: found[name] for name in found if name not in ("VolumeId", "CreateTime")} == {
        "Attachments": [],
        "AvailabilityZone": "us-east-1b",
        "AvailabilityZoneId": "use1-az2",
        "Encrypted": False,
        "Iops": 100,
        "MultiAttachEnabled": False,
        "Operator": {"Managed": False},
        "Size": 5,
        "SnapshotId": "",
        "State": "available",
        "Tags": tags,
        "VolumeType": "gp2",
    }


def test_the_waiters_end(house: House) -> None:
    quick: Any = {"Delay": 1, "MaxAttempts": 2}
    ec2 = house.ec2()
    volume = made_volume(house, Size=1)
    ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=quick)

    ec2.delete_volume(VolumeId=volume)

    ec2.get_waiter("volume_deleted").wait(VolumeIds=[volume], WaiterConfig=quick)
    attached = attached_volume(house, INSTANCE)
    ec2.get_waiter("volume_in_use").wait(VolumeIds=[attached], WaiterConfig=quick)


def test_a_volume_of_a_snapshot_is_another_name_of_its_bytes(house: House) -> None:
    snapshot = made_snapshot(house, b"the bytes", size_gib=3)

    volume = made_volume(house, SnapshotId=snapshot)

    found = described_volume(house, volume)
    assert (found["Size"], found["SnapshotId"]) == (3, snapshot)
    (base,) = found_volume(house, volume).files
    path = house.data_dir / "blobs" / base.blob_id[-2:] / base.blob_id
    assert path.samefile(house.snapshot_bytes(snapshot))
    house.ec2().delete_snapshot(SnapshotId=snapshot)
    assert path.read_bytes() == b"the bytes"
    assert described_volume(house, volume)["SnapshotId"] == snapshot
    house.ec2().delete_volume(VolumeId=volume)
    assert not path.exists()


def test_a_volume_may_be_larger_than_its_snapshot_but_not_smaller(house: House) -> None:
    snapshot = made_snapshot(house, size_gib=3)

    assert described_volume(house, made_volume(house, SnapshotId=snapshot, Size=7))["Size"] == 7
    assert refusal(lambda: made_volume(house, SnapshotId=snapshot, Size=2)) == (
        "InvalidParameterValue",
        f"Volume of size 2GB is smaller than  snapshot '{snapshot}', expect size >= 3GB",
    )


@pytest.mark.parametrize(
    ("request_", "iops", "throughput"),
    [
        ({"Size": 1}, 100, None),
        ({"Size": 1000, "VolumeType": "gp2"}, 3000, None),
        ({"Size": 16384, "VolumeType": "gp2"}, 16000, None),
        ({"Size": 1, "VolumeType": "gp3"}, 3000, 125),
        ({"Size": 100, "VolumeType": "gp3", "Iops": 4000, "Throughput": 1000}, 4000, 1000),
        ({"Size": 4, "VolumeType": "io1", "Iops": 200}, 200, None),
        ({"Size": 65536, "VolumeType": "io2", "Iops": 256000}, 256000, None),
        ({"Size": 125, "VolumeType": "st1"}, None, None),
        ({"Size": 16384, "VolumeType": "sc1"}, None, None),
        ({"Size": 1024, "VolumeType": "standard"}, None, None),
    ],
)
def test_a_volume_has_the_speed_of_its_type(
    house: House, request_: dict[str, Any], iops: int | None, throughput: int | None
) -> None:
    found = described_volume(house, made_volume(house, **request_))

    assert (found.get("Iops"), found.get("Throughput")) == (iops, throughput)


ZONE = {"AvailabilityZone": "us-east-1a"}


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({"Size": 1}, "MissingParameter", "availabilityZone"),
        ({"Size": 1, "AvailabilityZone": "us-east-1z"}, "InvalidZone.NotFound", "'us-east-1z'"),
        ({"Size": 1, "AvailabilityZone": "eu-west-1a"}, "InvalidZone.NotFound", "'eu-west-1a'"),
        ({"Size": 1, "AvailabilityZoneId": "euw1-az1"}, "InvalidParameterValue", "euw1-az1"),
        (
            {"Size": 1, "AvailabilityZone": "us-east-1a", "AvailabilityZoneId": "use1-az1"},
            "InvalidParameterCombination",
            "AvailabilityZoneId",
        ),
        (ZONE, "MissingParameter", "size/snapshot"),
        ({**ZONE, "Size": 0}, "InvalidParameterValue", "Value (0) for parameter size is invalid"),
        ({**ZONE, "Size": 16385}, "InvalidParameterValue", "maximum is 16384GiB"),
        ({**ZONE, "Size": 1, "VolumeType": "gp9"}, "UnknownVolumeType", "'gp9'"),
        ({**ZONE, "Size": 1, "Iops": 100}, "InvalidParameterCombination", "iops"),
        ({**ZONE, "Size": 4, "VolumeType": "io1"}, "InvalidParameterCombination", "must be"),
        (
            {**ZONE, "Size": 4, "VolumeType": "io1", "Iops": 201},
            "InvalidParameterValue",
            "ratio of 50.250000 is too high; maximum is 50",
        ),
        (
            {**ZONE, "Size": 4, "VolumeType": "gp3", "Iops": 99},
            "InvalidParameterValue",
            "minimum is 3000",
        ),
        (
            {**ZONE, "Size": 4, "Throughput": 125},
            "InvalidParameterCombination",
            "throughput",
        ),
        (
            {**ZONE, "Size": 4, "MultiAttachEnabled": True},
            "InvalidParameterCombination",
            "multi-attach-enabled is not supported for gp2",
        ),
        ({**ZONE, "Size": 1, "KmsKeyId": "alias/x"}, "InvalidParameterDependency", "Encrypted"),
        (
            {**ZONE, "Size": 1, "Encrypted": True, "KmsKeyId": "alias/x"},
            "InvalidParameterValue",
            "KMS key is not accessible",
        ),
        ({**ZONE, "SnapshotId": "snap-0123456789abcdef0"}, "InvalidSnapshot.NotFound", "not exist"),
        ({**ZONE, "SnapshotId": "snapshot"}, "InvalidSnapshotID.Malformed", '"snapshot"'),
        (
            {**ZONE, "Size": 1, "VolumeInitializationRate": 100},
            "InvalidParameterCombination",
            "not created from a snapshot",
        ),
        (
            {**ZONE, "SnapshotId": "snap-0123456789abcdef0", "VolumeInitializationRate": 301},
            "InvalidParameterValue",
            "allowed range",
        ),
        (
            {**ZONE, "Size": 1, "OutpostArn": "arn:aws:outposts:us-east-1:1:outpost/op-1"},
            "UnsupportedOperation",
            "OutpostArn",
        ),
        (
            {
                **ZONE,
                "Size": 1,
                "TagSpecifications": [{"ResourceType": "snapshot", "Tags": []}],
            },
            "InvalidParameterValue",
            "'snapshot' is not a valid taggable resource type",
        ),
        ({**ZONE, "Size": 1, "ClientToken": "x" * 65}, "InvalidParameterValue", "clientToken"),
        ({**ZONE, "Size": 1, "DryRun": True}, "DryRunOperation", "would have succeeded"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, request_: dict[str, Any], code: str, message: str
) -> None:
    refused = refusal(lambda: house.ec2().create_volume(**request_))

    assert refused[0] == code
    assert message in refused[1]


def test_only_a_completed_snapshot_makes_a_volume(house: House) -> None:
    snapshot = made_snapshot(house, state="pending")

    assert refusal(lambda: made_volume(house, SnapshotId=snapshot)) == (
        "IncorrectState",
        "Snapshot is in invalid state - pending",
    )


def test_a_shared_snapshot_makes_volumes_of_others(house: House, friend: House) -> None:
    snapshot = made_snapshot(friend, b"shared")
    assert refusal(lambda: made_volume(house, SnapshotId=snapshot))[0] == "InvalidSnapshot.NotFound"
    friend.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=[house.account_id],
    )

    volume = made_volume(house, SnapshotId=snapshot)

    assert described_volume(house, volume)["SnapshotId"] == snapshot
    assert friend.ec2().describe_volumes()["Volumes"] == []
    assert refusal(lambda: described_volume(friend, volume))[0] == "InvalidVolume.NotFound"


def test_a_zone_may_be_named_by_its_id(house: House) -> None:
    made = house.ec2().create_volume(AvailabilityZoneId="use1-az3", Size=1)

    assert made["AvailabilityZone"] == "us-east-1c"


def test_a_token_makes_one_volume(house: House) -> None:
    request: Any = {"Size": 1, "ClientToken": "only once", "AvailabilityZone": "us-east-1a"}

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: house.ec2().create_volume(**request), range(6)))

    assert len({each["VolumeId"] for each in made}) == 1
    assert refusal(lambda: house.ec2().create_volume(**{**request, "Size": 2}))[0] == (
        "IdempotentParameterMismatch"
    )


def test_what_is_made_encrypted_names_its_key(house: House) -> None:
    key = made_key(house, alias="alias/volumes")

    own = described_volume(
        house, made_volume(house, Size=1, Encrypted=True, KmsKeyId="alias/volumes")
    )
    default = described_volume(house, made_volume(house, Size=1, Encrypted=True))

    assert (own["Encrypted"], own["KmsKeyId"]) == (True, key)
    assert default["Encrypted"]
    assert default["KmsKeyId"] != key


# deleting -----------------------------------------------------------------------------------------


def test_a_volume_that_is_deleted_is_gone_with_its_tags(house: House) -> None:
    volume = made_volume(house, Size=1)
    ec2 = house.ec2()
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "b"}])
    by_tag: Any = [{"Name": "resource-id", "Values": [volume]}]
    assert ec2.describe_tags(Filters=by_tag)["Tags"][0]["ResourceType"] == "volume"
    assert refusal(lambda: ec2.delete_volume(VolumeId=volume, DryRun=True))[0] == "DryRunOperation"

    ec2.delete_volume(VolumeId=volume)

    gone = ("InvalidVolume.NotFound", f"The volume '{volume}' does not exist.")
    assert refusal(lambda: ec2.delete_volume(VolumeId=volume)) == gone
    assert refusal(lambda: described_volume(house, volume)) == gone
    assert refusal(lambda: ec2.create_tags(Resources=[volume], Tags=[])) != gone
    assert ec2.describe_tags(Filters=by_tag)["Tags"] == []


def test_an_attached_volume_is_not_deleted(house: House) -> None:
    volume = attached_volume(house, INSTANCE)

    assert refusal(lambda: house.ec2().delete_volume(VolumeId=volume)) == (
        "VolumeInUse",
        f"Volume {volume} is currently attached to {INSTANCE}",
    )


# attaching ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({}, "InvalidInstanceID.NotFound", f"The instance ID '{INSTANCE}' does not exist"),
        ({"InstanceId": "i"}, "InvalidInstanceID.Malformed", 'Invalid id: "i" (expecting "i-...")'),
        (
            {"VolumeId": UNKNOWN},
            "InvalidVolume.NotFound",
            f"The volume '{UNKNOWN}' does not exist.",
        ),
        ({"VolumeId": "vol-1"}, "InvalidVolumeID.Malformed", 'Invalid id: "vol-1"'),
        (
            {"Device": "/dev/nvme1n1"},
            "InvalidParameterValue",
            "Value (/dev/nvme1n1) for parameter device is invalid. "
            "/dev/nvme1n1 is not a valid EBS device name.",
        ),
    ],
)
def test_there_is_no_instance_to_attach_to(
    house: House, change: dict[str, str], code: str, message: str
) -> None:
    request: Any = {"VolumeId": made_volume(house, Size=1), "InstanceId": INSTANCE}

    attempt = refusal(lambda: house.ec2().attach_volume(**{"Device": "xvdf", **request, **change}))

    assert attempt == (code, message)


def test_an_attached_volume_is_detached(house: House) -> None:
    ec2, volume = house.ec2(), attached_volume(house, INSTANCE)
    other = "i-00000000000000000"
    assert refusal(lambda: ec2.detach_volume(VolumeId=volume, InstanceId=other)) == (
        "InvalidAttachment.NotFound",
        f"The volume '{volume}' is not attached to instance '{other}'.",
    )

    detached = ec2.detach_volume(VolumeId=volume, Device="/dev/sdf")

    assert (detached["State"], detached["InstanceId"]) == ("detaching", INSTANCE)
    found = described_volume(house, volume)
    assert (found["State"], found["Attachments"]) == ("available", [])
    assert refusal(lambda: ec2.detach_volume(VolumeId=volume)) == (
        "IncorrectState",
        f"Volume '{volume}'is in the 'available' state.",
    )


def test_of_several_instances_one_must_be_named(house: House) -> None:
    ec2, other = house.ec2(), "i-00000000000000000"
    volume = attached_volume(house, INSTANCE, other)
    assert refusal(lambda: ec2.detach_volume(VolumeId=volume))[0] == "InvalidParameterCombination"

    ec2.detach_volume(VolumeId=volume, InstanceId=other)

    found = described_volume(house, volume)
    assert [each["InstanceId"] for each in found["Attachments"]] == [INSTANCE]
    assert found["State"] == "in-use"


# listing ------------------------------------------------------------------------------------------

COUNT = 12


def numbered(house: House, number: int, **more: Any) -> Volume:
    return Volume(
        **{
            "id": f"vol-{int(house.account_id):010x}{number:07x}",
            "account_id": house.account_id,
            "region": house.region,
            "zone": "us-east-1a",
            "created_at": START + timedelta(days=number),
            "shape": Shape(size_gib=number + 1),
            **more,
        }
    )


@pytest.fixture(scope="module")
def listed(shared_house: House) -> tuple[House, list[str]]:
    """Twelve volumes of an account; the tests look at the first three by number."""
    house = House(shared_house.server)
    attachment = Attachment(
        instance_id=INSTANCE, device="/dev/sdf", attached_at=START, delete_on_termination=True
    )
    volumes = [numbered(house, number) for number in range(COUNT)]
    volumes[1] = numbered(
        house, 1, state="in-use", attachments=(attachment,), zone="us-east-1b", encrypted=True
    )
    shape = Shape(size_gib=3, volume_type="io1", iops=100, multi_attach=True)
    volumes[2] = numbered(house, 2, shape=shape, snapshot_id="snap-1", state="creating")
    put_volumes(house, *volumes)
    ids = [volume.id for volume in volumes]
    house.ec2().create_tags(Resources=ids[:2], Tags=[{"Key": "Team", "Value": "red"}])
    return house, ids


ALL = list(range(COUNT))
OTHERS = [0, *range(3, COUNT)]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("attachment.attach-time", ["2024-02-29T23:59:58.123Z"], [1]),
        ("attachment.delete-on-termination", ["true"], [1]),
        ("attachment.delete-on-termination", ["false"], []),
        ("attachment.device", ["/dev/sdf", "/dev/sdg"], [1]),
        ("attachment.instance-id", [INSTANCE], [1]),
        ("attachment.status", ["attached"], [1]),
        ("availability-zone", ["us-east-1b"], [1]),
        ("availability-zone-id", ["use1-az1"], [0, *range(2, COUNT)]),
        ("create-time", ["2024-03-0?T*"], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("encrypted", ["true"], [1]),
        ("fast-restored", ["true"], []),
        ("multi-attach-enabled", ["true"], [2]),
        ("operator.managed", ["false"], ALL),
        ("operator.principal", ["*"], []),
        ("size", ["1", "12"], [0, 11]),
        ("snapshot-id", ["snap-*"], [2]),
        ("status", ["in-use", "creating"], [1, 2]),
        ("status", ["available"], OTHERS),
        ("tag-key", ["Team"], [0, 1]),
        ("tag:Team", ["red"], [0, 1]),
        ("volume-id", ["{3}"], [3]),
        ("volume-type", ["io?"], [2]),
    ],
)
def test_volumes_are_filtered(
    listed: tuple[House, list[str]], name: str, values: list[str], expected: list[int]
) -> None:
    house, ids = listed
    filters: Any = [{"Name": name, "Values": [each.replace("{3}", ids[3]) for each in values]}]

    found = house.ec2().describe_volumes(Filters=filters)["Volumes"]

    assert [ids.index(each["VolumeId"]) for each in found] == expected


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("action.code", ["*"], []),
        ("action.description", ["*"], []),
        ("action.event-id", ["*"], []),
        ("attachment-status.instance-id", [INSTANCE], [1]),
        ("attachment-status.io-performance", ["not-applicable"], [1]),
        ("availability-zone", ["us-east-1b"], [1]),
        ("event.description", ["*"], []),
        ("event.event-id", ["*"], []),
        ("event.event-type", ["*"], []),
        ("event.not-after", ["*"], []),
        ("event.not-before", ["*"], []),
        ("volume-status.details-name", ["io-enabled"], ALL),
        ("volume-status.details-status", ["passed"], [0, 1, *range(3, COUNT)]),
        ("volume-status.status", ["ok"], [0, 1, *range(3, COUNT)]),
        ("volume-status.status", ["insufficient-data"], [2]),
    ],
)
def test_statuses_are_filtered(
    listed: tuple[House, list[str]], name: str, values: list[str], expected: list[int]
) -> None:
    house, ids = listed
    filters: Any = [{"Name": name, "Values": values}]

    found = house.ec2().describe_volume_status(Filters=filters)["VolumeStatuses"]

    assert [ids.index(each["VolumeId"]) for each in found] == expected


def test_the_tables_above_are_whole() -> None:
    for test, filters in (
        (test_volumes_are_filtered, listing.FILTERS),
        (test_statuses_are_filtered, status.FILTERS),
    ):
        marks = test.pytestmark  # type: ignore[attr-defined]
        tried = {case[0] for mark in marks for case in mark.args[1]}
        known = filters.fields.keys() | filters.lists.keys()
        assert {name for name in tried if not name.startswith("tag")} == known


def test_an_unknown_filter_is_refused(listed: tuple[House, list[str]]) -> None:
    ec2 = listed[0].ec2()
    filters: Any = [{"Name": "nope", "Values": ["x"]}]

    for describe in (
        ec2.describe_volumes,
        ec2.describe_volume_status,
        ec2.describe_volumes_modifications,
    ):
        attempt = refusal(lambda describe=describe: describe(Filters=filters))  # type: ignore[misc]
        assert attempt == ("InvalidParameterValue", "The filter 'nope' is invalid")


def test_pages_join_up(listed: tuple[House, list[str]]) -> None:
    house, ids = listed
    ec2 = house.ec2()

    for name, result in (
        ("describe_volumes", "Volumes"),
        ("describe_volume_status", "VolumeStatuses"),
    ):
        pages = list(ec2.get_paginator(name).paginate(PaginationConfig={"PageSize": 5}))  # type: ignore[call-overload]
        assert [len(page[result]) for page in pages] == [5, 5, 2]
        assert [each["VolumeId"] for page in pages for each in page[result]] == ids


def test_volumes_are_named(listed: tuple[House, list[str]]) -> None:
    house, ids = listed
    ec2 = house.ec2()

    found = ec2.describe_volumes(VolumeIds=[ids[4], ids[1]])["Volumes"]

    assert [each["VolumeId"] for each in found] == [ids[1], ids[4]]
    assert refusal(lambda: ec2.describe_volumes(VolumeIds=[ids[0], UNKNOWN]))[0] == (
        "InvalidVolume.NotFound"
    )
    assert refusal(lambda: ec2.describe_volumes(VolumeIds=["volume"]))[0] == (
        "InvalidVolumeID.Malformed"
    )
    assert refusal(lambda: ec2.describe_volumes(VolumeIds=[ids[0]], MaxResults=5))[0] == (
        "InvalidParameterCombination"
    )
    assert refusal(lambda: ec2.describe_volumes(MaxResults=4))[0] == "InvalidParameterValue"


def test_an_attachment_is_shown(listed: tuple[House, list[str]]) -> None:
    house, ids = listed

    assert described_volume(house, ids[1])["Attachments"] == [
        {
            "AttachTime": START.replace(microsecond=123000),
            "DeleteOnTermination": True,
            "Device": "/dev/sdf",
            "InstanceId": INSTANCE,
            "State": "attached",
            "VolumeId": ids[1],
        }
    ]


# status and attributes ----------------------------------------------------------------------------


def test_a_volume_is_well(house: House) -> None:
    volume = made_volume(house, SnapshotId=made_snapshot(house))

    (found,) = house.ec2().describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]

    assert found == {
        "Actions": [],
        "AttachmentStatuses": [],
        "AvailabilityZone": "us-east-1a",
        "AvailabilityZoneId": "use1-az1",
        "Events": [],
        "InitializationStatusDetails": {"InitializationType": "default", "Progress": 100},
        "Operator": {"Managed": False},
        "VolumeId": volume,
        "VolumeStatus": {
            "Details": [
                {"Name": "io-enabled", "Status": "passed"},
                {"Name": "io-performance", "Status": "not-applicable"},
            ],
            "Status": "ok",
        },
    }


def test_who_pays_for_a_rate_is_told_how_long_it_takes(house: House) -> None:
    volume = made_volume(house, SnapshotId=made_snapshot(house), VolumeInitializationRate=100)

    (found,) = house.ec2().describe_volume_status(VolumeIds=[volume])["VolumeStatuses"]

    assert found["InitializationStatusDetails"] == {
        "EstimatedTimeToCompleteInSeconds": 0,
        "InitializationType": "provisioned-rate",
        "Progress": 100,
    }


def test_io_may_be_enabled(house: House) -> None:
    ec2, volume = house.ec2(), made_volume(house, Size=1)

    ec2.enable_volume_io(VolumeId=volume)

    assert refusal(lambda: ec2.enable_volume_io(VolumeId=UNKNOWN))[0] == "InvalidVolume.NotFound"
    assert refusal(lambda: ec2.enable_volume_io(VolumeId=volume, DryRun=True))[0] == (
        "DryRunOperation"
    )


def test_io_may_be_enabled_by_itself(house: House) -> None:
    ec2, volume = house.ec2(), made_volume(house, Size=1)

    def attribute(name: Any = "autoEnableIO") -> Any:
        shown = ec2.describe_volume_attribute(VolumeId=volume, Attribute=name)
        return {name: shown[name] for name in shown if name != "ResponseMetadata"}  # type: ignore[literal-required]

    assert attribute() == {"VolumeId": volume, "AutoEnableIO": {"Value": False}}
    ec2.modify_volume_attribute(VolumeId=volume, AutoEnableIO={"Value": True})
    assert attribute() == {"VolumeId": volume, "AutoEnableIO": {"Value": True}}
    assert attribute("productCodes") == {"VolumeId": volume, "ProductCodes": []}
    assert refusal(lambda: attribute("size"))[0] == "InvalidParameterValue"
    assert refusal(lambda: ec2.modify_volume_attribute(VolumeId=volume))[0] == (
        "InvalidParameterCombination"
    )
