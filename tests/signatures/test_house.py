"""Servers with credentials, and servers that others can reach, as clients see them."""

import base64
import hashlib
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.config
import httpx
import pytest
from botocore.auth import HmacV1Auth, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from emulator.signatures import keys, signing
from state.store import Store
from tests import forks
from tests.house import House, MakeHouse, Server, default_url, session
from tests.signatures.signed import ALICE, BOB, GUEST, HOST, admitted, signed
from tests.signatures.test_chunks import DATA, PLAIN, TRAILER, chunked
from tests.state import samples
from tests.state.test_reports import REPORT

FILE = "".join(
    f'[{each.id}]\nsecret = "{each.secret}"\naccount = "{each.account_id}"\n'
    + (f'token = "{each.token}"\n' if each.token else "")
    for each in (ALICE, BOB, GUEST)
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with credentials."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "credentials.toml").write_text(FILE)
    server = Server(folder / "data", credentials=folder / "credentials.toml")
    server.start()
    yield House(server)
    server.stop()


def client(house: House, service: str, key: keys.Key, **config: Any) -> Any:
    """A boto3 client with a key."""
    return session().client(
        service,  # type: ignore[call-overload]
        endpoint_url=house.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=key.id,
        aws_secret_access_key=key.secret,
        aws_session_token=key.token,
        config=botocore.config.Config(
            retries={"total_max_attempts": 1}, proxies={}, s3={"addressing_style": "path"}, **config
        ),
    )  # fmt: skip


@contextmanager
def refused(code: str, status: int) -> Iterator[None]:
    with pytest.raises(ClientError) as error:
        yield
    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


EU = {"LocationConstraint": "eu-west-1"}


def test_the_account_is_that_of_the_key(guarded: House) -> None:
    for key in (ALICE, BOB, GUEST):
        assert client(guarded, "sts", key).get_caller_identity()["Account"] == key.account_id
    client(guarded, "s3", ALICE).create_bucket(Bucket="alices", CreateBucketConfiguration=EU)

    assert [each["Name"] for each in client(guarded, "s3", ALICE).list_buckets()["Buckets"]]
    assert not client(guarded, "s3", BOB).list_buckets()["Buckets"]
    with refused("AccessDenied", 403):
        client(guarded, "s3", BOB).list_objects_v2(Bucket="alices")


@pytest.mark.parametrize(
    ("service", "action", "wrong_secret", "unknown"),
    [
        ("s3", "list_buckets", ("SignatureDoesNotMatch", 403), ("InvalidAccessKeyId", 403)),
        ("ec2", "describe_images", ("SignatureDoesNotMatch", 403), ("AuthFailure", 401)),
        ("sts", "get_caller_identity", ("SignatureDoesNotMatch", 403),
         ("InvalidClientTokenId", 403)),
    ],
)  # fmt: skip
def test_wrong_secrets_and_unknown_keys_are_refused(
    guarded: House,
    service: str,
    action: str,
    wrong_secret: tuple[str, int],
    unknown: tuple[str, int],
) -> None:
    getattr(client(guarded, service, ALICE), action)()

    with refused(*wrong_secret):
        getattr(client(guarded, service, keys.Key(ALICE.id, "", "wrong")), action)()
    with refused(*unknown):
        getattr(client(guarded, service, keys.Key("123456789012", "", "x")), action)()


def test_the_keys_of_an_assumed_role_sign_too(guarded: House) -> None:
    iam = client(guarded, "iam", ALICE)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ALICE.account_id}, "Action": "sts:AssumeRole"}
        ],
    }
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    given = client(guarded, "sts", ALICE).assume_role(RoleArn=role["Arn"], RoleSessionName="me")
    found = given["Credentials"]
    key = keys.Key(found["AccessKeyId"], "", found["SecretAccessKey"], found["SessionToken"])

    assert client(guarded, "sts", key).get_caller_identity()["Account"] == ALICE.account_id
    for version in ("s3v4", "s3"):
        s3 = client(guarded, "s3", key, signature_version=version)
        assert s3.list_buckets()["Owner"]
    for wrong in (replace(key, secret="x"), replace(key, token="x"), replace(key, token=None)):
        with pytest.raises(ClientError):
            client(guarded, "sts", wrong).get_caller_identity()


