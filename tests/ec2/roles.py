"""The service role of the user guide, for tests, and what can be missing in it."""

import json
from collections.abc import Iterable
from typing import Any

from tests.house import House

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "vmie.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:Externalid": "vmimport"}},
        }
    ],
}
KMS = ["CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"]
RIGHTS = {
    "read": ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
    "write": ["s3:PutObject", "s3:GetBucketAcl"],
    "ec2": [
        "ec2:ModifySnapshotAttribute", "ec2:CopySnapshot", "ec2:RegisterImage", "ec2:Describe*",
    ],
    "kms": [f"kms:{name}" for name in KMS],
    "licences": [
        "license-manager:GetLicenseConfiguration",
        "license-manager:UpdateLicenseSpecificationsForResource",
        "license-manager:ListLicenseSpecificationsForResource",
    ],
}  # fmt: skip


def rights(*statements: Any, without: Iterable[str] = ()) -> str:
    """Return the guide's permissions, some left out, as a document; and more statements."""
    guide: list[Any] = [
        {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": "*"}
        for name, actions in RIGHTS.items()
        if name not in without
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": [*guide, *statements]})


def make_role(
    house: House, name: str = "vmimport", *statements: Any, without: Iterable[str] = (), **more: Any
) -> str:
    """Make a service role; return its ARN."""
    trust = more.pop("trust", TRUST)
    iam = house.iam()
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **more)
    document = rights(*statements, without=without)
    iam.put_role_policy(RoleName=name, PolicyName="guide", PolicyDocument=document)
    return str(made["Role"]["Arn"])


def deny(action: str, resource: str = "*") -> Any:
    """Return a statement that takes a right away."""
    return {"Sid": "Never", "Effect": "Deny", "Action": action, "Resource": resource}


def unfit(name: str = "vmimport") -> tuple[str, str]:
    """Return code and message of a request whose role will not do."""
    return (
        "InvalidParameter",
        f"The service role {name} provided does not exist or does not have sufficient permissions",
    )
