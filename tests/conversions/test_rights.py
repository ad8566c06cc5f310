"""Whose URL a manifest or part is fetched by decides, as if S3 had been asked."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conversions.uploads import MIB, Upload, ended
from tests.house import House, MakeHouse, Server, launch
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ACCOUNT = "123456789012"
IMAGE = bytes(MIB)
DENIED = (
    "ClientError: Disk validation failed "
    "[We do not have access to the given resource. Reason 403 Forbidden]"
)


class Signed(House):
    """A server that asks who calls, seen by whoever has some keys."""

    def __init__(self, server: Server, **keys: str) -> None:
        super().__init__(server, ACCOUNT)
        self.keys = keys

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.keys.get("AccessKeyId", KEY),
            aws_secret_access_key=self.keys.get("SecretAccessKey", SECRET),
            aws_session_token=self.keys.get("SessionToken"),
        )

    def ec2(self, account_id: str | None = None, region: str | None = None) -> Any:
        return self.client("ec2")

    def s3(self, account_id: str | None = None, region: str = "us-east-1") -> Any:
        return self.client("s3")


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keys = tmp_path_factory.mktemp("rights") / "credentials.toml"
    keys.write_text(f'[{KEY}]\nsecret = "{SECRET}"\naccount = "{ACCOUNT}"\n')
    return keys


@pytest.fixture(scope="module")
def owner(credentials: Path) -> Iterator[Signed]:
    server = Server(credentials.with_name("data"), credentials=credentials)
    server.start()
    yield Signed(server)
    server.stop()


class Plain(Upload):
    """An upload whose manifest has URLs that nobody has signed."""

    def url(self, key: str, method: str = "get_object") -> str:
        return super().url(key, method).partition("?")[0]


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.mark.slow
def test_a_plain_url_opens_what_is_public_only(owner: Signed) -> None:
    upload = Plain(owner, IMAGE)
    upload.put_all()

    private = ended(owner, upload.import_volume()["ConversionTaskId"])
    owner.s3().delete_public_access_block(Bucket=upload.bucket)
    everyone = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{upload.bucket}/*",
    }
    owner.s3().put_bucket_policy(Bucket=upload.bucket, Policy=document(everyone))
    public = ended(owner, upload.import_volume()["ConversionTaskId"])

    assert private["StatusMessage"] == DENIED
    assert public["State"] == "completed"


@pytest.mark.slow
def test_the_url_of_a_session_opens_what_its_role_may_read(owner: Signed) -> None:
    iam = owner.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="importer", AssumeRolePolicyDocument=document(trust))["Role"]
    keys = owner.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    del keys["Expiration"]
    session = Signed(owner.server, **keys)
    machines = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
    objects = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    bucket = owner.bucket()
    Upload(owner, IMAGE, bucket=bucket).put_all()
    upload = Upload(session, IMAGE, bucket=bucket)

    iam.put_role_policy(RoleName="importer", PolicyName="p", PolicyDocument=document(machines))
    without = ended(owner, upload.import_volume()["ConversionTaskId"])
    both = document(machines, objects)
    iam.put_role_policy(RoleName="importer", PolicyName="p", PolicyDocument=both)
    within = ended(owner, upload.import_volume()["ConversionTaskId"])

    assert without["StatusMessage"] == DENIED
    assert within["State"] == "completed"


@pytest.mark.slow
def test_a_url_with_a_wrong_signature_opens_nothing(owner: Signed) -> None:
    assert misled(owner)["StatusMessage"] == DENIED


@pytest.mark.slow
@pytest.mark.postgres
def test_a_worker_with_the_credentials_verifies_signatures_too(
    make_house: MakeHouse, credentials: Path, postgres_url: str
) -> None:
    house = make_house(role="api", database_url=postgres_url, credentials=credentials)
    worker = launch(
        "worker", "--data-dir", str(house.data_dir), "--database-url", postgres_url,
        "--credentials", str(credentials), log=credentials.with_name("worker.log"),
    )  # fmt: skip
    try:
        owner = Signed(house.server)
        upload = Upload(owner, IMAGE)
        upload.put_all()

        good = ended(owner, upload.import_volume()["ConversionTaskId"])

        assert good["State"] == "completed"
        assert misled(owner)["StatusMessage"] == DENIED
    finally:
        worker.kill()
        worker.communicate()


def misled(owner: Signed) -> Any:
    """Import what another URL was signed for than the one that is given."""
    upload = Upload(owner, IMAGE)
    upload.put_all()
    asked = upload.asked()
    asked["ImportManifestUrl"] = asked["ImportManifestUrl"].replace("manifest", "manifest2", 1)
    owner.put_object(upload.bucket, upload.key.replace("manifest", "manifest2", 1), b"<manifest/>")

    return ended(owner, upload.import_volume(Image=asked)["ConversionTaskId"])
