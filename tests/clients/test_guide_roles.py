"""The guide's chapter on the service role, word for word, where there must be one.

Put in for the guide's own are the paths of files, the account and a KMS key's id; put right is what
its typesetting has lost: a colon or a star, and the beginnings and ends of statements.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.programs import run
from tests.house import House, Server

pytestmark = pytest.mark.slow  # it starts many processes

IMPORTS, EXPORTS = "amzn-s3-demo-import-bucket", "amzn-s3-demo-export-bucket"

TRUST_POLICY = """
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": { "Service": "vmie.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals":{
                    "sts:ExternalId": "vmimport"
                }
            }
        }
    ]
}
"""

CREATE_ROLE = """
aws iam create-role --role-name vmimport --assume-role-policy-document "file://trust-policy.json"
"""

ROLE_POLICY = """
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket"
            ],
            "Resource": [
                "arn:aws:s3:::amzn-s3-demo-import-bucket",
                "arn:aws:s3:::amzn-s3-demo-import-bucket/*"
            ]
        },
        {
            "Effect": "Allow",
            "Action": [
                "s3:GetBucketLocation",
                "s3:GetObject",
                "s3:ListBucket",
                "s3:PutObject",
                "s3:GetBucketAcl"
            ],
            "Resource": [
                "arn:aws:s3:::amzn-s3-demo-export-bucket",
                "arn:aws:s3:::amzn-s3-demo-export-bucket/*"
            ]
        },
        {
            "Effect": "Allow",
            "Action": [
                "ec2:ModifySnapshotAttribute",
                "ec2:CopySnapshot",
                "ec2:RegisterImage",
                "ec2:Describe*"
            ],
            "Resource": "*"
        }
    ]
}
"""

FOR_KEYS = """
{
    "Effect": "Allow",
    "Action": [
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:Encrypt",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*"
    ],
    "Resource": "*"
}
"""

FOR_LICENCES = """
{
    "Effect": "Allow",
    "Action": [
        "license-manager:GetLicenseConfiguration",
        "license-manager:UpdateLicenseSpecificationsForResource",
        "license-manager:ListLicenseSpecificationsForResource"
    ],
    "Resource": "*"
}
"""

PUT_ROLE_POLICY = """
aws iam put-role-policy --role-name vmimport --policy-name vmimport \\
--policy-document "file://role-policy.json"
"""

TRUST_WITH_SOURCES = """
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": "vmie.amazonaws.com"
            },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {
                    "sts:ExternalId": "vmimport",
                    "aws:SourceAccount": "111122223333"
                },
                "ArnLike": {
                    "aws:SourceArn": "arn:aws:vmie:*:111122223333:*"
                }
            }
        }
    ]
}
"""

IMPORT = """
aws ec2 import-image --disk-containers \\
Format=VMDK,UserBucket="{S3Bucket=amzn-s3-demo-import-bucket,S3Key=disk.vmdk}"
"""
ENCRYPTED = f"{IMPORT.rstrip()} --encrypted"
LICENSED = (
    f"{IMPORT.rstrip()} --license-specifications LicenseConfigurationArn="
    "arn:aws:license-manager:us-east-1:111122223333:license-configuration:lic-0123456789abcdef"
)
EXPORT = """
aws ec2 export-image --image-id ami-1234567890abcdef0 --disk-image-format RAW \\
--s3-export-location S3Bucket=amzn-s3-demo-export-bucket,S3Prefix=exports/
"""
UNFIT = "The service role vmimport provided does not exist or does not have sufficient permissions"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, vmdk: Path) -> Iterator[House]:
    """A server where a task must have its role; the guide's buckets are there."""
    server = Server(tmp_path_factory.mktemp("strict") / "data", role_check="strict")
    server.start()
    house = House(server, "111122223333")
    for bucket in (IMPORTS, EXPORTS):
        house.s3().create_bucket(Bucket=bucket)
    house.put_object(IMPORTS, "disk.vmdk", vmdk)
    yield house
    server.kill()


def shell(house: House, folder: Path, sample: str, fails: bool = False) -> Any:
    """Run a sample in a shell."""
    said = run(house, folder, "sh", "-c", sample, fails=fails)
    return json.loads(said) if said.startswith("{") else said


