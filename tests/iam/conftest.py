"""What the tests of IAM share: documents, and a way to be refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.house import House, session

SERVICE_TRUST = {
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
READING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}],
}
TRUST = json.dumps(SERVICE_TRUST, indent=1)
POLICY = json.dumps(READING, indent=1)


def refusal(call: Callable[..., Any], /, **members: Any) -> tuple[int, str, str]:
    """Return the status, code and message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    answer = caught.value.response
    assert answer["Error"]["Code"], answer
    return (
        answer["ResponseMetadata"]["HTTPStatusCode"],
        answer["Error"]["Code"],
        answer["Error"]["Message"],
    )


def unchecked(house: House, service: str) -> Any:
    """Make a client that sends what the model forbids."""
    return session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=house.endpoint,
        region_name="us-east-1",
        aws_access_key_id=house.account_id,
        aws_secret_access_key="secret",
        config=Config(parameter_validation=False),
    )


@pytest.fixture
def iam(house: House) -> Any:
    """A client of a fresh account."""
    return house.iam()


@pytest.fixture
def role(iam: Any) -> str:
    """The name of a role."""
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=TRUST)
    return "vmimport"


@pytest.fixture
def policy(iam: Any) -> str:
    """The ARN of a managed policy."""
    made = iam.create_policy(PolicyName="reading", PolicyDocument=POLICY)
    return str(made["Policy"]["Arn"])
