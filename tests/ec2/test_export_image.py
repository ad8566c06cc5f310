"""ExportImage: an AMI becomes an object in a bucket, or the request says why not."""

import re
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from state.images import BlockDevice, Image
from tests import disks
from tests.ec2.conftest import (
    MIB,
    long_snapshot,
    made_image,
    made_snapshot,
    put_images,
    refusal,
)
from tests.exports import assert_holds, etag_of
from tests.house import House, MakeHouse

MESSAGES = ["validating", "updating", "converting"]
RANGES = {
    "validating": range(1),
    "updating": range(21, 80),
    "converting": range(80, 86),
}


def start(house: House, image_id: str, bucket: str, **more: Any) -> Any:
    request: Any = {
        "ImageId": image_id,
        "DiskImageFormat": "VMDK",
        "S3ExportLocation": {"S3Bucket": bucket},
        **more,
    }
    answer: Any = house.ec2().export_image(**request)
    del answer["ResponseMetadata"]
    return answer


def seen(house: House, task_id: str) -> Any:
    (task,) = house.ec2().describe_export_image_tasks(ExportImageTaskIds=[task_id])[
        "ExportImageTasks"
    ]
    return task


def watched(house: House, task_id: str, look: Callable[[Any], object] = lambda task: None) -> Any:
    """Look at an export again and again until it is active no more."""
    deadline = time.monotonic() + 60
    while (task := seen(house, task_id))["Status"] == "active":
        look(task)
        assert time.monotonic() < deadline, task
        time.sleep(0.01)
    return task


@pytest.fixture
def image(house: House) -> str:
    """An AMI of a disk of a few bytes."""
    return made_image(house, made_snapshot(house, b"disk", size_bytes=4))


@pytest.fixture(scope="module")
def place(shared_house: House) -> tuple[str, str]:
    """An AMI and a bucket, of which nothing ever comes."""
    return made_image(shared_house), shared_house.bucket()


@pytest.fixture
def long_image(house: House) -> str:
    """An AMI that takes many minutes to export as RAW: 1 TiB, all of it to be hashed."""
    return image_of(house, long_snapshot(house), volume_size=1024)


def image_of(house: House, *snapshot_ids: str, **device: Any) -> str:
    """Register an AMI of snapshots, whose last volume has something of its own."""
    devices = [
        BlockDevice(device_name=f"/dev/sd{letter}", snapshot_id=snapshot_id, volume_size=1)
        for letter, snapshot_id in zip("abcdef", snapshot_ids, strict=False)
    ]
    devices[-1] = devices[-1].model_copy(update=device)
    return put_image(house, devices=tuple(devices))


def put_image(house: House, **more: Any) -> str:
    """Put an AMI as it is into the store."""
    name = secrets.token_hex(9)[:17]
    image = Image(
        **{
            "id": f"ami-{name}",
            "account_id": house.account_id,
            "region": house.region,
            "created_at": datetime.now(UTC),
            "name": name,
            "location": f"{house.account_id}/{name}",
            "devices": (),
            "root_device_name": "/dev/sda",
            **more,
        }
    )
    put_images(house, [image])
    return image.id


# the journey -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "disk_format", ["VMDK", "VHD", pytest.param("RAW", marks=pytest.mark.slow)]
)
def test_an_imported_disk_leaves_as_it_came(house: House, tmp_path: Path, disk_format: str) -> None:
    source = disks.raw(tmp_path / "disk.raw", 3 * MIB + 512)
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", source)
    imported = house.finished_image(
        house.ec2().import_image(DiskContainers=[{"Url": f"s3://{bucket}/disk.raw"}])
    )

    started = start(
        house,
        imported["ImageId"],
        bucket,
        DiskImageFormat=disk_format,
        S3ExportLocation={"S3Bucket": bucket, "S3Prefix": "exports/"},
    )
    done = watched(house, started["ExportImageTaskId"])

    assert done["Status"] == "completed"
    key = f"exports/{started['ExportImageTaskId']}.{disk_format.lower()}"
    exported = tmp_path / "exported"
    house.s3().download_file(bucket, key, str(exported))
    assert_holds(exported, disk_format, source)
    head = house.s3().head_object(Bucket=bucket, Key=key)
    assert head["ContentLength"] == exported.stat().st_size
    assert head["ETag"] == f'"{etag_of(exported)}"'