def test_a_block_is_let_in_by_its_signed_checksum(guarded: House) -> None:
    """PutSnapshotBlock alone may leave its body unsigned; the checksum is signed instead."""
    ebs = client(guarded, "ebs", ALICE)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    data, other = bytes(range(256)) * 2048, bytes(512 << 10)
    checksums = {
        each: base64.b64encode(hashlib.sha256(each).digest()).decode() for each in (data, other)
    }
    ebs.put_snapshot_block(  # botocore signs the body where there is no TLS
        SnapshotId=snapshot_id, BlockIndex=0, BlockData=data, DataLength=len(data),
        Checksum=checksums[data], ChecksumAlgorithm="SHA256",
    )  # fmt: skip

    url = f"{guarded.endpoint}/snapshots/{snapshot_id}/blocks/1"
    said = {"x-amz-data-length": str(len(data)), "x-amz-checksum-algorithm": "SHA256"}
    request = AWSRequest("PUT", url, {**said, "x-amz-checksum": checksums[data]})
    request.context["payload_signing_enabled"] = False
    SigV4Auth(Credentials(ALICE.id, ALICE.secret), "ebs", "eu-west-1").add_auth(request)
    headers = dict(request.headers.items())
    assert headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"
    assert httpx.put(url, headers=headers, content=data).status_code == 201
    unsigned = {name: text for name, text in headers.items() if name != "x-amz-checksum"}
    for sent, body, code in [
        (headers, other, "ValidationException"),
        ({**headers, "x-amz-checksum": checksums[other]}, other, "InvalidSignatureException"),
        (unsigned, data, "InvalidSignatureException"),
    ]:
        answer = httpx.put(url, headers=sent, content=body)
        assert answer.headers["x-amzn-errortype"] == code
    with refused("InvalidSignatureException", 403):
        client(guarded, "ebs", replace(ALICE, secret="x")).start_snapshot(VolumeSize=1)
    with refused("UnrecognizedClientException", 403):
        client(guarded, "ebs", keys.Key("AKIAX", "", "x")).start_snapshot(VolumeSize=1)


def test_an_upload_is_taken_as_botocore_sends_it(guarded: House) -> None:
    body = bytes(range(256)) * 20000
    s3 = client(guarded, "s3", ALICE)
    s3.create_bucket(Bucket="uploads", CreateBucketConfiguration=EU)
    for name, options in {
        "trailer": {},
        "hash": {"request_checksum_calculation": "when_required"},
    }.items():
        key = f"a key/+{name}ü€(1).bin"
        client(guarded, "s3", ALICE, **options).put_object(
            Bucket="uploads", Key=key, Body=body, Metadata={"name": "a   value"}
        )

        assert s3.get_object(Bucket="uploads", Key=key)["Body"].read() == body


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls_are_taken_and_changed_ones_are_not(guarded: House, version: str) -> None:
    s3 = client(guarded, "s3", GUEST, signature_version=version)
    if version == "s3v4":
        s3.create_bucket(Bucket="presigned", CreateBucketConfiguration=EU)
    put = s3.generate_presigned_url("put_object", {"Bucket": "presigned", "Key": "a b"})
    get = s3.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a b"})

    assert httpx.put(put, content=b"hello").status_code == 200
    assert httpx.get(get).content == b"hello"
    for url in (get.replace("Expires=", "Expires=1"), get.replace("a%20b", "a%20c")):
        assert httpx.get(url).status_code == 403
    assert httpx.delete(get).status_code == 403


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_bucket_in_the_host_name_is_part_of_what_is_signed(guarded: House, version: str) -> None:
    client(guarded, "s3", ALICE).create_bucket(
        Bucket=f"host-{version}", CreateBucketConfiguration=EU
    )
    port = guarded.endpoint.rpartition(":")[2]
    s3 = client(guarded, "s3", ALICE, signature_version=version)
    url = s3.generate_presigned_url("list_objects_v2", {"Bucket": f"host-{version}"})
    request = AWSRequest("GET", f"http://host-{version}.localhost:{port}/")
    if version == "s3":
        request.auth_path = f"/host-{version}/"
        HmacV1Auth(Credentials(ALICE.id, ALICE.secret)).add_auth(request)
    else:
        S3SigV4Auth(Credentials(ALICE.id, ALICE.secret), "s3", "eu-west-1").add_auth(request)
    headers = {**dict(request.headers.items()), "Host": f"host-{version}.localhost:{port}"}

    assert httpx.get(url).status_code == 200
    assert httpx.get(guarded.endpoint, headers=headers).status_code == 200
    headers["Host"] = f"presigned.localhost:{port}"
    assert httpx.get(guarded.endpoint, headers=headers).status_code == 403


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_presigned_url_is_imported_only_if_the_owner_signed_it(
    guarded: House, version: str
) -> None:
    s3 = client(guarded, "s3", ALICE, signature_version=version)
    bucket = f"imports-{version}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=EU)
    s3.put_object(Bucket=bucket, Key="a disk", Body=bytes(1 << 20))
    named = {"Bucket": bucket, "Key": "a disk"}
    good = s3.generate_presigned_url("get_object", named)
    bobs = client(guarded, "s3", BOB, signature_version=version).generate_presigned_url(
        "get_object", named
    )

    for key in (ALICE, BOB):
        ec2 = client(guarded, "ec2", key)
        assert ec2.import_snapshot(DiskContainer={"Format": "RAW", "Url": good})["ImportTaskId"]
        for url in (bobs, good.replace("Signature=", "Signature=0"), good + "&partNumber=1"):
            with refused("InvalidParameter", 400):
                ec2.import_snapshot(DiskContainer={"Format": "RAW", "Url": url})
    assert "Signature=" not in guarded.server.log


