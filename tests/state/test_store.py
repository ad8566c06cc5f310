"""Transactions: all or nothing, one writer at a time, readers undisturbed."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from state.blobs import Blobs
from state.rows.snapshots import KIND
from state.store import Duplicate, Store
from state.tables import snapshots, tags
from state.tasks import TaskState
from tests.state.samples import ACCOUNT, REGION, bucket, object_, part, snapshot, task, upload


def count(store: Store) -> int:
    with store.read() as tx:
        return len(tx.snapshots.list(ACCOUNT, REGION))


def test_a_transaction_is_all_or_nothing(store: Store) -> None:
    def write(times: int) -> None:
        with store.begin() as tx:
            tx.tags.put(ACCOUNT, REGION, "snap-1", {"a": "1"})
            for _ in range(times):
                tx.snapshots.add(snapshot("snap-1"))

    with pytest.raises(Duplicate):
        write(2)
    assert count(store) == 0
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        assert tx.tags.of(["snap-1"]) == {"snap-1": {}}
    assert count(store) == 1


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError), store.read() as tx:
        tx.snapshots.add(snapshot("snap-1"))

    assert count(store) == 0


def test_a_writer_within_a_writer_is_refused_instead_of_waiting_for_itself(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        with pytest.raises(RuntimeError), store.begin():
            pass

    with store.begin():
        assert count(store) == 1


def test_readers_neither_wait_for_a_writer_nor_see_what_is_not_committed(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        with ThreadPoolExecutor(50) as threads:
            counts = list(threads.map(lambda _: count(store), range(100)))

    assert set(counts) == {0}
    assert count(store) == 1


def test_a_reader_sees_one_moment_and_holds_up_no_writer(store: Store) -> None:
    def write() -> None:
        with store.begin() as tx:
            tx.snapshots.add(snapshot("snap-1"))

    writer = threading.Thread(target=write, daemon=True)
    with store.read() as tx:
        assert tx.snapshots.list(ACCOUNT, REGION) == []
        writer.start()
        writer.join(30)
        assert not writer.is_alive()
        assert tx.snapshots.list(ACCOUNT, REGION) == []

    assert count(store) == 1


@pytest.mark.slow
def test_two_hundred_threads_write_at_once(store: Store, url: str) -> None:
    # Another store on the same database is what another process would be.
    other = Store(url)
    start = threading.Barrier(200)

    def write(number: int) -> None:
        start.wait()
        for store_ in (store, other) if number % 2 else (other, store):
            with store_.begin() as tx:
                value = tx.snapshots.get("snap")
                assert value is not None
                more = value.model_copy(update={"size_bytes": value.size_bytes + 1})
                tx.snapshots.replace(more)
                tx.tags.put(ACCOUNT, REGION, f"snap-{number}", {"a": "1"})

    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap").model_copy(update={"size_bytes": 0}))
    with ThreadPoolExecutor(200) as threads:
        list(threads.map(write, range(200)))

    with store.read() as tx:
        value = tx.snapshots.get("snap")
        tags = tx.tags.list(ACCOUNT, REGION)
    other.close()
    assert value is not None
    assert value.size_bytes == 400
    assert len(tags) == 200


def test_who_writes_beside_the_store_gets_a_turn(store: Store) -> None:
    """DBOS writes through the same engine, in transactions of its own."""

    def beside(number: int) -> None:
        for turn in range(10):
            with store.engine.begin() as connection:
                connection.execute(select(tags)).all()
                row = KIND.row(snapshot(f"beside-{number}-{turn}"))
                connection.execute(insert(snapshots).values(**row))

    def through(number: int) -> None:
        for turn in range(10):
            with store.begin() as tx:
                tx.snapshots.add(snapshot(f"through-{number}-{turn}"))

    with ThreadPoolExecutor(60) as threads:
        done = [threads.submit(work, n) for n in range(30) for work in (beside, through)]
        for each in done:
            each.result()

    assert count(store) == 600


def test_what_a_writer_has_read_is_true_until_its_end(store: Store, url: str) -> None:
    """A row that is not there cannot appear: nothing to lock, and yet nobody is overtaken."""
    other = Store(url)
    order: list[str] = []

    def overtake() -> None:
        with other.begin() as tx:
            tx.buckets.add(bucket("images"))
            order.append("other")

    thread = threading.Thread(target=overtake, daemon=True)
    with store.begin() as tx:
        assert tx.buckets.get("images") is None
        thread.start()
        thread.join(0.2)
        assert tx.buckets.get("images") is None
        order.append("first")
    thread.join(30)
    other.close()
    assert order == ["first", "other"]


def test_a_value_is_decoded_once_and_never_out_of_date(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
    with store.read() as tx:
        first = tx.snapshots.get("snap-1")
        assert tx.snapshots.get("snap-1") is first
    with store.begin() as tx:
        tx.snapshots.replace(snapshot("snap-1").model_copy(update={"description": "new"}))
    with store.read() as tx:
        second = tx.snapshots.get("snap-1")

    assert second is not None
    assert second.description == "new"


def test_only_the_bytes_that_no_row_names_are_swept(store: Store, blobs: Blobs) -> None:
    named = ["object", "part", "snapshot", "checksums-snapshot"]
    for blob_id in [*named, "orphan-1", "checksums-orphan-1"]:
        path = blobs.incoming()
        path.write_bytes(b"bytes")
        blobs.keep(path, blob_id)
    blobs.incoming().write_bytes(b"half of it")
    for task_id in ("going-on", "being-deleted", "failed", "unknown"):
        (blobs.attempt_scratch(task_id, 1) / "disk.raw").write_bytes(b"work")
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        tx.objects.put(object_("images", "disk", "object"))
        tx.uploads.add(upload("u1"))
        tx.uploads.put_part(part("u1", 1, "part"))
        tx.snapshots.add(snapshot("snap-1", blob_id="snapshot"))
        tx.tasks.add(task("going-on", TaskState.CONVERTING))
        tx.tasks.add(task("being-deleted", TaskState.DELETING))
        tx.tasks.add(task("failed", TaskState.FAILED))

    young = store.sweep(blobs, age=timedelta(hours=1))
    swept = store.sweep(blobs)
    again = store.sweep(blobs)

    assert young == (0, 0, 2)
    assert swept == (1, 2, 0)
    assert again == (0, 0, 0)
    assert all(blobs.path(blob_id).exists() for blob_id in named)
    assert not blobs.path("orphan-1").exists()
    assert not blobs.path("checksums-orphan-1").exists()
    left = {path.name for path in (blobs.root / "scratch").iterdir()}
    assert left == {"going-on", "being-deleted"}


WRITER = """
import sys
from state.store import Duplicate, Store
from tests.state.samples import snapshot
store = Store(sys.argv[1])
for number in range(1_000_000):
    with store.begin() as tx:
        tx.snapshots.add(snapshot(f"snap-{number}"))
    print(number, flush=True)
"""


@pytest.mark.slow
def test_what_was_acknowledged_survives_kill_9(store: Store, url: str) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(50)]
        writer.kill()
        acknowledged += [int(line) for line in writer.stdout]

    deadline = time.monotonic() + 10
    while count(store) < len(acknowledged) and time.monotonic() < deadline:
        time.sleep(0.01)
    # The one in flight may have been committed, too.
    assert count(store) - len(acknowledged) in {0, 1}
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-after"))


def test_a_moment_lasts_until_something_is_written_by_anyone(store: Store, url: str) -> None:
    moment = store.moment()
    with store.read() as tx:
        tx.snapshots.list(ACCOUNT, REGION)
    assert store.moment() == moment

    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
    after_ours = store.moment()
    assert after_ours != moment

    other = Store(url)
    with other.begin() as tx:
        tx.tags.put(ACCOUNT, REGION, "snap-1", {"a": "b"})
    other.close()
    assert store.moment() != after_ours


def test_the_version_is_told(store: Store) -> None:
    assert store.version().startswith(("sqlite 3.", "postgresql 1"))
