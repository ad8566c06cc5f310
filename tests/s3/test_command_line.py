"""The AWS command line, as people use it."""

import json
import os
import urllib.request
from pathlib import Path

import pytest

from tests import forks
from tests.house import House

pytestmark = pytest.mark.slow  # it starts many processes


def aws(house: House, home: Path, *arguments: object) -> str:
    """Run one `aws` command with nothing of this machine's configuration."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": house.account_id,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": house.endpoint,
    }
    finished = forks.run("awscli", *map(str, arguments), environ=environ)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_cp_of_a_file_in_parts_there_and_back(house: House, tmp_path: Path) -> None:
    disk, back = tmp_path / "disk.raw", tmp_path / "back.raw"
    disk.write_bytes(os.urandom(20 << 20))
    aws(house, tmp_path, "s3", "mb", f"s3://cli-{house.account_id}")

    aws(house, tmp_path, "s3", "cp", disk, f"s3://cli-{house.account_id}/disk.raw")
    aws(house, tmp_path, "s3", "cp", f"s3://cli-{house.account_id}/disk.raw", back)

    head = house.s3().head_object(Bucket=f"cli-{house.account_id}", Key="disk.raw")
    assert head["ETag"].endswith('-3"')
    assert back.read_bytes() == disk.read_bytes()


def test_sync_ls_presign_and_rm(house: House, tmp_path: Path) -> None:
    bucket, folder = house.bucket(), tmp_path / "folder"
    for name in ("a.txt", "sub/b c.txt", "sub/ü.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
        os.utime(folder / name, (1e9, 1e9))  # sync compares with S3's whole seconds

    aws(house, tmp_path, "s3", "sync", folder, f"s3://{bucket}/at")

    assert "a.txt" in aws(house, tmp_path, "s3", "ls", f"s3://{bucket}/at/")
    assert "PRE sub/" in aws(house, tmp_path, "s3", "ls", f"s3://{bucket}/at/")
    assert aws(house, tmp_path, "s3", "sync", folder, f"s3://{bucket}/at") == ""  # all there
    url = aws(house, tmp_path, "s3", "presign", f"s3://{bucket}/at/sub/b c.txt").strip()
    with urllib.request.urlopen(url) as reply:
        assert reply.read() == b"sub/b c.txt"
    aws(house, tmp_path, "s3", "mv", f"s3://{bucket}/at/a.txt", f"s3://{bucket}/moved.txt")
    aws(house, tmp_path, "s3", "rm", "--recursive", f"s3://{bucket}/at")
    assert [o["Key"] for o in house.s3().list_objects_v2(Bucket=bucket)["Contents"]] == [
        "moved.txt"
    ]
    aws(house, tmp_path, "s3", "rb", "--force", f"s3://{bucket}")


def test_a_bucket_for_exports_is_opened_to_the_service(house: House, tmp_path: Path) -> None:
    name, canonical = f"exports-{house.account_id}", "c4d8eabf8db69dbe46bfe0e517100c55"
    service = canonical + "4f01200b104d59cd408e777ba442a322"  # of us-east-1, as the guide has it
    s3api = ("s3api", "--output", "text")
    at = ("--bucket", name)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"CanonicalUser": service},
                "Action": action,
                "Resource": f"arn:aws:s3:::{name}{path}",
            }
            for action, path in (("s3:GetBucketAcl", ""), ("s3:PutObject", "/*"))
        ],
    }
    written = tmp_path / "policy.json"
    written.write_text(json.dumps(policy))

    aws(house, tmp_path, *s3api, "create-bucket", *at)
    aws(
        house, tmp_path, *s3api, "put-bucket-ownership-controls", *at,
        "--ownership-controls", "Rules=[{ObjectOwnership=BucketOwnerPreferred}]",
    )  # fmt: skip
    aws(
        house, tmp_path, *s3api, "put-bucket-acl", *at,
        "--grant-write", f"id={service}", "--grant-read-acp", f"id={service}",
    )  # fmt: skip
    aws(house, tmp_path, *s3api, "put-bucket-policy", *at, "--policy", f"file://{written}")

    grants = house.s3().get_bucket_acl(Bucket=name)["Grants"]
    assert [(each["Grantee"]["ID"], each["Permission"]) for each in grants] == [
        (service, "WRITE"),
        (service, "READ_ACP"),
    ]
    shown = aws(house, tmp_path, *s3api, "get-bucket-policy", *at, "--query", "Policy")
    assert json.loads(shown) == policy
    status = aws(house, tmp_path, *s3api, "get-bucket-policy-status", *at)
    assert "False" in status
