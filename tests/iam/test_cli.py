"""The user guide's chapters on rights, on the service role and on encryption, word for word."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ec2.roles import make_role
from tests.ec2.roles import rights as documented_rights
from tests.ec2.test_cli import aws
from tests.house import House
from tests.iam.conftest import SERVICE_TRUST
from tests.iam.test_session_rights import Worker, statement

pytestmark = pytest.mark.slow  # it starts many processes

RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::disks", "arn:aws:s3:::disks/*"],
        },
        {
            "Effect": "Allow",
            "Action": [
                "ec2:ModifySnapshotAttribute",
                "ec2:CopySnapshot",
                "ec2:RegisterImage",
                "ec2:Describe*",
            ],
            "Resource": "*",
        },
    ],
}

USER = (
    "CancelConversionTask", "CancelExportTask", "CreateImage", "CreateInstanceExportTask",
    "CreateTags", "DescribeConversionTasks", "DescribeExportTasks", "DescribeExportImageTasks",
    "DescribeImages", "DescribeInstanceStatus", "DescribeInstances", "DescribeSnapshots",
    "DescribeTags", "ExportImage", "ImportInstance", "ImportVolume", "StartInstances",
    "StopInstances", "TerminateInstances", "ImportImage", "ImportSnapshot",
    "DescribeImportImageTasks", "DescribeImportSnapshotTasks", "CancelImportTask",
)  # fmt: skip


def test_the_service_role_of_the_user_guide(house: House, tmp_path: Path) -> None:
    trust, rights = tmp_path / "trust-policy.json", tmp_path / "role-policy.json"
    trust.write_text(json.dumps(SERVICE_TRUST))
    rights.write_text(json.dumps(RIGHTS, indent=3))
    named = ("--role-name", "vmimport")

    missing = aws(house, "iam", "get-role", *named, fails=True)
    made = aws(
        house,
        *("iam", "create-role", *named, "--assume-role-policy-document", f"file://{trust}"),
    )
    put = aws(
        house,
        *("iam", "put-role-policy", *named, "--policy-name", "vmimport"),
        *("--policy-document", f"file://{rights}"),
    )
    shown = aws(house, "iam", "get-role-policy", *named, "--policy-name", "vmimport")

    assert "(NoSuchEntity)" in missing
    assert made["Role"]["AssumeRolePolicyDocument"] == SERVICE_TRUST
    assert put == ""
    assert shown["PolicyDocument"] == RIGHTS


def test_an_encrypted_import_takes_the_rights_on_keys_that_the_guide_adds(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"disk")
    make_role(house, without=["kms"])
    key = house.kms().create_key()["KeyMetadata"]["KeyId"]
    place = f"Format=raw,UserBucket={{S3Bucket={bucket},S3Key=disk.raw}}"
    asked = ("ec2", "import-snapshot", "--disk-container", place, "--encrypted", "--kms-key-id")

    without = aws(house, *asked, key, fails=True)
    house.iam().put_role_policy(
        RoleName="vmimport", PolicyName="guide", PolicyDocument=documented_rights()
    )
    done = house.finished(aws(house, *asked, key))

    assert "The service role vmimport provided does not exist or does not have" in without
    assert (done["Status"], done["Encrypted"]) == ("completed", True)
    assert done["KmsKeyId"].endswith(f":key/{key}")


def test_the_rights_of_the_guide_are_all_that_its_user_needs(house: House) -> None:
    bucket, export = house.bucket(), house.bucket()
    make_role(house)
    arns = [f"arn:aws:s3:::{name}{rest}" for name in (bucket, export) for rest in ("", "/*")]
    objects = ["s3:GetBucketLocation", "s3:GetObject", "s3:PutObject"]
    user = Worker(house, statement(objects, arns), statement([f"ec2:{name}" for name in USER]))
    ec2, s3 = user.client("ec2"), user.client("s3")
    place: Any = {"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}

    s3.put_object(Bucket=bucket, Key="disk.raw", Body=b"disk")
    image = house.finished_image(ec2.import_image(DiskContainers=[place]))
    snapshot = house.finished(ec2.import_snapshot(DiskContainer=place, Encrypted=True))
    ec2.export_image(
        ImageId=image["ImageId"], DiskImageFormat="VMDK", S3ExportLocation={"S3Bucket": export}
    )

    assert snapshot["Status"] == "completed"
    assert [each["ImageId"] for each in ec2.describe_images(Owners=["self"])["Images"]]
    for shown in (
        ec2.describe_import_image_tasks()["ImportImageTasks"],
        ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"],
        ec2.describe_export_image_tasks()["ExportImageTasks"],
    ):
        assert len(shown) == 1
    with pytest.raises(ec2.exceptions.ClientError, match="UnauthorizedOperation"):
        ec2.deregister_image(ImageId=image["ImageId"])
