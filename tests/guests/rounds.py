"""A whole round: a guest is looked into, judged, planned for and written to, as imports do it."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.look.examine import examine
from converters.guests.plan import FileChange, Plan
from converters.stages.adapt import adapt
from converters.stages.plan import plan_of
from tests.guests.contents import Contents, changed, checked, contents, dumped


@dataclass(frozen=True)
class Round:
    """What there was, what was planned, and what there is."""

    disks: list[Path]
    folder: Path  # the plan's contents
    plan: Plan
    left: tuple[str, ...]  # what could not be written
    guest: Guest  # afterwards
    verdict: Verdict
    before: Contents
    after: Contents
    dumps: tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]
    outside: tuple[str, str]


async def a_round(disks: list[Path], tmp_path: Path) -> Round:
    """Do all that an import does to a guest, on disks that may be written to."""
    folder, scratch = tmp_path / "plan", tmp_path / "scratch"
    folders = [tmp_path / name for name in ("dumps-before", "dumps-after")]
    for each in (folder, scratch, *folders):
        each.mkdir()
    guest = examine(disks)
    verdict = judge(guest, Request())
    assert verdict.error is None
    before, dump, outside = contents(disks), dumped(disks, folders[0]), beyond(disks, guest)
    plan = await plan_of(disks, guest, verdict, None, folder)
    left = await adapt(disks, guest, plan, folder, scratch, lambda _: None)
    found = examine(disks)
    return Round(
        disks, folder, plan, left, found, judge(found, Request()), before,
        contents(disks), (dump, dumped(disks, folders[1])), (outside, beyond(disks, guest)),
    )  # fmt: skip


def is_whole(done: Round, scratch: Path) -> None:
    """Assert that checkers are content, and that what is listed has changed and nothing else."""
    assert done.left == ()
    assert done.plan.files
    assert checked(done.disks, scratch)
    places = {place for change in done.plan.files for place in touched(change)}
    assert changed(done.before, done.after) == places
    for change in done.plan.files:
        is_as_listed(done, change)
    assert done.outside[0] == done.outside[1] or done.plan.sectors
    before, after = done.dumps
    differing = {place for place in before | after if before.get(place) != after.get(place)}
    assert differing <= places
    assert {place: done.after[place].digest for place in after} == after


def touched(change: FileChange) -> set[tuple[str, str]]:
    """Return where a change is to be seen."""
    paths = {change.path, *change.directories}
    if change.kept is not None:
        paths.add(change.kept)
    return {(change.volume, path) for path in paths}


def is_as_listed(done: Round, change: FileChange) -> None:
    """Assert that a file is what the plan says, and that its original stands beside it."""
    new = done.after[change.volume, change.path]
    wanted = hashlib.sha256((done.folder / change.content).read_bytes()).hexdigest()
    assert (new.kind, new.digest) == ("file", wanted), change.shown
    old = done.before.get((change.volume, change.path))
    if old is None:
        assert change.kept is None
        return
    assert change.kept is not None, change.shown
    assert done.after[change.volume, change.kept] == old, change.shown
    assert (new.mode, new.uid, new.gid, new.label) == (old.mode, old.uid, old.gid, old.label)


def beyond(disks: list[Path], guest: Guest) -> str:
    """Return the digest of all that is on no volume: tables, boot code, gaps."""
    digest = hashlib.sha256()
    for number, disk in enumerate(disks):
        at = 0
        ends = [e for volume in guest.volumes for e in volume.extents if e.disk == number]
        with disk.open("rb") as file:
            for extent in sorted(ends, key=lambda extent: extent.offset):
                _data(file.fileno(), at, extent.offset, digest.update)
                at = max(at, extent.offset + extent.size)
            _data(file.fileno(), at, disk.stat().st_size, digest.update)
    return digest.hexdigest()


def _data(file: int, begin: int, end: int, update: Callable[[bytes], None]) -> None:
    """Hand on what is between two offsets, without holes and zeros."""
    while begin < end:
        try:
            begin = os.lseek(file, begin, os.SEEK_DATA)
        except OSError:  # no more data
            return
        block = os.pread(file, min(1 << 20, end - begin), begin) if begin < end else b""
        if block.strip(b"\0"):
            update(begin.to_bytes(8, "big") + block.rstrip(b"\0"))
        begin += max(len(block), 1)
