"""Writes files into ext2, ext3 and ext4 inside a raw disk, with debugfs: no mount, no kernel.

    replay  the journal of a guest that was not shut down, or it would undo what is written
    look    every original is there, nothing else is in the way           (changes nothing)
    stage   new directories, new files under names of their own, second names of the originals
    switch  the new files take their names; the originals keep the second ones
    check   the names lead where they should

What fails before the switch is taken back. debugfs goes on after an error and ends well: whatever
it says on stderr counts as one. ln and unlink leave the count of links as it is, so that both
together are a rename. https://man7.org/linux/man-pages/man8/debugfs.8.html
"""

import posixpath
import secrets
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests import sandbox, tools
from converters.guests.guest import Volume
from converters.guests.plan import FileChange
from converters.guests.write.outcome import Failed, Refused
from converters.lifeline import Limits

SUPERBLOCK: Final = 1024  # bytes from the start of the filesystem
MAGIC: Final = 0xEF53
RECOVER: Final = 0x4  # s_feature_incompat: the journal holds what is not in its place yet
JOURNAL_DEVICE: Final = 0x8  # s_feature_incompat: it is a journal for others
QUOTAS: Final = 0x100 | 0x2000  # s_feature_ro_compat: debugfs would not count what it adds

LINE: Final = 1000  # bytes of a command; debugfs breaks longer ones into two
SECONDS: Final = 120.0
MEMORY: Final = 2 << 30
BANNER: Final = "debugfs "  # and its version, the first line on stderr
SELINUX: Final = "security.selinux"
EMPTY: Final = ["Journal", "start:", "0"]  # a line of what debugfs tells of a journal
ROOT: Final = "cd /"  # where debugfs believes that a name without a directory before it is
KEEP: Final = 4 << 20  # bytes of its output; all of it is looked at


@dataclass(frozen=True, slots=True)
class State:
    """What the superblock says."""

    dirty: bool
    external_journal: bool
    quotas: bool


def state(disk: Path, offset: int) -> State:
    """Return what the superblock of a filesystem says; Refused if it is none."""
    with disk.open("rb") as file:
        file.seek(offset + SUPERBLOCK)
        block = file.read(1024)
    if len(block) < 1024 or struct.unpack_from("<H", block, 0x38)[0] != MAGIC:
        raise Refused("its superblock is broken")
    incompatible, read_only = struct.unpack_from("<II", block, 0x60)
    [journal_device] = struct.unpack_from("<I", block, 0xE4)
    return State(
        dirty=bool(incompatible & RECOVER),
        external_journal=bool(journal_device or incompatible & JOURNAL_DEVICE),
        quotas=bool(read_only & QUOTAS),
    )


async def write_ext(
    disk: Path, volume: Volume, changes: Sequence[FileChange], folder: Path, scratch: Path
) -> None:
    """Write all changes of a volume with one extent; Refused if nothing was written."""
    [extent] = volume.extents
    found = state(disk, extent.offset)
    if found.external_journal:
        raise Refused("its journal is on another disk")
    writer = _Writer(disk, extent.offset, folder, scratch)
    staged = [_Staged.of(number, change) for number, change in enumerate(changes)]
    commands = _commands(staged, folder, scratch)  # refuses before anything is done
    if found.dirty:
        await writer.replay()
    new_names = [path for one in staged for path in one.new_names]
    inodes = await writer.inodes([*(change.path for change in changes), *new_names])
    originals = inodes[: len(changes)]
    for change, inode in zip(changes, originals, strict=True):
        if (inode is None) != (change.kept is None):
            raise Refused(f"{change.shown} is not what it was when it was looked at")
    if any(inode is not None for inode in inodes[len(changes) :]):
        raise Refused("a file of another name is in the way")
    await writer.stage(commands)
    await writer.switch(commands)
    await writer.check(staged, originals)


@dataclass(frozen=True, slots=True)
class _Staged:
    """A change and the name of its new file until it gets its own."""

    change: FileChange
    path: str

    @classmethod
    def of(cls, number: int, change: FileChange) -> "_Staged":
        name = f".vmie-{secrets.token_hex(4)}-{number}"
        return cls(change, posixpath.join(posixpath.dirname(change.path), name))

    @property
    def new_names(self) -> list[str]:
        return [self.path, *([self.change.kept] if self.change.kept else [])]


@dataclass(frozen=True, slots=True)
class _Commands:
    stage: list[str]
    undo: list[str]
    switch: list[str]


def _commands(staged: Sequence[_Staged], folder: Path, scratch: Path) -> _Commands:
    made: list[str] = []
    stage, undo, switch = [ROOT], [], [ROOT]
    for number, one in enumerate(staged):
        change = one.change
        label = None
        if change.label is not None:
            label = scratch / f"label-{number}"
            label.write_bytes(change.label.encode() + b"\0")  # as the kernel keeps it
        for directory in change.directories:
            if directory not in made:
                made.append(directory)
                stage.append(_line("mkdir", directory))
                undo.append(_line("rmdir", directory))
                stage += [_line("ea_set", "-f", str(label), directory, SELINUX)] if label else []
        stage += [
            _line("cd", posixpath.dirname(one.path)),
            _line("write", str(folder / change.content), posixpath.basename(one.path)),
            ROOT,
            _line("sif", one.path, "mode", f"0{0o100000 | change.mode & 0o7777:o}"),
            _line("sif", one.path, "uid", str(change.uid)),
            _line("sif", one.path, "gid", str(change.gid)),
        ]
        undo.append(_line("rm", one.path))
        stage += [_line("ea_set", "-f", str(label), one.path, SELINUX)] if label else []
        if change.kept is not None:
            stage.append(_line("ln", change.path, change.kept))
            undo.append(_line("unlink", change.kept))
            switch.append(_line("unlink", change.path))
        switch += [_line("ln", one.path, change.path), _line("unlink", one.path)]
    return _Commands(stage, [ROOT, *undo[::-1]], switch)


