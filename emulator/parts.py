"""What a process is put together from: the data folder, the store, the blobs and the engine."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from emulator.settings import Settings
from state.blobs import Blobs
from state.consoles import Consoles
from state.drafts import give_up_overdue
from state.engine import Engine, Hands
from state.firmware import Memories
from state.store import DataDirLock, DataDirLocked, Store

# Where several hosts share a folder, what looks orphaned may be an upload that is under way.
SHARED_AGE = timedelta(days=1)

log = logging.getLogger(__name__)


class StartError(Exception):
    """The process cannot start; the text is one sentence for the user."""


class Parts:
    """Everything that a process holds open while it runs."""

    def __init__(self, settings: Settings) -> None:
        """Open everything; StartError if something is in the way."""
        self.settings = settings
        self.started = time.time()
        self.lock = None if settings.database_url else locked(settings.data_dir)
        try:
            self.store = migrated(settings.store_url)
            self.blobs = blobs_in(settings.data_dir)
        except BaseException:
            self.unlock()
            raise
        self.engine = Engine(self.store, self.blobs, quota=settings.quota)

    def start_engine(self, job_runner: Callable[[], Hands]) -> None:
        """Launch the engine for the role of this process; blocks until tasks can run."""
        if self.settings.role == "api":
            self.engine.start(None)
        else:
            self.engine.start(*job_runner())

    def sweep(self) -> None:
        """Remove what the last process left behind when it was cut off; before the engine starts.

        A task that died while it published does so again under the same name, which no row has yet.
        """
        alone = self.lock is not None
        age = timedelta(seconds=time.time() - self.started) if alone else SHARED_AGE
        try:
            overdue = give_up_overdue(self.store, self.blobs, datetime.now(UTC))
            swept = self.store.sweep(self.blobs, age)
            Consoles(self.settings.data_dir).sweep(self.shown)
            Memories(self.settings.data_dir).sweep(self.shown)
        except OSError as error:  # bytes that are in nobody's way are no reason not to serve
            log.warning("the data folder could not be swept: %s", error)
            return
        if overdue:
            log.info("given up: %d snapshots that nobody has completed in time", overdue)
        if any(swept):
            log.info(
                "swept: %d unfinished uploads, %d blobs without a row, %d scratch folders",
                swept.incoming, swept.blobs, swept.scratch,
            )  # fmt: skip

    def shown(self, ids: Collection[str]) -> set[str]:
        """Return those of some ids that are of AMIs, or of instances that are still shown."""
        now = datetime.now(UTC)
        with self.store.read() as tx:
            found = map(tx.instances.get, ids)
            listed = {each.id for each in found if each is not None and each.listed(now)}
            return listed | {each for each in ids if tx.images.get(each) is not None}

    def close(self) -> None:
        """Stop the engine and let go of everything."""
        self.engine.stop()
        self.store.close()
        self.unlock()

    def unlock(self) -> None:
        """Let another server have the data folder."""
        if self.lock is not None:
            self.lock.release()


def locked(data_dir: Path) -> DataDirLock:
    """Make sure that no other server uses the data folder."""
    try:
        return DataDirLock(data_dir)
    except DataDirLocked as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(unwritable(data_dir, error)) from None


def blobs_in(data_dir: Path) -> Blobs:
    """Open the blobs of a data folder."""
    try:
        return Blobs(data_dir)
    except OSError as error:
        raise StartError(unwritable(data_dir, error)) from None


def unwritable(data_dir: Path, error: OSError) -> str:
    """Say that a data folder cannot be used."""
    return f"the data folder {data_dir} cannot be written: {error.strerror}"


def migrated(url: str) -> Store:
    """Open the store and bring it up to date."""
    try:
        store = Store(url)
        store.migrate()
    except Exception as error:  # whatever the driver raises, the user gets a sentence
        log.debug("the database cannot be opened", exc_info=error)
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StartError(f"the database {without_password(url)} cannot be used: {reason}") from None
    return store


def without_password(url: str) -> str:
    """Show where a database is."""
    scheme, slashes, rest = url.partition("://")
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"
