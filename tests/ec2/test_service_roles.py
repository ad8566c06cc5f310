"""The service role, which imports and exports ask when they begin, and when they need a right."""

import json
import time
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import pytest

from tests.ec2.conftest import MIB, made_image, made_key, made_snapshot, refusal
from tests.ec2.roles import TRUST, deny, make_role, rights, unfit
from tests.house import House, Server
from tests.iam.test_session_rights import Worker, statement, text

LICENCE = "arn:aws:license-manager:us-east-1:{}:license-configuration:lic-0123456789abcdef"
GONE = f"ClientError: {unfit()[1]}"
FORBIDDEN = (
    "ClientError: Disk validation failed "
    "[We do not have access to the given resource. Reason 403 Forbidden]"
)
Begin = Callable[[House], Any]


def filled(house: House) -> str:
    """Make a bucket with a disk in it."""
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"disk" * (MIB // 4))
    return bucket


def sealed_object(house: House, bucket: str, key: str) -> None:
    """Put a disk into a bucket that S3 encrypts with a key."""
    house.s3().put_object(
        Bucket=bucket, Key="disk.raw", Body=b"disk" * (MIB // 4),
        ServerSideEncryption="aws:kms", SSEKMSKeyId=key,
    )  # fmt: skip


def import_snapshot(house: House, **more: Any) -> Any:
    bucket = more.pop("bucket", None) or filled(house)
    container: Any = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
    return house.ec2().import_snapshot(DiskContainer=container, **more)


def import_image(house: House, **more: Any) -> Any:
    bucket = more.pop("bucket", None) or filled(house)
    container: Any = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
    return house.ec2().import_image(DiskContainers=[container], **more)


def export_image(house: House, **more: Any) -> Any:
    bucket = more.pop("bucket", None) or house.bucket()
    image_id = made_image(house, made_snapshot(house, size_bytes=8))
    location: Any = {"S3Bucket": bucket, "S3Prefix": "exports/"}
    return house.ec2().export_image(
        ImageId=image_id, DiskImageFormat="RAW", S3ExportLocation=location, **more
    )


def with_key(begin: Callable[..., Any]) -> Begin:
    return lambda house: begin(house, Encrypted=True, KmsKeyId=made_key(house))


def with_licence(house: House) -> Any:
    arn = LICENCE.format(house.account_id)
    return import_image(house, LicenseSpecifications=[{"LicenseConfigurationArn": arn}])


BEGIN: dict[str, Begin] = {
    "import-snapshot": import_snapshot,
    "import-image": import_image,
    "export-image": export_image,
    "encrypted snapshot": with_key(import_snapshot),
    "encrypted image": with_key(import_image),
    "licences": with_licence,
}
IMPORTS = ("import-snapshot", "import-image")
ENCRYPTED = ("encrypted snapshot", "encrypted image")
MISSING = [
    *((task, "s3:GetBucketLocation") for task in (*IMPORTS, "export-image")),
    *((task, "s3:ListBucket") for task in (*IMPORTS, "export-image")),
    *((task, "s3:GetObject") for task in IMPORTS),
    *((task, "ec2:DescribeSnapshots") for task in (*IMPORTS, "export-image")),
    *((task, "ec2:ModifySnapshotAttribute") for task in (*IMPORTS, "export-image")),
    *((task, "ec2:CopySnapshot") for task in IMPORTS),
    ("import-image", "ec2:RegisterImage"),
    ("export-image", "ec2:DescribeImages"),
    ("export-image", "s3:PutObject"),
    ("export-image", "s3:GetBucketAcl"),
    *((task, f"kms:{name}") for task in ENCRYPTED for name in ("CreateGrant", "ReEncryptFrom")),
    ("licences", "license-manager:GetLicenseConfiguration"),
]


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where a role must be there."""
    server = Server(tmp_path_factory.mktemp("strict") / "data", role_check="strict")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks no role."""
    server = Server(tmp_path_factory.mktemp("off") / "data", role_check="off")
    server.start()
    yield server
    server.stop()


# at the request ----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", BEGIN)
def test_the_role_of_the_guide_will_do(house: House, task: str) -> None:
    make_role(house)

    assert BEGIN[task](house)["Status" if "image" in task or task == "licences" else "ImportTaskId"]


@pytest.mark.parametrize(("task", "action"), MISSING)
def test_a_role_without_a_right_will_not_do(house: House, task: str, action: str) -> None:
    make_role(house, "vmimport", deny(action))

    assert refusal(lambda: BEGIN[task](house)) == unfit()


def test_without_the_role_anything_goes_until_there_is_one(house: House) -> None:
    before = import_snapshot(house)
    make_role(house, without=["ec2"])

    assert refusal(lambda: import_snapshot(house)) == unfit()
    assert house.finished(before)["Status"] == "completed"


def test_the_role_that_is_named_is_asked(house: House) -> None:
    make_role(house, "vmimport", deny("s3:*"))
    make_role(house, "importer")

    assert import_snapshot(house, RoleName="importer")["ImportTaskId"]
    assert refusal(lambda: import_snapshot(house)) == unfit()


@pytest.mark.parametrize(
    "wrong",
    [
        {"Principal": {"Service": "ec2.amazonaws.com"}},
        {"Condition": {"StringEquals": {"sts:ExternalId": "something"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:vmie:eu-west-1:*:*"}}},
    ],
    ids=["service", "external id", "account", "Region"],
)
def test_a_role_that_does_not_trust_the_service_will_not_do(house: House, wrong: Any) -> None:
    statement = {**TRUST["Statement"][0], **wrong}  # type: ignore[dict-item]
    make_role(house, trust={"Version": "2012-10-17", "Statement": [statement]})

    assert refusal(lambda: import_snapshot(house)) == unfit()


def test_a_trust_for_this_account_and_region_will_do(house: House) -> None:
    condition = {
        "StringEquals": {"sts:Externalid": "vmimport", "aws:SourceAccount": house.account_id},
        "ArnLike": {"aws:SourceArn": f"arn:aws:vmie:us-east-1:{house.account_id}:*"},
    }
    statement = {**TRUST["Statement"][0], "Condition": condition}  # type: ignore[dict-item]
    make_role(house, trust={"Version": "2012-10-17", "Statement": [statement]})

    assert import_snapshot(house)["ImportTaskId"]


def test_a_boundary_limits_the_role(house: House) -> None:
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": {**deny("s3:*"), "Effect": "Allow"}}
    )
    policy = house.iam().create_policy(PolicyName="s3-only", PolicyDocument=document)
    make_role(house, PermissionsBoundary=policy["Policy"]["Arn"])

    assert refusal(lambda: import_snapshot(house)) == unfit()


def test_a_key_whose_policy_leaves_the_role_out_will_not_do_but_for_a_grant(house: House) -> None:
    role = make_role(house)
    kms = house.kms()
    owner = {"AWS": f"arn:aws:iam::{house.account_id}:root"}
    statement = {"Effect": "Allow", "Principal": owner, "Action": "kms:*", "Resource": "*"}
    alone = {**statement, "Condition": {"StringLike": {"aws:PrincipalArn": "*:root"}}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [alone]})
    key = kms.create_key(Policy=document)["KeyMetadata"]["KeyId"]

    assert refusal(lambda: import_snapshot(house, Encrypted=True, KmsKeyId=key)) == unfit()

    operations = [
        "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom", "ReEncryptTo",
    ]  # fmt: skip
    kms.create_grant(KeyId=key, GranteePrincipal=role, Operations=operations)
    assert import_snapshot(house, Encrypted=True, KmsKeyId=key)["ImportTaskId"]


def test_the_key_of_ebs_lets_the_role_in_through_ec2(house: House) -> None:
    make_role(house)

    assert import_snapshot(house, Encrypted=True)["ImportTaskId"]
    house.iam().delete_role_policy(RoleName="vmimport", PolicyName="guide")
    house.iam().put_role_policy(
        RoleName="vmimport", PolicyName="less", PolicyDocument=rights(without=["kms"])
    )
    # Its policy names everybody in the account, so that the role needs no rights of its own.
    assert import_snapshot(house, Encrypted=True)["ImportTaskId"]


def test_a_url_that_somebody_has_signed_needs_no_right_to_read(house: House) -> None:
    make_role(house, without=["read"])
    bucket = filled(house)
    place = {"Bucket": bucket, "Key": "disk.raw"}
    signed = house.s3().generate_presigned_url("get_object", Params=place)

    task = house.ec2().import_snapshot(DiskContainer={"Format": "RAW", "Url": signed})
    plain: Any = {"Format": "RAW", "Url": f"s3://{bucket}/disk.raw"}

    assert house.finished(task)["Status"] == "completed"
    assert refusal(lambda: house.ec2().import_snapshot(DiskContainer=plain)) == unfit()


def test_a_dry_run_asks_the_role_too(house: House) -> None:
    make_role(house, without=["read"])

    assert refusal(lambda: import_snapshot(house, DryRun=True)) == unfit()


def test_the_log_tells_which_statement_decided(house: House) -> None:
    make_role(house, "teller", deny("ec2:CopySnapshot"))
    bucket = filled(house)

    refusal(lambda: import_snapshot(house, bucket=bucket, RoleName="teller"))

    by = "of the inline policy guide of the role teller"
    role = f"arn:aws:iam::{house.account_id}:role/teller"
    log = house.server.log
    trusted = f"sts:AssumeRole on {role}: allowed by statement 1 of the trust policy of the role"
    assert trusted in log
    assert f'on arn:aws:s3:::{bucket}/disk.raw: allowed by statement 1 ("read") {by}' in log
    snapshots = "arn:aws:ec2:us-east-1::snapshot/*"
    assert f'ec2:CopySnapshot on {snapshots}: denied by statement 6 ("Never") {by}' in log


# who asks ----------------------------------------------------------------------------------------


def test_a_session_imports_only_what_it_may_read(house: House) -> None:
    bucket = filled(house)
    worker = Worker(house, statement("ec2:ImportSnapshot"))
    place: Any = {"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
    mine = worker.client("ec2")
    read = statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*")

    unreadable = f"User does not have access to the S3 object ({bucket}/disk.raw)."
    refused = refusal(lambda: mine.import_snapshot(DiskContainer=place))
    assert refused == ("InvalidParameter", unreadable)
    worker.may(statement("ec2:ImportSnapshot"), read)
    assert mine.import_snapshot(DiskContainer=place)["ImportTaskId"]


@pytest.mark.parametrize("begin", [import_snapshot, import_image])
def test_who_imports_an_object_needs_its_key(house: House, begin: Callable[..., Any]) -> None:
    key, bucket = made_key(house), house.bucket()
    sealed_object(house, bucket, key)
    message = f"User does not have access to the S3 object ({bucket}/disk.raw)."
    unreadable = ("InvalidParameter", message)
    worker = Worker(house, statement(["ec2:Import*", "s3:GetObject"]))
    session = copy(house)
    session.ec2 = lambda *_: worker.client("ec2")  # type: ignore[method-assign]

    assert refusal(lambda: begin(session, bucket=bucket)) == unreadable
    worker.may(statement(["ec2:Import*", "s3:GetObject"]), statement("kms:Decrypt", key))
    assert begin(session, bucket=bucket)["ImportTaskId"]
    make_role(house, without=["kms"])
    assert refusal(lambda: begin(house, bucket=bucket)) == unfit()
    house.iam().put_role_policy(RoleName="vmimport", PolicyName="guide", PolicyDocument=rights())
    assert begin(house, bucket=bucket)["ImportTaskId"]
    house.kms().disable_key(KeyId=key)
    assert refusal(lambda: begin(house, bucket=bucket)) == unreadable


def test_a_session_exports_only_to_where_it_may_write(house: House) -> None:
    image_id, bucket = made_image(house, made_snapshot(house, size_bytes=8)), house.bucket()
    worker = Worker(house, statement("ec2:ExportImage"))
    export: Any = {
        "ImageId": image_id, "DiskImageFormat": "RAW", "S3ExportLocation": {"S3Bucket": bucket},
    }  # fmt: skip
    mine = worker.client("ec2")

    code, message = refusal(lambda: mine.export_image(**export))
    worker.may(
        statement("ec2:ExportImage"), statement("s3:PutObject", f"arn:aws:s3:::{bucket}/export-*")
    )

    assert code == "InvalidParameter"
    assert message.startswith(f"User does not have access to the S3 object ({bucket}/export-ami-")
    assert mine.export_image(**export)["ExportImageTaskId"]


def test_a_bucket_of_another_account_must_let_both_in(house: House, friend: House) -> None:
    bucket, role = filled(friend), make_role(house)
    root = f"arn:aws:iam::{house.account_id}:root"
    unreadable = f"User does not have access to the S3 object ({bucket}/disk.raw)."
    assert refusal(lambda: import_snapshot(house, bucket=bucket)) == (
        "InvalidParameter", unreadable,
    )  # fmt: skip

    def let_in(*principals: str) -> None:
        both = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        allowed = {**statement("s3:*", both), "Principal": {"AWS": list(principals)}}
        friend.s3().put_bucket_policy(Bucket=bucket, Policy=text(allowed))

    friend.s3().put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": False}
    )
    let_in(role)
    assert refusal(lambda: import_snapshot(house, bucket=bucket))[1] == unreadable
    let_in(root, role)
    assert house.finished(import_snapshot(house, bucket=bucket))["Status"] == "completed"
    out = {**statement("s3:*", f"arn:aws:s3:::{bucket}/*", "Deny"), "Principal": {"AWS": role}}
    allowed = {**statement("s3:*", f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": root}}
    friend.s3().put_bucket_policy(Bucket=bucket, Policy=text(allowed, out))
    assert refusal(lambda: import_snapshot(house, bucket=bucket)) == unfit()


# modes -------------------------------------------------------------------------------------------


def test_strictly_there_must_be_a_role(strict: Server) -> None:
    house = House(strict)

    for begin in (import_snapshot, import_image, export_image):
        assert refusal(lambda begin=begin: begin(house)) == unfit()  # type: ignore[misc]
    make_role(house)
    assert house.finished(import_snapshot(house))["Status"] == "completed"
    assert refusal(lambda: import_snapshot(house, RoleName="other")) == unfit("other")


def test_no_role_is_asked_where_that_is_off(careless: Server) -> None:
    house = House(careless)
    make_role(house, "vmimport", deny("*"))

    assert house.finished(import_snapshot(house))["Status"] == "completed"


# in the middle of a task -------------------------------------------------------------------------


@pytest.mark.slow
def test_the_role_is_asked_again_when_its_rights_are_needed(make_house: Any) -> None:
    house: House = make_house(role="api")  # so that nothing runs yet
    without: list[tuple[str, Any]] = [
        ("gone", "gone"), ("unread", deny("s3:GetObject")), ("unmade", deny("ec2:RegisterImage")),
        ("unwritten", deny("s3:PutObject")), ("fine", None),
    ]  # fmt: skip
    tasks = {}
    for name, change in without:
        make_role(house, name)
        begin = export_image if name == "unwritten" else import_image
        tasks[name] = begin(house, RoleName=name)
        if change == "gone":
            house.iam().delete_role_policy(RoleName=name, PolicyName="guide")
            house.iam().delete_role(RoleName=name)
        elif change is not None:
            document = rights(change)
            house.iam().put_role_policy(RoleName=name, PolicyName="guide", PolicyDocument=document)
    key, bucket = made_key(house), house.bucket()
    sealed_object(house, bucket, key)
    tasks["closed"] = import_image(house, bucket=bucket)
    house.kms().disable_key(KeyId=key)
    house.stop()
    house.server.settings["role"] = "all"
    house.start()

    said = {
        name: house.finished_image(task).get("StatusMessage")
        for name, task in tasks.items()
        if name != "unwritten"
    }

    assert said == {
        "gone": GONE.replace("vmimport", "gone"),
        "unread": FORBIDDEN,
        "unmade": GONE.replace("vmimport", "unmade"),
        "fine": None,
        "closed": FORBIDDEN,
    }
    ec2 = house.ec2()
    named = [tasks["unwritten"]["ExportImageTaskId"]]
    export: Any = {"Status": "active"}
    while export["Status"] not in ("deleted", "completed"):
        (export,) = ec2.describe_export_image_tasks(ExportImageTaskIds=named)["ExportImageTasks"]
        time.sleep(0.05)
    assert export["StatusMessage"] == GONE.replace("vmimport", "unwritten")
    assert len(ec2.describe_images(Owners=["self"])["Images"]) == 2  # the one exported, and "fine"