def test_an_export_is_shown_from_its_beginning_to_its_end(house: House, image: str) -> None:
    bucket = house.bucket()
    tags = [{"Key": "Name", "Value": "mine"}]
    place = {"S3Bucket": bucket, "S3Prefix": "a/b-"}

    started = start(
        house,
        image,
        bucket,
        Description="my export",
        DiskImageFormat="vmdk",
        RoleName="exporter",
        S3ExportLocation=place,
        TagSpecifications=[{"ResourceType": "export-image-task", "Tags": tags}],
    )
    task_id = started["ExportImageTaskId"]
    steps: list[tuple[str, int]] = []
    done = watched(
        house,
        task_id,
        lambda task: steps.append((task["StatusMessage"], int(task["Progress"]))),
    )

    assert re.fullmatch(r"export-ami-[0-9a-f]{17}", task_id)
    shown = {
        "Description": "my export",
        "ExportImageTaskId": task_id,
        "ImageId": image,
        "S3ExportLocation": place,
        "Tags": tags,
    }
    assert started == {
        **shown,
        "DiskImageFormat": "VMDK",
        "Progress": "0",
        "RoleName": "exporter",
        "Status": "active",
        "StatusMessage": "validating",
    }
    messages = list(dict.fromkeys(message for message, _ in steps))
    assert messages == [message for message in MESSAGES if message in messages]
    assert all(percent in RANGES[message] for message, percent in steps), steps
    assert steps == sorted(steps, key=lambda step: step[1])
    assert done == {**shown, "Status": "completed"}
    (listed,) = house.s3().list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["Key"] == f"a/b-{task_id}.vmdk"


def test_what_is_not_given_is_not_shown(house: House, image: str) -> None:
    bucket = house.bucket()

    started = start(house, image, bucket)

    assert started == {
        "DiskImageFormat": "VMDK",
        "ExportImageTaskId": started["ExportImageTaskId"],
        "ImageId": image,
        "Progress": "0",
        "S3ExportLocation": {"S3Bucket": bucket},
        "Status": "active",
        "StatusMessage": "validating",
        "Tags": [],
    }
    assert watched(house, started["ExportImageTaskId"])["Status"] == "completed"


def test_only_the_root_volume_is_exported(house: House, tmp_path: Path) -> None:
    root, data = (made_snapshot(house, word, size_bytes=4) for word in (b"root", b"data"))
    bucket = house.bucket()

    task = start(house, image_of(house, root, data), bucket)
    watched(house, task["ExportImageTaskId"])

    (listed,) = house.s3().list_objects_v2(Bucket=bucket)["Contents"]
    exported = tmp_path / "exported"
    house.s3().download_file(bucket, listed["Key"], str(exported))
    (tmp_path / "source").write_bytes(b"root")
    assert_holds(exported, "VMDK", tmp_path / "source")


def test_the_object_is_the_bucket_owners(house: House, image: str) -> None:
    bucket = house.bucket()
    task_id = start(house, image, bucket)["ExportImageTaskId"]
    watched(house, task_id)

    acl = house.s3().get_object_acl(Bucket=bucket, Key=f"{task_id}.vmdk")

    owner = house.s3().get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    assert acl["Owner"]["ID"] == owner
    assert acl["Grants"] == [
        {"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    ]


def test_a_bucket_that_goes_meanwhile_fails_the_export(house: House) -> None:
    bucket = house.bucket()
    snapshot_id = made_snapshot(house, b"disk", size_bytes=4)
    large = image_of(house, snapshot_id, volume_size=1024)
    task_id = start(house, large, bucket, DiskImageFormat="VHD")["ExportImageTaskId"]
    house.s3().delete_bucket(Bucket=bucket)

    done = watched(house, task_id)

    while done["Status"] == "deleting":
        done = seen(house, task_id)
    assert done["Status"] == "deleted"
    assert done["StatusMessage"].startswith("ClientError: ")
    assert "Progress" not in done


# once and once only ------------------------------------------------------------------------------


def test_a_client_token_starts_one_export_however_many_ask(house: House, image: str) -> None:
    bucket, token = house.bucket(), secrets.token_hex(32)

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: start(house, image, bucket, ClientToken=token), range(16))
        )

    assert len({answer["ExportImageTaskId"] for answer in answers}) == 1
    code, _ = refusal(lambda: start(house, image, bucket, ClientToken=token, Description="other"))
    assert code == "IdempotentParameterMismatch"
    done = watched(house, answers[0]["ExportImageTaskId"])
    again = start(house, image, bucket, ClientToken=token)
    assert again["ExportImageTaskId"] == done["ExportImageTaskId"]
    assert again["Status"] == "completed"
    assert len(house.ec2().describe_export_image_tasks()["ExportImageTasks"]) == 1


