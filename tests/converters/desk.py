"""A store, blobs and one task of a worker's, for tests of pipelines without a server or engine."""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from converters import worker
from converters.pipelines.options import Options
from state import disk_keys
from state.blobs import Blobs
from state.images import Image
from state.jobs import Job, Outcome, Step
from state.managed_keys import managed_key
from state.objects import Bucket, Object
from state.snapshots import Snapshot
from state.store import Store
from state.tasks import Task, Work
from tests import disks

NOW = datetime(2025, 1, 1, tzinfo=UTC)
OWNER = ("111122223333", "us-east-1")
BUCKET = "images"
FIRST_PROGRESS = {"import-snapshot": 3, "import-image": 1, "export-image": 0}  # percent
FIRST_MESSAGE = {"export-image": "validating"}
PREFIXES = {
    "import-snapshot": "import-snap",
    "import-image": "import-ami",
    "export-image": "export-ami",
}
AS_THEY_ARE = Options(guests="off")
FIRST_ID = 0x0123456789ABCDEF0


class Desk:
    """A store, blobs, a bucket, and one task at a time, whose done phases are remembered."""

    def __init__(self, folder: Path, options: Options = AS_THEY_ARE) -> None:
        self.folder = folder
        self.options = options
        self.store = Store(f"sqlite:///{folder / 'vmie.db'}")
        self.store.migrate()
        self.blobs = Blobs(folder / "data")
        self.remembered: dict[str, Outcome] = {}
        self.seen: list[tuple[int, str]] = []  # as each phase ended
        self.after: dict[str, Callable[[], object]] = {}  # what happens once a phase is done
        self._task_id = ""
        with self.store.begin() as tx:
            tx.buckets.add(
                Bucket(name=BUCKET, account_id=OWNER[0], region=OWNER[1], created_at=NOW)
            )

    def put(self, body: bytes | Path, key: str = "disk") -> None:
        """Put an object into the bucket; a file gets a second name, and keeps its holes."""
        blob_id = self.blobs.new_id()
        arriving = self.blobs.incoming()
        if isinstance(body, bytes):
            arriving.write_bytes(body)
        else:
            os.link(body, arriving)
        size = arriving.stat().st_size
        self.blobs.keep(arriving, blob_id)
        with self.store.begin() as tx:
            tx.objects.put(
                Object(bucket=BUCKET, key=key, blob_id=blob_id, size=size, etag="", modified_at=NOW)
            )

    def object(self, key: str = "disk") -> Object:
        with self.store.read() as tx:
            found = tx.objects.get(BUCKET, key)
        assert found
        return found

    def remove(self, key: str = "disk") -> None:
        """Delete an object."""
        with self.store.begin() as tx:
            gone = tx.objects.remove(BUCKET, key)
        assert gone
        self.blobs.remove(gone.blob_id)

    def key(self, **changes: Any) -> str:
        """The ARN of the default key for EBS; changed, if so asked."""
        with self.store.begin() as tx:
            key = managed_key(tx, *OWNER, "alias/aws/ebs", "aws", NOW)
            if changes:
                tx.keys.replace(key.model_copy(update=changes))
        return key.arn

    def passphrase(self, snapshot: Snapshot) -> bytes:
        """What opens the bytes of an encrypted snapshot."""
        assert snapshot.sealed
        assert snapshot.kms_key_id
        with self.store.read() as tx:
            return disk_keys.opened(tx, snapshot.sealed, snapshot.kms_key_id, snapshot.id, NOW)

    def submit(self, work: Work) -> None:
        """Have a task of its own for some work; the first of a kind ends in 0123456789abcdef0."""
        with self.store.read() as tx:
            before = len(tx.tasks.list(*OWNER, [work.kind]))
        task = Task(
            id=f"{PREFIXES[work.kind]}-{FIRST_ID + before:017x}",
            account_id=OWNER[0],
            region=OWNER[1],
            created_at=NOW,
            progress=FIRST_PROGRESS[work.kind],
            message=FIRST_MESSAGE.get(work.kind, "pending"),
            work=work,
        )
        with self.store.begin() as tx:
            tx.tasks.add(task)
        self.take(task.id)

    def take(self, task_id: str) -> None:
        """Have a task that is there already."""
        self.remembered.clear()
        self.seen.clear()
        self._task_id = task_id

    @property
    def task(self) -> Task:
        with self.store.read() as tx:
            found = tx.tasks.get(self._task_id)
        assert found
        return found

    def snapshots(self) -> list[Snapshot]:
        with self.store.read() as tx:
            return [found.value for found in tx.snapshots.list(*OWNER)]

    def images(self) -> list[Image]:
        with self.store.read() as tx:
            return [found.value for found in tx.images.list(*OWNER)]

    def bytes_of(self, snapshot_id: str | None) -> bytes:
        """The bytes of a snapshot; of an encrypted one, what qemu-img makes of them."""
        (found,) = (each for each in self.snapshots() if each.id == snapshot_id)
        path = self.blobs.path(found.blob_id)
        if found.sealed is not None:
            path = disks.unsealed(path, self.passphrase(found), self.folder / f"{found.id}.raw")
        return path.read_bytes()[: found.size_bytes]

    def kept(self) -> int:
        """How many blobs there are besides the objects'."""
        with self.store.read() as tx:
            blobs = {path.name for path in self.blobs.root.glob("blobs/*/*")}
            objects = tx.objects.list(BUCKET)
        return len(blobs - {each.blob_id for each in objects})

    def scratch(self) -> list[Path]:
        """What is left in the scratch folder."""
        return list((self.blobs.root / "scratch").iterdir())

    async def run(self) -> None:
        """Run the task as a worker would, remembering the phases that are done."""

        phases: Counter[str] = Counter()

        async def durably(name: str, step: Step) -> Outcome:
            phases[name] += 1
            if phases[name] > 1:
                name = f"{name} {phases[name]}"
            if name not in self.remembered:
                self.remembered[name] = await step()
                self.seen.append((self.task.progress, self.task.message))
                if name in self.after:
                    self.after[name]()
            return self.remembered[name]

        await worker.run(Job(self.task, self.store, self.blobs, durably), self.options)
