"""Blobs: the bytes of objects, parts and snapshots, as immutable files of one filesystem.

    <root>/incoming/<random>               bytes that are still arriving
    <root>/blobs/ab/<blob id>              kept bytes; ab are the last two characters of the id
    <root>/scratch/<task id>/attempt-<n>/  what an attempt at a task is working on

Bytes first, row second: a file is written in incoming/ or scratch/, renamed to its place, and then
a row names it. On delete row first, bytes second. So a row never lacks its bytes, and all that the
death of the process at any instant can leave behind is bytes that no row names: `sweep` removes
them at start. Nothing is synced to disk here: what was kept survives the process, not a power cut.
"""

import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import uuid4

Known = Callable[[Collection[str]], set[str]]
NAME: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_.-]+"
)  # of a blob, of a task: no path can be hidden


class Swept(NamedTuple):
    """What a sweep removed: how many files and folders."""

    incoming: int
    blobs: int
    scratch: int


class Blobs:
    """The blobs below one root; all of it must be on one filesystem."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = root / "blobs"
        self._incoming = root / "incoming"
        self._scratch = root / "scratch"
        for folder in (self._blobs, self._incoming, self._scratch):
            folder.mkdir(parents=True, exist_ok=True)

    def new_id(self) -> str:
        """Return an id that no blob has."""
        return uuid4().hex

    def incoming(self) -> Path:
        """Return a path for bytes that are still arriving; nothing is there yet."""
        return self._incoming / uuid4().hex

    def path(self, blob_id: str) -> Path:
        """Return where the bytes of a blob are."""
        return self._blobs.joinpath(blob_id[-2:], _safe(blob_id))

    def keep(self, path: Path, blob_id: str) -> None:
        """Make the file at path the bytes of a blob; path is gone then."""
        target = self.path(blob_id)
        try:
            path.rename(target)
        except FileNotFoundError:
            target.parent.mkdir(exist_ok=True)
            path.rename(target)

    def link(self, source_id: str, target: Path | str) -> None:
        """Give the bytes of a blob a second name: a path, or the id of another blob."""
        path = self.path(target) if isinstance(target, str) else target
        path.parent.mkdir(exist_ok=True)
        path.hardlink_to(self.path(source_id))

    def remove(self, blob_id: str) -> None:
        """Remove the bytes of a blob; they may be gone already."""
        self.path(blob_id).unlink(missing_ok=True)

    def scratch(self, task_id: str) -> Path:
        """Return the folder of a task, which is made if it is missing."""
        folder = self._scratch / _safe(task_id)
        folder.mkdir(exist_ok=True)
        return folder

    def attempt_scratch(self, task_id: str, attempt: int) -> Path:
        """Return a fresh, empty folder for one attempt at a task."""
        folder = self.scratch(task_id) / f"attempt-{attempt}"
        _remove_tree(folder)
        folder.mkdir()
        return folder

    def remove_scratch(self, task_id: str) -> None:
        """Remove the folder of a task and all in it; it may be gone already."""
        _remove_tree(self._scratch / _safe(task_id))

    def sweep(self, known: Known, unfinished: Known, age: timedelta = timedelta(0)) -> Swept:
        """Remove what no row names: arriving bytes, blobs, folders of tasks that have ended.

        known tells which of some blobs a row names, unfinished which of some tasks go on. Where
        other hosts are at work in the same root, age must be longer than any of them takes between
        the last byte and the row. Alone it may be nothing: what comes into being after the call is
        left alone, so that a server can begin to serve while it is being swept.
        """
        before = time.time() - age.total_seconds()
        incoming = blobs = scratch = 0
        for entry in _old(self._incoming, before):
            Path(entry).unlink(missing_ok=True)
            incoming += 1
        for folder in list(os.scandir(self._blobs)):
            found = {entry.name: entry for entry in _old(Path(folder), before)}
            for name in found.keys() - known(found.keys()) if found else ():
                Path(found[name]).unlink(missing_ok=True)
                blobs += 1
        tasks = {entry.name for entry in os.scandir(self._scratch)}
        for task_id in tasks - unfinished(tasks) if tasks else ():
            _remove_tree(self._scratch / task_id)
            scratch += 1
        return Swept(incoming, blobs, scratch)


def _safe(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"not the name of a blob or a task: {name!r}")
    return name


def _old(folder: Path, before: float) -> Iterator[os.DirEntry[str]]:
    """Yield the entries that were last written, renamed or linked before a time."""
    for entry in list(os.scandir(folder)):
        try:
            # The time of the last change of the inode: a rename counts, unlike in st_mtime.
            changed = entry.stat(follow_symlinks=False).st_ctime
        except FileNotFoundError:
            continue
        if changed <= before:
            yield entry


def _remove_tree(folder: Path) -> None:
    """Remove a folder although a dying program may still be writing into it."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink(missing_ok=True)
        return
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
    shutil.rmtree(folder)