def _line(command: str, *arguments: str) -> str:
    """Return a command of debugfs; Refused if it could not be told so that it is understood."""
    line = " ".join([command, *(_quoted(argument) for argument in arguments)])
    if len(line.encode(errors="surrogateescape")) > LINE:
        raise Refused("a path is too long")
    return line


def _quoted(text: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise Refused("a name holds control characters")
    return '"' + text.replace('"', '""') + '"'


class _Writer:
    """One filesystem, and the programs that change it."""

    def __init__(self, disk: Path, offset: int, folder: Path, scratch: Path) -> None:
        self._disk = disk
        self._offset = offset
        self._device = f"{disk}?offset={offset}"
        self._read = [folder, scratch]
        self._script = scratch / "commands"
        self._limits = Limits(MEMORY, int(SECONDS), disk.stat().st_size)
        if "?" in str(disk):
            raise Refused("debugfs reads a question mark in a path as the end of it")

    async def replay(self) -> None:
        """Bring what is in the journal into its place, as the kernel would when it mounts.

        e2fsck (1.47) replays all of it, but then opens the disk again without the offset and
        gives up before it clears the flag in the superblock; what is left to do is done here.
        """
        command = [str(tools.find("e2fsck")), "-y", "-E", "journal_only", self._device]
        await sandbox.program(command, write=[self._disk], limits=self._limits, seconds=SECONDS)
        if state(self._disk, self._offset).dirty:
            said, _ = await self._run(["logdump -S"], write=False)
            if not any(line.split() == EMPTY for line in said):
                raise Refused("its journal could not be replayed")
            await self._run(["feature -needs_recovery"], write=True)
            if state(self._disk, self._offset).dirty:
                raise Refused("its journal could not be replayed")

    async def inodes(self, paths: Sequence[str]) -> list[int | None]:
        """Return the inode that each path leads to, None where there is nothing."""
        said, _ = await self._run([_line("testi", path) for path in paths], write=False)
        found: list[int | None] = []
        for line in said:
            if line.startswith("debugfs: testi "):
                found.append(None)
            elif line.startswith("Inode ") and found:
                found[-1] = int(line.split()[1])
        if len(found) != len(paths):
            raise Refused("debugfs could not read it")
        return found

    async def stage(self, commands: _Commands) -> None:
        """Lay down what is new beside what is there; all of it or, Refused, nothing."""
        _, wrong = await self._run(commands.stage, write=True)
        for line in wrong:
            if "No free space in the directory" in line:
                wrong = await self._roomier(commands)
                break
        if wrong:
            await self._run(commands.undo, write=True)
            raise Refused(wrong[0])

    async def _roomier(self, commands: _Commands) -> list[str]:
        """Try again with larger directories: ln, unlike write, makes no room for a name."""
        await self._run(commands.undo, write=True)
        folders = [line for line in commands.stage if line.startswith("cd ") and line != ROOT]
        more = [line.replace("cd ", "expand_dir ", 1) for line in folders]  # a block for each name
        await self._run(more, write=True)
        _, wrong = await self._run(commands.stage, write=True)
        return wrong

    async def switch(self, commands: _Commands) -> None:
        """Give the new files their names."""
        _, wrong = await self._run(commands.switch, write=True)
        if wrong:
            raise Failed(f"debugfs: {wrong[0]}")

    async def check(self, staged: Sequence[_Staged], originals: Sequence[int | None]) -> None:
        """Look at the names once more."""
        changes = [one.change for one in staged]
        kept = [
            (change.kept, inode)
            for change, inode in zip(changes, originals, strict=True)
            if change.kept is not None
        ]
        paths = [path for path, _ in kept] + [change.path for change in changes]
        found = await self.inodes(paths)
        if found[: len(kept)] != [inode for _, inode in kept]:
            raise Failed("An original is not under its second name.")
        if None in found[len(kept) :]:
            raise Failed("A new file is not under its name.")

    async def _run(self, commands: Sequence[str], write: bool) -> tuple[list[str], list[str]]:
        """Run commands; return the lines that debugfs prints, and those that tell of errors."""
        if not commands:
            return [], []
        self._script.write_bytes(
            b"".join(line.encode(errors="surrogateescape") + b"\n" for line in commands)
        )
        flags = ["-w"] if write else []
        ended = await sandbox.program(
            [str(tools.find("debugfs")), *flags, "-f", str(self._script), self._device],
            read=[*self._read, *([] if write else [self._disk])],
            write=[self._disk] if write else [],
            limits=self._limits,
            seconds=SECONDS,
            keep=KEEP,
        )
        if ended.code != 0:
            reason = f"debugfs ended with {ended.code}: {ended.stderr.strip()[-200:]}"
            raise Failed(reason) if write else Refused(reason)
        wrong = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        lines = ended.stdout.decode(errors="replace").splitlines()
        return lines, [line for line in wrong if not line.startswith(BANNER)]
