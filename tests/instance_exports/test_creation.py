"""CreateInstanceExportTask: what begins an export, and all that is refused."""

import re
from copy import copy
from typing import Any

import pytest

from emulator.services.ec2.instance_exports import creation
from state.exporters import exporter
from tests.ec2.conftest import made_image, made_key, made_snapshot, refusal
from tests.ec2.volumes import attached_volume
from tests.house import House
from tests.iam.test_session_rights import Worker, statement
from tests.instance_exports.exportable import (
    closed_bucket,
    export_bucket,
    finished,
    look,
    policy,
    put_instance,
    put_machine,
    put_root,
    start,
)

NO_GRANTS = (
    "AuthFailure",
    "vm-import-export@amazon.com must have WRITE and READ_ACL permission on the S3 bucket.",
)
CANNOT = ("NotExportable", "This instance cannot be exported.")


@pytest.fixture(scope="module")
def place(shared_house: House) -> tuple[str, str]:
    """An instance and a bucket, of which nothing ever comes."""
    return put_machine(shared_house), export_bucket(shared_house)


# what begins --------------------------------------------------------------------------------------


def test_an_export_is_shown_from_its_beginning_to_its_end(house: House, friend: House) -> None:
    instance_id, bucket = put_machine(house), export_bucket(house)
    tags = [{"Key": "Name", "Value": "mine"}]

    task = start(
        house,
        instance_id,
        bucket,
        Description="my export",
        TagSpecifications=[{"ResourceType": "export-instance-task", "Tags": tags}],
    )
    task_id = task["ExportTaskId"]
    done = finished(house, task_id)

    assert re.fullmatch(r"export-i-[0-9a-f]{17}", task_id)
    shown = {
        "Description": "my export",
        "ExportTaskId": task_id,
        "ExportToS3Task": {
            "ContainerFormat": "ova",
            "DiskImageFormat": "vmdk",
            "S3Bucket": bucket,
            "S3Key": f"vms/{task_id}.ova",
        },
        "InstanceExportDetails": {"InstanceId": instance_id, "TargetEnvironment": "vmware"},
        "Tags": tags,
    }
    assert task == {**shown, "State": "active"}
    assert done == {**shown, "State": "completed"}
    assert house.ec2().describe_tags()["Tags"] == [
        {"ResourceId": task_id, "ResourceType": "export-instance-task", **tags[0]}
    ]
    assert friend.ec2().describe_export_tasks()["ExportTasks"] == []
    for attempt in (
        lambda: look(friend, task_id),
        lambda: friend.ec2().cancel_export_task(ExportTaskId=task_id),
    ):
        assert refusal(attempt)[0] == "InvalidExportTaskID.NotFound"
    (listed,) = house.s3().list_objects_v2(Bucket=bucket)["Contents"]
    assert listed["Key"] == f"vms/{task_id}.ova"
    house.ec2().create_tags(Resources=[task_id], Tags=[{"Key": "more", "Value": ""}])
    assert len(look(house, task_id)["Tags"]) == 2


