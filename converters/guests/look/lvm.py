"""LVM2: which logical volumes the physical ones make, and where their bytes stand.

    physical volume:  sector 0–3 "LABELONE" → header: id, device size, data areas, metadata areas
    metadata area:    checksum · " LVM2 x[5A%r0N*>" · version · start · size · where the text is
    text:             see lvm_text.py: volume group, its physical volumes, segments of the logical

https://github.com/libyal/libvslvm/blob/main/documentation/ · lvm2's lib/format_text/layout.h.
libvslvm's Python module tells names and sizes but not where a segment stands, so it is read here.
Read are linear and striped segments, and mirrors (raid1, mirror) through their first leg.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import Extent
from converters.guests.look.lvm_text import Section, below, items, number, parse, string
from converters.guests.look.sources import Source
from converters.guests.look.superblocks import lvm_uuid
from converters.guests.tree import Unreadable

MAGIC: Final = b" LVM2 x[5A%r0N*>"
SECTOR: Final = 512  # bytes: LVM counts in these on every disk
TEXT: Final = 16 << 20  # bytes of metadata; LVM's own areas have 1 MiB
PIECES: Final = 200_000  # of one logical volume: 12 GiB in stripes of 64 KiB
NAME: Final = re.compile(r"(?!\.\.?$)[\w+.][\w+.-]{0,127}", re.ASCII)
LEVELS: Final = 4  # of logical volumes within logical volumes


@dataclass(frozen=True, slots=True)
class PhysicalVolume:
    """A volume that LVM has taken."""

    id: str  # as LVM writes it, dashes and all
    volume: str  # id of the volume
    disk: int
    offset: int  # bytes from the start of the disk
    size: int  # bytes
    text: str  # the metadata; empty if it has no copy of it
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class LogicalVolume:
    """A volume that LVM gives."""

    id: str  # "vg/lv"
    extents: tuple[Extent, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A volume group."""

    name: str
    physical: tuple[str, ...]  # ids of the volumes of it that are here
    logical: tuple[LogicalVolume, ...]
    problem: str | None = None  # why it cannot be activated as it should be


def read_physical(source: Source, volume: str, disk: int, offset: int) -> PhysicalVolume:
    """Return what a physical volume says of itself."""
    label = next(at for at in range(0, 2048, SECTOR) if source.read_at(at, 8) == b"LABELONE")
    (start,) = struct.unpack("<I", source.read_at(label + 20, 4))
    head = source.read_at(label + start, 1024)
    if len(head) < 64:
        raise Unreadable("the LVM label is cut short")
    own = lvm_uuid(head[:32])
    try:
        text = _newest(source, head)
        problem = None
    except Unreadable as error:
        text, problem = "", f"its LVM metadata cannot be read: {error}"
    return PhysicalVolume(own, volume, disk, offset, source.size, text, problem)


def groups(physical: Sequence[PhysicalVolume]) -> tuple[Group, ...]:
    """Return the volume groups that some physical volumes make."""
    newest: dict[str, tuple[int, str, Section]] = {}  # by the group's id
    wrong: list[Group] = []
    for one in physical:
        try:
            if one.problem:
                raise Unreadable(one.problem)
            if one.text:
                name, section = _group(parse(one.text))
                own, seqno = string(section, "id"), number(section, "seqno")
                if own not in newest or newest[own][0] < seqno:
                    newest[own] = (seqno, name, section)
        except Unreadable as error:
            wrong.append(Group("", (one.volume,), (), str(error)))
    made = []
    for _, name, section in newest.values():
        try:
            made.append(_made(name, section, physical))
        except Unreadable as error:
            there = tuple(one.volume for one in physical)
            wrong.append(Group(name, there, (), f"volume group {name}: {error}"))
    names = [group.name for group in made]
    for at, group in enumerate(made):
        if names.count(group.name) > 1:
            problem = f"there are several volume groups called {group.name}"
            made[at] = Group(group.name, group.physical, group.logical, problem)
    return (*made, *wrong)


def _newest(source: Source, head: bytes) -> str:
    """Return the text of the first metadata area that is right; empty if there is no area."""
    _, at = _areas(head, 40)  # those of the data
    areas, _ = _areas(head, at)
    wrong: Unreadable | None = None
    for start, size in areas:
        try:
            return _text(source, start, size)
        except Unreadable as error:
            wrong = wrong or error
    if wrong is not None:
        raise wrong
    return ""