def test_an_image_is_exported_once_at_a_time(house: House, long_image: str) -> None:
    bucket = house.bucket()
    first = start(house, long_image, bucket, DiskImageFormat="RAW")["ExportImageTaskId"]

    assert refusal(lambda: start(house, long_image, bucket)) == (
        "ResourceCountLimitExceeded",
        f"The image ID provided ({long_image}) is being exported already by the task {first}.",
    )
    house.ec2().cancel_export_task(ExportTaskId=first)
    while watched(house, first)["Status"] != "cancelled":
        time.sleep(0.01)
    second = start(house, long_image, bucket, DiskImageFormat="RAW")["ExportImageTaskId"]
    house.ec2().cancel_export_task(ExportTaskId=second)


def test_of_many_at_once_one_export_starts(house: House, long_image: str) -> None:
    bucket = house.bucket()
    codes: list[str] = []
    together = threading.Barrier(8)

    def attempt(_: int) -> None:
        together.wait()
        try:
            start(house, long_image, bucket, DiskImageFormat="RAW")
            codes.append("")
        except Exception as error:  # noqa: BLE001 — whatever it is, it is compared below
            codes.append(getattr(error, "response", {}).get("Error", {}).get("Code", str(error)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(8)))

    (task,) = house.ec2().describe_export_image_tasks()["ExportImageTasks"]
    house.ec2().cancel_export_task(ExportTaskId=task["ExportImageTaskId"])
    assert sorted(codes) == ["", *["ResourceCountLimitExceeded"] * 7]


def test_a_dry_run_starts_nothing(house: House, image: str) -> None:
    bucket = house.bucket()

    code, message = refusal(lambda: start(house, image, bucket, DryRun=True))

    assert (code, message) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
    refused = refusal(lambda: start(house, image, "nowhere-at-all", DryRun=True))
    assert refused[0] == "InvalidParameter"
    assert house.ec2().describe_export_image_tasks()["ExportImageTasks"] == []


@pytest.mark.slow
def test_what_exceeds_the_quota_waits(make_house: MakeHouse) -> None:
    house = make_house(quota=1)
    bucket = house.bucket()
    snapshot_id = made_snapshot(house, b"disk", size_bytes=4)
    first = start(
        house,
        image_of(house, long_snapshot(house), volume_size=1024),
        bucket,
        DiskImageFormat="RAW",
    )["ExportImageTaskId"]
    while seen(house, first)["StatusMessage"] == "validating":
        time.sleep(0.02)
    second = start(house, image_of(house, snapshot_id), bucket)["ExportImageTaskId"]

    time.sleep(1)

    waiting = seen(house, second)
    assert (waiting["StatusMessage"], waiting["Progress"]) == ("validating", "0")
    house.ec2().cancel_export_task(ExportTaskId=first)
    assert watched(house, second)["Status"] == "completed"