def test_exports_of_all_kinds_are_listed_together(house: House) -> None:
    instance_id, bucket = put_machine(house), export_bucket(house)
    image_id = made_image(house, made_snapshot(house, b"disk", size_bytes=4))
    ec2 = house.ec2()
    place: Any = {"S3Bucket": bucket}

    ids = [
        start(house, instance_id, bucket)["ExportTaskId"],
        ec2.export_image(ImageId=image_id, DiskImageFormat="VMDK", S3ExportLocation=place)[
            "ExportImageTaskId"
        ],
        start(house, instance_id, bucket)["ExportTaskId"],
    ]
    ec2.get_waiter("export_task_completed").wait(
        ExportTaskIds=ids, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    assert [each["ExportTaskId"] for each in ec2.describe_export_tasks()["ExportTasks"]] == ids
    (of_image,) = ec2.describe_export_image_tasks()["ExportImageTasks"]
    assert of_image["ExportImageTaskId"] == ids[1]
    assert refusal(lambda: ec2.describe_export_image_tasks(ExportImageTaskIds=ids))[0] == (
        "InvalidExportTaskID.Malformed"
    )
    assert refusal(lambda: ec2.cancel_export_task(ExportTaskId=ids[0])) == (
        "IncorrectState",
        f"The export task {ids[0]} is completed and cannot be canceled.",
    )


@pytest.mark.parametrize(
    ("environment", "disk", "container", "expected"),
    [
        ("vmware", "VMDK", "ova", ("vmware", "VMDK", "ova")),
        ("VMware", "vmdk", "OVA", ("vmware", "VMDK", "ova")),
        ("vmware", None, None, ("vmware", "VMDK", None)),
        ("vmware", "VMDK", "", ("vmware", "VMDK", None)),
        ("citrix", "VHD", None, ("citrix", "VHD", None)),
        ("Microsoft", None, None, ("microsoft", "VHD", None)),
        ("microsoft", "vhd", None, ("microsoft", "VHD", None)),
    ],
)
def test_formats_that_fit(
    environment: str, disk: str | None, container: str | None, expected: tuple[str, str, str | None]
) -> None:
    target: Any = {"DiskImageFormat": disk, "ContainerFormat": container}

    assert creation.formats(environment, {k: v for k, v in target.items() if v is not None}) == (  # type: ignore[arg-type]
        expected
    )


# what does not fit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "target", "code", "message"),
    [
        ("citrix", {"DiskImageFormat": "RAW"}, "Unsupported",
         "diskImageFormat 'raw' not supported for targetEnvironment 'citrix'. "
         "Valid value(s): ['vhd']"),
        ("microsoft", {"DiskImageFormat": "VMDK"}, "Unsupported",
         "diskImageFormat 'vmdk' not supported for targetEnvironment 'microsoft'. "
         "Valid value(s): ['vhd']"),
        ("vmware", {"DiskImageFormat": "VHD", "ContainerFormat": "ova"}, "Unsupported",
         "diskImageFormat 'vhd' not supported for targetEnvironment 'vmware'. "
         "Valid value(s): ['vmdk']"),
        ("citrix", {"DiskImageFormat": "VHD", "ContainerFormat": "ova"}, "Unsupported",
         "containerFormat 'ova' not supported for targetEnvironment 'citrix'. Valid value(s): []"),
        ("xen", {}, "InvalidParameter", "Parameter target-environment=xen has an invalid format"),
        ("vmware", {"DiskImageFormat": "VHDX"}, "InvalidParameter",
         "Parameter disk-image-format=VHDX has an invalid format"),
        ("vmware", {"ContainerFormat": "zip"}, "InvalidParameter",
         "Parameter container-format=zip has an invalid format"),
    ],
)  # fmt: skip
def test_formats_that_do_not(
    shared_house: House,
    place: tuple[str, str],
    environment: str,
    target: dict[str, str],
    code: str,
    message: str,
) -> None:
    instance_id, bucket = place

    refused = refusal(
        lambda: start(
            shared_house, instance_id, bucket,
            TargetEnvironment=environment, ExportToS3Task={"S3Bucket": bucket, **target},
        )
    )  # fmt: skip

    assert refused == (code, message)


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ({"InstanceId": "debian"}, "InvalidInstanceID.Malformed", 'Invalid id: "debian"'),
        ({"InstanceId": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound",
         "The instance ID 'i-0123456789abcdef0' does not exist"),
        ({"TargetEnvironment": ""}, "MissingParameter", "TargetEnvironment"),
        ({"ExportToS3Task": {"S3Prefix": "x"}}, "MissingParameter", "S3Bucket"),
        ({"Description": "x" * 256}, "InvalidParameterValue", "255"),
        ({"TagSpecifications": [{"ResourceType": "export-image-task", "Tags": []}]},
         "InvalidParameterValue", "'export-image-task' is not a valid taggable resource type"),
        ({"ExportToS3Task": {"S3Bucket": "a bucket"}}, "InvalidParameter",
         "Invalid S3 source location"),
        ({"ExportToS3Task": {"S3Bucket": "bucket", "S3Prefix": "x" * 1000}}, "InvalidParameter",
         "Invalid S3 source location"),
        ({"ExportToS3Task": {"S3Bucket": "nowhere-at-all", "S3Prefix": "x/"}}, "InvalidParameter",
         "User does not have access to the S3 object (nowhere-at-all/x/export-i-"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be(
    shared_house: House, place: tuple[str, str], given: dict[str, Any], code: str, said: str
) -> None:
    refused = refusal(lambda: start(shared_house, *place, **given))

    assert refused[0] == code
    assert said in refused[1]


# instances ----------------------------------------------------------------------------------------


def test_an_instance_with_more_than_its_root(shared_house: House, place: tuple[str, str]) -> None:
    instance_id = put_machine(shared_house)
    second = attached_volume(shared_house, instance_id)

    refused = refusal(lambda: start(shared_house, instance_id, place[1]))
    shared_house.ec2().detach_volume(VolumeId=second)
    task = start(shared_house, instance_id, place[1])

    assert refused == (
        "UnsupportedOperation",
        "This instance has multiple volumes attached. Please remove additional volumes.",
    )
    assert task["State"] == "active"


def test_an_instance_that_was_not_imported(shared_house: House, place: tuple[str, str]) -> None:
    instance_id = put_machine(shared_house, task_id=None)

    assert refusal(lambda: start(shared_house, instance_id, place[1])) == (
        "NotExportable",
        "Only imported instances can be exported.",
    )


def test_an_instance_whose_import_goes_on(shared_house: House, place: tuple[str, str]) -> None:
    instance_id = put_instance(shared_house)

    assert refusal(lambda: start(shared_house, instance_id, place[1])) == CANNOT


@pytest.mark.parametrize(
    "root", [{"encrypted": True}, {"size": 1025}, {"device": "/dev/sdf"}], ids=str
)
def test_a_root_that_cannot_be_exported(
    shared_house: House, place: tuple[str, str], root: dict[str, Any]
) -> None:
    instance_id, ec2 = put_instance(shared_house), shared_house.ec2()
    more: Any = {}
    if "encrypted" in root:
        more = {"Encrypted": True, "KmsKeyId": made_key(shared_house, alias="alias/root")}
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=root.get("size", 1), **more)[
        "VolumeId"
    ]
    ec2.attach_volume(
        VolumeId=volume, InstanceId=instance_id, Device=root.get("device", "/dev/sda1")
    )

    assert refusal(lambda: start(shared_house, instance_id, place[1])) == CANNOT


def test_an_instance_with_an_arm_processor(shared_house: House, place: tuple[str, str]) -> None:
    instance_id = put_machine(shared_house, architecture="arm64", instance_type="t4g.micro")

    assert refusal(lambda: start(shared_house, instance_id, place[1])) == CANNOT


def test_a_root_of_one_tebibyte_is_not_too_large(
    shared_house: House, place: tuple[str, str]
) -> None:
    instance_id = put_instance(shared_house)
    put_root(shared_house, instance_id, shape={"size_gib": 1024})

    task_id = start(shared_house, instance_id, place[1])["ExportTaskId"]

    assert finished(shared_house, task_id)["State"] == "completed"


def test_an_instance_that_is_terminated(shared_house: House, place: tuple[str, str]) -> None:
    instance_id = put_machine(shared_house)
    shared_house.ec2().terminate_instances(InstanceIds=[instance_id])

    assert refusal(lambda: start(shared_house, instance_id, place[1])) == (
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is not in a state from which it can be exported.",
    )


def test_an_instance_of_somebody_else(house: House, place: tuple[str, str]) -> None:
    west = House(house.server, house.account_id, "us-west-2")
    bucket = export_bucket(house)

    refused = refusal(lambda: start(house, place[0], bucket))
    elsewhere = refusal(lambda: start(west, put_machine(house), bucket))

    assert refused[0] == elsewhere[0] == "InvalidInstanceID.NotFound"


def test_what_is_asked_for_is_looked_at_before_the_instance_and_the_bucket(
    shared_house: House, place: tuple[str, str]
) -> None:
    not_there, not_imported = "i-0123456789abcdef0", put_machine(shared_house, task_id=None)
    attached_volume(shared_house, not_imported)
    closed = shared_house.bucket()
    vhd = {"S3Bucket": closed, "DiskImageFormat": "VHD"}

    codes = [
        refusal(lambda asked=asked: start(shared_house, *asked[:2], **asked[2]))[0]  # type: ignore[misc]
        for asked in (
            (not_there, closed, {"ExportToS3Task": vhd}),
            (not_there, closed, {}),
            (not_imported, closed, {}),
            (put_machine(shared_house, task_id=None), closed, {}),
            (place[0], closed, {}),
        )
    ]

    assert codes == [
        "Unsupported", "InvalidInstanceID.NotFound", "UnsupportedOperation", "NotExportable",
        "AuthFailure",
    ]  # fmt: skip


# buckets ------------------------------------------------------------------------------------------


def test_a_bucket_of_another_account_though_it_lets_the_exporter_in(
    shared_house: House, friend: House, place: tuple[str, str]
) -> None:
    theirs = export_bucket(friend)

    code, message = refusal(lambda: start(shared_house, place[0], theirs))

    assert code == "InvalidParameter"
    assert message.startswith(f"User does not have access to the S3 object ({theirs}/vms/export-i-")


def test_a_session_exports_only_to_where_it_may_write(house: House) -> None:
    bucket, instance_id = export_bucket(house), put_machine(house)
    worker = Worker(house, statement("ec2:*"))
    session = copy(house)
    session.ec2 = lambda *_: worker.client("ec2")  # type: ignore[method-assign]

    code, message = refusal(lambda: start(session, instance_id, bucket))
    worker.may(statement("ec2:*"), statement("s3:PutObject", f"arn:aws:s3:::{bucket}/vms/*"))

    assert code == "InvalidParameter"
    assert message.startswith(f"User does not have access to the S3 object ({bucket}/vms/export-i-")
    assert start(session, instance_id, bucket)["ExportTaskId"]


def test_a_bucket_of_another_region(shared_house: House, place: tuple[str, str]) -> None:
    there = shared_house.bucket("eu-west-1")

    assert refusal(lambda: start(shared_house, place[0], there)) == (
        "InvalidParameter",
        "The given S3 object is not local to the region. The object must be located in us-east-1.",
    )


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_a_bucket_that_encrypts_with_kms(
    shared_house: House, place: tuple[str, str], algorithm: str
) -> None:
    bucket = export_bucket(shared_house)
    rule: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    shared_house.s3().put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )

    code, message = refusal(lambda: start(shared_house, place[0], bucket))

    assert code == "InvalidParameter"
    assert "SSE-KMS" in message


