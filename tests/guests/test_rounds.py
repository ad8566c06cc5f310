"""Whole rounds: looked into, judged, planned, written; then looked into again.

The filesystems' own checkers have nothing to say, what is listed is changed as listed, each
original stands beside, and nothing else differs: neither for our readers nor for those of the
filesystems' own tools, nor outside the filesystems.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.look.examine import examine
from converters.guests.plan import FileChange, Plan
from converters.stages.adapt import adapt
from converters.stages.plan import plan_of
from tests.guests.builders import AnyRecipe, Builder
from tests.guests.contents import Contents, changed, checked, contents, dumped
from tests.guests.gallery import GPT, WINDOWS, row
from tests.guests.recipes import Disk

pytestmark = pytest.mark.guests

FAST: list[AnyRecipe] = [
    row("debian 12.4 6.1.0-15-amd64 ext4"),
    row("rhel 5.11 2.6.18-398.el5 ext3"),
    row("ubuntu 22.04 5.15.0-119-generic ext4", GPT),
]
SLOW: list[AnyRecipe] = [
    row("debian 6.0.8 2.6.32-5-amd64 ext2"),
    row("debian 12.4 6.1.0-15-amd64 ext4", Disk(logical=True, more=("swap",))),
    row("rhel 6.10 2.6.32-754.el6.x86_64 ext4", boot="ext4", lvm="whole"),
    row("sles 11.4 3.0.101-63-default ext3"),
    row("ubuntu 14.04 3.13.0-170-generic ext4"),
    row("ubuntu 18.04 4.15.0-213-generic ext4", Disk("hybrid", "bios")),
    row("amzn 2 5.10.199-190.747.amzn2.x86_64 ext4"),
    row("fedora 37 6.0.7-301.fc37.x86_64 ext4", GPT),
    row("centos 7.0.1406 3.10.0-123.el7.x86_64 xfs4"),
    row("rhel 9.6 5.14.0-570.12.1.el9_6.x86_64 xfs", GPT, "xfs"),
    row("rhel 8.9 4.18.0-513.5.1.el8_9.x86_64 xfs", GPT, "ext4", "whole"),
    row("amzn 2023 6.1.79-99.167.amzn2023.x86_64 xfs", Disk("gpt", "both")),
    row("sles 15.5 5.14.21-150500.53-default btrfs", GPT),
    row("ubuntu 24.04 6.11.0-17-generic btrfs", GPT),
    WINDOWS["2019 BIOS"],
    WINDOWS["2022 UEFI"],
    WINDOWS["2003"],
]


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


@pytest.mark.parametrize(
    "recipe",
    [
        *(pytest.param(recipe, id=recipe.shown) for recipe in FAST),
        *(pytest.param(recipe, id=recipe.shown, marks=pytest.mark.slow) for recipe in SLOW),
    ],
)
async def test_an_adapted_guest_is_whole_and_only_what_is_listed_has_changed(
    guests: Builder, tmp_path: Path, recipe: AnyRecipe
) -> None:
    done = await a_round(guests, tmp_path, recipe)

    assert done.left == ()
    assert done.plan.files
    assert checked(done.disks, tmp_path)
    places = {place for change in done.plan.files for place in touched(change)}
    assert changed(done.before, done.after) == places
    for change in done.plan.files:
        is_as_listed(done, change)
    assert done.outside[0] == done.outside[1] or done.plan.sectors
    before, after = done.dumps
    differing = {place for place in before | after if before.get(place) != after.get(place)}
    assert differing <= places
    assert done.verdict.accepted
    assert done.verdict.error is None


@pytest.mark.parametrize("recipe", [FAST[0], pytest.param(FAST[2], marks=pytest.mark.slow)])
async def test_an_adapted_linux_needs_no_more_adapting(
    guests: Builder, tmp_path: Path, recipe: AnyRecipe
) -> None:
    done = await a_round(guests, tmp_path, recipe)
    again = tmp_path / "again"
    again.mkdir()

    plan = await plan_of(done.disks, done.guest, done.verdict, None, again)

    assert [change.shown for change in plan.files] == []
    assert done.guest.linux is not None
    assert not any(file.static for file in done.guest.linux.network)


async def a_round(guests: Builder, tmp_path: Path, recipe: AnyRecipe) -> Round:
    """Do all that an import does to a guest."""
    disks = guests.own(recipe, tmp_path)
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


def _data(file: int, begin: int, end: int, update: object) -> None:
    """Hand on what is between two offsets, without holes and zeros."""
    assert callable(update)
    while begin < end:
        try:
            begin = os.lseek(file, begin, os.SEEK_DATA)
        except OSError:  # no more data
            return
        block = os.pread(file, min(1 << 20, end - begin), begin) if begin < end else b""
        if block.strip(b"\0"):
            update(begin.to_bytes(8, "big") + block.rstrip(b"\0"))
        begin += max(len(block), 1)
