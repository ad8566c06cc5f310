"""AssumeRole: temporary credentials, and requests that are recognised by them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from state.store import Store
from tests.house import House, default_url, session
from tests.iam.conftest import POLICY, TRUST, refusal, unchecked

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def trusting(*arns: str, **condition: str) -> str:
    """Return a trust policy that lets some principals in, if external ids are equal."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": list(arns)},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
    }
    if condition:
        statement["Condition"] = {"StringEquals": {f"sts:{k}": v for k, v in condition.items()}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def made(house: House, name: str, trust: str = "", **members: Any) -> str:
    """Make a role that the account trusts, if nothing else is said; return its ARN."""
    trust = trust or trusting(house.account_id)
    role = house.iam().create_role(RoleName=name, AssumeRolePolicyDocument=trust, **members)
    return str(role["Role"]["Arn"])


def client_of(house: House, service: str, answer: Any, region: str = "us-east-1") -> Any:
    """Make a client with the credentials of an answer."""
    given = answer["Credentials"]
    return session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=house.endpoint,
        region_name=region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


def test_a_role_that_is_assumed_is_who_asks(house: House) -> None:
    arn = made(house, "worker", Path="/jobs/")
    role_id = house.iam().get_role(RoleName="worker")["Role"]["RoleId"]

    answer = house.sts().assume_role(RoleArn=arn, RoleSessionName="one")
    identity = client_of(house, "sts", answer).get_caller_identity()

    given = answer["Credentials"]
    assert given["AccessKeyId"].startswith("ASIA")
    assert len(given["AccessKeyId"]) == 20
    assert len(given["SecretAccessKey"]) == 40
    left = given["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assumed = f"arn:aws:sts::{house.account_id}:assumed-role/worker/one"
    assert answer["AssumedRoleUser"] == {"AssumedRoleId": f"{role_id}:one", "Arn": assumed}
    assert (identity["UserId"], identity["Arn"]) == (f"{role_id}:one", assumed)
    assert identity["Account"] == house.account_id


def test_a_session_in_china_is_called_by_its_partition(house: House) -> None:
    iam = house.iam(region="cn-north-1")
    owner = f"arn:aws-cn:iam::{house.account_id}"
    trust = trusting(f"{owner}:root")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)["Role"]
    sts = house.sts(region="cn-north-1")

    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="one")
    asked = client_of(house, "s3", answer, "cn-north-1")
    refused = refusal(asked.list_buckets)[2]
    missing = refusal(sts.assume_role, RoleArn=f"{owner}:role/nobody", RoleSessionName="one")[2]

    assumed = f"arn:aws-cn:sts::{house.account_id}:assumed-role/worker/one"
    assert answer["AssumedRoleUser"]["Arn"] == assumed
    assert refused.startswith(f"User: {assumed} is not authorized to perform: s3:ListAllMyBuckets")
    assert missing.startswith(f"User: {owner}:root is not authorized to perform: sts:AssumeRole")


def test_a_session_works_in_the_roles_account(house: House) -> None:
    friend = House(house.server)
    arn = made(house, "worker", trusting(f"arn:aws:iam::{friend.account_id}:root"))
    bucket = house.bucket()
    house.iam().attach_role_policy(RoleName="worker", PolicyArn=ADMINISTRATOR)

    answer = friend.sts().assume_role(RoleArn=arn, RoleSessionName="guest")

    buckets = client_of(house, "s3", answer).list_buckets()["Buckets"]
    assert [each["Name"] for each in buckets] == [bucket]
    assert client_of(house, "iam", answer).get_role(RoleName="worker")["Role"]["Arn"] == arn
    assert client_of(house, "ec2", answer).describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_who_is_not_trusted_is_refused(house: House) -> None:
    stranger = House(house.server)
    own = made(house, "worker")
    of_service = made(house, "vmimport", TRUST)
    missing = own.replace("worker", "none")

    for asking, arn in ((stranger, own), (house, of_service), (house, missing)):
        refused = refusal(asking.sts().assume_role, RoleArn=arn, RoleSessionName="me")

        assert refused == (
            403,
            "AccessDenied",
            f"User: arn:aws:iam::{asking.account_id}:root is not authorized to perform: "
            f"sts:AssumeRole on resource: {arn}",
        )


def test_an_external_id_must_be_the_one(house: House) -> None:
    arn = made(house, "worker", trusting(house.account_id, ExternalId="secret-one"))
    asked: Any = {"RoleArn": arn, "RoleSessionName": "me"}

    assert refusal(house.sts().assume_role, **asked)[1] == "AccessDenied"
    assert refusal(house.sts().assume_role, **asked, ExternalId="other")[1] == "AccessDenied"
    house.sts().assume_role(**asked, ExternalId="secret-one")


