"""The files in a package of Debian's or Red Hat's, without anything being installed or run.

    .deb   !<arch>⏎  then debian-binary, control.tar.*, data.tar.*, each behind 60 letters: name 16,
           time 12, uid 6, gid 6, mode 8, size 10, `⏎; padded to even        deb(5)
    .rpm   a lead of 96 bytes · the signature's header, padded to 8 · a header · a packed cpio
           a header: 8E AD E8 01, 4 bytes, count, size, 16 bytes for each entry, then the data
           https://rpm-software-management.github.io/rpm/manual/format_v4.html

Scripts of the package (postinst, %post) are not in what is returned.
"""

import io
import struct
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests.look import cpio
from converters.guests.look.unpacking import Flow, unpacker
from converters.guests.tree import Unreadable

MEMBERS: Final = 10_000
LARGEST: Final = 256 << 20  # bytes of one file
WHOLE: Final = 512 << 20  # bytes of all
CHUNK: Final = 1 << 20

_AR: Final = b"!<arch>\n"
_AR_HEADER: Final = 60
_RPM: Final = b"\xed\xab\xee\xdb"
_RPM_LEAD: Final = 96
_RPM_HEADER: Final = b"\x8e\xad\xe8\x01"


@dataclass(frozen=True, slots=True)
class Packed:
    """A file in a package."""

    path: str  # absolute, in the guest
    mode: int  # permission bits
    data: bytes | None  # None: a symlink, a device, …


def files(path: Path) -> Iterator[Packed]:
    """Yield the files that a package brings, directories left out; raises Unreadable."""
    with path.open("rb") as file:
        flow = Flow(iter(lambda: file.read(CHUNK), b""))
        start = flow.peek(8)
        if start == _AR:
            found = _deb(flow)
        elif start.startswith(_RPM):
            found = _rpm(flow)
        else:
            raise Unreadable("it is neither a .deb nor a .rpm")
        total = 0
        for number, packed in enumerate(found):
            total += len(packed.data or b"")
            if number >= MEMBERS or total > WHOLE:
                raise Unreadable("it holds too much")
            yield packed


def _deb(flow: Flow) -> Iterator[Packed]:
    flow.skip(len(_AR))
    while header := flow.take(_AR_HEADER):
        try:
            size = int(header[48:58])
        except ValueError:
            raise Unreadable("the archive is damaged") from None
        if size < 0 or not header.endswith(b"`\n"):
            raise Unreadable("the archive is damaged")
        if header.startswith(b"data.tar"):
            yield from _tar(_unpacked(Flow(_piece(flow, size))))
            return
        flow.skip(size + size % 2)
    raise Unreadable("it has no data.tar")


def _rpm(flow: Flow) -> Iterator[Packed]:
    flow.skip(_RPM_LEAD)
    _skip_header(flow)
    flow.skip(-flow.position % 8)
    _skip_header(flow)
    for member in cpio.members(_unpacked(flow), lambda member: member.size <= LARGEST):
        if member.kind == "file" and member.data is None:
            raise Unreadable("it holds too much")
        if member.kind != "dir":
            data = member.data if member.kind == "file" else None
            yield Packed(_inside(member.name), member.mode & 0o777, data)


def _skip_header(flow: Flow) -> None:
    head = flow.take(16)
    if len(head) < 16 or not head.startswith(_RPM_HEADER):
        raise Unreadable("a header is damaged")
    count, size = struct.unpack(">II", head[8:])
    if flow.skip(16 * count + size) < 16 * count + size:
        raise Unreadable("a header is cut short")


def _unpacked(flow: Flow) -> Flow:
    found = unpacker(flow.peek(8))
    return Flow(found[1](flow)) if found else flow


def _piece(flow: Flow, size: int) -> Iterator[bytes]:
    while size and (piece := flow.some(min(size, CHUNK))):
        size -= len(piece)
        yield piece


class _Reading(io.RawIOBase):
    """A flow as tarfile wants it."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._flow.some(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _tar(flow: Flow) -> Iterator[Packed]:
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Reading(flow)), mode="r|") as archive:
            for member in archive:
                if member.isdir():
                    continue
                data = None
                if member.isreg():
                    if member.size > LARGEST:
                        raise Unreadable("it holds too much")
                    content = archive.extractfile(member)
                    data = content.read() if content is not None else b""
                yield Packed(_inside(member.name), member.mode & 0o777, data)
    except (tarfile.TarError, ValueError, ArithmeticError, EOFError) as error:
        raise Unreadable(f"the archive is damaged: {error}") from error


def _inside(name: str) -> str:
    """Return the path that a member has in the guest."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise Unreadable(f"a file is called {name!r}")
    return "/" + "/".join(parts)