# what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "OVA", "VHDX", "qcow2", "vmdk ", "VMDK\n"])
def test_a_format_that_nobody_exports(
    shared_house: House, place: tuple[str, str], name: str
) -> None:
    code, message = refusal(lambda: start(shared_house, *place, DiskImageFormat=name))

    if name:
        assert code == "InvalidParameter"
        assert message == f"Parameter disk-image-format={name} has an invalid format"
    else:
        assert code == "MissingParameter"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"ImageId": "debian"}, "InvalidAMIID.Malformed", 'Invalid id: "debian"'),
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound",
         "The image id '[ami-0123456789abcdef0]' does not exist"),
        ({"Description": "x" * 256}, "InvalidParameterValue", "255"),
        ({"ClientToken": "x" * 65}, "InvalidParameterValue", "clientToken"),
        ({"TagSpecifications": [{"ResourceType": "image", "Tags": []}]}, "InvalidParameterValue",
         "'image' is not a valid taggable resource type"),
        ({"TagSpecifications": [{"ResourceType": "export-image-task",
                                 "Tags": [{"Key": "aws:x", "Value": ""}]}]},
         "InvalidParameterValue", "reserved"),
        ({"S3ExportLocation": {"S3Bucket": "a bucket"}}, "InvalidParameter",
         "Invalid S3 source location"),
        ({"S3ExportLocation": {"S3Bucket": "bucket/key"}}, "InvalidParameter",
         "Invalid S3 source location"),
        ({"S3ExportLocation": {"S3Bucket": "x" * 256}}, "InvalidParameter",
         "Invalid S3 source location"),
        ({"S3ExportLocation": {"S3Bucket": "nowhere-at-all", "S3Prefix": "x/"}},
         "InvalidParameter", "User does not have access to the S3 object (nowhere-at-all/x/"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be(
    shared_house: House, place: tuple[str, str], given: dict[str, Any], code: str, said: str
) -> None:
    refused = refusal(lambda: start(shared_house, *place, **given))

    assert refused[0] == code
    assert said in refused[1]


@pytest.mark.parametrize("length", [1024, 1025])
def test_a_key_has_at_most_1024_bytes(house: House, image: str, length: int) -> None:
    bucket = house.bucket()
    prefix = "ü" + "x" * (length - 2 - len("export-ami-0123456789abcdef0.vmdk"))

    def attempt() -> Any:
        return start(
            house, image, bucket, S3ExportLocation={"S3Bucket": bucket, "S3Prefix": prefix}
        )

    if length > 1024:
        assert refusal(attempt) == ("InvalidParameter", "Invalid S3 source location")
        return
    task_id = attempt()["ExportImageTaskId"]
    assert watched(house, task_id)["Status"] == "completed"
    assert house.s3().head_object(Bucket=bucket, Key=f"{prefix}{task_id}.vmdk")


@pytest.mark.parametrize(
    ("name", "empty"),
    [("ImageId", ""), ("DiskImageFormat", ""), ("S3ExportLocation", {"S3Bucket": ""})],
)
def test_what_must_be_there(
    shared_house: House, place: tuple[str, str], name: str, empty: Any
) -> None:
    code, message = refusal(lambda: start(shared_house, *place, **{name: empty}))

    assert code == "MissingParameter"
    assert name in message


@pytest.mark.parametrize("place", [0, 1])
def test_an_image_with_an_encrypted_volume(house: House, place: int) -> None:
    snapshots = [made_snapshot(house, encrypted=number == place) for number in range(2)]
    image_id = made_image(house, *snapshots)

    assert refusal(lambda: start(house, image_id, house.bucket())) == (
        "InvalidParameter",
        f"The image ID ({image_id}) provided has encrypted EBS block devices and is not "
        "exportable.",
    )


def test_an_image_with_product_codes(house: House, image: str) -> None:
    house.ec2().modify_image_attribute(
        ImageId=image, Attribute="productCodes", ProductCodes=["abcdef"]
    )

    assert refusal(lambda: start(house, image, house.bucket())) == (
        "NotExportable",
        f"The image ID provided ({image}) is a marketplace AMI and is not exportable.",
    )


def test_the_image_of_another_account(house: House, friend: House, image: str) -> None:
    bucket = friend.bucket()
    assert refusal(lambda: start(friend, image, bucket)) == (
        "AuthFailure",
        f"Not authorized for images: [{image}]",
    )

    house.ec2().modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
    )

    code, message = refusal(lambda: start(friend, image, bucket))
    assert code == "NotExportable"
    assert image in message
    assert "shared from another account" in message