def test_who_does_not_sign_is_refused(guarded: House) -> None:
    assert "<Code>AccessDenied<" in httpx.get(guarded.endpoint).text
    assert "<Code>AccessDenied<" in httpx.put(f"{guarded.endpoint}/x").text
    for action in ("DescribeImages", "GetCallerIdentity"):
        version = "2011-06-15" if action == "GetCallerIdentity" else "2016-11-15"
        answer = httpx.get(guarded.endpoint, params={"Action": action, "Version": version})
        assert (answer.status_code, "MissingAuthenticationToken" in answer.text) == (403, True)


def test_a_body_that_was_not_signed_leaves_nothing_behind(guarded: House) -> None:
    s3 = client(guarded, "s3", ALICE)
    s3.create_bucket(Bucket="bodies", CreateBucketConfiguration=EU)
    body = b"a" * (3 << 20)
    request = signed(
        "s3", "PUT", "/bodies/key", body=body,
        headers={"Host": guarded.endpoint.removeprefix("http://")},
    )  # fmt: skip
    headers = {name.decode(): text.decode() for name, text in request.headers if name != b"host"}
    url = f"{guarded.endpoint}/bodies/key"

    answer = httpx.put(url, content=body[:-1] + b"b", headers=headers)

    assert answer.status_code == 400
    assert "<Code>XAmzContentSHA256Mismatch<" in answer.text
    assert hashlib.sha256(body).hexdigest() in answer.text
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="bodies", Key="key")
    assert httpx.put(url, content=body, headers=headers).status_code == 200
    assert HOST not in answer.text


@pytest.mark.parametrize("kind", [PLAIN, TRAILER])
def test_an_upload_in_signed_chunks_is_taken_whole_or_not_at_all(guarded: House, kind: str) -> None:
    s3 = client(guarded, "s3", ALICE)
    request = chunked(kind, host=guarded.endpoint.removeprefix("http://"))
    headers = {name.decode(): text.decode() for name, text in request.headers if name != b"host"}
    url = f"{guarded.endpoint}/bucket/key"
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration=EU)

    answer = httpx.put(url, content=request.body.replace(DATA[:20], b"x" * 20, 1), headers=headers)

    assert (answer.status_code, "SignatureDoesNotMatch" in answer.text) == (403, True)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="bucket", Key="key")
    assert httpx.put(url, content=request.body, headers=headers).status_code == 200
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == DATA
    s3.delete_object(Bucket="bucket", Key="key")
    s3.delete_bucket(Bucket="bucket")


