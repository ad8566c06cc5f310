"""Clients of S3 with the keys of a role that was assumed."""

import secrets
from typing import Any

import boto3
import botocore.config

from tests.house import House
from tests.policy.texts import allow, text


def session(house: House, *statements: Any) -> Any:
    """A client with the keys of a role that has these rights."""
    name = f"role-{secrets.token_hex(4)}"
    iam = house.iam()
    trust = text(allow("sts:AssumeRole", None, Principal={"AWS": house.account_id}))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=text(*statements))
    given = house.sts().assume_role(
        RoleArn=f"arn:aws:iam::{house.account_id}:role/{name}", RoleSessionName="me"
    )["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=house.endpoint,
        region_name="us-east-1",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=botocore.config.Config(s3={"addressing_style": "path"}, proxies={}),
    )