def test_a_copy_of_the_image_of_another_account_is_ones_own(
    house: House, friend: House, image: str
) -> None:
    (mapping,) = house.ec2().describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    house.ec2().modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
    )
    house.ec2().modify_snapshot_attribute(
        SnapshotId=mapping["Ebs"]["SnapshotId"],
        CreateVolumePermission={"Add": [{"UserId": friend.account_id}]},
    )
    copy = friend.ec2().copy_image(Name="my copy", SourceImageId=image, SourceRegion="us-east-1")[
        "ImageId"
    ]

    task = start(friend, copy, friend.bucket())

    assert watched(friend, task["ExportImageTaskId"])["Status"] == "completed"


def test_an_image_that_is_disabled(house: House, image: str) -> None:
    house.ec2().disable_image(ImageId=image)
    bucket = house.bucket()

    assert refusal(lambda: start(house, image, bucket))[0] == "InvalidAMIID.Unavailable"

    house.ec2().enable_image(ImageId=image)
    assert watched(house, start(house, image, bucket)["ExportImageTaskId"])


def test_an_image_of_another_region(house: House, image: str) -> None:
    west = House(house.server, house.account_id, "us-west-2")

    refused = refusal(lambda: start(west, image, house.bucket("us-west-2")))

    assert refused[0] == "InvalidAMIID.NotFound"


def test_an_image_that_is_gone_or_whose_snapshot_is(house: House, image: str) -> None:
    bucket = house.bucket()
    house.ec2().deregister_image(ImageId=image)
    orphan = image_of(house, "snap-0123456789abcdef0")

    assert refusal(lambda: start(house, image, bucket))[0] == "InvalidAMIID.NotFound"
    assert refusal(lambda: start(house, orphan, bucket)) == (
        "InvalidSnapshot.NotFound",
        "The snapshot 'snap-0123456789abcdef0' does not exist.",
    )


@pytest.mark.parametrize("device", ["root", "data"])
def test_a_volume_is_at_most_a_tebibyte(house: House, device: str) -> None:
    snapshots = [made_snapshot(house) for _ in range(1 if device == "root" else 2)]
    image_id = image_of(house, *snapshots, volume_size=1025)

    code, message = refusal(lambda: start(house, image_id, house.bucket()))

    assert code == "NotExportable"
    assert image_id in message
    assert "1024 GiB" in message


def test_disks_of_the_host_and_empty_volumes_are_no_hindrance(house: House) -> None:
    root = BlockDevice(
        device_name="/dev/sda",
        snapshot_id=made_snapshot(house, b"disk", size_bytes=4),
        volume_size=1,
    )
    local = BlockDevice(device_name="/dev/sdb", virtual_name="ephemeral0")
    empty = BlockDevice(device_name="/dev/sdc", volume_size=1024)
    image_id = put_image(house, devices=(root, local, empty))

    task = start(house, image_id, house.bucket())

    assert watched(house, task["ExportImageTaskId"])["Status"] == "completed"


def test_the_bucket_of_another_account(house: House, friend: House, image: str) -> None:
    bucket = friend.bucket()

    code, message = refusal(lambda: start(house, image, bucket))

    assert code == "InvalidParameter"
    assert message.startswith(f"User does not have access to the S3 object ({bucket}/export-ami-")


def test_a_bucket_of_another_region(house: House, image: str) -> None:
    assert refusal(lambda: start(house, image, house.bucket("eu-west-1"))) == (
        "InvalidParameter",
        "The given S3 object is not local to the region. The object must be located in us-east-1.",
    )


@pytest.mark.parametrize("algorithm", ["AES256", "aws:kms", "aws:kms:dsse"])
def test_a_bucket_that_encrypts_with_kms(house: House, image: str, algorithm: str) -> None:
    bucket = house.bucket()
    rule: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    house.s3().put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )

    if algorithm == "AES256":
        assert watched(house, start(house, image, bucket)["ExportImageTaskId"])
        return
    code, message = refusal(lambda: start(house, image, bucket))
    assert code == "InvalidParameter"
    assert bucket in message
    assert "SSE-KMS" in message
