"""A disk in by an import and out by its blocks, and the other way; by many connections at once."""

import random
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.config
import pytest

from tests import disks, forks
from tests.ebs.conftest import BLOCK, SIZE, contents, get, linear, listed, put, sha256, written
from tests.ec2.test_export_image import start, watched
from tests.exports import assert_holds
from tests.house import House

MIB = 1 << 20


def blocks_of(disk: Path) -> dict[int, bytes]:
    """The blocks of a disk that are not zeros, the last one filled up."""
    data = disk.read_bytes()
    cut = {
        at // BLOCK: data[at : at + BLOCK].ljust(BLOCK, b"\0") for at in range(0, len(data), BLOCK)
    }
    return {index: block for index, block in cut.items() if block.strip(b"\0")}


def test_an_imported_disk_is_read_back_block_by_block(house: House, tmp_path: Path) -> None:
    original = disks.sparse(tmp_path / "disk.raw", 60 * MIB + 512, b"head" * 5000, b"tail" * 5000)
    with original.open("r+b") as file:
        file.seek(30 * MIB + 4096)
        file.write(secrets.token_bytes(3 * MIB))
    image = disks.converted("stream VMDK", original, tmp_path / "disk.vmdk")
    bucket = house.bucket()
    house.put_object(bucket, "disk.vmdk", image)
    source: Any = {"Format": "VMDK", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.vmdk"}}
    task = house.finished(house.ec2().import_snapshot(DiskContainer=source))

    assert contents(house.ebs(), task["SnapshotId"]) == blocks_of(original)


def test_a_disk_that_was_written_is_registered_and_exported_as_it_was(
    house: House, tmp_path: Path
) -> None:
    original = disks.raw(tmp_path / "disk.raw", 40 * MIB)
    snapshot_id = written(house.ebs(), blocks_of(original))

    mapping: Any = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id}}]
    image = house.ec2().register_image(
        Name=f"written-{snapshot_id}", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping
    )
    (shown,) = house.ec2().describe_images(ImageIds=[image["ImageId"]])["Images"]
    assert shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == snapshot_id
    bucket = house.bucket()
    task = watched(house, start(house, image["ImageId"], bucket)["ExportImageTaskId"])
    assert task["Status"] == "completed", task
    exported = tmp_path / "disk.vmdk"
    house.s3().download_file(bucket, f"{task['ExportImageTaskId']}.vmdk", str(exported))
    assert_holds(exported, "VMDK", original)


def many(house: House, connections: int) -> Any:
    """A client with many connections."""
    return boto3.client(
        "ebs", endpoint_url=house.endpoint, region_name="us-east-1",
        aws_access_key_id=house.account_id, aws_secret_access_key="secret",
        config=botocore.config.Config(
            max_pool_connections=connections, retries={"total_max_attempts": 1}, proxies={}
        ),
    )  # fmt: skip


@pytest.mark.slow
def test_64_connections_write_and_read_at_once(house: House) -> None:
    ebs = many(house, 64)
    chance = random.Random(5)
    blocks = {index: chance.randbytes(4096) * 128 for index in chance.sample(range(2048), 192)}
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda each: put(ebs, snapshot_id, dict([each])), blocks.items()))
        ebs.complete_snapshot(
            SnapshotId=snapshot_id, ChangedBlocksCount=192, Checksum=linear(blocks)
        )
        tokens = listed(ebs, snapshot_id)
        found = dict(pool.map(lambda at: (at, get(ebs, snapshot_id, at, tokens[at])), tokens))

    assert found == blocks


def test_of_64_that_write_one_block_at_once_one_has_written_it(house: House) -> None:
    ebs = many(house, 64)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    versions = [bytes([number]) * BLOCK for number in range(64)]

    with ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda data: put(ebs, snapshot_id, {7: data}), versions))
    last = next(data for data in versions if completes(ebs, snapshot_id, linear({7: data})))

    assert contents(ebs, snapshot_id) == {7: last}


def completes(ebs: Any, snapshot_id: str, checksum: str) -> bool:
    """Try to complete a snapshot of one block; tell whether the checksum was its own."""
    try:
        ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1, Checksum=checksum)
    except ebs.exceptions.ValidationException:
        return False
    return True


def test_a_block_that_comes_while_a_snapshot_is_completed_is_in_it_or_refused(
    house: House,
) -> None:
    ebs = many(house, 16)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    data = bytes(range(256)) * 2048

    def attempt(index: int) -> bool:
        try:
            ebs.put_snapshot_block(
                SnapshotId=snapshot_id, BlockIndex=index, BlockData=data,
                Checksum=sha256(data), **SIZE,
            )  # fmt: skip
        except ebs.exceptions.ValidationException:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        attempts = {index: pool.submit(attempt, index) for index in range(100)}
        while True:
            count = sum(1 for each in attempts.values() if each.done())
            try:
                ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=count)
                break
            except ebs.exceptions.ValidationException:
                continue

    acknowledged = sorted(index for index, each in attempts.items() if each.result())
    assert sorted(contents(ebs, snapshot_id)) == acknowledged


@pytest.mark.slow
def test_the_command_line_reads_and_writes_blocks(house: House, tmp_path: Path) -> None:
    data = tmp_path / "block"
    data.write_bytes(secrets.token_bytes(BLOCK))
    checksum = sha256(data.read_bytes())

    def aws(*arguments: str) -> str:
        environment = {
            "HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": house.account_id,
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": house.endpoint,
        }  # fmt: skip
        done = forks.run("awscli", "ebs", *arguments, "--output", "text", environ=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    snapshot_id = aws("start-snapshot", "--volume-size", "8", "--query", "SnapshotId")
    aws(
        "put-snapshot-block", "--snapshot-id", snapshot_id, "--block-index", "1000",
        "--data-length", str(BLOCK), "--block-data", str(data), "--checksum", checksum,
        "--checksum-algorithm", "SHA256",
    )  # fmt: skip
    status = aws(
        "complete-snapshot", "--snapshot-id", snapshot_id, "--changed-blocks-count", "1",
        "--query", "Status",
    )  # fmt: skip
    token = aws(
        "list-snapshot-blocks", "--snapshot-id", snapshot_id, "--starting-block-index", "1000",
        "--max-results", "100", "--query", "Blocks[0].BlockToken",
    )  # fmt: skip
    target = tmp_path / "back"
    aws(
        "get-snapshot-block", "--snapshot-id", snapshot_id, "--block-index", "1000",
        "--block-token", token, str(target),
    )  # fmt: skip

    assert status == "completed"
    assert target.read_bytes() == data.read_bytes()
