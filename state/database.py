"""The engines under the store: SQLite in the data directory, or PostgreSQL by URL.

Both promise the same: one writer at a time, readers that neither wait for it nor hold it up, and
each transaction sees one moment.

            one writer at a time                        a reader sees one moment
SQLite      a lock in this process, BEGIN IMMEDIATE     WAL, a deferred BEGIN, query_only
PostgreSQL  that lock, then an advisory lock over all   REPEATABLE READ, READ ONLY
            hosts, held to the end of the transaction

With one writer, what a transaction has read is still true when it writes, on either database:
nobody has to think of row locks, lost updates or deadlocks. A write takes well under a millisecond.
SQLite syncs its log at checkpoints only (synchronous=NORMAL): what was committed survives the death
of the process at any instant, but the last moments may be lost when the power fails.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_MS: Final = 60_000  # DBOS writes to the same file: wait for it, however slow the disk
STALLED_S: Final = 15  # a host that hangs in a transaction holds up all others no longer than this
WRITER_LOCK: Final = 0x766D_6965  # "vmie": the key of the advisory lock

Listener = Callable[[DBAPIConnection, ConnectionPoolEntry], None]


class DataDirLocked(Exception):
    """Another server is using the data directory."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(f"{path} is in use by another vmie server{owner and f' ({owner})'}")
        self.path = path


class DataDirLock:
    """The right to be the one server on a data directory; the kernel ends it with the process."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.path = data_dir / "lock"
        self._file = self.path.open("a+", encoding="ascii")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read().strip()
            self._file.close()
            raise DataDirLocked(data_dir, owner) from None
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let the next server in; the file stays, since removing it would race with that one."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


class Database:
    """One database: an engine to write through, an engine to read through."""

    def __init__(self, url: str) -> None:
        self.url = _with_driver(make_url(url))
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database in {None, "", ":memory:"}:
            raise ValueError(f"{url} names no file: connections would not share what they keep")
        self._turn = threading.Lock()
        self._mine = threading.local()
        self._watching = threading.Lock()
        self._watch: sqlite3.Connection | None = None
        if self.is_sqlite:
            self.writer = _sqlite_engine(self.url, _open_sqlite)
            self.reader = _sqlite_engine(self.url, _open_sqlite_to_read)
        else:
            self.writer = _postgresql_engine(self.url)
            self.reader = self.writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction as the only writer; committed at the end, rolled back on any error."""
        if getattr(self._mine, "turn", False):
            raise RuntimeError("this thread has a write transaction open already")
        with self._turn:
            self._mine.turn = True
            try:
                with self.writer.begin() as connection:
                    if self.is_sqlite:
                        connection.exec_driver_sql("BEGIN IMMEDIATE")
                    else:
                        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                    yield connection
            finally:
                self._mine.turn = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and cannot write."""
        with self.reader.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            yield connection

    def moment(self) -> Hashable:
        """Return what stays the same as long as nobody, in any process, writes anything."""
        if not self.is_sqlite:
            with self.reader.connect() as connection:
                return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar()
        with self._watching:
            if self._watch is None:  # always the same connection: each has its own count
                assert self.url.database
                self._watch = sqlite3.connect(
                    self.url.database, timeout=BUSY_MS / 1000, check_same_thread=False
                )
            (version,) = self._watch.execute("PRAGMA data_version").fetchone()
            return int(version)

    def prepare(self) -> None:
        """Make what must be there before the first table: the folder, and the mode of the log."""
        if not self.is_sqlite or not self.url.database:
            return
        Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.url.database, timeout=BUSY_MS / 1000)
        try:
            _log_ahead(connection)
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection."""
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self.reader.dispose()
        self.writer.dispose()


def _with_driver(url: URL) -> URL:
    if url.drivername in {"postgres", "postgresql"}:
        return url.set(drivername="postgresql+psycopg")
    return url


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to a write-ahead log, for good."""
    mode = ""
    deadline = time.monotonic() + BUSY_MS / 1000
    while not mode:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError:  # SQLite doesn't wait when two ask for it at once
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    if mode != "wal":
        raise RuntimeError("SQLite cannot keep a write-ahead log here: is it a network filesystem?")


def _sqlite_engine(url: URL, opened: Listener) -> Engine:
    # Readers are never turned away: one more connection to a file costs little. What is kept may be
    # secret and reaches no error message, on PostgreSQL neither.
    engine = create_engine(url, pool_size=16, max_overflow=-1, hide_parameters=True)
    event.listen(engine, "connect", opened)
    return engine


def _open_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    # Where a transaction isn't begun by us but by DBOS, it takes the lock at its first write.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    if sqlite3.sqlite_version_info < (3, 42):
        # DBOS on Python >= 3.12 asks for unixepoch('subsec'), which SQLite has since 3.42.
        connection.create_function("unixepoch", -1, _unixepoch)


def _open_sqlite_to_read(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    _open_sqlite(connection, entry)
    assert isinstance(connection, sqlite3.Connection)
    connection.execute("PRAGMA query_only = ON")


def _unixepoch(*modifiers: str) -> float:
    """Return the seconds since 1970, with a fraction if 'subsec' is asked for."""
    now = datetime.now(UTC).timestamp()
    return round(now, 3) if "subsec" in modifiers or "subsecond" in modifiers else int(now)


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(
        # Asked before each use: a server that was restarted costs nobody an error.
        url,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=10,
        pool_timeout=60,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _open_postgresql)
    return engine


def _open_postgresql(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET idle_in_transaction_session_timeout = '{STALLED_S}s'")
    cursor.close()
    connection.commit()
