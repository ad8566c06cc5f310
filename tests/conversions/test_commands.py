"""`vmie import-volume` and `vmie import-instance`, with a server that verifies signatures."""

import asyncio
import os
import secrets
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.cli import parted
from emulator.cli.aws import Aws, Place
from emulator.cli.parted import DiskFile, Upload
from emulator.signatures.keys import Key
from tests import forks
from tests.conversions.uploads import MIB, volume_bytes, with_mbr
from tests.ec2.conftest import convert
from tests.house import House, Server

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server that asks who calls."""
    folder = tmp_path_factory.mktemp("guarded")
    keys = folder / "credentials.toml"
    keys.write_text(f'[{KEY}]\nsecret = "{SECRET}"\naccount = "{ACCOUNT}"\n')
    server = Server(folder / "data", credentials=keys)
    server.start()
    yield House(server, ACCOUNT)
    server.stop()


def environ(house: House) -> Mapping[str, str]:
    return {
        **{name: text for name, text in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ENDPOINT_URL": house.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "NO_PROXY": "*",
    }


def vmie(house: House, *words: object) -> subprocess.CompletedProcess[str]:
    return forks.run("emulator", *map(str, words), environ=environ(house))


def aws(house: House, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=house.endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
    )


@pytest.mark.slow
def test_a_disk_becomes_a_volume_by_one_command(guarded: House, tmp_path: Path) -> None:
    disk = tmp_path / "my disk+1.raw"
    disk.write_bytes(content := secrets.token_bytes(2 * MIB + 1024))

    done = vmie(guarded, "import-volume", disk, "--bucket", "uploads", "--part-size", 1)

    assert done.returncode == 0, done.stderr + done.stdout
    last = done.stdout.splitlines()[-1]
    volume_id = last.split()[-1]
    assert "is completed" in last
    assert volume_bytes(guarded, volume_id) == content
    (volume,) = aws(guarded, "ec2").describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert volume["AvailabilityZone"] == "us-east-1a"
    assert "Contents" not in aws(guarded, "s3").list_objects_v2(Bucket="uploads")


@pytest.mark.slow
@pytest.mark.parametrize("manifest", [False, True])
def test_an_upload_that_was_cut_off_is_resumed(
    guarded: House, tmp_path: Path, manifest: bool
) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(content := secrets.token_bytes(3 * MIB))
    s3, ec2 = aws(guarded, "s3"), aws(guarded, "ec2")
    bucket, base = f"cut-off-{manifest}".lower(), "x/disk.raw"
    s3.create_bucket(Bucket=bucket)
    place = Place.of(environ(guarded), None, None)
    upload = Upload(DiskFile(disk, "RAW", 3 * MIB, 1), bucket, base, MIB, 1)
    if manifest:
        written = asyncio.run(manifest_of(place, upload))
        s3.put_object(Bucket=bucket, Key=upload.manifest_key, Body=written)
    s3.put_object(Bucket=bucket, Key=upload.key(0), Body=content[:MIB])
    url = place.presigned("GET", bucket, upload.manifest_key)
    asked = {"Format": "RAW", "Bytes": 3 * MIB, "ImportManifestUrl": url}
    started = ec2.import_volume(Image=asked, Volume={"Size": 1}, AvailabilityZone="us-east-1a")
    task_id = started["ConversionTask"]["ConversionTaskId"]
    other = tmp_path / "other.raw"
    other.write_bytes(bytes(MIB))

    if manifest:
        wrong = vmie(guarded, "import-volume", other, "--resume", task_id)
    size = "2" if manifest else "1"  # that of the manifest counts
    done = vmie(guarded, "import-volume", disk, "--resume", task_id, "--part-size", size)
    again = vmie(guarded, "import-volume", disk, "--resume", task_id)

    if manifest:
        assert "is not the disk that this task waits for" in wrong.stderr
        assert "3 parts" in done.stdout
    assert done.returncode == 0, done.stderr + done.stdout
    assert volume_bytes(guarded, done.stdout.split()[-1]) == content
    assert again.stderr == f"vmie: {task_id} is completed\n"


async def manifest_of(place: Place, upload: Upload) -> bytes:
    async with Aws(place) as client:
        return parted.manifest(client, upload)


@pytest.mark.slow
def test_the_disks_of_a_machine_become_an_instance_and_volumes(
    guarded: House, tmp_path: Path
) -> None:
    boot, other = tmp_path / "boot", tmp_path / "other"
    boot.write_bytes(content := with_mbr(2 * MIB))
    other.write_bytes(secrets.token_bytes(MIB))
    data = tmp_path / "user-data"
    data.write_text("#!/bin/sh\n")

    done = vmie(
        guarded, "import-instance", convert(boot, "vmdk"), other, "--bucket", "uploads",
        "--instance-type", "m3.medium", "--zone", "us-east-1c", "--user-data-file", data,
        "--description", "mine", "--volume-size", "3",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr + done.stdout
    first, second = (line for line in done.stdout.splitlines() if "is completed" in line)
    instance_id, volume_id = first.split()[-2:]
    described = aws(guarded, "ec2").describe_instances(InstanceIds=[instance_id])
    (instance,) = described["Reservations"][0]["Instances"]
    assert instance["InstanceType"] == "m3.medium"
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1c"
    assert volume_bytes(guarded, volume_id) == content
    assert second.split()[-1].startswith("vol-")


@pytest.mark.slow
def test_a_machine_that_was_cut_off_at_its_first_disk_goes_on_with_the_others(
    guarded: House, tmp_path: Path
) -> None:
    boot, other = tmp_path / "boot", tmp_path / "other"
    boot.write_bytes(with_mbr(MIB))
    other.write_bytes(content := secrets.token_bytes(MIB))
    aws(guarded, "s3").create_bucket(Bucket="cut-off-machine")

    def begun(key: str) -> str:
        url = Place.of(environ(guarded), None, None).presigned("GET", "cut-off-machine", key)
        asked = {"Format": "RAW", "Bytes": MIB, "ImportManifestUrl": url}
        started = aws(guarded, "ec2").import_instance(
            Platform="Linux",
            LaunchSpecification={"InstanceType": "t2.micro"},
            DiskImages=[{"Image": asked, "Volume": {"Size": 1}}],
        )
        return str(started["ConversionTask"]["ConversionTaskId"])

    task_id = begun("x/boot.manifest.xml")
    alone = vmie(guarded, "import-instance", boot, other, "--resume", task_id)
    many = vmie(guarded, "import-volume", other, "--resume", task_id, task_id)
    strange = vmie(guarded, "import-volume", boot, "--resume", begun("x/boot"))
    done = vmie(
        guarded, "import-instance", boot, other, "--bucket", "cut-off-machine", "--resume", task_id
    )

    assert alone.stderr == "vmie: --bucket is missing\n"
    assert many.stderr == "vmie: --resume names more tasks than there are files\n"
    assert "cut-off-machine/x/boot is not the manifest of an upload by vmie" in strange.stderr
    assert done.returncode == 0, done.stderr + done.stdout
    first, second = (line for line in done.stdout.splitlines() if "is completed" in line)
    assert first.startswith(task_id)
    assert volume_bytes(guarded, second.split()[-1]) == content


class Restarting(BaseHTTPRequestHandler):
    """A server that is restarted again and again."""

    answers: list[int] = []

    def do_GET(self) -> None:
        status = self.answers.pop(0)
        if not status:
            return  # without a word
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_what_may_be_asked_for_twice_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.cli.aws.PAUSES", [0.0] * 3)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Restarting)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    place = Place("us-east-1", "", f"http://127.0.0.1:{server.server_port}", Key("a", "", "b"))

    async def asked(*answers: int) -> tuple[int, int]:
        Restarting.answers = list(answers)
        response = await client.s3_patiently("GET", "bucket", "key")
        return response.status_code, len(answers) - len(Restarting.answers)

    async def all_asked() -> list[tuple[int, int]]:
        async with client:
            return [
                await asked(503, 0, 500, 200),
                await asked(404, 200),
                await asked(403, 200),
                await asked(503, 503, 503, 503, 200),
            ]

    client = Aws(place)
    try:
        assert asyncio.run(all_asked()) == [(200, 4), (404, 1), (403, 1), (503, 4)]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
def test_what_the_commands_refuse_themselves(guarded: House, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(1024))
    aws(guarded, "s3").create_bucket(
        Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )

    far = vmie(guarded, "import-volume", disk, "--bucket", "far-away")
    missing = vmie(guarded, "import-volume", tmp_path / "nothing", "--bucket", "uploads")
    refused = vmie(
        guarded, "import-instance", disk, "--bucket", "uploads", "--instance-type", "m1.small"
    )
    dry = vmie(guarded, "import-volume", disk, "--bucket", "uploads", "--dry-run")

    assert far.stderr == "vmie: Bucket far-away is not in the us-east-1 region, it's in eu-west-1\n"
    assert missing.stderr.startswith("vmie: cannot read ")
    assert "Unsupported: Linux is not supported on the requested instance" in refused.stderr
    assert [each.returncode for each in (far, missing, refused, dry)] == [1, 1, 1, 0]
    assert "DryRunOperation" in dry.stdout
