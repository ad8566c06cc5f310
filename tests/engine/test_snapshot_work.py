"""Snapshots in the making: work that shows itself in its snapshot alone."""

import asyncio
from datetime import UTC, datetime

from state.jobs import Attempt, Job
from state.layers import Layer
from state.snapshots import Snapshot
from state.tasks import SnapshotVolumeWork, Task, TaskState, work_of
from state.values import Frozen
from tests.engine.conftest import Shop, wait
from tests.engine.worker import task

NOW = datetime.now(UTC)
TASK = work_of("snap-1")


class Done(Frozen):
    """What a phase gives."""


async def look(attempt: Attempt) -> Done:
    return Done()


def pending(shop: Shop, snapshot_id: str = "snap-1") -> Task:
    """Keep a pending snapshot of one layer; return the task that shall make it."""
    layer = Layer(blob_id=f"layer-of-{snapshot_id}", size=1 << 30)
    shop.blobs.path(layer.blob_id).parent.mkdir(exist_ok=True)
    shop.blobs.path(layer.blob_id).write_bytes(b"layer")
    snapshot = Snapshot(
        id=snapshot_id,
        account_id="123456789012",
        region="us-east-1",
        created_at=NOW,
        size_gib=1,
        size_bytes=1 << 30,
        blob_id=f"blob-of-{snapshot_id}",
        state="pending",
        layers=(layer,),
    )
    with shop.store.begin() as tx:
        tx.snapshots.add(snapshot)
    work = SnapshotVolumeWork(snapshot_id=snapshot_id, volume_id="vol-1")
    return task(work_of(snapshot_id)).model_copy(update={"work": work})


def snapshot(shop: Shop) -> Snapshot:
    with shop.store.read() as tx:
        found = tx.snapshots.get("snap-1")
    assert found is not None
    return found


def test_progress_is_that_of_the_snapshot(shop: Shop) -> None:
    async def convert(attempt: Attempt) -> Done:
        attempt.report(40)
        await asyncio.sleep(60)
        return Done()

    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, look)
        await job.phase(TaskState.CONVERTING, convert)

    shop.submit(shop.engine(pipeline), pending(shop))

    wait(lambda: snapshot(shop).progress == 40, "progress")
    assert snapshot(shop).state == "pending"
    with shop.store.read() as tx:
        assert tx.known_blobs(["layer-of-snap-1", "blob-of-snap-1"]) == {
            "layer-of-snap-1",
            "blob-of-snap-1",
        }


def test_work_that_fails_puts_its_snapshot_in_error(shop: Shop) -> None:
    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, look)
        await job.fail("ClientError: the key is disabled")

    made = pending(shop)
    layer = shop.blobs.path("layer-of-snap-1")
    assert layer.exists()
    shop.submit(shop.engine(pipeline), made)

    shop.until(TASK, TaskState.FAILED)
    found = snapshot(shop)
    assert (found.state, found.message) == ("error", "the key is disabled")
    assert found.layers == ()
    wait(lambda: not layer.exists(), "the layer to go")


def test_work_has_no_part_in_the_quota(small_shop: Shop) -> None:
    running: set[str] = set()

    async def pipeline(job: Job) -> None:
        running.add(job.task_id)
        await asyncio.sleep(60)

    engine = small_shop.engine(pipeline, quota=2)
    imports = [task(f"import-snap-{number}") for number in range(3)]
    works = [pending(small_shop, f"snap-{number}") for number in range(2)]
    small_shop.submit(engine, *imports, *works)

    expected = {"import-snap-0", "import-snap-1", *(each.id for each in works)}
    wait(lambda: running == expected, "both imports and both works to run")


def test_work_for_a_snapshot_that_is_gone_is_stopped(small_shop: Shop) -> None:
    stopped: list[str] = []

    async def convert(attempt: Attempt) -> Done:
        try:
            for percent in range(1000):
                attempt.report(percent // 10)
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            stopped.append("converting")
            raise
        return Done()

    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, convert)

    small_shop.submit(small_shop.engine(pipeline), pending(small_shop))
    wait(lambda: snapshot(small_shop).progress > 0, "progress")
    with small_shop.store.begin() as tx:
        tx.snapshots.remove("snap-1")

    wait(lambda: stopped == ["converting"], "the work to stop")