def test_a_bucket_that_does_not_let_the_exporter_in(
    shared_house: House, place: tuple[str, str]
) -> None:
    without_lists, without_policy = shared_house.bucket(), closed_bucket(shared_house)
    told = policy(without_lists)
    shared_house.s3().put_bucket_policy(Bucket=without_lists, Policy=told)

    for bucket in (without_lists, without_policy):
        assert refusal(lambda bucket=bucket: start(shared_house, place[0], bucket)) == NO_GRANTS  # type: ignore[misc]


@pytest.mark.parametrize("region", ["il-central-1", "us-gov-west-1"])
def test_the_exporter_of_a_region_is_let_in_there(house: House, region: str) -> None:
    there = House(house.server, house.account_id, region)
    by_list, by_policy, instance_id = closed_bucket(there), closed_bucket(there), put_machine(there)
    me = f'id="{exporter(region)}"'
    s3: Any = there.s3(region=region)
    s3.put_bucket_acl(Bucket=by_list, GrantReadACP=me, GrantWrite=me)
    told = policy(by_policy, who=exporter(region))
    if region.startswith("us-gov"):
        told = told.replace("arn:aws:", "arn:aws-us-gov:")
    s3.put_bucket_policy(Bucket=by_policy, Policy=told)

    started = [start(there, instance_id, bucket) for bucket in (by_list, by_policy)]

    assert [each["State"] for each in started] == ["active", "active"]
    assert s3.get_bucket_acl(Bucket=by_list)["Grants"][0]["Grantee"]["ID"] == exporter(region)
