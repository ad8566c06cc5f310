"""The manifest of a disk image in parts, as clients of ImportInstance and ImportVolume write it.

    <manifest><version>2010-11-15</version><file-format>RAW</file-format>
     <importer>…</importer><self-destruct-url/>
     <import><size>BYTES</size><volume-size>GiB</volume-size>
      <parts count="2"><part index="0"><byte-range start="0" end="10485759"/><key/>
       <head-url/><get-url/><delete-url/></part>…</parts></import></manifest>

Only what brings the image is read: its format and size, and of each part its bytes and where to get
them. The last part may end one byte, or many, after the image: known clients count so. Parts are
read as they come, so that of a long manifest only what is needed stays in memory. A DOCTYPE is
refused, and with it every entity; so is what no honest manifest has, and what would take the parser
hours: a tag or a comment of many pages, millions of elements, or thousands of names for them.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/manifest.html
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

from converters.errors import LIMIT, disk_too_large, invalid_manifest

LARGEST: Final = 256 << 20  # bytes: of 100,000 parts with three presigned URLs each
MOST_PARTS: Final = 200_000
LONGEST_TEXT: Final = 16 << 10  # characters: a URL with a session's token has some 2,000
DEEPEST: Final = 16
MOST_ELEMENTS: Final = 10 * MOST_PARTS  # a part has six
MOST_NAMES: Final = 1000  # of elements and attributes; the parser keeps each
PIECE: Final = 64 << 10  # bytes parsed in one go, in which no other thread has a turn
LONGEST_TAG: Final = PIECE  # bytes; expat begins at its first byte again with every piece
PARTS: Final = ("manifest", "import", "parts")
PART: Final = (*PARTS, "part")
FORMAT: Final = ("manifest", "file-format")
SIZE: Final = ("manifest", "import", "size")


@dataclass(frozen=True, slots=True)
class Part:
    """Some bytes of the image."""

    start: int
    length: int
    url: str = field(repr=False)  # presigned


@dataclass(frozen=True, slots=True)
class Manifest:
    """A whole image, in parts that follow one another."""

    format: str  # as it is written
    size: int  # bytes
    parts: tuple[Part, ...]


def read(path: Path) -> Manifest:
    """Return what a manifest says; ClientError."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                parser.Parse(piece)
                if file.tell() - parser.CurrentByteIndex > LONGEST_TAG:
                    raise ValueError("too long")
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise invalid_manifest("it is not well-formed XML") from error
    return _whole(reader)


@dataclass(slots=True)
class _Found:
    index: str = ""
    start: str = ""
    end: str = ""
    url: str = ""


class _Reader:
    """Notes the few things that are asked for, by where in the tree they stand."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, ...], str] = {}
        self.count: str | None = None
        self.parts: list[_Found] = []
        self._path: tuple[str, ...] = ()
        self._said = ""
        self._elements = 0
        self._names: set[str] = set()

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._path = (*self._path, _local(name))
        self._said = ""
        self._elements += 1
        self._names.update((name, *attributes))
        if self._elements > MOST_ELEMENTS or len(self._names) > MOST_NAMES:
            raise ValueError("too many")
        if len(self._path) > DEEPEST:
            raise ValueError("too deep")
        named = {_local(key): value.strip() for key, value in attributes.items()}
        if self._path == PARTS:
            self.count = named.get("count")
        elif self._path == PART:
            if len(self.parts) >= MOST_PARTS:
                raise invalid_manifest(f"there are more than {MOST_PARTS} parts")
            self.parts.append(_Found(index=named.get("index", "")))
        elif self._path == (*PART, "byte-range"):
            self.parts[-1].start = named.get("start", "")
            self.parts[-1].end = named.get("end", "")

    def text(self, said: str) -> None:
        """Some text stands here."""
        self._said += said
        if len(self._said) > LONGEST_TEXT:
            raise ValueError("too long")

    def end(self, name: str) -> None:
        """An element ends."""
        said = self._said.strip()
        if self._path == (*PART, "get-url"):
            self.parts[-1].url = said
        elif self._path in (FORMAT, SIZE):
            self.texts[self._path] = said
        self._path = self._path[:-1]
        self._said = ""


def _whole(reader: _Reader) -> Manifest:
    size = _number(reader.texts.get(SIZE, ""), "size")
    if size == 0:
        raise invalid_manifest("the size is 0")
    if size >= LIMIT:
        raise disk_too_large()
    if not reader.parts:
        raise invalid_manifest("there are no parts")
    if reader.count is not None and _number(reader.count, "count") != len(reader.parts):
        raise invalid_manifest(f"there are {len(reader.parts)} parts, not {reader.count}")
    numbers = {_number(found.index, "index") for found in reader.parts}
    if numbers != set(range(len(reader.parts))):
        raise invalid_manifest("the parts are not numbered from 0 on, each once")
    parts = []
    begin = 0
    for found in sorted(reader.parts, key=lambda each: int(each.index)):
        start, end = _number(found.start, "start"), _number(found.end, "end")
        if start != begin or start >= size or end < start:
            raise invalid_manifest(f"part {int(found.index)} does not follow the one before")
        if not found.url:
            raise invalid_manifest(f"part {int(found.index)} has no get-url")
        begin = min(end + 1, size)
        parts.append(Part(start, begin - start, found.url))
    if begin != size:
        raise invalid_manifest(f"the parts end at {begin}, the image at {size}")
    return Manifest(reader.texts.get(FORMAT, ""), size, tuple(parts))


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise invalid_manifest(f"its {name} is no number")
    return int(text)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise ValueError("a DOCTYPE")
