"""The pipeline on a real store: what becomes visible, when, and what is left after a crash."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from converters import worker
from converters.stages.inspect import Disk
from converters.stages.to_raw import RawDisk, to_raw
from state.blobs import Blobs
from state.jobs import Job, Outcome, Step
from state.objects import Bucket, Object
from state.snapshots import Snapshot
from state.store import Store
from state.tasks import SERVER_ERROR, DiskProgress, DiskSource, ImportSnapshotWork, Task, TaskState
from tests import disks
from tests.disks import KINDS, MIB, REFUSED

NOW = datetime(2025, 1, 1, tzinfo=UTC)
OWNER = ("111122223333", "us-east-1")


class Desk:
    """A store, blobs, a bucket, and one task whose done phases are remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(f"sqlite:///{folder / 'vmie.db'}")
        self.store.migrate()
        self.blobs = Blobs(folder / "data")
        self.remembered: dict[str, Outcome] = {}
        self.seen: list[tuple[int, str]] = []
        with self.store.begin() as tx:
            tx.buckets.add(
                Bucket(name="images", account_id=OWNER[0], region=OWNER[1], created_at=NOW)
            )

    def put(self, data: bytes) -> None:
        blob_id = self.blobs.new_id()
        arriving = self.blobs.incoming()
        arriving.write_bytes(data)
        self.blobs.keep(arriving, blob_id)
        with self.store.begin() as tx:
            tx.objects.put(
                Object(
                    bucket="images",
                    key="disk",
                    blob_id=blob_id,
                    size=len(data),
                    etag="",
                    modified_at=NOW,
                )
            )

    def image(self) -> Object:
        with self.store.read() as tx:
            found = tx.objects.get("images", "disk")
        assert found
        return found

    def submit(self, **work: object) -> None:
        source = DiskSource(bucket="images", key="disk")
        task = Task(
            id="import-snap-0123456789abcdef0",
            account_id=OWNER[0],
            region=OWNER[1],
            created_at=NOW,
            progress=3,
            work=ImportSnapshotWork.model_validate({"source": source, **work}),
        )
        with self.store.begin() as tx:
            tx.tasks.add(task)

    @property
    def task(self) -> Task:
        with self.store.read() as tx:
            found = tx.tasks.get("import-snap-0123456789abcdef0")
        assert found
        return found

    def snapshots(self) -> list[Snapshot]:
        with self.store.read() as tx:
            return [found.value for found in tx.snapshots.list(*OWNER)]

    def kept(self) -> int:
        """How many blobs there are besides the object's."""
        return sum(path.is_file() for path in (self.folder / "data" / "blobs").rglob("*")) - 1

    async def run(self) -> None:
        """Run the task as a worker would, remembering the phases that are done."""

        async def durably(name: str, step: Step) -> Outcome:
            if name not in self.remembered:
                self.remembered[name] = await step()
                self.seen.append((self.task.progress, self.task.message))
            return self.remembered[name]

        await worker.run(Job(self.task, self.store, self.blobs, durably))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_disk_becomes_a_snapshot(desk: Desk, kind: str) -> None:
    source = disks.raw(desk.folder / "source", 2 * MIB + 512)
    image = disks.converted(kind, source, desk.folder / "image").read_bytes()
    desk.put(image)
    desk.submit(snapshot_tags={"Name": "mine"}, description="not shown")

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
    desk.submit()
    assert (desk.task.progress, desk.task.message) == (3, "pending")

    await desk.run()

    assert desk.seen[:2] == [(32, "validated"), (98, "downloading/converting")]


@pytest.mark.parametrize(("size", "gib"), [(1, 1), (1 << 30, 1), ((1 << 30) + 1, 2)])
async def test_the_size_in_gib_is_rounded_up(desk: Desk, size: int, gib: int) -> None:
    disks.sparse(desk.folder / "disk", size)
    desk.put(b"")
    (desk.folder / "disk").rename(desk.blobs.path(desk.image().blob_id))
    desk.submit()

    await desk.run()

    assert (desk.snapshots()[0].size_bytes, desk.snapshots()[0].size_gib) == (size, gib)


@pytest.mark.parametrize("name", ["differencing VHD", "VMDK with garbled grains", "qcow2 as raw"])
async def test_a_refused_disk_ends_the_task_with_its_sentence(desk: Desk, name: str) -> None:
    build, declared, text = REFUSED[name]
    desk.put(build(desk.folder))
    desk.submit(format=declared)

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == f"ClientError: {text}"
    assert desk.snapshots() == []
    assert desk.kept() == 0
    assert list((desk.folder / "data" / "scratch").iterdir()) == []


async def test_an_object_that_has_gone_is_told_as_404(desk: Desk) -> None:
    desk.submit()

    await desk.run()

    assert desk.task.error == (
        "ClientError: Disk validation failed "
        "[We do not have access to the given resource. Reason 404 Not Found]"
    )


async def test_the_object_may_go_once_it_has_been_validated(desk: Desk) -> None:
    data = disks.made("stream VMDK", desk.folder)
    desk.put(data)
    desk.submit()

    async def deleting(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        with desk.store.begin() as tx:
            gone = tx.objects.remove("images", "disk")
        assert gone
        desk.blobs.remove(gone.blob_id)
        return await to_raw(disk, target, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("converters.pipelines.import_snapshot.to_raw", deleting)
        await desk.run()

    assert desk.task.state is TaskState.COMPLETED


async def test_a_failure_of_ours_is_logged_and_told_as_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.put(disks.made("stream VMDK", desk.folder))
    desk.submit()
    monkeypatch.setenv("PATH", "/nowhere")  # there is no qemu-img

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == SERVER_ERROR
    assert "qemu-img is not installed" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize("swept", [False, True])
async def test_a_crash_in_mid_publish_makes_no_second_snapshot(desk: Desk, swept: bool) -> None:
    desk.put(disks.words(MIB))
    desk.submit()

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
        desk.blobs.sweep(known=lambda _: {desk.image().blob_id}, unfinished=set)
        assert desk.kept() == 0

    await desk.run()

    (snapshot,) = desk.snapshots()
    assert desk.blobs.path(snapshot.blob_id).read_bytes() == disks.words(MIB)
    assert desk.kept() == 1
    assert desk.task.finished_at


async def test_a_cancel_that_comes_before_the_commit_leaves_no_blob(desk: Desk) -> None:
    desk.put(disks.words(MIB))
    desk.submit()
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
