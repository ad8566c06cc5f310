"""Tar archives, read where they are: names and places of the files, nothing is unpacked.

    a member    header of 512 bytes, then its data, padded with zeros to whole blocks
    at the end  two blocks of zeros; many tools leave out one or both

    header      0 name (100)  124 size (12)  148 checksum (8)  156 kind  257 magic  345 prefix (155)
                numbers are octal text; GNU writes large sizes in binary, the first bit set
    kinds       0, NUL, 7  a file            5  a folder         1, 2, 3, 4, 6  links and devices
                L, K       GNU: the next member's name, its link's target
                x, g       pax: "LENGTH KEY=VALUE\\n" for the next member, for all that follow

Specification: POSIX.1-2017, pax, https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html,
and https://www.gnu.org/software/tar/manual/html_node/Standard.html. Refused are links, devices,
sparse files, archives over several volumes, and a size or name for all members at once.
"""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from converters.errors import repeated_file, unsupported_ova
from converters.stages.formats.image import Image, Outside

BLOCK: Final = 512
MEMBERS: Final = 10_000  # headers of all kinds: nobody reads on forever
EXTENSION: Final = 64 << 10  # bytes of a GNU name or a pax header

NAME: Final = slice(0, 100)
SIZE: Final = slice(124, 136)
CHECKSUM: Final = slice(148, 156)
KIND: Final = slice(156, 157)
MAGIC: Final = slice(257, 263)
PREFIX: Final = slice(345, 500)
USTAR: Final = b"ustar\0"  # GNU's magic ends in a space, and there is no prefix
BINARY: Final = 0x80
OCTAL: Final = re.compile(rb" *([0-7]*) *(\0.*)?", re.DOTALL)

FILES: Final = (b"0", b"\0", b"7")
FOLDER: Final = b"5"
EXTENSIONS: Final = (b"L", b"K", b"x", b"g")
RECORD: Final = re.compile(rb"([0-9]{1,6}) ([^=\n]+)=")
DECIMAL: Final = re.compile(rb"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class File:
    """A file in an archive."""

    name: str
    offset: int  # bytes: where its data begins
    length: int  # bytes


class Header(NamedTuple):
    """What a header says."""

    name: bytes
    size: int
    kind: bytes


def matches(image: Image) -> bool:
    """Tell whether this begins as an archive does."""
    try:
        _header(image.begins(BLOCK))
    except ValueError:
        return False
    return True


def files(image: Image) -> dict[str, File]:
    """Return the files of an archive by name, in their order; ClientError."""
    try:
        found: dict[str, File] = {}
        for file in _walk(image):
            if file.name in found:
                raise repeated_file(file.name)
            found[file.name] = file
    except (Outside, ValueError):
        raise unsupported_ova() from None
    return found


def _walk(image: Image) -> Iterator[File]:
    offset = 0
    said: dict[bytes, bytes] = {}  # by extensions, of the next member
    for _ in range(MEMBERS):
        block = image.begins(BLOCK, offset)
        if not block.strip(b"\0") and offset and not said:
            return  # with blocks that say so, or without
        header = _header(block)
        offset += BLOCK
        if header.kind in EXTENSIONS:
            if header.size > EXTENSION:
                raise ValueError("the extension is too large")
            said |= _extension(header.kind, image.read(offset, header.size))
            offset += _padded(header.size)
        elif header.kind in FILES:
            file = _file(header, said, offset)
            if file.offset + file.length > image.size:
                raise Outside
            yield file
            offset += _padded(file.length)
            said = {}
        elif header.kind == FOLDER:  # its size, if it has one, is not of data
            said = {}
        else:
            raise ValueError("neither file nor folder")
    raise ValueError("too many members")


def _header(block: bytes) -> Header:
    given = OCTAL.fullmatch(block[CHECKSUM])
    if len(block) < BLOCK or given is None or not given[1]:
        raise ValueError("not a header")
    blank = block[: CHECKSUM.start] + b" " * 8 + block[CHECKSUM.stop :]
    signed = sum(blank) - 256 * sum(byte > 127 for byte in blank)  # as some old tools did
    if int(given[1], 8) not in (sum(blank), signed):
        raise ValueError("the checksum is wrong")
    name = block[NAME].split(b"\0")[0]
    if block[MAGIC] == USTAR and (prefix := block[PREFIX].split(b"\0")[0]):
        name = prefix + b"/" + name
    return Header(name, _number(block[SIZE]), block[KIND])


def _number(field: bytes) -> int:
    if field[0] & BINARY:  # a negative one becomes larger than any file
        return int.from_bytes(bytes([field[0] & ~BINARY]) + field[1:], "big")
    if (octal := OCTAL.fullmatch(field)) is None:
        raise ValueError("not a number")
    return int(octal[1] or b"0", 8)


def _file(header: Header, said: dict[bytes, bytes], offset: int) -> File:
    name = said.get(b"path", header.name)
    size = said.get(b"size")
    if not name or b"\0" in name or (size is not None and not DECIMAL.fullmatch(size)):
        raise ValueError("no name, or no size")
    return File(
        posixpath.normpath(name.decode(errors="backslashreplace")),
        offset,
        header.size if size is None else int(size),
    )


def _extension(kind: bytes, data: bytes) -> dict[bytes, bytes]:
    """Return what an extension says of the next member's name and size."""
    if kind == b"L":
        return {b"path": data.split(b"\0")[0]}
    if kind == b"K":
        return {}
    said = dict(_records(data))
    known: dict[bytes, bytes] = {key: said[key] for key in (b"path", b"size") if key in said}
    if any(key.startswith(b"GNU.sparse.") for key in said) or (kind == b"g" and known):
        raise ValueError("sparse, or for all members")
    return known


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        found = RECORD.match(data, at)
        end = at + int(found[1]) if found else 0
        if not found or not found.end() < end <= len(data) or data[end - 1 : end] != b"\n":
            raise ValueError("not a record")
        yield found[2], data[found.end() : end - 1]
        at = end


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
