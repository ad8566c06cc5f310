"""ImportImage: the whole journey of a virtual machine into an AMI."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from state.licences import USAGES
from tests.ec2.conftest import MIB, convert, made_key, made_snapshot, random_disk, refusal
from tests.house import House
from tests.ovas import ova

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImageTypeDef, ImportImageTaskTypeDef

MESSAGES = ["pending", "validating", "validated", "converting", "preparing ami"]
RANGES = {
    "pending": range(1, 3),
    "validating": range(3, 19),
    "validated": range(18, 20),
    "converting": range(18, 29),
    "preparing ami": range(76, 85),
}


def at(bucket: str, key: str, **more: Any) -> Any:
    return {"UserBucket": {"S3Bucket": bucket, "S3Key": key}, **more}


def image_of(house: House, task: "ImportImageTaskTypeDef") -> "ImageTypeDef":
    """The AMI that an import has made."""
    assert task["Status"] == "completed", task
    (image,) = house.ec2().describe_images(ImageIds=[task["ImageId"]])["Images"]
    return image


@pytest.fixture
def bucket(house: House) -> str:
    """A bucket with a small raw disk in it."""
    name = house.bucket()
    house.put_object(name, "disk.raw", b"disk" * (MIB // 4))
    return name


# the journey -------------------------------------------------------------------------------------


def test_a_disk_becomes_an_image(house: House, tmp_path: Path) -> None:
    disk = random_disk(tmp_path / "disk", 24 * MIB + 512)
    file = convert(disk, "vmdk")
    bucket = house.bucket()
    house.put_object(bucket, "disks/linux.vmdk", file)
    ec2 = house.ec2()

    task = ec2.import_image(
        Description="my server",
        Platform="linux",
        LicenseType="byol",
        BootMode="uefi",
        DiskContainers=[at(bucket, "disks/linux.vmdk", Format="vmdk", Description="its disk")],
    )

    place = {"S3Bucket": bucket, "S3Key": "disks/linux.vmdk"}
    task_id = task["ImportTaskId"]
    assert re.fullmatch(r"import-ami-[0-9a-f]{17}", task_id)
    assert {name: value for name, value in task.items() if name != "ResponseMetadata"} == {
        "ImportTaskId": task_id,
        "Description": "my server",
        "LicenseType": "BYOL",
        "Platform": "Linux",
        "Progress": "1",
        "SnapshotDetails": [
            {
                "Description": "its disk",
                "DiskImageSize": 0.0,
                "Format": "VMDK",
                "UserBucket": place,
            }
        ],
        "Status": "active",
        "StatusMessage": "pending",
        "Tags": [],
    }

    done = house.finished_image(task)

    (detail,) = done["SnapshotDetails"]
    assert done == {
        "ImportTaskId": task_id,
        "Architecture": "x86_64",
        "BootMode": "uefi",
        "Description": "my server",
        "ImageId": done["ImageId"],
        "LicenseType": "BYOL",
        "Platform": "Linux",
        "SnapshotDetails": [
            {
                "Description": "its disk",
                "DeviceName": "/dev/sda1",
                "DiskImageSize": float(file.stat().st_size),
                "Format": "VMDK",
                "SnapshotId": detail["SnapshotId"],
                "Status": "completed",
                "UserBucket": place,
            }
        ],
        "Status": "completed",
        "Tags": [],
        "UsageOperation": "RunInstances",
    }
    assert house.snapshot_bytes(detail["SnapshotId"]).read_bytes() == disk.read_bytes()
    image = image_of(house, done)
    assert image["Name"] == task_id
    assert image["RootDeviceName"] == "/dev/sda1"
    assert image["BootMode"] == "uefi"
    assert [each["Ebs"]["SnapshotId"] for each in image["BlockDeviceMappings"]] == [
        detail["SnapshotId"]
    ]


def test_the_disks_of_an_ova_are_shown_in_their_order(house: House, tmp_path: Path) -> None:
    disks = [random_disk(tmp_path / f"disk-{number}", (number + 3) * MIB) for number in range(2)]
    files = {"b.vmdk": convert(disks[0], "vmdk"), "a.vhd": convert(disks[1], "vhd")}
    bucket = house.bucket()
    house.put_object(bucket, "vm.ova", ova(tmp_path / "vm.ova", files))

    task = house.ec2().import_image(
        DiskContainers=[
            {"Format": "ova", "Url": f"s3://{bucket}/vm.ova", "DeviceName": "/dev/xvda"}
        ]
    )

    place = {"Url": f"s3://{bucket}/vm.ova", "UserBucket": {"S3Bucket": bucket, "S3Key": "vm.ova"}}
    assert task["SnapshotDetails"] == [
        {"DeviceName": "/dev/xvda", "DiskImageSize": 0.0, "Format": "OVA", **place}
    ]
    done = house.finished_image(task)
    assert done["Status"] == "completed", done
    assert [
        (each["Format"], each["DiskImageSize"], each["DeviceName"])
        for each in done["SnapshotDetails"]
    ] == [
        ("VMDK", files["b.vmdk"].stat().st_size, "/dev/xvda"),
        ("VHD", files["a.vhd"].stat().st_size, "/dev/sdf"),
    ]
    for detail, disk in zip(done["SnapshotDetails"], disks, strict=True):
        assert {name: detail.get(name) for name in place} == place
        assert house.snapshot_bytes(detail["SnapshotId"]).read_bytes() == disk.read_bytes()


def test_containers_of_all_kinds_make_one_image(house: House, bucket: str, tmp_path: Path) -> None:
    content = b"snapshot" * 512
    snapshot_id = made_snapshot(house, content, size_bytes=len(content))
    house.put_object(bucket, "disk.vhd", convert(random_disk(tmp_path / "disk", 2 * MIB), "vhd"))

    task = house.ec2().import_image(
        DiskContainers=[
            {"SnapshotId": snapshot_id, "Description": "the system"},
            {"Url": f"{house.endpoint}/{bucket}/disk.vhd?X-Amz-Signature=secret&X-Amz-Expires=60"
                    f"&X-Amz-Date={datetime.now(UTC):%Y%m%dT%H%M%SZ}"},
            at(bucket, "disk.raw", DeviceName="/dev/sdf", Format="Raw"),
        ]
    )  # fmt: skip

    shown = task["SnapshotDetails"]
    assert shown[0] == {"Description": "the system", "DiskImageSize": 0.0}
    assert shown[1]["Url"] == f"{house.endpoint}/{bucket}/disk.vhd"
    assert shown[1]["UserBucket"] == {"S3Bucket": bucket, "S3Key": "disk.vhd"}
    done = house.finished_image(task)
    image = image_of(house, done)
    details = done["SnapshotDetails"]
    assert [each["DeviceName"] for each in details] == ["/dev/sda1", "/dev/sdg", "/dev/sdf"]
    assert [each.get("Format") for each in details] == [None, "VHD", "RAW"]
    assert [
        (each["DeviceName"], each["Ebs"]["SnapshotId"]) for each in image["BlockDeviceMappings"]
    ] == [(each["DeviceName"], each["SnapshotId"]) for each in details]
    assert snapshot_id not in {each["SnapshotId"] for each in details}
    assert house.snapshot_bytes(details[0]["SnapshotId"]).read_bytes() == content


@pytest.mark.slow
def test_what_polls_see_is_what_the_service_shows(house: House, tmp_path: Path) -> None:
    bucket = house.bucket()
    disks = {}
    for number in range(2):
        disk = random_disk(tmp_path / f"disk-{number}", 128 * MIB)
        disks[f"disk-{number}.vmdk"] = convert(disk, "vmdk")
    house.put_object(bucket, "vm.ova", ova(tmp_path / "vm.ova", disks))
    ec2 = house.ec2()
    task = ec2.import_image(DiskContainers=[at(bucket, "vm.ova", Format="OVA")])

    seen = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (last,) = ec2.describe_import_image_tasks(ImportTaskIds=[task["ImportTaskId"]])[
            "ImportImageTasks"
        ]
        if last["Status"] != "active":
            break
        seen.append(last)

    assert last["Status"] == "completed"
    assert not {"Progress", "StatusMessage"} & last.keys()
    messages = [each["StatusMessage"] for each in seen]
    assert messages[0] == "pending"
    assert messages == sorted(messages, key=MESSAGES.index)
    assert {"validated", "converting"} & set(messages)
    numbers = [int(each["Progress"]) for each in seen]
    assert numbers == sorted(numbers)
    for message, number in zip(messages, numbers, strict=True):
        assert number in RANGES[message]
    for each in seen:
        assert "ImageId" not in each
        for detail in each["SnapshotDetails"]:
            assert ("Progress" in detail) == (detail.get("Status") == "active")
            assert ("SnapshotId" in detail) == (each["StatusMessage"] == "preparing ami")
            assert ("Status" in detail) == (each["StatusMessage"] in MESSAGES[3:]) or (
                each["StatusMessage"] == "validated"  # between two phases
            )


# what is asked for is what comes -----------------------------------------------------------------


@pytest.mark.slow
def test_every_licence_is_on_the_image(house: House, bucket: str) -> None:
    asked: list[tuple[dict[str, str], str]] = [
        ({}, "RunInstances"),
        ({"LicenseType": "BYOL"}, "RunInstances"),
        ({"Platform": "Linux"}, "RunInstances"),
        ({"Platform": "Linux", "LicenseType": "BYOL"}, "RunInstances"),
        ({"Platform": "Windows"}, "RunInstances:0002"),
        ({"Platform": "Windows", "LicenseType": "AWS"}, "RunInstances:0002"),
        ({"Platform": "Windows", "LicenseType": "BYOL"}, "RunInstances:0800"),
        *(({"UsageOperation": operation}, operation) for operation in USAGES),
    ]
    tasks = [
        house.ec2().import_image(DiskContainers=[at(bucket, "disk.raw")], **parameters)  # type: ignore[arg-type]
        for parameters, _ in asked
    ]

    for task, (parameters, operation) in zip(tasks, asked, strict=True):
        done = house.finished_image(task)
        image = image_of(house, done)
        assert done["UsageOperation"] == image["UsageOperation"] == operation, parameters
        assert image["PlatformDetails"] == USAGES[operation].platform_details
        windows = USAGES[operation].platform == "Windows"
        assert image.get("Platform") == ("windows" if windows else None)
        for name, value in parameters.items():
            assert done.get(name) == value


def test_the_boot_mode_is_on_the_image(house: House, bucket: str) -> None:
    asked: list[dict[str, Any]] = [
        {},
        {"BootMode": "legacy-bios"},
        {"BootMode": "uefi"},
        {"BootMode": "uefi-preferred"},
    ]
    ec2 = house.ec2()
    tasks = [ec2.import_image(DiskContainers=[at(bucket, "disk.raw")], **more) for more in asked]

    for task, more in zip(tasks, asked, strict=True):
        done = house.finished_image(task)
        assert done.get("BootMode") == more.get("BootMode")
        assert image_of(house, done).get("BootMode") == more.get("BootMode")


def test_tags_are_for_the_task_the_image_and_the_snapshots(house: House, bucket: str) -> None:
    ec2 = house.ec2()
    specifications: list[Any] = [
        {"ResourceType": kind, "Tags": [{"Key": "For", "Value": kind}]}
        for kind in ("import-image-task", "image", "snapshot")
    ]

    task = ec2.import_image(
        DiskContainers=[at(bucket, "disk.raw")] * 2,
        TagSpecifications=specifications,
    )

    assert task["Tags"] == [{"Key": "For", "Value": "import-image-task"}]
    done = house.finished_image(task)
    image = image_of(house, done)
    snapshot_ids = [each["SnapshotId"] for each in done["SnapshotDetails"]]
    assert done["Tags"] == task["Tags"]
    assert image["Tags"] == [{"Key": "For", "Value": "image"}]
    for snapshot in ec2.describe_snapshots(SnapshotIds=snapshot_ids)["Snapshots"]:
        assert snapshot["Tags"] == [{"Key": "For", "Value": "snapshot"}]
    ec2.create_tags(Resources=[task["ImportTaskId"]], Tags=[{"Key": "Later", "Value": "too"}])
    found = ec2.describe_import_image_tasks(Filters=[{"Name": "tag:Later", "Values": ["too"]}])
    assert [each["ImportTaskId"] for each in found["ImportImageTasks"]] == [task["ImportTaskId"]]


def test_an_encrypted_import_makes_encrypted_snapshots(house: House, bucket: str) -> None:
    ec2 = house.ec2()
    arn = made_key(house)

    task = ec2.import_image(
        DiskContainers=[at(bucket, "disk.raw")], Encrypted=True, KmsKeyId="alias/mine"
    )

    assert (task["Encrypted"], task["KmsKeyId"]) == (True, arn)
    done = house.finished_image(task)
    assert (done["Encrypted"], done["KmsKeyId"]) == (True, arn)
    (mapping,) = image_of(house, done)["BlockDeviceMappings"]
    assert mapping["Ebs"]["Encrypted"] is True
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[mapping["Ebs"]["SnapshotId"]])["Snapshots"]
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, arn)


# failures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format_", "content", "message"),
    [
        ("OVA", b"no archive" * 100, "[Unsupported OVA format]"),
        ("VMDK", b"no disk!" * 64, "[Unsupported specified file format]"),
    ],
)
def test_a_bad_disk_is_no_error_of_the_request(
    house: House, format_: str, content: bytes, message: str
) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "bad", content)

    task = house.ec2().import_image(DiskContainers=[at(bucket, "bad", Format=format_)])

    assert task["Status"] == "active"
    failed = house.finished_image(task)
    assert failed["Status"] == "deleted"
    assert failed["StatusMessage"] == f"ClientError: Disk validation failed {message}"
    assert not {"Progress", "ImageId"} & failed.keys()
    (detail,) = failed["SnapshotDetails"]
    assert detail["UserBucket"] == {"S3Bucket": bucket, "S3Key": "bad"}
    assert not {"Status", "SnapshotId", "Progress"} & detail.keys()
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_an_import_is_cancelled_while_it_converts(house: House, long_image: Path) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "long.vhdx", long_image)
    ec2 = house.ec2()
    task = ec2.import_image(DiskContainers=[at(bucket, "long.vhdx")])
    task_id = task["ImportTaskId"]
    deadline = time.monotonic() + 60
    while (
        ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"][0].get(
            "StatusMessage"
        )
        != "converting"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    answer = ec2.cancel_import_task(ImportTaskId=task_id, CancelReason="changed my mind")

    assert (answer["ImportTaskId"], answer["PreviousState"]) == (task_id, "active")
    assert answer["State"] in ("deleting", "deleted")
    done = house.finished_image(task)
    assert (done["Status"], done["StatusMessage"]) == ("deleted", "changed my mind")
    assert not {"Progress", "ImageId"} & done.keys()
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    assert refusal(lambda: ec2.cancel_import_task(ImportTaskId=task_id))[0] == "IncorrectState"


# once --------------------------------------------------------------------------------------------


def test_the_same_client_token_gives_the_same_task(house: House, bucket: str) -> None:
    ec2 = house.ec2()
    request: dict[str, Any] = {
        "ClientToken": "token-1",
        "Description": "once",
        "DiskContainers": [at(bucket, "disk.raw"), {"Url": f"{house.endpoint}/{bucket}/disk.raw"}],
        "ClientData": {"Comment": "x", "UploadSize": 1.5, "UploadStart": datetime.now(UTC)},
        "TagSpecifications": [
            {"ResourceType": "import-image-task", "Tags": [{"Key": "a", "Value": "b"}]}
        ],
    }
    task = ec2.import_image(**request)

    signed = {"Url": f"{house.endpoint}/{bucket}/disk.raw?x-id=GetObject"}
    again = ec2.import_image(**{**request, "DiskContainers": [at(bucket, "disk.raw"), signed]})
    assert refusal(lambda: ec2.import_image(**request, DryRun=True))[0] == "DryRunOperation"
    house.finished_image(task)
    house.s3().delete_object(Bucket=bucket, Key="disk.raw")
    after_its_end = ec2.import_image(**request)

    assert again["ImportTaskId"] == after_its_end["ImportTaskId"] == task["ImportTaskId"]
    assert again["Tags"] == [{"Key": "a", "Value": "b"}]
    assert after_its_end["Status"] == "completed"
    assert len(ec2.describe_import_image_tasks()["ImportImageTasks"]) == 1


def test_a_client_token_starts_one_task_however_many_ask_at_once(house: House, bucket: str) -> None:
    ec2, containers = house.ec2(), [at(bucket, "disk.raw")]

    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(ec2.import_image, ClientToken="token", DiskContainers=containers)
            for _ in range(24)
        ]

    assert len({each.result()["ImportTaskId"] for each in asked}) == 1
    assert len(ec2.describe_import_image_tasks()["ImportImageTasks"]) == 1


def test_a_client_token_with_other_parameters_is_refused(house: House, bucket: str) -> None:
    ec2, containers = house.ec2(), [at(bucket, "disk.raw")]
    ec2.import_image(ClientToken="token", DiskContainers=containers)
    others: list[Any] = [
        {"Description": "another"},
        {"DiskContainers": containers * 2},
        {"DiskContainers": [{"Url": f"s3://{bucket}/disk.raw"}]},
        {"LicenseType": "BYOL"},
        {"Architecture": "x86_64"},
        {"BootMode": "uefi"},
        {"Encrypted": True},
        {"RoleName": "other"},
        {"ClientData": {"Comment": "y"}},
        {"TagSpecifications": [{"ResourceType": "image", "Tags": [{"Key": "k", "Value": ""}]}]},
    ]

    for other in others:
        request: Any = {"ClientToken": "token", "DiskContainers": containers, **other}
        code, _ = refusal(lambda request=request: ec2.import_image(**request))  # type: ignore[misc]
        assert code == "IdempotentParameterMismatch", other


def test_a_token_of_the_other_import_is_another_token(house: House, bucket: str) -> None:
    ec2, container = house.ec2(), at(bucket, "disk.raw")

    snapshot = ec2.import_snapshot(ClientToken="token", DiskContainer=container)
    image = ec2.import_image(ClientToken="token", DiskContainers=[container])

    assert snapshot["ImportTaskId"].startswith("import-snap-")
    assert image["ImportTaskId"].startswith("import-ami-")


# the wire ----------------------------------------------------------------------------------------


def test_the_tag_set_is_there_even_when_empty_and_the_secret_of_a_url_is_not(
    house: House, bucket: str
) -> None:
    query = {
        "Action": "ImportImage",
        "Version": "2015-10-01",
        "AWSAccessKeyId": house.account_id,
        "Description": "",
        "DiskContainer.1.Url": f"{house.endpoint}/{bucket}/disk.raw?Signature=secret&Expires="
        + str(int(time.time()) + 60),
        "DiskContainer.1.Description": "",
    }

    with urlopen(f"{house.endpoint}/?{urlencode(query)}") as answer:
        document = answer.read().decode()

    assert re.search(r"<tagSet\s*/>|<tagSet></tagSet>", document)
    assert re.search(r"<snapshotDetailSet><item><diskImageSize>0.0</diskImageSize>", document)
    assert "<progress>1</progress>" in document
    for absent in ("description", "snapshotId", "imageId", "format", "platform", "licenseType"):
        assert f"<{absent}>" not in document
    assert "secret" not in document
