"""A disk that is uploaded in parts becomes a volume, whenever the parts come."""

import secrets
from pathlib import Path

import pytest
from botocore.exceptions import WaiterError

from tests import disks
from tests.conversions.uploads import (
    MIB,
    Upload,
    ended,
    look,
    tidied,
    until,
    volume_bytes,
)
from tests.ec2.conftest import convert, random_disk, refusal
from tests.house import House

IMAGE = b"".join((secrets.token_bytes(MIB), bytes(MIB), secrets.token_bytes(MIB // 2)))


def test_a_disk_in_parts_becomes_a_volume(house: House) -> None:
    upload = Upload(house, IMAGE)

    task = upload.import_volume(Description="mine")
    upload.put_all()
    done = ended(house, task["ConversionTaskId"])

    assert task["State"] == "active"
    assert task["StatusMessage"] == "Pending"
    assert task["ConversionTaskId"].startswith("import-vol-")
    shown = done["ImportVolume"]
    assert done["State"] == "completed"
    assert "StatusMessage" not in done
    assert shown["BytesConverted"] == len(IMAGE)
    assert shown["Image"]["Size"] == len(IMAGE)
    assert shown["Image"]["Checksum"].endswith("-3")
    assert shown["Description"] == "mine"
    volume = house.ec2().describe_volumes(VolumeIds=[shown["Volume"]["Id"]])["Volumes"][0]
    assert (volume["State"], volume["Size"]) == ("available", 1)
    assert volume["AvailabilityZone"] == "us-east-1a"
    assert volume_bytes(house, volume["VolumeId"]) == IMAGE
    assert tidied(house, task["ConversionTaskId"])


def test_a_task_waits_for_the_last_part(house: House) -> None:
    upload = Upload(house, IMAGE)
    task_id = upload.import_volume()["ConversionTaskId"]

    upload.put_manifest()
    upload.put_part(2)
    half = until(house, task_id, lambda task: "Downloaded" in task["StatusMessage"])
    upload.put_part(0)
    more = until(house, task_id, lambda task: str(3 * MIB // 2) in task["StatusMessage"])
    upload.put_part(1)
    done = ended(house, task_id)

    assert half["State"] == more["State"] == "active"
    assert half["StatusMessage"] == f"Pending : Downloaded {MIB // 2}"
    assert half["ImportVolume"]["BytesConverted"] == 0
    assert volume_bytes(house, done["ImportVolume"]["Volume"]["Id"]) == IMAGE


def test_one_part_may_be_all_and_end_one_byte_late(house: House) -> None:
    upload = Upload(house, IMAGE, part=len(IMAGE))
    asked = upload.asked() | {"Bytes": 1}  # GiB, as a known client gives it

    upload.put_manifest(end=len(IMAGE))
    upload.put_part(0)
    task = upload.import_volume(Image=asked)
    done = ended(house, task["ConversionTaskId"])

    assert task["ImportVolume"]["Image"]["Size"] == 1
    assert done["ImportVolume"]["Image"]["Size"] == len(IMAGE)
    assert volume_bytes(house, done["ImportVolume"]["Volume"]["Id"]) == IMAGE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 1000}, "part 1 does not follow the one before"),
        ({"count": 4}, "there are 3 parts, not 4"),
        ({"format": "VHD"}, "its file-format is VHD, the request says RAW"),
        ({"size": 10 * MIB}, "the parts end at"),
        ({"size": "x"}, "its size is no number"),
    ],
)
def test_a_manifest_that_makes_no_sense_ends_the_task(
    house: House, changes: dict[str, object], message: str
) -> None:
    upload = Upload(house, IMAGE)

    upload.put_manifest(**changes)
    done = ended(house, upload.import_volume()["ConversionTaskId"])

    assert done["State"] == "cancelled"
    assert done["StatusMessage"].startswith("ClientError: Invalid import manifest: ")
    assert message in done["StatusMessage"]


def test_a_part_of_another_size_ends_the_task(house: House) -> None:
    upload = Upload(house, IMAGE)

    upload.put_manifest()
    house.put_object(upload.bucket, upload.key_of(1), b"short")
    done = ended(house, upload.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == (
        f"ClientError: Part 1 of the disk image has 5 bytes instead of {MIB}"
    )
    assert house.ec2().describe_volumes()["Volumes"] == []


def test_a_disk_needs_a_volume_that_it_fits_into(house: House, tmp_path: Path) -> None:
    disk = random_disk(tmp_path / "disk", 3 << 30)
    upload = Upload(house, convert(disk, "vhd").read_bytes(), "VHD")
    upload.put_all()

    small = ended(house, upload.import_volume(Volume={"Size": 2})["ConversionTaskId"])
    large = ended(house, upload.import_volume(Volume={"Size": 5})["ConversionTaskId"])

    assert small["StatusMessage"] == (
        "ClientError: The disk needs a volume of 3 GiB, and the request says 2"
    )
    made = large["ImportVolume"]["Volume"]
    assert house.ec2().describe_volumes(VolumeIds=[made["Id"]])["Volumes"][0]["Size"] == 5


def test_a_vmdk_must_be_stream_optimized(house: House) -> None:
    upload = Upload(house, disks.stream_vmdk(compression=0), "VMDK")
    upload.put_all()

    done = ended(house, upload.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == "ClientError: File uses unsupported compression algorithm 0"


def test_an_image_of_another_format_ends_the_task(house: House) -> None:
    upload = Upload(house, IMAGE, "VHD")
    upload.put_all()

    done = ended(house, upload.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == (
        "ClientError: Disk validation failed [Unsupported specified file format]"
    )


def test_a_cancelled_task_leaves_nothing(house: House) -> None:
    upload = Upload(house, IMAGE)
    task_id = upload.import_volume()["ConversionTaskId"]
    upload.put_manifest()
    upload.put_part(0)
    until(house, task_id, lambda task: "Downloaded" in task["StatusMessage"])

    house.ec2().cancel_conversion_task(ConversionTaskId=task_id, ReasonMessage="changed my mind")
    house.ec2().get_waiter("conversion_task_cancelled").wait(
        ConversionTaskIds=[task_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )

    assert look(house, task_id)["StatusMessage"] == "changed my mind"
    assert tidied(house, task_id)
    again = refusal(lambda: house.ec2().cancel_conversion_task(ConversionTaskId=task_id))
    assert again == ("DeleteConversionTaskError", "The conversion task cannot be canceled.")
    with pytest.raises(WaiterError, match="terminal failure"):
        house.ec2().get_waiter("conversion_task_completed").wait(ConversionTaskIds=[task_id])


@pytest.mark.slow
def test_the_waiter_sees_the_end(house: House) -> None:
    upload = Upload(house, IMAGE)
    upload.put_all()
    task_id = upload.import_volume()["ConversionTaskId"]

    house.ec2().get_waiter("conversion_task_completed").wait(
        ConversionTaskIds=[task_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )

    assert look(house, task_id)["State"] == "completed"


def test_a_task_is_its_accounts_alone(house: House, friend: House) -> None:
    task_id = Upload(house, IMAGE).import_volume()["ConversionTaskId"]

    assert friend.ec2().describe_conversion_tasks()["ConversionTasks"] == []
    expected = (
        "InvalidConversionTaskId.Malformed",
        f'The conversion task ID "{task_id}" is not valid',
    )
    assert refusal(lambda: look(friend, task_id)) == expected
    assert (
        refusal(lambda: friend.ec2().cancel_conversion_task(ConversionTaskId=task_id)) == expected
    )
    assert len(house.ec2().describe_conversion_tasks()["ConversionTasks"]) == 1


def test_a_foreign_bucket_is_opened_by_its_owners_signature_only(
    house: House, friend: House
) -> None:
    theirs = Upload(friend, IMAGE)
    theirs.put_all()
    plain = theirs.url(theirs.key).partition("?")[0]

    lent = Upload(house, IMAGE)
    asked = {**lent.asked(), "ImportManifestUrl": theirs.url(theirs.key)}
    signed = ended(house, lent.import_volume(Image=asked)["ConversionTaskId"])
    asked = {**lent.asked(), "ImportManifestUrl": plain}
    unsigned = ended(house, lent.import_volume(Image=asked)["ConversionTaskId"])

    assert signed["State"] == "completed"
    assert unsigned["StatusMessage"] == (
        "ClientError: Disk validation failed "
        "[We do not have access to the given resource. Reason 403 Forbidden]"
    )


def test_where_everything_new_is_encrypted_so_is_the_volume(house: House) -> None:
    house.ec2().enable_ebs_encryption_by_default()
    upload = Upload(house, IMAGE)
    upload.put_all()

    done = ended(house, upload.import_volume()["ConversionTaskId"])

    volume_id = done["ImportVolume"]["Volume"]["Id"]
    (volume,) = house.ec2().describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert volume["Encrypted"]
    assert volume["KmsKeyId"].startswith("arn:aws:kms:us-east-1:")
    assert IMAGE[:512] not in volume_bytes(house, volume_id)
    snapshot = house.ec2().create_snapshot(VolumeId=volume_id)
    assert snapshot["Encrypted"]
