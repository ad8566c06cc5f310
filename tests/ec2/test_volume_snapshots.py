"""CreateSnapshot and CreateSnapshots: the bytes of volumes, and which snapshot came of which."""

import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from state.instances import Instance
from state.layers import Layer
from tests.ec2.conftest import made_key, made_snapshot, random_disk, refusal
from tests.ec2.volumes import (
    attached_volume,
    blobs_and_store,
    changed_blocks,
    content,
    described_volume,
    found_volume,
    made_volume,
    snapshot_content,
    written_to,
)
from tests.house import House

UNKNOWN = "vol-0123456789abcdef0"
INSTANCE = "i-0123456789abcdef0"
BLOCK = 512 << 10
QUICK: Any = {"Delay": 1, "MaxAttempts": 60}


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own volumes."""
    return shared_house


def made(house: House, volume: str, **request: Any) -> str:
    """Make a snapshot of a volume."""
    snapshot: str = house.ec2().create_snapshot(VolumeId=volume, **request)["SnapshotId"]
    return snapshot


def completed(house: House, snapshot: str) -> Any:
    """Wait for a snapshot; return it."""
    ec2 = house.ec2()
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)
    (found,) = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    return found


def filled(byte: int) -> bytes:
    return bytes([byte]) * BLOCK


# without anything written -------------------------------------------------------------------------


def test_a_snapshot_is_pending_then_completed(house: House) -> None:
    volume = made_volume(house, Size=3)
    tags: Any = [{"Key": "Name", "Value": "backup"}]

    answer: Any = house.ec2().create_snapshot(
        VolumeId=volume,
        Description="of an empty volume",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )

    assert answer.pop("ResponseMetadata")
    assert (answer["State"], answer["Progress"]) == ("pending", "")
    found = completed(house, answer["SnapshotId"])
    assert found.pop("CompletionTime") == found["StartTime"]
    assert found == {**answer, "State": "completed", "Progress": "100%"}
    assert {name: found[name] for name in found if name not in ("SnapshotId", "StartTime")} == {
        "Description": "of an empty volume",
        "Encrypted": False,
        "OwnerId": house.account_id,
        "Progress": "100%",
        "State": "completed",
        "StorageTier": "standard",
        "Tags": tags,
        "VolumeId": volume,
        "VolumeSize": 3,
    }
    assert snapshot_content(house, answer["SnapshotId"]) == {}


def test_the_largest_volume_has_snapshots_however_large_files_can_be(house: House) -> None:
    ec2 = house.ec2()
    volume = made_volume(house, Size=65536, VolumeType="gp3")

    first = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    again = made_volume(house, SnapshotId=first, VolumeType="gp3")
    second = ec2.create_snapshot(VolumeId=again)["SnapshotId"]

    page = house.ebs().list_snapshot_blocks(SnapshotId=second)
    assert (page["VolumeSize"], page["Blocks"]) == (65536, [])


def test_a_snapshot_of_what_was_not_written_shares_the_bytes(house: House) -> None:
    source = made_snapshot(house, b"the bytes", size_bytes=9)
    volume = made_volume(house, SnapshotId=source, Size=2)

    snapshot = made(house, volume)

    found = completed(house, snapshot)
    assert (found["VolumeSize"], found["VolumeId"]) == (2, volume)
    assert house.snapshot_bytes(snapshot).samefile(house.snapshot_bytes(source))
    assert changed_blocks(house, source, snapshot) == []
    for each in (source, snapshot):
        house.ec2().delete_snapshot(SnapshotId=each)
    house.ec2().delete_volume(VolumeId=volume)


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            {"VolumeId": UNKNOWN},
            "InvalidVolume.NotFound",
            f"The volume '{UNKNOWN}' does not exist.",
        ),
        ({"VolumeId": "vol"}, "InvalidVolumeID.Malformed", 'Invalid id: "vol"'),
        ({"Description": "x" * 256}, "InvalidParameterValue", "255"),
        ({"Location": "local"}, "UnsupportedOperation", "Location"),
        ({"OutpostArn": "arn:aws:outposts:x"}, "UnsupportedOperation", "OutpostArn"),
        (
            {"TagSpecifications": [{"ResourceType": "volume", "Tags": []}]},
            "InvalidParameterValue",
            "'volume' is not a valid taggable resource type",
        ),
        ({"DryRun": True}, "DryRunOperation", "would have succeeded"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, request_: dict[str, Any], code: str, message: str
) -> None:
    volume = made_volume(house, Size=1)

    refused = refusal(lambda: house.ec2().create_snapshot(**{"VolumeId": volume, **request_}))

    assert refused[0] == code
    assert message in refused[1]


def test_a_volume_that_is_not_ready_has_no_snapshots(house: House) -> None:
    volume = attached_volume(house, state="creating")

    assert refusal(lambda: made(house, volume))[0] == "IncorrectState"


@pytest.mark.parametrize(
    ("instance", "code"),
    [
        ({"InstanceId": INSTANCE}, "InvalidInstanceID.NotFound"),
        ({"InstanceId": "instance"}, "InvalidInstanceID.Malformed"),
    ],
)
def test_there_is_no_instance_to_make_snapshots_of(
    house: House, instance: dict[str, str], code: str
) -> None:
    specification: Any = instance

    assert (
        refusal(lambda: house.ec2().create_snapshots(InstanceSpecification=specification))[0]
        == code
    )


@pytest.fixture(scope="module")
def machine(shared_house: House) -> tuple[str, list[str]]:
    """A stopped instance with a root volume and two others; their ids."""
    instance = Instance(
        id=f"i-{secrets.token_hex(9)[:17]}",
        account_id=shared_house.account_id,
        region=shared_house.region,
        launched_at=datetime.now(UTC),
        reservation_id="r-0123456789abcdef0",
        instance_type="t3.micro",
        zone="us-east-1a",
    )
    with blobs_and_store(shared_house) as (_, store), store.begin() as tx:
        tx.instances.add(instance)
    devices = ("/dev/sda1", "/dev/sdf", "/dev/sdg")
    volumes = [attached_volume(shared_house, instance.id, device=device) for device in devices]
    shared_house.ec2().create_tags(Resources=volumes[:1], Tags=[{"Key": "disk", "Value": "root"}])
    return instance.id, volumes


def test_an_instance_has_snapshots_of_all_its_volumes(
    house: House, machine: tuple[str, list[str]]
) -> None:
    instance, volumes = machine
    tags: Any = [{"ResourceType": "snapshot", "Tags": [{"Key": "set", "Value": "1"}]}]

    answer: Any = house.ec2().create_snapshots(
        InstanceSpecification={"InstanceId": instance},
        Description="nightly",
        CopyTagsFromSource="volume",
        TagSpecifications=tags,
    )["Snapshots"]

    assert [each["VolumeId"] for each in answer] == volumes
    assert {(each["State"], each["Progress"], each["Description"]) for each in answer} == {
        ("pending", "", "nightly")
    }
    assert [sorted(tag["Key"] for tag in each["Tags"]) for each in answer] == [
        ["disk", "set"], ["set"], ["set"],
    ]  # fmt: skip
    for each in answer:
        found = completed(house, each["SnapshotId"])
        assert found["Tags"] == each["Tags"]
        assert found["VolumeSize"] == each["VolumeSize"] == 1


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ExcludeBootVolume": True}, [1, 2]),
        ({"ExcludeDataVolumeIds": [1]}, [0, 2]),
        ({"ExcludeBootVolume": True, "ExcludeDataVolumeIds": [2]}, [1]),
    ],
)
def test_volumes_may_be_excluded(
    house: House, machine: tuple[str, list[str]], more: dict[str, Any], expected: list[int]
) -> None:
    instance, volumes = machine
    excluded = [volumes[number] for number in more.get("ExcludeDataVolumeIds", ())]
    specification: Any = {"InstanceId": instance, **more, "ExcludeDataVolumeIds": excluded}

    answer = house.ec2().create_snapshots(InstanceSpecification=specification)["Snapshots"]

    assert [volumes.index(each["VolumeId"]) for each in answer] == expected


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ExcludeDataVolumeIds": [UNKNOWN]}, "InvalidParameterValue"),
        ({"ExcludeDataVolumeIds": ["root"]}, "InvalidParameterValue"),
        ({"ExcludeDataVolumeIds": ["volume"]}, "InvalidVolumeID.Malformed"),
        (
            {"ExcludeBootVolume": True, "ExcludeDataVolumeIds": ["first", "second"]},
            "InvalidParameterCombination",
        ),
    ],
)
def test_what_cannot_be_excluded_is_refused(
    house: House, machine: tuple[str, list[str]], more: dict[str, Any], code: str
) -> None:
    instance, volumes = machine
    known = dict(zip(("root", "first", "second"), volumes, strict=True))
    excluded = [known.get(each, each) for each in more["ExcludeDataVolumeIds"]]
    specification: Any = {"InstanceId": instance, **more, "ExcludeDataVolumeIds": excluded}
    ec2 = house.ec2()

    assert refusal(lambda: ec2.create_snapshots(InstanceSpecification=specification))[0] == code


# written ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("encrypted", [False, True])
def test_the_lineage_of_three_snapshots_of_a_volume(house: House, encrypted: bool) -> None:
    volume = made_volume(house, Size=1, Encrypted=encrypted)
    written_to(house, volume, "write -P 1 0 512k", "write -P 2 3M 512k")
    first = made(house, volume)
    written_to(house, volume, "write -P 3 3M 512k", "write -P 4 700M 1M")
    second = made(house, volume)
    written_to(house, volume, "write -z 0 512k", "write -P 5 1073217536 512k")
    third = made(house, volume)
    untouched = made(house, volume)

    found = [completed(house, each) for each in (first, second, third, untouched)]

    assert {each["Encrypted"] for each in found} == {encrypted}
    assert snapshot_content(house, first) == {0: filled(1), 6: filled(2)}
    assert snapshot_content(house, second) == {
        0: filled(1),
        6: filled(3),
        1400: filled(4),
        1401: filled(4),
    }
    rest = {6: filled(3), 1400: filled(4), 1401: filled(4), 2047: filled(5)}
    assert snapshot_content(house, third) == rest
    assert snapshot_content(house, untouched) == rest
    assert changed_blocks(house, first, second) == [6, 1400, 1401]
    assert changed_blocks(house, second, third) == [0, 2047]
    assert changed_blocks(house, first, third) == [0, 6, 1400, 1401, 2047]
    assert changed_blocks(house, third, untouched) == []
    house.ec2().delete_snapshot(SnapshotId=second)
    assert changed_blocks(house, first, third) == [0, 6, 1400, 1401, 2047]
    assert content(house, volume) == rest
    assert snapshot_content(house, third) == rest


@pytest.mark.slow
def test_what_is_written_lies_over_the_snapshot(house: House, tmp_path: Any) -> None:
    disk = random_disk(tmp_path / "disk", 64 << 20)
    source = made_snapshot(house, disk.read_bytes(), size_bytes=64 << 20)
    before = snapshot_content(house, source)
    volume = made_volume(house, SnapshotId=source, Size=2)

    written_to(house, volume, "write -P 1 512k 512k", "write -P 2 1536M 512k")
    snapshot = made(house, volume)

    completed(house, snapshot)
    expected = {**before, 1: filled(1), 3072: filled(2)}
    assert snapshot_content(house, snapshot) == expected
    assert content(house, volume) == expected
    assert snapshot_content(house, source) == before
    assert changed_blocks(house, source, snapshot) == [1, 3072]
    house.ec2().delete_snapshot(SnapshotId=source)
    house.ec2().delete_snapshot(SnapshotId=snapshot)
    assert content(house, volume) == expected


@pytest.mark.slow
def test_the_bytes_of_a_snapshot_take_the_place_of_the_layers(house: House) -> None:
    volume = made_volume(house, Size=1)
    written_to(house, volume, "write -P 1 0 64k")

    snapshot = made(house, volume)
    completed(house, snapshot)

    (layer,) = found_volume(house, volume).files
    assert layer.format == "raw"
    with blobs_and_store(house) as (blobs, _):
        assert blobs.path(layer.blob_id).samefile(house.snapshot_bytes(snapshot))
    assert house.snapshot_bytes(snapshot).stat().st_nlink == 2


@pytest.mark.slow
def test_a_volume_grows_though_it_was_written_to(house: House) -> None:
    volume = made_volume(house, Size=1)
    written_to(house, volume, "write -P 1 0 512k")
    house.ec2().modify_volume(VolumeId=volume, Size=2)
    written_to(house, volume, "write -P 2 1536M 512k")

    snapshot = made(house, volume)

    assert completed(house, snapshot)["VolumeSize"] == 2
    assert snapshot_content(house, snapshot) == {0: filled(1), 3072: filled(2)}
    assert found_volume(house, volume).files[0].size == 2 << 30


# encrypted ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_an_encrypted_volume_of_what_was_not_encrypted_has_encrypted_snapshots(
    house: House,
) -> None:
    source = made_snapshot(house, filled(7), size_bytes=BLOCK)
    volume = made_volume(house, SnapshotId=source, Encrypted=True)
    house.ec2().get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    (layer,) = found_volume(house, volume).files

    snapshot = made(house, volume)

    with blobs_and_store(house) as (blobs, _):
        assert filled(7)[:4096] not in blobs.path(layer.blob_id).read_bytes()
    found = completed(house, snapshot)
    assert found["Encrypted"]
    assert found["KmsKeyId"] == described_volume(house, volume)["KmsKeyId"]
    kept = house.snapshot_bytes(snapshot).read_bytes()
    assert kept[:4] == b"QFI\xfb"
    assert filled(7)[:4096] not in kept
    assert snapshot_content(house, snapshot) == {0: filled(7)}
    assert [each.sealed for each in found_volume(house, volume).files] == [True]
    assert content(house, volume) == {0: filled(7)}


@pytest.mark.slow
def test_an_encrypted_volume_of_before_gets_a_passphrase(house: House) -> None:
    key = made_key(house, alias="alias/before")
    volume = attached_volume(house, INSTANCE, encrypted=True, kms_key_id=key)
    written_to(house, volume, "write -P 4 0 512k")

    snapshot = made(house, volume)

    completed(house, snapshot)
    assert house.snapshot_bytes(snapshot).read_bytes()[:4] == b"QFI\xfb"
    assert snapshot_content(house, snapshot) == {0: filled(4)}


@pytest.mark.slow
def test_a_volume_of_an_encrypted_snapshot_shares_its_bytes(house: House) -> None:
    key, other = made_key(house, alias="alias/one"), made_key(house, alias="alias/other")
    first = made_volume(house, Size=1, Encrypted=True, KmsKeyId=key)
    written_to(house, first, "write -P 9 0 512k")
    source = made(house, first)
    completed(house, source)

    same = made_volume(house, SnapshotId=source)
    under_another = made_volume(house, SnapshotId=source, Encrypted=True, KmsKeyId=other)

    assert described_volume(house, same)["KmsKeyId"] == key
    assert described_volume(house, under_another)["KmsKeyId"] == other
    for volume in (same, under_another):
        (layer,) = found_volume(house, volume).files
        with blobs_and_store(house) as (blobs, _):
            assert blobs.path(layer.blob_id).samefile(house.snapshot_bytes(source))
        assert content(house, volume) == {0: filled(9)}
    house.kms().disable_key(KeyId=key)
    refused = refusal(lambda: made_volume(house, SnapshotId=source))
    assert refused[0] == "InvalidParameterValue"
    assert "KMS key is not accessible" in refused[1]
    assert refusal(lambda: made(house, same)) == refused
    written_to(house, under_another, "write -P 8 512k 512k")
    snapshot = made(house, under_another)
    completed(house, snapshot)
    assert snapshot_content(house, snapshot) == {0: filled(9), 1: filled(8)}


# what goes wrong ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_snapshot_that_cannot_be_made_is_in_error(house: House) -> None:
    volume = made_volume(house, Size=1)
    written_to(house, volume, "write -P 1 0 64k")
    written = found_volume(house, volume).written
    assert isinstance(written, Layer)
    with blobs_and_store(house) as (blobs, _):
        blobs.path(written.blob_id).write_bytes(b"not a disk any more")

    snapshot = made(house, volume)

    ec2 = house.ec2()
    with pytest.raises(Exception, match="terminal failure"):
        ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)
    (found,) = ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    assert (found["State"], found["StateMessage"][:12]) == ("error", "ServerError:")
    ec2.delete_snapshot(SnapshotId=snapshot)


@pytest.mark.slow
def test_a_snapshot_that_is_deleted_while_it_is_made_leaves_the_volume_whole(
    house: House,
) -> None:
    volume = made_volume(house, Size=1)
    written_to(house, volume, "write -P 1 0 512k")
    first = made(house, volume)

    house.ec2().delete_snapshot(SnapshotId=first)

    assert content(house, volume) == {0: filled(1)}
    second = made(house, volume)
    completed(house, second)
    assert snapshot_content(house, second) == {0: filled(1)}


@pytest.mark.slow
def test_a_snapshot_outlives_its_volume_though_it_is_not_written_yet(house: House) -> None:
    volume = made_volume(house, Size=1)
    written_to(house, volume, "write -P 6 0 512k")
    snapshot = made(house, volume)

    house.ec2().delete_volume(VolumeId=volume)

    completed(house, snapshot)
    assert snapshot_content(house, snapshot) == {0: filled(6)}
    assert house.snapshot_bytes(snapshot).stat().st_nlink == 1
