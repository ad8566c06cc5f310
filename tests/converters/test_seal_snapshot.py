"""Pending snapshots on a real store: their raw disk is encrypted, once, or they end in error."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from converters import qemu_img
from state.images import BlockDevice, Image
from state.jobs import end
from state.layers import Layer
from state.snapshots import Snapshot
from state.tasks import SealSnapshotWork, Task, TaskState, work_of
from tests import disks
from tests.converters.desk import NOW, OWNER, Desk
from tests.disks import MIB

SIZE = 3 * MIB
CONTENT = disks.words(MIB)
PENDING = Snapshot(
    id="snap-1",
    account_id=OWNER[0],
    region=OWNER[1],
    created_at=NOW,
    size_gib=1,
    size_bytes=SIZE,  # longer than its file, as a disk may be that ends in zeros
    blob_id="blob-of-snap-1",
    state="pending",
    encrypted=True,
    layers=(Layer(blob_id="layer-of-snap-1", size=SIZE),),
)
IMAGE = Image(
    id="ami-1",
    account_id=OWNER[0],
    region=OWNER[1],
    created_at=NOW,
    name="image",
    location="image",
    devices=(BlockDevice(device_name="/dev/sda1", snapshot_id="snap-1"),),
    root_device_name="/dev/sda1",
    state="pending",
)


def submit(desk: Desk) -> None:
    arriving = desk.blobs.incoming()
    arriving.write_bytes(CONTENT)
    desk.blobs.keep(arriving, PENDING.layers[0].blob_id)
    key = desk.key()
    task = Task(
        id=work_of("snap-1"),
        account_id=OWNER[0],
        region=OWNER[1],
        created_at=NOW,
        work=SealSnapshotWork(snapshot_id="snap-1"),
    )
    with desk.store.begin() as tx:
        tx.snapshots.add(PENDING.model_copy(update={"kms_key_id": key}))
        tx.images.add(IMAGE)
        tx.tasks.add(task)
    desk.take(task.id)


def settled(desk: Desk) -> tuple[Snapshot, Image]:
    return desk.snapshots()[0], desk.images()[0]


def blobs(desk: Desk) -> set[str]:
    return {path.name for path in desk.blobs.root.glob("blobs/*/*")}


async def test_a_pending_snapshot_is_encrypted_and_lets_go_of_its_raw_disk(desk: Desk) -> None:
    submit(desk)

    await desk.run()

    snapshot, image = settled(desk)
    assert (snapshot.state, snapshot.progress, snapshot.layers) == ("completed", 100, ())
    assert snapshot.completed_at is not None
    assert image.state == "available"
    assert desk.bytes_of("snap-1") == CONTENT.ljust(SIZE, b"\0")
    assert blobs(desk) == {"blob-of-snap-1"}
    assert b"quick brown fox" not in desk.blobs.path("blob-of-snap-1").read_bytes()


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"deletes_at": datetime.now(UTC) + timedelta(days=7)}]
)
@pytest.mark.parametrize("phase", ["", "validating", "converting"])
async def test_without_its_key_it_ends_in_error(
    desk: Desk, phase: str, change: dict[str, object]
) -> None:
    submit(desk)
    if phase:
        desk.after[phase] = lambda: desk.key(**change)
    else:
        desk.key(**change)

    await desk.run()

    snapshot, image = settled(desk)
    assert (snapshot.state, snapshot.message) == ("error", "Given key ID is not accessible")
    assert (image.state, image.state_reason) == ("failed", "Given key ID is not accessible")
    assert snapshot.sealed is None
    assert blobs(desk) == set()


class Crash(BaseException):
    """The worker dies."""


@pytest.mark.parametrize("where", ["converters.qemu_img.seal", "state.rows.tasks.Tasks.move"])
async def test_after_a_crash_it_goes_on(desk: Desk, where: str) -> None:
    submit(desk)

    def crash(*_: object, **more: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, crash)
        with pytest.raises(Crash):
            await desk.run()
    with desk.store.read() as tx:
        named = tx.known_blobs(["layer-of-snap-1", "blob-of-snap-1"])
    assert named == {"layer-of-snap-1", "blob-of-snap-1"}  # a sweep leaves both alone

    await desk.run()

    assert settled(desk)[0].state == "completed"
    assert desk.bytes_of("snap-1").startswith(CONTENT)
    assert blobs(desk) == {"blob-of-snap-1"}


async def test_a_snapshot_that_is_deleted_meanwhile_stays_deleted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(desk)
    seal = qemu_img.seal

    async def deleting(source: Path, target: Path, passphrase: bytes, report: object) -> None:
        await seal(source, target, passphrase, lambda percent: None)
        with desk.store.begin() as tx:
            tx.snapshots.remove("snap-1")

    monkeypatch.setattr("converters.qemu_img.seal", deleting)

    with pytest.raises(BaseException, match="pending"):
        await desk.run()

    end(desk.store, desk.blobs, work_of("snap-1"), "it is gone")
    assert desk.snapshots() == []
    assert "blob-of-snap-1" not in blobs(desk)
    assert desk.task.state is TaskState.FAILED
