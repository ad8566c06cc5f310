"""Which buckets let the exporter in, and whose its objects are."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from state.acls import EVERYBODY, canonical_id
from state.export_grants import granted, owner_of_exports
from state.exporters import EXPORTERS, OF_OTHERS, OF_REGIONS, exporter
from state.objects import Bucket, Grant

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OWNER = "111122223333"
BUCKET = "exports"
ARN = f"arn:aws:s3:::{BUCKET}"
KEY = "vms/export-i-0123456789abcdef0.ova"
READ, WRITE = "s3:GetBucketAcl", "s3:PutObject"


def bucket(**more: Any) -> Bucket:
    """A bucket whose access control list counts."""
    return Bucket(
        **{
            "name": BUCKET,
            "account_id": OWNER,
            "region": "us-east-1",
            "created_at": NOW,
            "ownership": "BucketOwnerPreferred",
            **more,
        }
    )


def statement(*actions: str, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {
        "Effect": effect,
        "Principal": {"CanonicalUser": OF_OTHERS},
        "Action": list(actions),
        "Resource": [ARN, f"{ARN}/*"],
        **more,
    }


def is_in(*statements: dict[str, Any], **more: Any) -> bool:
    told = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return granted(bucket(policy=told, **more), KEY, NOW)


def allows(*grants: tuple[str, str], **more: Any) -> bool:
    listed = tuple(Grant(grantee=who, permission=what) for who, what in grants)  # type: ignore[arg-type]
    mine = Grant(grantee=canonical_id(OWNER), permission="FULL_CONTROL")
    return granted(bucket(grants=(mine, *listed), **more), KEY, NOW)


def when(operator: str, key: str, value: str) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@pytest.mark.parametrize(
    "statements",
    [
        [statement(READ, WRITE)],
        [statement(READ), statement(WRITE)],
        [statement("s3:*")],
        [statement(READ), statement(WRITE, Resource=f"{ARN}/vms/*")],
        [
            statement(READ),
            statement(WRITE, **when("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control")),
        ],
        [statement(READ, WRITE, **when("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z"))],
        [statement(READ, WRITE, Principal={"CanonicalUser": [exporter("me-south-1"), OF_OTHERS]})],
        [
            statement(READ, WRITE),
            statement(
                "s3:*",
                effect="Deny",
                Principal="*",
                **when("Bool", "aws:SecureTransport", "false"),
            ),
        ],
    ],
)
def test_policies_that_let_it_in(statements: list[dict[str, Any]]) -> None:
    assert is_in(*statements)
    assert is_in(*statements, ownership="ObjectWriter")
    assert is_in(*statements, ownership=None)
    assert not is_in(*statements, ownership="BucketOwnerEnforced")


@pytest.mark.parametrize(
    "statements",
    [
        [statement("s3:ListBucket")],
        [statement(READ)],
        [statement(WRITE)],
        [statement(READ, WRITE, Resource=ARN)],
        [statement(READ), statement(WRITE, Resource=f"{ARN}/exports/*")],
        [statement(READ, WRITE, Principal={"CanonicalUser": exporter("me-south-1")})],
        [statement(READ, WRITE, Principal={"AWS": OWNER})],
        [statement(READ, WRITE, **when("DateLessThan", "aws:CurrentTime", "2025-01-01T00:00:00Z"))],
        [statement(READ, WRITE), statement(WRITE, effect="Deny", Principal="*")],
        [statement(READ, WRITE), statement(READ, effect="Deny")],
    ],
)
def test_policies_that_do_not(statements: list[dict[str, Any]]) -> None:
    assert not is_in(*statements)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([(OF_OTHERS, "READ_ACP"), (OF_OTHERS, "WRITE")], True),
        ([(OF_OTHERS, "FULL_CONTROL")], True),
        ([], False),
        ([(OF_OTHERS, "READ_ACP")], False),
        ([(OF_OTHERS, "WRITE")], False),
        ([(OF_OTHERS, "READ"), (OF_OTHERS, "WRITE"), (OF_OTHERS, "WRITE_ACP")], False),
        ([(exporter("me-south-1"), "FULL_CONTROL")], False),
    ],
)
def test_access_control_lists(grants: list[tuple[str, str]], expected: bool) -> None:
    assert allows(*grants) is expected
    assert not allows(*grants, ownership="BucketOwnerEnforced")


def test_one_half_may_be_in_the_list_and_the_other_in_the_policy() -> None:
    told = json.dumps({"Statement": [statement(WRITE)]})

    assert allows((OF_OTHERS, "READ_ACP"), policy=told)


def test_what_is_open_to_everybody_is_open_to_it_unless_the_public_is_kept_out() -> None:
    grants = [(EVERYBODY, "READ_ACP"), (EVERYBODY, "WRITE")]
    everybody = statement(READ, WRITE, Principal="*")

    assert allows(*grants, public_access_block=None)
    assert is_in(everybody, public_access_block=None)
    assert not allows(*grants)
    assert not is_in(everybody)


def test_every_region_has_its_exporter() -> None:
    lengths = {region: len(exporter(region)) for region in OF_REGIONS}

    assert len(EXPORTERS) == len(OF_REGIONS) + 2
    assert exporter("us-east-1") == exporter("cn-north-1") == OF_OTHERS
    assert exporter("us-gov-west-1") == exporter("us-gov-east-1") != OF_OTHERS
    # As the user guide prints them.
    assert len(exporter("us-gov-east-1")) == 65
    assert (lengths.pop("eu-central-2"), lengths.pop("il-central-1")) == (63, 62)
    assert set(lengths.values()) == {64}


@pytest.mark.parametrize("region", [*OF_REGIONS, "us-gov-west-1", "eu-west-1", "cn-north-1"])
def test_an_exporter_is_let_in_in_its_region_alone(region: str) -> None:
    grants = (Grant(grantee=exporter(region), permission="FULL_CONTROL"),)
    there, here = bucket(region=region, grants=grants), bucket(grants=grants)

    assert granted(there, KEY, NOW)
    assert granted(here, KEY, NOW) == (exporter(region) == OF_OTHERS)


@pytest.mark.parametrize(
    ("ownership", "owner"),
    [
        ("BucketOwnerPreferred", OWNER),
        ("ObjectWriter", exporter("eu-south-1")),
        (None, exporter("eu-south-1")),
    ],
)
def test_whose_its_objects_are(ownership: str | None, owner: str) -> None:
    found = owner_of_exports(bucket(ownership=ownership, region="eu-south-1"))

    assert found == owner
    assert canonical_id(found) == (owner if owner != OWNER else canonical_id(OWNER))
