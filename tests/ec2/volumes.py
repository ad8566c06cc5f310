"""Volumes for the tests, put into a server's store or made as a client makes them."""

import asyncio
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from converters import qemu_img
from converters.pipelines.volumes import writable
from state.blobs import Blobs
from state.disks import Disk, open_raw, open_snapshot
from state.lineage import BLOCK
from state.store import Store
from state.volumes import Attachment, Shape, Volume
from tests.house import House, default_url


def put_volumes(house: House, *volumes: Volume) -> None:
    """Put volumes into a server's store."""
    with blobs_and_store(house) as (_, store), store.begin() as tx:
        for volume in volumes:
            tx.volumes.add(volume)


def found_volume(house: House, volume_id: str) -> Volume:
    """Return a volume as it stands in a server's store."""
    with blobs_and_store(house) as (_, store), store.read() as tx:
        volume = tx.volumes.get(volume_id)
    assert volume is not None, f"there is no {volume_id}"
    return volume


def attached_volume(house: House, *instance_ids: str, device: str = "/dev/sdf", **more: Any) -> str:
    """Put a volume that is attached to instances into a server's store; return its id."""
    now = datetime.now(UTC)
    volume = Volume(
        **{
            "id": f"vol-{secrets.token_hex(9)[:17]}",
            "account_id": house.account_id,
            "region": house.region,
            "zone": f"{house.region}a",
            "created_at": now,
            "shape": Shape(size_gib=1),
            "state": "in-use",
            "attachments": tuple(
                Attachment(instance_id=instance_id, device=device, attached_at=now)
                for instance_id in instance_ids
            ),
            **more,
        }
    )
    put_volumes(house, volume)
    return volume.id


def made_volume(house: House, zone: str = "us-east-1a", **request: Any) -> str:
    """Make a volume; return its id."""
    made: str = house.ec2().create_volume(AvailabilityZone=zone, **request)["VolumeId"]
    return made


def described_volume(house: House, volume_id: str) -> Any:
    """Return a volume as DescribeVolumes shows it."""
    (found,) = house.ec2().describe_volumes(VolumeIds=[volume_id])["Volumes"]
    return found


def written_to(house: House, volume_id: str, *commands: str) -> None:
    """Write to a volume as a machine on it does: by qemu-io, whose commands these are."""
    asked = [word for command in commands for word in ("-c", command)]
    with opened(house, volume_id) as (drive, secret, _):
        done = subprocess.run(
            ["qemu-io", *secret, *asked, drive], check=True, capture_output=True, text=True
        )
    assert "failed" not in done.stdout + done.stderr


def content(house: House, volume_id: str) -> dict[int, bytes]:
    """Return the blocks of a volume that are not zeros, by their numbers."""
    with opened(house, volume_id) as (drive, secret, folder):
        raw = folder / "raw"
        subprocess.run(["qemu-img", "convert", *secret, "-O", "raw", drive, raw], check=True)
        with closing(open_raw(raw, raw.stat().st_size)) as disk:
            return blocks_of(disk)


@contextmanager
def opened(house: House, volume_id: str) -> Iterator[tuple[str, list[str], Path]]:
    """Have a volume as qemu-io and qemu-img can name it, and a folder."""
    folder = house.data_dir / "scratch" / secrets.token_hex(8)
    folder.mkdir()
    try:
        with blobs_and_store(house) as (blobs, store):
            now = datetime.now(UTC)
            _, secret, files = asyncio.run(writable(store, blobs, volume_id, folder, now))
        told = [f"--object=secret,id=passphrase,data={secret.decode()}"] if secret else []
        yield "json:" + json.dumps(qemu_img.stack(files)), told, folder
    finally:
        shutil.rmtree(folder)


def snapshot_content(house: House, snapshot_id: str) -> dict[int, bytes]:
    """Return the blocks of a snapshot that are not zeros, by their numbers."""
    with blobs_and_store(house) as (blobs, store), store.read() as tx:
        snapshot = tx.snapshots.get(snapshot_id)
        assert snapshot is not None, f"there is no {snapshot_id}"
        with closing(open_snapshot(tx, blobs, snapshot, datetime.now(UTC))) as disk:
            return blocks_of(disk)


def blocks_of(disk: Disk) -> dict[int, bytes]:
    """Return the blocks of a disk that are not zeros, by their numbers."""
    found: dict[int, bytes] = {}
    for begin, end in disk.data():
        for number in range(begin // BLOCK, -(-end // BLOCK)):
            block = disk.read(number * BLOCK, BLOCK)
            if any(block):
                found[number] = block
    return found


def changed_blocks(house: House, first: str, second: str) -> list[int] | None:
    """Return the blocks in which two snapshots may differ, as the lineage has it."""
    with blobs_and_store(house) as (_, store), store.read() as tx:
        blocks = tx.lineage.changed(first, second)
        return None if blocks is None else list(blocks)


@contextmanager
def blobs_and_store(house: House) -> Iterator[tuple[Blobs, Store]]:
    """Open what a server has."""
    url = str(house.server.settings.get("database_url") or default_url(house.data_dir))
    store = Store(url)
    try:
        yield Blobs(house.data_dir), store
    finally:
        store.close()
