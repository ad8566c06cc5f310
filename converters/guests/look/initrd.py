"""What is in an initial RAM disk: segments after one another, each an archive or a packed one.

    [archive with microcode] zeros [gzip, xz, zstd … of archives] zeros [archive] …

Linux unpacks them in order into one tree, later files over earlier ones; so does this reader, which
keeps names and a few small texts. Nothing is executed and nothing is written.
https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from converters.guests.boot_modules import ALL_MODULES, module_name
from converters.guests.guest import LIST, Initrd
from converters.guests.look.cpio import MAGICS, Member, members
from converters.guests.look.unpacking import Flow, unpacker
from converters.guests.tree import LINKS, NAMES, Unreadable

UNPACKED: Final = 512 << 20  # bytes that are unpacked at most
SEGMENTS: Final = 64
MEMORY: Final = 48 << 20  # bytes of all names and texts that are kept
_EARLY: Final = ("kernel", "early_cpio")  # microcode and tables of ACPI, and dracut's mark for them
_INITS: Final = frozenset(
    ("init", "linuxrc", "conf/modules", "config", "config/start.sh", "run_all.sh")
)
_KEPT: Final = frozenset(
    (
        "modules.dep",
        "modules.dep.bin",
        "modules.alias",
        "modules.alias.bin",
        "modules.builtin",
    )
)


@dataclass(slots=True)
class Contents:
    """What was read: for people the Initrd, for adapting the tree it unpacks to."""

    initrd: Initrd
    files: dict[str, Member] = field(default_factory=dict)  # path without a slash at the start
    texts: dict[str, bytes] = field(default_factory=dict)  # small files that tell how it boots
    end: int = 0  # bytes of the file that are segments; padding or something else may follow
    packing: str = ""  # of the last segment: cpio, gzip, xz, lzma, bzip2, zstd, lz4

    def resolved(self, path: str) -> str:
        """Return where a path leads, links in it followed; the last name may be missing."""
        for _ in range(LINKS):
            names = path.split("/")
            for count in range(1, len(names) + 1):
                here = "/".join(names[:count])
                found = self.files.get(here)
                if found is not None and found.kind == "link":
                    target = (found.data or b"").decode("utf-8", "surrogateescape")
                    base = "" if target.startswith("/") else posixpath.dirname(here)
                    rest = "/".join(names[count:])
                    path = posixpath.normpath(f"/{base}/{target}/{rest}").lstrip("/")
                    break
            else:
                return path
        raise Unreadable(f"{path}: too many symbolic links")

    def text(self, path: str) -> bytes | None:
        """Return a kept file's bytes, links followed."""
        return self.texts.get(self.resolved(path))

    def is_dir(self, path: str) -> bool:
        """Tell whether there is such a directory, links followed."""
        found = self.files.get(self.resolved(path))
        return found is not None and found.kind == "dir"


def read_initrd(path: str, pieces: Iterable[bytes]) -> Initrd:
    """Return what is in an initial RAM disk, path is only its name; never raises Unreadable."""
    return read_contents(path, pieces).initrd


def read_contents(path: str, pieces: Iterable[bytes]) -> Contents:
    """Return the same with the tree that it unpacks to, as far as it could be read."""
    contents = Contents(Initrd(path, False))
    problem = None
    try:
        readable = _read(contents, Flow(pieces))
        if not readable:
            problem = "there is no archive in it"
        elif contents.packing.startswith("?"):
            problem = "something else follows the archives"
            contents.packing = contents.packing[1:]
    except Unreadable as error:
        readable, problem = False, str(error)
    names = {module for name in contents.files if (module := module_name(name))}
    ordered = sorted(names, key=lambda name: (name not in ALL_MODULES, name))[:LIST]
    contents.initrd = Initrd(path, readable, problem, _generator(contents), tuple(sorted(ordered)))
    return contents


class _Room:
    """What may still be unpacked, and kept."""

    def __init__(self) -> None:
        self._unpacked = 0
        self._kept = 0

    def keep(self, size: int) -> None:
        self._kept += size
        if self._kept > MEMORY:
            raise Unreadable("its names and settings are too large to be believed")

    def counted(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        for piece in pieces:
            self._unpacked += max(len(piece), 1024)  # many tiny pieces take time too
            if self._unpacked > UNPACKED:
                raise Unreadable(f"it holds more than {UNPACKED >> 20} MiB")
            yield piece


def _read(contents: Contents, flow: Flow) -> bool:
    """Read all segments; tell whether there was an archive other than microcode."""
    room = _Room()
    main = False
    for _ in range(SEGMENTS):
        while flow.peek(1) == b"\0":
            _zeros(flow)
        start = flow.peek(8)
        if not start:
            return main
        if start[:6] in MAGICS:
            main |= _archive(contents, flow, room)
            contents.packing = "cpio"
        elif found := unpacker(start):
            contents.packing = found[0]
            main |= _archives(contents, Flow(room.counted(found[1](flow))), room)
        elif main:
            contents.packing = "?" + contents.packing
            return True
        else:
            raise Unreadable("it is neither an archive nor packed in a way that Linux knows")
        contents.end = flow.position
    raise Unreadable("it has too many parts")


def _archives(contents: Contents, flow: Flow, room: _Room) -> bool:
    """Read the archives of one packed segment to its very end: damage may come last."""
    main = False
    while flow.peek(1):
        if flow.peek(1) == b"\0":
            _zeros(flow)
        else:
            main |= _archive(contents, flow, room)
    return main


def _archive(contents: Contents, flow: Flow, room: _Room) -> bool:
    """Read one archive; tell whether it is more than microcode."""
    main = False
    linked: dict[tuple[int, int, int], list[str]] = {}

    def keep(member: Member) -> bool:
        named = (member.name, *linked.get(member.inode, ()))
        if any(name in _INITS or posixpath.basename(name) in _KEPT for name in named):
            room.keep(member.size)
            return True
        return False

    for member in members(flow, keep):
        room.keep(len(member.name) + len(member.data or b"") * (member.kind == "link"))
        if len(contents.files) >= NAMES:
            raise Unreadable(f"it holds more than {NAMES} files")
        main |= not member.name.startswith(_EARLY) and member.kind != "dir"
        contents.files[member.name] = member
        contents.texts.pop(member.name, None)
        if member.kind != "file":
            continue
        names = linked.setdefault(member.inode, []) if member.links > 1 else []
        names.append(member.name)
        if member.data is not None:
            for name in names:  # the data comes with the last name of a file
                contents.texts[name] = member.data
    return main


def _zeros(flow: Flow) -> None:
    piece = flow.some()
    flow.give_back(len(piece.lstrip(b"\0")))


def _generator(contents: Contents) -> str | None:
    """Return the program that made it, told from the files that only this one writes."""
    files = contents.files
    init = contents.texts.get("init") or contents.texts.get("linuxrc") or b""
    if "conf/initramfs.conf" in files or "scripts/functions" in files:
        return "initramfs-tools"
    if "init_functions" in files or ("buildconfig" in files and "hooks" in files):
        return "mkinitcpio"
    if any(
        posixpath.basename(name).startswith("dracut-") or name.endswith("lib/dracut")
        for name in files
    ):
        return "dracut"
    if init.startswith(b"#!/bin/nash") or "run_all.sh" in files or "config/start.sh" in files:
        return "mkinitrd"
    return "mkinitrd" if b"\ninsmod " in init else None
