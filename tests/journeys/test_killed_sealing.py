"""kill -9 in the middle of encrypting: it goes on, and nobody has seen the passphrase meanwhile."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from state import disk_keys
from tests import disks
from tests.ec2.conftest import made_key
from tests.house import House
from tests.journeys.remains import (
    MIB,
    assert_programs_die,
    assert_tidy,
    programs,
    stop_program,
    store_of,
    until,
)

pytestmark = pytest.mark.slow  # it starts many servers

SIZE = 128 * MIB
SEALING, CONVERTING = "luks", "read_vmdk"  # words of their command lines
SECRET = re.compile(rb"[0-9a-f]{64}")


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that takes a while to encrypt."""
    return disks.raw(tmp_path_factory.mktemp("disk") / "disk", SIZE)


def started(house: House, body: Path, key: str) -> Any:
    """Start an encrypted import."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", body)
    return house.ec2().import_snapshot(
        DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}},
        Encrypted=True,
        KmsKeyId=key,
    )


def copied(house: House, snapshot_id: str, key: str) -> str:
    return house.ec2().copy_snapshot(
        SourceRegion="us-east-1", SourceSnapshotId=snapshot_id, Encrypted=True, KmsKeyId=key
    )["SnapshotId"]


def snapshot(house: House, snapshot_id: str) -> Any:
    return house.ec2().describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]


def assert_same(house: House, snapshot_id: str, disk: Path) -> None:
    with disk.open("rb") as file, closing(house.disk(snapshot_id)) as sealed:
        for offset in range(0, SIZE, 16 * MIB):
            assert sealed.read(offset, 16 * MIB) == file.read(16 * MIB)


def assert_kept_secret(house: House, snapshot_id: str) -> None:
    """Neither the passphrase of a snapshot nor its bytes are in any file of the server's."""
    with store_of(house) as store, store.read() as tx:
        found = tx.snapshots.get(snapshot_id)
        assert found is not None
        assert found.sealed is not None
        assert found.kms_key_id is not None
        passphrase = disk_keys.opened(
            tx, found.sealed, found.kms_key_id, snapshot_id, datetime.now(UTC)
        )
    for path in [*house.data_dir.rglob("*"), house.server.log_path]:
        if path.is_file():
            content = path.read_bytes()
            assert passphrase not in content, path
            assert bytes.fromhex(passphrase.decode()) not in content, path


def assert_told_nobody(house: House) -> None:
    """No program was told a secret by its arguments or its environment."""
    for pid in programs(house):
        for name in ("cmdline", "environ"):
            assert not SECRET.search(Path(f"/proc/{pid}/{name}").read_bytes())


def test_killed_while_it_encrypts_an_import_goes_on_at_the_next_start(
    own_house: House, disk: Path
) -> None:
    task = started(own_house, disk, made_key(own_house))
    stop_program(own_house, SEALING)
    assert_told_nobody(own_house)

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    detail = own_house.finished(task)
    assert detail["Status"] == "completed"
    (only,) = own_house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert only["SnapshotId"] == detail["SnapshotId"]
    assert_same(own_house, detail["SnapshotId"], disk)
    assert_tidy(own_house)
    assert_kept_secret(own_house, detail["SnapshotId"])


