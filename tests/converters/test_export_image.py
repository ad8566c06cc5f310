"""The pipeline of exports on a real store: what becomes an object, what is shown, what is left."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

from converters import errors
from converters.stages.from_raw import Written, from_raw
from state.images import BlockDevice, Image
from state.jobs import Attempt
from state.objects import Bucket, Object
from state.snapshots import Snapshot
from state.tasks import DiskContainer, DiskSource, ExportImageWork, ImportImageWork, TaskState
from tests import disks
from tests.converters.desk import BUCKET, NOW, OWNER, Desk
from tests.disks import MIB
from tests.exports import GIB, assert_holds, etag_of

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

TASK: Final = "export-ami-0123456789abcdef0"
AMI: Final = "ami-0123456789abcdef0"
FROM_RAW: Final = "converters.pipelines.export_image.from_raw"
THEIRS: Final = "444455556666"


def key_of(disk_format: str, task_id: str = TASK) -> str:
    return f"exports/{task_id}.{disk_format.lower()}"


def submit(desk: Desk, disk_format: str = "VMDK", image_id: str = AMI, task_id: str = TASK) -> None:
    desk.submit(
        ExportImageWork(
            image_id=image_id,
            disk_format=disk_format,
            bucket=BUCKET,
            prefix="exports/",
            key=key_of(disk_format, task_id),
        )
    )


def put_snapshot(desk: Desk, body: Path, number: int = 0) -> Snapshot:
    """Keep a disk as a snapshot; its file gets a second name."""
    blob_id, arriving = desk.blobs.new_id(), desk.blobs.incoming()
    arriving.hardlink_to(body)
    desk.blobs.keep(arriving, blob_id)
    size = body.stat().st_size
    snapshot = Snapshot(
        id=f"snap-{number:017x}",
        account_id=OWNER[0],
        region=OWNER[1],
        created_at=NOW,
        size_gib=-(-size // GIB),
        size_bytes=size,
        blob_id=blob_id,
    )
    with desk.store.begin() as tx:
        tx.snapshots.add(snapshot)
    return snapshot


def put_image(
    desk: Desk, *bodies: Path, root: int = 0, volume_size: int | None = None, owner: str = OWNER[0]
) -> Image:
    """Keep an AMI of disks, the root device being one of them."""
    devices = tuple(
        BlockDevice(
            device_name=f"/dev/sd{letter}",
            snapshot_id=put_snapshot(desk, body, number).id,
            volume_size=volume_size or 1,
        )
        for number, (letter, body) in enumerate(zip("abc", bodies, strict=False))
    )
    image = Image(
        id=AMI,
        account_id=owner,
        region=OWNER[1],
        created_at=NOW,
        name="an image",
        location=f"{owner}/an image",
        devices=devices,
        root_device_name=devices[root].device_name,
    )
    with desk.store.begin() as tx:
        tx.images.add(image)
    return image


def exported(desk: Desk, disk_format: str = "VMDK", task_id: str = TASK) -> Path:
    """The bytes of the object, whose row tells the truth about them."""
    assert (desk.task.state, desk.task.error) == (TaskState.COMPLETED, None)
    found = desk.object(key_of(disk_format, task_id))
    path = desk.blobs.path(found.blob_id)
    assert found.etag == etag_of(path)
    assert found.size == path.stat().st_size
    return path


def objects(desk: Desk) -> list[str]:
    with desk.store.read() as tx:
        return [found.key for found in tx.objects.list(BUCKET)]


def assert_nothing_is_left(desk: Desk) -> None:
    """There is no object, and no blob but those of snapshots."""
    assert objects(desk) == []
    assert desk.kept() == len(desk.snapshots())
    assert desk.scratch() == []


@pytest.fixture
def disk(desk: Desk) -> Path:
    """A disk that ends within a sector."""
    return disks.raw(desk.folder / "disk", 2 * MIB + 511)


# what comes of it --------------------------------------------------------------------------------


@pytest.mark.parametrize("disk_format", ["VMDK", "VHD"])
async def test_an_ami_becomes_an_object(desk: Desk, disk: Path, disk_format: str) -> None:
    put_image(desk, disk)
    submit(desk, disk_format)

    await desk.run()

    assert_holds(exported(desk, disk_format), disk_format, disk)
    found = desk.object(key_of(disk_format))
    assert found == Object(
        bucket=BUCKET,
        key=f"exports/{TASK}.{disk_format.lower()}",
        blob_id=found.blob_id,
        size=found.size,
        etag=found.etag,
        modified_at=found.modified_at,
        content_type="application/octet-stream",
        owner_id=OWNER[0],
        acl="bucket-owner-full-control",
    )
    assert found.modified_at.microsecond == 0
    assert desk.task.finished_at is not None
    assert desk.kept() == 1  # the snapshot's
    assert desk.bytes_of(desk.snapshots()[0].id) == disk.read_bytes()


@pytest.mark.slow  # hashes 1 GiB
async def test_a_disk_as_large_as_its_volume_is_not_copied(desk: Desk) -> None:
    whole = disks.sparse(desk.folder / "disk", GIB, b"boot", b"end")
    put_image(desk, whole)
    submit(desk, "RAW")

    await desk.run()

    assert exported(desk, "RAW").samefile(whole)


async def test_the_object_has_the_size_of_the_volume_not_of_the_snapshot(
    desk: Desk, disk: Path
) -> None:
    put_image(desk, disk, volume_size=3)
    submit(desk)

    await desk.run()

    assert_holds(exported(desk), "VMDK", disk, 3 * GIB)


async def test_the_root_device_is_what_is_exported(desk: Desk, disk: Path) -> None:
    other = disks.raw(desk.folder / "other", MIB, seed=2)
    put_image(desk, other, disk, other, root=1)
    submit(desk)

    await desk.run()

    assert_holds(exported(desk), "VMDK", disk)
    assert objects(desk) == [key_of("VMDK")]


async def test_what_was_there_under_the_key_is_replaced(
    desk: Desk, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_image(desk, disk)
    desk.put(b"before", key_of("VMDK"))
    before = desk.object(key_of("VMDK"))
    submit(desk)
    keep = desk.blobs.keep

    def keeping(path: Path, blob_id: str) -> None:
        keep(path, blob_id)
        assert desk.object(key_of("VMDK")) == before
        assert desk.blobs.path(before.blob_id).read_bytes() == b"before"

    monkeypatch.setattr(desk.blobs, "keep", keeping)
    await desk.run()

    assert_holds(exported(desk), "VMDK", disk)
    assert not desk.blobs.path(before.blob_id).exists()


async def test_the_ami_may_go_once_it_was_validated(
    desk: Desk, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot_id = put_image(desk, disk).snapshot_ids[0]
    submit(desk)

    async def removing(
        raw: Path, size: int, disk_format: str, target: Path, report: Callable[[int], None]
    ) -> Written:
        with desk.store.begin() as tx:
            tx.images.remove(AMI)
            gone = tx.snapshots.remove(snapshot_id)
        assert gone
        desk.blobs.remove(gone.blob_id)
        return await from_raw(raw, size, disk_format, target, report)

    monkeypatch.setattr(FROM_RAW, removing)
    await desk.run()

    assert_holds(exported(desk), "VMDK", disk)
    assert desk.kept() == 0


# what is shown meanwhile -------------------------------------------------------------------------


async def test_progress_and_messages_are_those_that_clients_have_seen(
    desk: Desk, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_image(desk, disk)
    submit(desk)
    reports: list[tuple[int, str | None]] = []
    report = Attempt.report

    def reporting(self: Attempt, progress: int, message: str | None = None, *more: Any) -> None:
        reports.append((progress, message))
        report(self, progress, message, *more)

    monkeypatch.setattr(Attempt, "report", reporting)
    assert (desk.task.progress, desk.task.message) == (0, "validating")
    await desk.run()

    exported(desk)
    assert desk.seen[:2] == [(21, "updating"), (85, "converting")]
    assert reports == sorted(reports, key=lambda each: each[0])
    assert {message for progress, message in reports if progress < 80} == {"updating"}
    assert {message for progress, message in reports if progress >= 80} == {"converting"}


# what is refused ---------------------------------------------------------------------------------


async def refused(desk: Desk, error: errors.ClientError) -> None:
    await desk.run()

    assert (desk.task.state, desk.task.error) == (TaskState.FAILED, f"ClientError: {error}")
    assert_nothing_is_left(desk)


async def test_an_ami_that_has_gone_is_told(desk: Desk) -> None:
    submit(desk)

    await refused(desk, errors.image_gone(AMI))


async def test_the_ami_of_another_account_is_not_exported(desk: Desk, disk: Path) -> None:
    put_image(desk, disk, owner=THEIRS)
    submit(desk)

    await refused(desk, errors.image_gone(AMI))


async def test_a_snapshot_that_has_gone_is_told(desk: Desk, disk: Path) -> None:
    (snapshot_id,) = put_image(desk, disk).snapshot_ids
    with desk.store.begin() as tx:
        gone = tx.snapshots.remove(snapshot_id)
    assert gone
    desk.blobs.remove(gone.blob_id)
    submit(desk)

    await refused(desk, errors.snapshot_gone(snapshot_id))


@pytest.mark.parametrize("taken", [False, True])
async def test_a_bucket_that_has_gone_is_told(desk: Desk, disk: Path, taken: bool) -> None:
    put_image(desk, disk)
    submit(desk)
    with desk.store.begin() as tx:
        tx.buckets.remove(BUCKET)
        if taken:  # by somebody else
            tx.buckets.add(Bucket(name=BUCKET, account_id=THEIRS, region=OWNER[1], created_at=NOW))

    await refused(desk, errors.bucket_gone(BUCKET))


# at any moment -----------------------------------------------------------------------------------


class Crash(BaseException):
    """The end of the worker."""


def crash(*_: object) -> None:
    raise Crash


@pytest.mark.parametrize("swept", [False, True])
@pytest.mark.parametrize("disk_format", ["VMDK", "VHD"])
async def test_a_crash_in_mid_publish_makes_no_second_object(
    desk: Desk, disk: Path, disk_format: str, swept: bool
) -> None:
    (snapshot_id,) = put_image(desk, disk).snapshot_ids
    submit(desk, disk_format)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("state.rows.objects.Objects.put", crash)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.task.state is TaskState.PUBLISHING
    assert (desk.kept(), objects(desk)) == (2, [])
    if swept:  # as the next start does with bytes that no row names
        desk.store.sweep(desk.blobs)
        assert desk.kept() == 1

    await desk.run()

    assert_holds(exported(desk, disk_format), disk_format, disk)
    assert (desk.kept(), objects(desk)) == (1, [key_of(disk_format)])
    assert desk.bytes_of(snapshot_id) == disk.read_bytes()


async def test_a_crash_before_the_bytes_that_are_replaced_are_gone_does_no_harm(
    desk: Desk, disk: Path
) -> None:
    put_image(desk, disk)
    desk.put(b"before", key_of("VMDK"))
    submit(desk)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.blobs, "remove", crash)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.kept() == 2

    with suppress(asyncio.CancelledError):  # there is nothing left to do
        await desk.run()
    desk.store.sweep(desk.blobs)

    assert_holds(exported(desk), "VMDK", disk)
    assert desk.kept() == 1


async def test_a_crash_while_it_converts_is_made_good(desk: Desk, disk: Path) -> None:
    put_image(desk, disk)
    submit(desk)

    async def half(raw: Path, size: int, form: str, target: Path, report: object) -> Written:
        target.write_bytes(b"half of it")
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FROM_RAW, half)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.task.state is TaskState.CONVERTING
    assert (desk.kept(), objects(desk)) == (1, [])

    await desk.run()

    assert_holds(exported(desk), "VMDK", disk)


@pytest.mark.parametrize("gone", [False, True])
async def test_a_cancel_that_comes_before_the_commit_leaves_nothing(
    desk: Desk, disk: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    put_image(desk, disk)
    desk.put(b"before", key_of("VMDK"))
    submit(desk)
    keep = desk.blobs.keep

    def keep_and_cancel(path: Path, blob_id: str) -> None:
        keep(path, blob_id)
        with desk.store.begin() as tx:
            tx.tasks.move(desk.task, TaskState.DELETING)
        if gone:
            desk.blobs.remove_scratch(TASK)

    monkeypatch.setattr(desk.blobs, "keep", keep_and_cancel)
    with suppress(asyncio.CancelledError):
        await desk.run()

    assert desk.task.state in (TaskState.DELETING, TaskState.CANCELLED)
    assert desk.kept() == 1
    found = desk.object(key_of("VMDK"))
    assert desk.blobs.path(found.blob_id).read_bytes() == b"before"


# there and back again ----------------------------------------------------------------------------


def incompressible(path: Path, size: int) -> Path:
    path.write_bytes(random.Random(1).randbytes(size))
    return path


def full(path: Path, size: int) -> Path:
    path.write_bytes(disks.words(size))
    return path


CONTENTS: dict[str, Callable[[Path], Path]] = {
    "one sector": lambda path: incompressible(path, 512),
    "less than a sector": lambda path: full(path, 1),
    "an odd size": lambda path: disks.raw(path, 3 * MIB + 777),
    "a sector more than a grain": lambda path: full(path, 65536 + 512),
    "empty": lambda path: disks.sparse(path, 5 * MIB),
    "full": lambda path: full(path, 4 * MIB),
    "incompressible": lambda path: incompressible(path, 4 * MIB + 512),
}
VAST: dict[str, Callable[[Path], Path]] = {
    "all of its volume": lambda path: disks.sparse(path, GIB, b"boot", b"end"),
    "all but a sector of two volumes": lambda path: disks.sparse(path, 2 * GIB - 512, b"b", b"end"),
    "holes in a volume": lambda path: disks.raw(path, GIB // 4, seed=7),
}


async def import_image(desk: Desk, key: str, disk_format: str | None) -> Snapshot:
    """Import an object; return the snapshot of its AMI."""
    container = DiskContainer(source=DiskSource(bucket=BUCKET, key=key), format=disk_format)
    desk.submit(ImportImageWork(containers=(container,)))
    await desk.run()
    assert (desk.task.state, desk.task.error) == (TaskState.COMPLETED, None)
    (image,) = (each for each in desk.images() if each.id == desk.task.image_id)
    (found,) = (each for each in desk.snapshots() if each.id == image.snapshot_ids[0])
    return found


async def assert_comes_back(desk: Desk, source: Path, disk_format: str) -> None:
    size = -(-source.stat().st_size // GIB) * GIB
    desk.put(source, "first")
    first = await import_image(desk, "first", "RAW")
    submit(desk, disk_format, desk.task.image_id or "")
    await desk.run()
    assert_holds(exported(desk, disk_format), disk_format, source, size)

    second = await import_image(desk, key_of(disk_format), disk_format)

    assert (second.size_bytes, second.size_gib) == (size, first.size_gib)
    assert_holds(desk.blobs.path(second.blob_id), "RAW", source, size)
    if disk_format == "RAW":  # hashing takes long, and the file is the snapshot's
        return
    task_id = "export-ami-0123456789abcdef1"
    submit(desk, disk_format, desk.task.image_id or "", task_id)
    await desk.run()
    assert_holds(exported(desk, disk_format, task_id), disk_format, source, size)


@pytest.mark.slow  # hashes many GiB of zeros, and each runs a dozen programs
@pytest.mark.parametrize(
    ("contents", "disk_format"),
    [
        *((contents, name) for contents in (*CONTENTS, *VAST) for name in ("VMDK", "VHD")),
        # The file as it is: nothing in it is written in another way for what is beside it.
        *((contents, "RAW") for contents in ("an odd size", "full", *VAST)),
    ],
)
async def test_what_was_imported_and_exported_is_imported_again_byte_for_byte(
    desk: Desk, contents: str, disk_format: str
) -> None:
    source = (CONTENTS | VAST)[contents](desk.folder / "source")

    await assert_comes_back(desk, source, disk_format)


@pytest.mark.parametrize("disk_format", ["VMDK", "VHD"])
async def test_an_odd_disk_comes_back_byte_for_byte(desk: Desk, disk_format: str) -> None:
    source = CONTENTS["an odd size"](desk.folder / "source")

    await assert_comes_back(desk, source, disk_format)
