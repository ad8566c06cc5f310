"""The service role as the user guide's chapter makes it, by the AWS CLI."""

import json
from pathlib import Path

import pytest

from tests.ec2.test_cli import aws
from tests.house import House
from tests.iam.conftest import SERVICE_TRUST

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
    roles = aws(house, "iam", "list-roles", "--query", "Roles[].RoleName", "--page-size", "1")
    assert roles == ["vmimport"]