def put(house: House, folder: Path, policy: str, *more: str) -> None:
    """Give the role its policy, as the guide does, with more statements."""
    document = json.loads(policy)
    document["Statement"] += map(json.loads, more)
    (folder / "role-policy.json").write_text(json.dumps(document, indent=4))
    shell(house, folder, PUT_ROLE_POLICY)


def test_the_role_is_made_as_the_guide_says(strict: House, tmp_path: Path) -> None:
    assert UNFIT in shell(strict, tmp_path, IMPORT, fails=True)

    (tmp_path / "trust-policy.json").write_text(TRUST_POLICY)
    role = shell(strict, tmp_path, CREATE_ROLE)
    assert role["Role"]["Arn"] == "arn:aws:iam::111122223333:role/vmimport"
    assert UNFIT in shell(strict, tmp_path, IMPORT, fails=True)

    put(strict, tmp_path, ROLE_POLICY)
    task: Any = {"ImportTaskId": shell(strict, tmp_path, IMPORT)["ImportTaskId"]}
    image_id = strict.finished_image(task)["ImageId"]

    started = shell(strict, tmp_path, re.sub(r"ami-\w+", image_id, EXPORT))
    named = [started["ExportImageTaskId"]]
    export: Any = {"Status": "active"}
    while export["Status"] == "active":
        described = strict.ec2().describe_export_image_tasks(ExportImageTaskIds=named)
        (export,) = described["ExportImageTasks"]
        time.sleep(0.1)
    assert export["Status"] == "completed", export

    # The default key needs no more, another one does: so the guide's fourth step.
    key = strict.kms().create_key()["KeyMetadata"]["KeyId"]
    assert shell(strict, tmp_path, ENCRYPTED)["Encrypted"] is True
    assert UNFIT in shell(strict, tmp_path, f"{ENCRYPTED} --kms-key-id {key}", fails=True)
    put(strict, tmp_path, ROLE_POLICY, FOR_KEYS)
    assert shell(strict, tmp_path, f"{ENCRYPTED} --kms-key-id {key}")["KmsKeyId"].endswith(key)

    assert UNFIT in shell(strict, tmp_path, LICENSED, fails=True)
    put(strict, tmp_path, ROLE_POLICY, FOR_KEYS, FOR_LICENCES)
    assert shell(strict, tmp_path, LICENSED)["LicenseSpecifications"]

    (tmp_path / "trust-policy.json").write_text(TRUST_WITH_SOURCES)
    update = "aws iam update-assume-role-policy --role-name vmimport --policy-document"
    shell(strict, tmp_path, f"{update} file://trust-policy.json")
    assert shell(strict, tmp_path, IMPORT)["Status"] == "active"
    (tmp_path / "trust-policy.json").write_text(TRUST_WITH_SOURCES.replace("2222", "4444"))
    shell(strict, tmp_path, f"{update} file://trust-policy.json")
    assert UNFIT in shell(strict, tmp_path, IMPORT, fails=True)


def test_the_role_is_made_as_tools_make_it_which_find_none(strict: House) -> None:
    """As CoreOS's mantle does: GetRole, and where there is none CreateRole and PutRolePolicy."""
    house = House(strict.server)
    iam, ec2, bucket = house.iam(), house.ec2(), house.bucket()
    house.put_object(bucket, "disk.raw", b"disk" * (1 << 18))
    container: Any = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
    trust = json.loads(TRUST_POLICY)
    trust["Statement"][0]["Condition"] = {"StringEquals": {"sts:Externalid": "vmimport"}}
    statements = [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
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
    ]

    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="vmimport")
    with pytest.raises(ec2.exceptions.ClientError, match=UNFIT):
        ec2.import_snapshot(RoleName="vmimport", DiskContainer=container)
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=json.dumps(trust))
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="vmimport", PolicyName="vmimport", PolicyDocument=document)
    task = ec2.import_snapshot(
        RoleName="vmimport", Description="Fedora CoreOS", DiskContainer=container
    )
    ec2.get_waiter("snapshot_imported").wait(
        ImportTaskIds=[task["ImportTaskId"]], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    assert house.finished(task)["Status"] == "completed"