def test_tags_and_a_source_identity_must_be_allowed_too(house: House) -> None:
    arn = made(house, "worker")
    asked: Any = {"RoleArn": arn, "RoleSessionName": "me"}

    tagged = refusal(house.sts().assume_role, **asked, Tags=[{"Key": "k", "Value": "v"}])
    named = house.sts().assume_role(**asked, SourceIdentity="somebody")

    assert "is not authorized to perform: sts:TagSession" in tagged[2]
    assert named["SourceIdentity"] == "somebody"


def test_a_session_assumes_a_role_only_with_rights_of_its_own(house: House) -> None:
    first = made(house, "first")
    second = made(house, "second")
    answer = house.sts().assume_role(RoleArn=first, RoleSessionName="one")
    chained = client_of(house, "sts", answer)
    asked: Any = {"RoleArn": second, "RoleSessionName": "two"}
    right = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": second}
    document = json.dumps({"Version": "2012-10-17", "Statement": [right]})

    refused = refusal(chained.assume_role, **asked)
    house.iam().put_role_policy(RoleName="first", PolicyName="p", PolicyDocument=document)
    identity = client_of(house, "sts", chained.assume_role(**asked)).get_caller_identity()
    too_long = refusal(chained.assume_role, **asked, DurationSeconds=3601)

    assert refused[2].startswith(f"User: {answer['AssumedRoleUser']['Arn']} is not authorized")
    assert identity["Arn"].endswith(":assumed-role/second/two")
    assert too_long[:2] == (400, "ValidationError")


def test_a_session_lasts_no_longer_than_the_role_says(house: House) -> None:
    asked: Any = {"RoleArn": made(house, "worker"), "RoleSessionName": "me"}

    assert refusal(house.sts().assume_role, **asked, DurationSeconds=7200) == (
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    short = refusal(unchecked(house, "sts").assume_role, **asked, DurationSeconds=899)
    assert short[2] == (
        "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy "
        "constraint: Member must have value greater than or equal to 900"
    )


@pytest.mark.parametrize("name", ["a", "a b", "x" * 65])
def test_a_session_has_a_name(house: House, name: str) -> None:
    arn = made(house, "worker")

    refused = refusal(unchecked(house, "sts").assume_role, RoleArn=arn, RoleSessionName=name)

    assert refused[:2] == (400, "ValidationError")
    assert "at 'roleSessionName' failed to satisfy constraint" in refused[2]


def test_a_session_may_have_a_policy_of_its_own(house: House) -> None:
    asked: Any = {"RoleArn": made(house, "worker"), "RoleSessionName": "me"}

    answer = house.sts().assume_role(**asked, Policy=POLICY)
    refused = refusal(house.sts().assume_role, **asked, Policy="{}")

    assert 0 < answer["PackedPolicySize"] <= 100
    assert refused[:2] == (400, "MalformedPolicyDocument")


@pytest.mark.slow
def test_roles_and_sessions_survive_a_kill_and_sessions_end_in_time(own_house: House) -> None:
    house = own_house
    role = made(house, "worker")
    answer = house.sts().assume_role(RoleArn=role, RoleSessionName="me")
    house.kill()
    house.start()
    alive = client_of(house, "sts", answer).get_caller_identity()
    store = Store(default_url(house.data_dir))
    with store.begin() as tx:
        kept = tx.sessions.get(answer["Credentials"]["AccessKeyId"])
        assert kept is not None
        tx.sessions.replace(kept.model_copy(update={"expires_at": datetime.now(UTC)}))
    store.close()

    assert house.iam().get_role(RoleName="worker")["Role"]["Arn"] == role
    assert alive["Arn"] == answer["AssumedRoleUser"]["Arn"]
    of_sts = refusal(client_of(house, "sts", answer).get_caller_identity)
    of_s3 = refusal(client_of(house, "s3", answer).list_buckets)
    of_ec2 = refusal(client_of(house, "ec2", answer).describe_regions)
    of_kms = refusal(client_of(house, "kms", answer).list_keys)
    assert of_sts == (
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
    )
    assert of_s3 == (400, "ExpiredToken", "The provided token has expired.")
    assert of_ec2 == (400, "RequestExpired", "Request has expired.")
    assert of_kms == (400, "ExpiredTokenException", of_sts[2])


def test_secrets_stay_out_of_the_log(house: House) -> None:
    arn = made(house, "worker")
    given = house.sts().assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    client_of(house, "sts", {"Credentials": given}).get_caller_identity()

    log = house.server.log

    assert f"sts:AssumeRole on {arn}" in log
    assert given["SecretAccessKey"] not in log
    assert given["SessionToken"] not in log