def _areas(head: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """Return a list of places, which ends with zeros, and where the next list begins."""
    found = []
    while at + 16 <= len(head):
        offset, size = struct.unpack_from("<QQ", head, at)
        at += 16
        if not offset:
            break
        found.append((offset, size))
    return found, at


def _text(source: Source, start: int, size: int) -> str:
    """Return the text in a metadata area, which is a ring behind its first sector."""
    head = source.read_at(start, SECTOR)
    if len(head) < SECTOR or head[4:20] != MAGIC:
        raise Unreadable("a metadata area has no header")
    offset, length, checksum, _ = struct.unpack_from("<QQII", head, 40)
    if not offset:
        return ""  # nothing has been written yet: no volume group
    if not SECTOR <= offset < size or length > min(size - SECTOR, TEXT):
        raise Unreadable("a metadata area points beyond its end")
    first = source.read_at(start + offset, min(length, size - offset))
    content = first + source.read_at(start + SECTOR, length - len(first))
    if len(content) < length or _checksum(content) != checksum:
        raise Unreadable("the checksum of the metadata is wrong")
    return content.rstrip(b"\0").decode("utf-8", "replace")


def _checksum(content: bytes) -> int:
    """Return LVM's CRC-32: the usual polynomial, another beginning, nothing turned at the end."""
    return zlib.crc32(content, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def _group(top: Section) -> tuple[str, Section]:
    for name, section in top.items():
        if isinstance(section, dict) and "extent_size" in section and NAME.fullmatch(name):
            return name, section
    raise Unreadable("its LVM metadata tells of no volume group")


def _made(name: str, section: Section, physical: Sequence[PhysicalVolume]) -> Group:
    """Put a group together; what cannot be is a problem of it, or of one of its volumes."""
    here: dict[str, tuple[PhysicalVolume, int]] = {}
    problems = []
    for key, one in below(section, "physical_volumes").items():
        own = string(one, "id")
        found = [volume for volume in physical if volume.id == own]
        if not found:
            problems.append(f"its physical volume {key} ({own}) is not among the disks")
            continue
        if len(found) > 1:
            problems.append(f"its physical volume {key} ({own}) is there more than once")
        try:
            here[key] = found[0], number(one, "pe_start") * SECTOR
        except Unreadable as error:
            problems.append(str(error))
    if "EXPORTED" in items(section, "status"):
        problems.append("it is exported")
    reader = _Volumes(section, here)
    logical = []
    for own, one in below(section, "logical_volumes").items():
        if "VISIBLE" not in items(one, "status") or not NAME.fullmatch(own):
            continue
        try:
            logical.append(LogicalVolume(f"{name}/{own}", reader.extents(own)))
        except Unreadable as error:
            logical.append(LogicalVolume(f"{name}/{own}", (), str(error)))
    problem = f"volume group {name}: {'; '.join(problems)}" if problems else None
    return Group(name, tuple(one.volume for one, _ in here.values()), tuple(logical), problem)


class _Volumes:
    """The logical volumes of a group, those that only others stand on too."""

    def __init__(self, section: Section, here: dict[str, tuple[PhysicalVolume, int]]) -> None:
        self._logical = below(section, "logical_volumes")
        self._here = here
        self._extent = number(section, "extent_size") * SECTOR
        self._known: dict[str, tuple[Extent, ...] | None] = {}

    def extents(self, name: str, level: int = 0) -> tuple[Extent, ...]:
        """Return where a logical volume's bytes stand; raises Unreadable."""
        if level > LEVELS or name not in self._logical:
            raise Unreadable(f"logical volume {name}: not among the disks")
        if name not in self._known:
            self._known[name] = None
            self._known[name] = self._found(name, level)
        known = self._known[name]
        if known is None:
            raise Unreadable(f"logical volume {name}: it stands on itself")
        return known

    def _found(self, name: str, level: int) -> tuple[Extent, ...]:
        section = self._logical[name]
        segments = [one for one in section.values() if isinstance(one, dict) and "type" in one]
        segments.sort(key=lambda one: number(one, "start_extent"))
        found: list[Extent] = []
        upto = 0
        for segment in segments:
            if number(segment, "start_extent") != upto:
                raise Unreadable(f"logical volume {name}: its segments leave holes")
            upto += number(segment, "extent_count")
            for extent in self._segment(name, segment, level):
                last = found[-1] if found else None
                if last and (last.disk, last.offset + last.size) == (extent.disk, extent.offset):
                    found[-1] = Extent(last.disk, last.offset, last.size + extent.size)
                else:
                    found.append(extent)
                if len(found) > PIECES:
                    raise Unreadable(f"logical volume {name}: in more than {PIECES} pieces")
        return tuple(found)

    def _segment(self, name: str, segment: Section, level: int) -> Iterator[Extent]:
        kind = string(segment, "type").partition("+")[0]
        size = number(segment, "extent_count") * self._extent
        if kind in ("striped", "linear"):
            yield from self._striped(name, segment, size)
            return
        legs = {"raid1": ("raids", 1), "mirror": ("mirrors", 0)}
        if kind not in legs:
            raise Unreadable(f"logical volume {name}: segments of type {kind} are not read")
        where, which = legs[kind]
        leg = [one for one in items(segment, where) if isinstance(one, str)][which:][:1]
        if not leg:
            raise Unreadable(f"logical volume {name}: a mirror without a leg")
        for extent in self.extents(leg[0], level + 1):
            yield Extent(extent.disk, extent.offset, min(extent.size, size))
            size -= min(extent.size, size)
            if not size:
                break

    def _striped(self, name: str, segment: Section, size: int) -> Iterator[Extent]:
        areas = items(segment, "stripes")
        starts = [
            self._start(name, key, first, size * 2 // len(areas))
            for key, first in zip(areas[::2], areas[1::2], strict=False)
        ]
        if not starts or len(areas) % 2:
            raise Unreadable(f"logical volume {name}: a segment without a place")
        if len(starts) == 1:
            yield Extent(*starts[0], size)
            return
        each = number(segment, "stripe_size") * SECTOR
        if not each or size % (each * len(starts)):
            raise Unreadable(f"logical volume {name}: stripes that do not fit")
        for row in range(size // (each * len(starts))):
            for disk, offset in starts:
                yield Extent(disk, offset + row * each, each)

    def _start(self, name: str, key: int | str, first: int | str, size: int) -> tuple[int, int]:
        """Return the disk and the offset where a stripe begins."""
        if not isinstance(key, str) or not isinstance(first, int) or first < 0:
            raise Unreadable(f"logical volume {name}: a segment without a place")
        if key not in self._here:
            raise Unreadable(f"logical volume {name}: its physical volume {key} is missing")
        volume, begins = self._here[key]
        inside = begins + first * self._extent
        if inside + size > volume.size:
            raise Unreadable(f"logical volume {name}: a segment ends beyond its physical volume")
        return volume.disk, volume.offset + inside
