"""Managed policies that AWS provides: those that somebody who moves machines is likely to attach.

Their documents are AWS's, as of the managed policy reference, where they are broad; there are some
1,300 more, which do not exist here. Their ids are made up, but the same everywhere.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from state.iam import Policy, PolicyVersion

OWNER: Final = "aws"  # in the place of an account
SINCE: Final = datetime(2015, 2, 6, 18, 39, tzinfo=UTC)  # when AWS began to have them

Actions = str | list[str]

READS_S3: Final = ["s3:Get*", "s3:List*", "s3:Describe*"]
READS_EC2: Final = [
    "ec2:Describe*",
    "ec2:GetSecurityGroupsForVpc",
    "elasticloadbalancing:Describe*",
    "cloudwatch:ListMetrics",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:Describe*",
    "autoscaling:Describe*",
]
WRITES_EC2: Final = ["ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"]
ACTIONS: Final[dict[str, Actions]] = {
    "/AdministratorAccess": "*",
    "/AmazonEC2FullAccess": WRITES_EC2,
    "/AmazonEC2ReadOnlyAccess": READS_EC2,
    "/AmazonS3FullAccess": ["s3:*", "s3-object-lambda:*"],
    "/AmazonS3ReadOnlyAccess": [*READS_S3, "s3-object-lambda:Get*", "s3-object-lambda:List*"],
    "/IAMFullAccess": ["iam:*", "organizations:DescribeAccount"],
    "/IAMReadOnlyAccess": ["iam:GenerateCredentialReport", "iam:Get*", "iam:List*"],
    "/service-role/AWSKeyManagementServicePowerUser": [
        *("kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:Describe*"),
        *("kms:GenerateRandom", "kms:Get*", "kms:List*", "kms:TagResource", "kms:UntagResource"),
        *("iam:ListGroups", "iam:ListRoles", "iam:ListUsers"),
    ],
}


@lru_cache(8)  # there are fewer partitions
def every(partition: str) -> tuple[Policy, ...]:
    """Return all of them in the order of their names."""
    made = (_made(partition, name, actions) for name, actions in ACTIONS.items())
    return tuple(sorted(made, key=lambda policy: policy.key))


def find(arn: str) -> Policy | None:
    """Return the one with an ARN."""
    partition = arn.split(":")[1]
    return next((policy for policy in every(partition) if policy.arn == arn), None)


def _made(partition: str, full_name: str, actions: Actions) -> Policy:
    path, _, name = full_name.rpartition("/")
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Policy(
        account_id=OWNER,
        id="ANPA" + hashlib.sha256(name.encode()).hexdigest()[:17].upper(),
        name=name,
        path=f"{path}/",
        partition=partition,
        created_at=SINCE,
        updated_at=SINCE,
        versions=(PolicyVersion(number=1, document=document, created_at=SINCE),),
    )
