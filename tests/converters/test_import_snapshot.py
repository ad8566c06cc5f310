"""The pipeline on a real store: what becomes visible, when, and what is left after a crash."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from converters.stages.inspect import Disk
from converters.stages.to_raw import RawDisk, to_raw
from state.tasks import SERVER_ERROR, DiskProgress, DiskSource, ImportSnapshotWork, TaskState
from tests import disks
from tests.converters.desk import BUCKET, Desk
from tests.disks import KINDS, MIB, REFUSED


def submit(desk: Desk, **work: object) -> None:
    source = DiskSource(bucket=BUCKET, key="disk")
    desk.submit(ImportSnapshotWork.model_validate({"source": source, **work}))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_disk_becomes_a_snapshot(desk: Desk, kind: str) -> None:
    source = disks.raw(desk.folder / "source", 2 * MIB + 512)
    image = disks.converted(kind, source, desk.folder / "image").read_bytes()
    desk.put(image)
    submit(desk, snapshot_tags={"Name": "mine"}, description="not shown")

    await desk.run()

    (snapshot,) = desk.snapshots()
    assert desk.blobs.path(snapshot.blob_id).read_bytes() == source.read_bytes()
    assert (snapshot.size_bytes, snapshot.size_gib) == (2 * MIB + 512, 1)
    assert snapshot.description == (
        "Created by AWS-VMImport service for import-snap-0123456789abcdef0"
    )
    assert snapshot.volume_id == "vol-ffffffff"
    assert snapshot.completed_at is not None
    with desk.store.read() as tx:
        assert tx.tags.of([snapshot.id]) == {snapshot.id: {"Name": "mine"}}
    assert desk.task.state is TaskState.COMPLETED
    assert desk.task.finished_at is not None
    assert desk.task.disks == (
        DiskProgress(
            format=KINDS[kind][0],
            size_bytes=len(image),
            progress=100,
            status="completed",
            snapshot_id=snapshot.id,
        ),
    )


async def test_progress_and_messages_are_those_that_clients_have_seen(desk: Desk) -> None:
    desk.put(disks.words(MIB))
    submit(desk)
    assert (desk.task.progress, desk.task.message) == (3, "pending")

    await desk.run()

    assert desk.seen[:2] == [(32, "validated"), (98, "downloading/converting")]


@pytest.mark.parametrize(("size", "gib"), [(1, 1), (1 << 30, 1), ((1 << 30) + 1, 2)])
async def test_the_size_in_gib_is_rounded_up(desk: Desk, size: int, gib: int) -> None:
    desk.put(disks.sparse(desk.folder / "disk", size))
    submit(desk)

    await desk.run()

    assert (desk.snapshots()[0].size_bytes, desk.snapshots()[0].size_gib) == (size, gib)


@pytest.mark.parametrize("name", ["differencing VHD", "VMDK with garbled grains", "qcow2 as raw"])
async def test_a_refused_disk_ends_the_task_with_its_sentence(desk: Desk, name: str) -> None:
    build, declared, text = REFUSED[name]
    desk.put(build(desk.folder))
    submit(desk, format=declared)

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == f"ClientError: {text}"
    assert desk.snapshots() == []
    assert desk.kept() == 0
    assert desk.scratch() == []


async def test_an_object_that_has_gone_is_told_as_404(desk: Desk) -> None:
    submit(desk)

    await desk.run()

    assert desk.task.error == (
        "ClientError: Disk validation failed "
        "[We do not have access to the given resource. Reason 404 Not Found]"
    )


async def test_the_object_may_go_once_it_has_been_validated(desk: Desk) -> None:
    data = disks.made("stream VMDK", desk.folder)
    desk.put(data)
    submit(desk)

    async def deleting(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        desk.remove()
        return await to_raw(disk, target, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("converters.pipelines.import_snapshot.to_raw", deleting)
        await desk.run()

    assert desk.task.state is TaskState.COMPLETED


async def test_a_failure_of_ours_is_logged_and_told_as_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.put(disks.made("stream VMDK", desk.folder))
    submit(desk)
    monkeypatch.setenv("PATH", "/nowhere")  # there is no qemu-img

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == SERVER_ERROR
    assert "qemu-img is not installed" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("swept", [False, True])
async def test_a_crash_in_mid_publish_makes_no_second_snapshot(desk: Desk, swept: bool) -> None:
    desk.put(disks.words(MIB))
    submit(desk)

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("state.rows.snapshots.Snapshots.add", crash)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.task.state is TaskState.PUBLISHING
    assert desk.kept() == 1
    if swept:  # as the next start does with bytes that no row names
        desk.blobs.sweep(known=lambda _: {desk.object().blob_id}, unfinished=set)
        assert desk.kept() == 0

    await desk.run()

    (snapshot,) = desk.snapshots()
    assert desk.blobs.path(snapshot.blob_id).read_bytes() == disks.words(MIB)
    assert desk.kept() == 1
    assert desk.task.finished_at


async def test_a_cancel_that_comes_before_the_commit_leaves_no_blob(desk: Desk) -> None:
    desk.put(disks.words(MIB))
    submit(desk)
    keep = desk.blobs.keep

    def keep_and_cancel(path: Path, blob_id: str) -> None:
        keep(path, blob_id)
        with desk.store.begin() as tx:
            tx.tasks.move(desk.task, TaskState.DELETING)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.blobs, "keep", keep_and_cancel)
        with pytest.raises(asyncio.CancelledError):
            await desk.run()

    assert desk.snapshots() == []
    assert desk.kept() == 0
    assert desk.task.state is TaskState.DELETING
