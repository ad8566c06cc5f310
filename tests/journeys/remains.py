"""What is there of a server once it was killed: programs, files and rows, seen from outside."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select, union

from state.drafts import CHECKSUMS
from state.store import Store
from state.tables import layers, objects, parts, snapshots, uploads
from tests.house import House, default_url

Found = TypeVar("Found")

PATIENCE = 60.0  # seconds; the machine may have much else to do
DEAD_WITHIN = 2.0  # seconds from the death of a server to that of the last program it started
TIDY_WITHIN = 20.0  # seconds from the start of a server: it clears up behind its first answers
MIB = 1 << 20


def until(found: Callable[[], Found], what: str, timeout: float = PATIENCE) -> Found:
    """Ask again and again until the answer is true; return it."""
    deadline = time.monotonic() + timeout
    while not (answer := found()):
        assert time.monotonic() < deadline, f"waited {timeout} s for {what}"
        time.sleep(0.005)
    return answer


# programs ----------------------------------------------------------------------------------------


def programs(house: House) -> dict[int, str]:
    """The programs that were started on the server's files, whoever their parent is by now."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if f"{house.data_dir}/" in line and "-m emulator" not in line:
            found[int(folder.name)] = line
    return found


def parent(pid: int) -> int:
    """The process that started another; 0 if that is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def stopped(pid: int) -> bool:
    """Whether a process stands still."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in ("T", "t")


def stop_converter(house: House) -> int:
    """Have the program that writes a raw disk stand still in the middle of it."""
    (pid,) = stop_converters(house, 1)
    return pid


def stop_program(house: House, word: str) -> int:
    """Have a program whose command line has a word stand still in the middle of it."""
    (pid,) = stop_converters(house, 1, word)
    return pid


def stop_converters(house: House, count: int, word: str = ".raw") -> set[int]:
    """Have so many programs that write raw disks stand still, all at the same time."""
    caught: set[int] = set()

    def enough() -> bool:
        for pid, line in programs(house).items():
            if len(caught) == count:
                break
            if pid not in caught and word in line and "lifeline_wrapper" not in line:
                os.kill(pid, signal.SIGSTOP)
                until(lambda pid=pid: stopped(pid) or pid not in programs(house), "a stop")  # type: ignore[misc]
                if stopped(pid):
                    caught.add(pid)
        return len(caught) == count

    until(enough, f"{count} converters")
    return caught


def assert_programs_die(house: House) -> None:
    """Nothing that a killed server had started outlives it for long."""
    until(lambda: not programs(house), "the programs to die", DEAD_WITHIN)


# files and rows ----------------------------------------------------------------------------------


@contextmanager
def store_of(house: House) -> Iterator[Store]:
    """The rows of a server."""
    store = Store(str(house.server.settings.get("database_url") or default_url(house.data_dir)))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def writes_held(house: House) -> Iterator[sqlite3.Connection]:
    """Be the one writer of a server's database: whatever it wants to commit has to wait."""
    path = house.data_dir / "vmie.db"
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def killed_at(house: House, start: Callable[[], str], state: str) -> str:
    """Start tasks until one is caught in a state, kill the server there, and return its id.

    It writes no other row before it dies. Killed at `publishing`, it has kept the bytes already.
    """
    while True:
        kept = len(names(house, "blobs"))
        task_id, found = start(), ""
        while found != "completed":  # then it is too late: the next one
            with writes_held(house) as connection:
                (found,) = connection.execute(
                    "SELECT state FROM tasks WHERE id = ?", [task_id]
                ).fetchone()
                if found == state:
                    if state == "publishing":
                        until(lambda kept=kept: len(names(house, "blobs")) > kept, "the bytes")  # type: ignore[misc]
                    house.kill()
                    return task_id
            time.sleep(0.0005)


def names(house: House, folder: str) -> set[str]:
    """The files of a folder of the server's, however deep."""
    return {path.name for path in (house.data_dir / folder).rglob("*") if path.is_file()}


def assert_tidy(house: House) -> None:
    """Rows and bytes fit together, and nothing else is there; the server may take its time."""
    named = union(*(select(table.c.blob_id) for table in (layers, objects, parts, snapshots)))
    with store_of(house) as store:

        def left() -> list[str]:
            kept = names(house, "blobs")
            with store.read() as tx:
                needed = set(tx.connection.execute(named).scalars())
                begun = set(tx.connection.execute(select(uploads.c.id)).scalars())
            return [
                *(f"lost: {blob_id}" for blob_id in needed - kept),
                *(
                    f"orphan: {blob_id}"
                    for blob_id in kept - begun
                    if blob_id.removeprefix(CHECKSUMS) not in needed
                ),
                *(f"arriving: {name}" for name in names(house, "incoming")),
                *(f"scratch: {path.name}" for path in (house.data_dir / "scratch").iterdir()),
                *programs(house).values(),
            ]

        deadline = time.monotonic() + TIDY_WITHIN
        while remains := left():
            assert time.monotonic() < deadline, remains
            time.sleep(0.05)