def test_no_secret_gets_into_the_log(guarded: House) -> None:
    s3 = client(guarded, "s3", GUEST, signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", {"Bucket": "nowhere", "Key": "k"})
    httpx.get(url)
    httpx.get(url + "x")

    for secret in (ALICE.secret, GUEST.secret, GUEST.token, url.rpartition("=")[2]):
        assert secret is not None
        assert secret not in guarded.server.log


def test_a_house_without_credentials_takes_any_signature(house: House) -> None:
    assert client(house, "sts", ALICE).get_caller_identity()["Account"] == "000000000000"


# the file ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no credentials"),
        ("[AKIA1]\nsecret = 'hidden'", "account of twelve digits"),
        ("[AKIA1]\nsecret = 'hidden'\naccount = '1'", "account of twelve digits"),
        ("[AKIA1]\naccount = '123456789012'", "no secret"),
        ("[AKIA1]\nsecret = ''\naccount = '123456789012'", "not empty"),
        ("[AKIA1]\nsecret = 1\naccount = '123456789012'", "strings"),
        ("[AKIA1]\npassword = 'hidden'", "table of secret, account"),
        ("[\"a/b\"]\nsecret = 'hidden'\naccount = '123456789012'", "access key id"),
        ("AKIA1 = 'hidden'", "must be a table"),
        ("AKIA1 hidden", "not a TOML file"),
        (None, "cannot read"),
    ],
)
def test_a_bad_file_is_one_sentence_without_secrets(
    text: str | None, said: str, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.toml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(keys.KeysError, match=said) as error:
        keys.read(file)

    assert "hidden" not in str(error.value)


def test_the_table_may_stand_in_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "vmie.toml"
    file.write_text(f'port = 1\n[credentials.{BOB.id}]\nsecret = "x"\naccount = "{BOB.account_id}"')

    from emulator import settings

    loaded = settings.load({}, {}, file)

    assert loaded.credentials == file
    assert keys.read(file)[BOB.id].account_id == BOB.account_id
    assert "'x'" not in repr(loaded)


# the pages of vmie itself ------------------------------------------------------------------------


def test_a_report_is_for_the_account_of_its_task_alone(guarded: House) -> None:
    store = Store(default_url(guarded.data_dir))
    with store.begin() as tx:
        tx.tasks.add(samples.task("import-ami-1", account_id=ALICE.account_id))
        tx.reports.put(REPORT)
    store.close()

    def asked(key: keys.Key | None, service: str = "ec2") -> httpx.Response:
        url = f"{guarded.endpoint}/_vmie/reports/{REPORT.task_id}"
        request = AWSRequest("GET", url)
        if key is not None:
            secret = Credentials(key.id, key.secret, key.token)
            SigV4Auth(secret, service, "eu-west-1").add_auth(request)
        return httpx.get(url, headers=dict(request.headers.items()))

    assert asked(ALICE).json()["task_id"] == REPORT.task_id
    assert asked(ALICE, "vmie").status_code == 200  # whatever the service is called
    assert asked(BOB).status_code == 404
    assert asked(replace(ALICE, secret="guessed")).status_code in (400, 403)
    unsigned = asked(None)
    assert unsigned.status_code == 403
    assert REPORT.task_id not in unsigned.text
    assert httpx.get(f"{guarded.endpoint}/_vmie/health").status_code == 200


def test_a_session_sees_a_report_if_it_may_see_the_task(guarded: House) -> None:
    iam = client(guarded, "iam", ALICE)
    root = {"AWS": f"arn:aws:iam::{ALICE.account_id}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = client(guarded, "sts", ALICE).assume_role(RoleArn=arn, RoleSessionName="me")
    secret = given["Credentials"]
    session = Credentials(secret["AccessKeyId"], secret["SecretAccessKey"], secret["SessionToken"])

    def asked() -> int:
        request = AWSRequest("GET", f"{guarded.endpoint}/_vmie/reports/import-ami-none")
        SigV4Auth(session, "ec2", "eu-west-1").add_auth(request)
        return httpx.get(str(request.url), headers=dict(request.headers.items())).status_code

    assert asked() == 403
    reading = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess"
    iam.attach_role_policy(RoleName="reader", PolicyArn=reading)
    assert asked() == 404


# clients with TLS and keys -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with TLS and credentials."""
    folder = tmp_path_factory.mktemp("secured")
    (folder / "credentials.toml").write_text(FILE)
    file = folder / "credentials.toml"
    server = Server(folder / "data", credentials=file, tls="self-signed", guests="auto")
    server.start()
    yield House(server)
    server.stop()


@pytest.mark.slow
def test_the_aws_cli_trusts_what_it_is_told_to_and_signs(secured: House, tmp_path: Path) -> None:
    certificate = secured.data_dir / "tls" / "certificate.pem"
    environ = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": secured.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ALICE.id,
        "AWS_SECRET_ACCESS_KEY": ALICE.secret,
        "AWS_EC2_METADATA_DISABLED": "true",
    }

    def aws(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["aws", *words], env=environ | more, capture_output=True, text=True, timeout=60,
            cwd=tmp_path, check=False,
        )  # fmt: skip

    trusting = {"AWS_CA_BUNDLE": str(certificate)}
    (tmp_path / "file").write_bytes(DATA)

    assert "CERTIFICATE_VERIFY_FAILED" in aws("sts", "get-caller-identity").stderr
    identity = json.loads(aws("sts", "get-caller-identity", **trusting).stdout)
    assert identity["Account"] == ALICE.account_id
    assert aws("s3", "mb", "s3://over-tls", **trusting).returncode == 0
    assert aws("s3", "cp", "file", "s3://over-tls/file", **trusting).returncode == 0
    signed_url = aws("s3", "presign", "s3://over-tls/file", **trusting).stdout.strip()
    trust = ssl.create_default_context(cafile=certificate)
    assert httpx.get(signed_url, verify=trust).content == DATA
    assert httpx.get(signed_url[:-1] + "x", verify=trust).status_code == 403
    refused = aws("s3", "ls", **trusting, AWS_SECRET_ACCESS_KEY="guessed").stderr
    assert "SignatureDoesNotMatch" in refused


@pytest.mark.slow
def test_the_demo_works_against_a_server_with_tls_and_keys(secured: House, tmp_path: Path) -> None:
    port = secured.endpoint.rpartition(":")[2]
    words = ["--port", port, "--data-dir", str(secured.data_dir), "--tls", "self-signed"]
    file = str(secured.server.settings["credentials"])

    def demo(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "emulator", "demo", *words, *more],
            capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    shown, refused = demo("--credentials", file), demo()

    assert shown.returncode == 0, shown.stderr
    assert f"Using the vmie at {secured.endpoint}" in shown.stdout.replace("\n", " ")
    assert refused.returncode != 0
    assert "give the demo its --credentials" in refused.stderr


def test_what_vmie_signs_itself_is_as_botocore_signs_it() -> None:
    for service, method, path, query, body in (
        ("ec2", "POST", "/", "", b"Action=DescribeImages"),
        ("s3", "PUT", "/bucket/a%20key", "x=1&a=%2F", b""),
    ):
        theirs = signed(service, method, path, query, body)
        url = f"http://{HOST}{path}{'?' if query else ''}{query}"
        now = datetime.strptime(theirs.header("x-amz-date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

        ours = signing.headers(ALICE, url, body, "eu-west-1", service, now, method)

        for name, text in ours.items():
            theirs = theirs.with_header(name, text)
        assert admitted(theirs, now).account_id == ALICE.account_id


# who can reach it --------------------------------------------------------------------------------


def started(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Start a server that is not going to live."""
    words = ("serve", "--port", "0", *map(str, arguments))
    return forks.run("emulator", *words, environ=os.environ)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_that_others_can_reach_must_know_who_may_call(host: str, tmp_path: Path) -> None:
    ended = started("--host", host, "--data-dir", tmp_path / "data")

    assert ended.returncode != 0
    assert "--allow-anonymous" in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_server_may_be_told_to_serve_all_who_come(
    make_house: MakeHouse, tmp_path: Path, house: House
) -> None:
    (tmp_path / "credentials.toml").write_text(FILE)

    open_house = make_house(host="0.0.0.0", allow_anonymous="true")
    guarded = make_house(host="0.0.0.0", credentials=tmp_path / "credentials.toml")

    assert open_house.s3().list_buckets()["Buckets"] == []
    assert client(guarded, "s3", ALICE).list_buckets()["Buckets"] == []


@pytest.mark.parametrize("words", [["--allow-anonymous"], ["--allow-anonymous", "true"]])
def test_the_switch_needs_no_value(words: list[str]) -> None:
    from argparse import ArgumentParser

    from emulator.cli.options import add_settings, settings_of

    parser = ArgumentParser()
    add_settings(parser)

    assert settings_of(parser.parse_args([*words, "--port", "1"])).allow_anonymous
    assert not settings_of(parser.parse_args([])).allow_anonymous
