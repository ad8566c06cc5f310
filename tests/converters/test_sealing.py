"""Encrypted imports on a real store: what is kept, who can read it, and when the key is asked."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from converters import lifeline
from state.snapshots import Snapshot
from state.tasks import (
    DiskContainer,
    DiskSource,
    ImportImageWork,
    ImportSnapshotWork,
    TaskState,
    Work,
)
from tests import disks
from tests.converters.desk import BUCKET, OWNER, Desk
from tests.disks import MIB

SOURCE = DiskSource(bucket=BUCKET, key="disk")
REFUSED = (
    "ClientError: The specified KMS key is not accessible. If this is a default EBS CMK, "
    "please retry your request without specifying the key explicitly"
)
UNUSABLE = [{"enabled": False}, {"deletes_at": datetime.now(UTC) + timedelta(days=7)}]


def snapshot_work(key: str) -> Work:
    return ImportSnapshotWork(source=SOURCE, encrypted=True, kms_key_id=key)


def image_work(key: str | None, *containers: DiskContainer) -> Work:
    from_s3 = (DiskContainer(source=SOURCE),)
    return ImportImageWork(
        containers=containers or from_s3, encrypted=key is not None, kms_key_id=key
    )


WORKS = pytest.mark.parametrize("work", [snapshot_work, image_work])


async def imported(desk: Desk, work: Work) -> list[Snapshot]:
    desk.submit(work)
    await desk.run()
    assert desk.task.error is None
    assert desk.task.state is TaskState.COMPLETED
    return desk.snapshots()


@WORKS
async def test_an_encrypted_import_keeps_nothing_that_can_be_read(
    desk: Desk, work: Callable[[str], Work]
) -> None:
    desk.put(disks.words(MIB + 7))

    (snapshot,) = await imported(desk, work(desk.key()))

    assert (snapshot.encrypted, snapshot.kms_key_id) == (True, desk.key())
    assert snapshot.size_bytes == MIB + 7
    assert b"quick brown fox" not in desk.blobs.path(snapshot.blob_id).read_bytes()
    assert desk.bytes_of(snapshot.id) == disks.words(MIB + 7)
    assert desk.kept() == 1
    passphrase = desk.passphrase(snapshot)
    for file in desk.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert passphrase not in content
            assert bytes.fromhex(passphrase.decode()) not in content


async def test_sealing_is_a_part_of_the_progress(desk: Desk) -> None:
    desk.put(disks.words(MIB))

    await imported(desk, snapshot_work(desk.key()))
    assert desk.seen[:3] == [
        (32, "validated"), (66, "downloading/converting"), (98, "downloading/converting")
    ]  # fmt: skip

    await imported(desk, image_work(desk.key()))
    assert desk.seen[1:3] == [(28, "converting"), (98, "preparing ami")]


@pytest.mark.parametrize("change", UNUSABLE)
@pytest.mark.parametrize("phase", ["validating", "converting", "publishing"])
@WORKS
async def test_a_key_that_can_no_longer_be_used_after_a_phase_ends_the_task(
    desk: Desk, work: Callable[[str], Work], phase: str, change: dict[str, Any]
) -> None:
    desk.put(disks.words(MIB))
    desk.submit(work(desk.key()))
    desk.after[phase] = lambda: desk.key(**change)

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == REFUSED
    assert desk.snapshots() == []
    assert desk.images() == []
    assert desk.kept() == 0
    assert desk.scratch() == []


@WORKS
async def test_a_key_that_is_disabled_before_the_first_phase_ends_the_task(
    desk: Desk, work: Callable[[str], Work]
) -> None:
    desk.put(disks.words(MIB))
    desk.submit(work(desk.key()))
    desk.key(enabled=False)

    await desk.run()

    assert desk.task.error == REFUSED
    assert list(desk.remembered) == []


class Crash(BaseException):
    """The worker dies."""


@WORKS
@pytest.mark.parametrize(
    "where", ["converters.qemu_img.seal", "state.rows.snapshots.Snapshots.add"]
)
async def test_after_a_crash_while_it_seals_or_publishes_there_is_one_snapshot(
    desk: Desk, work: Callable[[str], Work], where: str
) -> None:
    desk.put(disks.words(MIB))
    desk.submit(work(desk.key()))

    def crash(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, crash)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.task.state.value == "publishing"

    await desk.run()

    assert desk.task.state.value == "completed"
    (snapshot,) = desk.snapshots()
    assert desk.bytes_of(snapshot.id) == disks.words(MIB)
    assert desk.kept() == 1


async def test_an_encrypted_snapshot_is_imported_with_its_key(desk: Desk) -> None:
    desk.put(disks.words(MIB + 7))
    (before,) = await imported(desk, snapshot_work(desk.key()))

    _, after = await imported(desk, image_work(None, DiskContainer(snapshot_id=before.id)))

    assert (after.encrypted, after.kms_key_id) == (True, desk.key())  # assumed: it stays encrypted
    assert after.sealed not in (None, before.sealed)
    assert desk.passphrase(after) != desk.passphrase(before)
    assert desk.bytes_of(after.id) == disks.words(MIB + 7)


@pytest.mark.parametrize("phase", ["", "validating"])
async def test_an_encrypted_snapshot_is_not_read_once_its_key_is_disabled(
    desk: Desk, phase: str
) -> None:
    desk.put(disks.words(MIB))
    (before,) = await imported(desk, snapshot_work(desk.key()))
    desk.submit(image_work(None, DiskContainer(snapshot_id=before.id)))
    if phase:
        desk.after[phase] = lambda: desk.key(enabled=False)
    else:
        desk.key(enabled=False)

    await desk.run()

    assert desk.task.error == REFUSED
    assert desk.snapshots() == [before]


async def test_a_plain_snapshot_is_sealed_beside_the_one_it_came_from(desk: Desk) -> None:
    blob_id = desk.blobs.new_id()
    arriving = desk.blobs.incoming()
    arriving.write_bytes(disks.words(MIB))
    desk.blobs.keep(arriving, blob_id)
    plain = Snapshot(
        id="snap-1",
        account_id=OWNER[0],
        region=OWNER[1],
        created_at=datetime.now(UTC),
        size_gib=1,
        size_bytes=MIB,
        blob_id=blob_id,
    )
    with desk.store.begin() as tx:
        tx.snapshots.add(plain)

    _, sealed = await imported(desk, image_work(desk.key(), DiskContainer(snapshot_id="snap-1")))

    assert desk.images()[0].devices[0].encrypted
    assert desk.images()[0].devices[0].kms_key_id == sealed.kms_key_id == desk.key()
    assert desk.bytes_of(sealed.id) == desk.bytes_of("snap-1") == disks.words(MIB)


async def test_the_passphrase_is_on_no_command_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put(disks.words(MIB))
    seen: list[str] = []
    run = lifeline.run

    async def told(command: list[str], *args: Any, **kwargs: Any) -> lifeline.Ended:
        seen.extend(command)
        return await run(command, *args, **kwargs)

    monkeypatch.setattr("converters.lifeline.run", told)
    (snapshot,) = await imported(desk, snapshot_work(desk.key()))

    assert any("luks" in word for word in seen)
    assert desk.passphrase(snapshot).decode() not in " ".join(seen)


@pytest.mark.slow
async def test_two_gib_of_holes_stay_holes(desk: Desk) -> None:
    path = disks.sparse(desk.folder / "disk", 2 << 30)
    with path.open("r+b") as file:
        file.write(disks.words(MIB))
    desk.put(path)

    (snapshot,) = await imported(desk, snapshot_work(desk.key()))

    assert desk.blobs.path(snapshot.blob_id).stat().st_blocks * 512 < 4 * MIB
    with desk.blobs.path(snapshot.blob_id).open("rb") as file:
        assert file.read(4) == b"QFI\xfb"