def plain(house: House, disk: Path) -> str:
    """Import a snapshot that is not encrypted."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    task = house.ec2().import_snapshot(
        DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}
    )
    return house.finished(task)["SnapshotId"]


def test_killed_while_it_encrypts_a_copy_goes_on_at_the_next_start(
    own_house: House, disk: Path
) -> None:
    source = plain(own_house, disk)
    copy = copied(own_house, source, made_key(own_house))
    stop_program(own_house, SEALING)
    assert_told_nobody(own_house)
    assert snapshot(own_house, copy)["State"] == "pending"

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert snapshot(own_house, copy)["State"] == "pending"
    until(lambda: snapshot(own_house, copy)["State"] == "completed", "the copy")
    assert_same(own_house, copy, disk)
    assert_tidy(own_house)
    assert_kept_secret(own_house, copy)


def test_a_copy_that_is_deleted_while_it_is_encrypted_leaves_nothing(
    own_house: House, disk: Path
) -> None:
    source = plain(own_house, disk)
    copy = copied(own_house, source, made_key(own_house))
    stop_program(own_house, SEALING)

    own_house.ec2().delete_snapshot(SnapshotId=copy)

    assert_programs_die(own_house)
    (left,) = own_house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert left["SnapshotId"] == source
    assert_tidy(own_house)


KEYS: dict[str, Callable[[Any, str], object]] = {
    "disabled": lambda kms, key: kms.disable_key(KeyId=key),
    "given up": lambda kms, key: kms.schedule_key_deletion(KeyId=key),
}


@pytest.mark.parametrize(("phase", "change"), [(CONVERTING, "disabled"), (SEALING, "given up")])
def test_an_import_fails_if_its_key_is_disabled_or_given_up_in_the_middle(
    own_house: House, disk: Path, tmp_path: Path, phase: str, change: str
) -> None:
    key = made_key(own_house)
    image = disks.converted("stream VMDK", disk, tmp_path / "image")
    task = started(own_house, image, key)
    pid = stop_program(own_house, phase)

    KEYS[change](own_house.kms(), key)
    os.kill(pid, signal.SIGCONT)

    detail = own_house.finished(task)
    assert detail["Status"] == "deleted"
    assert detail["StatusMessage"] == (
        "ClientError: The specified KMS key is not accessible. If this is a default EBS CMK, "
        "please retry your request without specifying the key explicitly"
    )
    assert own_house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert_tidy(own_house)


# volumes -----------------------------------------------------------------------------------------


def volume_of(house: House, source: str, key: str) -> str:
    """Begin to make an encrypted volume of what is not encrypted."""
    made: str = house.ec2().create_volume(
        AvailabilityZone="us-east-1a", SnapshotId=source, Encrypted=True, KmsKeyId=key
    )["VolumeId"]
    return made


def state_of(house: House, volume_id: str) -> str:
    (found,) = house.ec2().describe_volumes(VolumeIds=[volume_id])["Volumes"]
    return str(found["State"])


def test_killed_while_it_encrypts_a_volume_goes_on_at_the_next_start(
    own_house: House, disk: Path
) -> None:
    source = plain(own_house, disk)
    volume = volume_of(own_house, source, made_key(own_house))
    stop_program(own_house, SEALING)
    assert_told_nobody(own_house)
    assert state_of(own_house, volume) == "creating"

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert state_of(own_house, volume) == "creating"
    until(lambda: state_of(own_house, volume) == "available", "the volume")
    copy = own_house.ec2().create_snapshot(VolumeId=volume)["SnapshotId"]
    until(lambda: snapshot(own_house, copy)["State"] == "completed", "its snapshot")
    assert_same(own_house, copy, disk)
    assert_kept_secret(own_house, copy)
    assert_tidy(own_house)


def test_a_volume_whose_encryption_is_cut_off_leaves_nothing(own_house: House, disk: Path) -> None:
    source, key = plain(own_house, disk), made_key(own_house)
    deleted = volume_of(own_house, source, key)
    stop_program(own_house, SEALING)
    own_house.ec2().delete_volume(VolumeId=deleted)
    assert_programs_die(own_house)
    closed = volume_of(own_house, source, key)
    pid = stop_program(own_house, SEALING)
    own_house.kms().disable_key(KeyId=key)
    os.kill(pid, signal.SIGCONT)

    until(lambda: state_of(own_house, closed) == "error", "its end")
    own_house.ec2().delete_volume(VolumeId=closed)

    assert own_house.ec2().describe_volumes()["Volumes"] == []
    assert_tidy(own_house)
