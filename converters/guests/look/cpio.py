"""The archive inside an initial RAM disk: cpio's "newc" format, as Linux unpacks it.

    070701  ino mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check
            6 letters, then thirteen numbers of 8 hexadecimal digits: 110 bytes
    name, 0, padding to 4 · data, padding to 4 · … · the last name is TRAILER!!!

https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from converters.guests.look.unpacking import Flow
from converters.guests.tree import Unreadable

MAGICS: Final = (b"070701", b"070702")
TRAILER: Final = "TRAILER!!!"
_HEADER: Final = 110
_NAME: Final = 4096  # bytes of a name; Linux takes no longer ones
_KINDS: Final = {0o100000: "file", 0o040000: "dir", 0o120000: "link"}


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive."""

    name: str  # without a slash or dot at the start
    kind: str  # file, dir, link, other
    size: int  # bytes
    links: int  # names that it has
    inode: tuple[int, int, int]  # the same for all names of a file
    data: bytes | None = None  # of a link its target; of a file if it was to be kept
    mode: int = 0  # with the kind in it


def members(flow: Flow, keep: Callable[[Member], bool]) -> Iterator[Member]:
    """Yield one archive's members, the data of the files that keep wants.

    Raises Unreadable where the archive ends too early or is none.
    """
    start = flow.position
    while True:
        head = flow.take(_HEADER)
        if len(head) < _HEADER:
            raise Unreadable("the archive is cut short")
        if head[:6] not in MAGICS:
            raise Unreadable("the archive is damaged")
        try:
            numbers = [int(head[at : at + 8], 16) for at in range(6, _HEADER, 8)]
        except ValueError:
            raise Unreadable("the archive is damaged") from None
        inode, mode, _, _, links, _, size, major, minor, _, _, length, _ = numbers
        if not 0 < length <= _NAME:
            raise Unreadable("the archive is damaged: a name is too long")
        raw = flow.take(length)
        _align(flow, start)
        name = raw.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
        if name == TRAILER:
            flow.skip(size)
            return
        kind = _KINDS.get(mode & 0o170000, "other")
        member = Member(clean(name), kind, size, links, (inode, major, minor), mode=mode)
        if kind == "link" and size > _NAME:
            raise Unreadable("the archive is damaged: a link is too long")
        if kind == "link" or (kind == "file" and keep(member)):
            member = replace(member, data=flow.take(size))
            got = len(member.data or b"")
        else:
            got = flow.skip(size)
        if got < size:
            raise Unreadable("the archive is cut short")
        _align(flow, start)
        yield member


def clean(name: str) -> str:
    """Return a name without empty parts and dots: "./lib//modules" is lib/modules."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def entry(name: str, mode: int, data: bytes = b"") -> bytes:
    """Return one member of an archive; mode has the kind in it."""
    encoded = name.encode("utf-8", "surrogateescape") + b"\0"
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08X" % number for number in numbers) + encoded
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def trailer() -> bytes:
    """Return the end of an archive."""
    return entry(TRAILER, 0)


def _align(flow: Flow, start: int) -> None:
    flow.skip(-(flow.position - start) % 4)
