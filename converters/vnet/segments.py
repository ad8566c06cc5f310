"""TCP segments, read and made.

    from 2 │ to 2 │ sequence 4 │ acknowledged 4 │ length of head, flags 2 │ window 2 │ sum 2 │ … 2
    options (of which we know one: the largest segment that is taken) │ bytes        RFC 9293, 3.1

A guest wrote what is read: what is not whole, or whose sum is wrong, is None.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from converters.boot import frames
from converters.boot.frames import ACKNOWLEDGE, FINISH, RST, SYN, Packet

PUSH: Final = 0x08
NUMBERS: Final = 1 << 32  # that sequences count with
LARGEST: Final = 1460  # bytes in a segment: what a frame holds, less two heads
USUAL: Final = 536  # where nobody has said what he takes
SMALLEST: Final = 88  # that we believe: below, there is more head than content
HOPS: Final = 64
NO_OPTION, END_OF_OPTIONS, LARGEST_SEGMENT = 1, 0, 2


@dataclass(frozen=True, slots=True)
class Ends:
    """Between whom: ours first."""

    address: IPv4Address
    port: int
    peer: IPv4Address
    peer_port: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment."""

    sequence: int
    acknowledged: int
    flags: int
    window: int = 0
    content: bytes = b""
    largest: int | None = None  # that its sender takes

    @property
    def length(self) -> int:
        """How many numbers it takes."""
        return len(self.content) + bool(self.flags & SYN) + bool(self.flags & FINISH)


def read(packet: Packet) -> tuple[Ends, Segment] | None:
    """Read what the other end sent."""
    raw = packet.payload
    if len(raw) < 20:
        return None
    source, target, sequence, acknowledged, head, flags, window = struct.unpack_from(
        ">HHIIBBH", raw
    )
    head = (head >> 4) * 4
    if not 20 <= head <= len(raw):
        return None
    if frames.checksum(_pseudo(packet.source, packet.target, len(raw)) + raw) != b"\0\0":
        return None
    largest = _largest(raw[20:head]) if flags & SYN else None
    ends = Ends(packet.target, target, packet.source, source)
    return ends, Segment(sequence, acknowledged, flags, window, raw[head:], largest)


def _largest(options: bytes) -> int | None:
    at = 0
    while at + 1 < len(options) and options[at] != END_OF_OPTIONS:
        if options[at] == NO_OPTION:
            at += 1
            continue
        length = options[at + 1]
        if length < 2:
            return None
        if options[at] == LARGEST_SEGMENT and length == 4 and at + 4 <= len(options):
            return int.from_bytes(options[at + 2 : at + 4])
        at += length
    return None


def written(ends: Ends, segment: Segment, hops: int = HOPS) -> bytes:
    """Make the packet that carries a segment to the other end."""
    options = b""
    if segment.largest is not None:
        options = struct.pack(">BBH", LARGEST_SEGMENT, 4, segment.largest)
    head: bytes = struct.pack(
        ">HHIIBBHHH",
        ends.port,
        ends.peer_port,
        segment.sequence,
        segment.acknowledged,
        (20 + len(options)) << 2,
        segment.flags,
        segment.window,
        0,
        0,
    )
    raw = head + options + segment.content
    check = frames.checksum(_pseudo(ends.address, ends.peer, len(raw)) + raw)
    packet = frames.ipv4(ends.address, ends.peer, frames.TCP, raw[:16] + check + raw[18:])
    return packet if hops == HOPS else _with_hops(packet, hops)


def _with_hops(packet: bytes, hops: int) -> bytes:
    head = packet[:8] + bytes([hops]) + packet[9:10] + bytes(2) + packet[12:20]
    return head[:10] + frames.checksum(head) + head[12:] + packet[20:]


def _pseudo(source: IPv4Address, target: IPv4Address, length: int) -> bytes:
    return source.packed + target.packed + struct.pack(">BBH", 0, frames.TCP, length)


def refusal(segment: Segment) -> Segment:
    """Return what refuses a segment that belongs to no connection. RFC 9293, 3.5.2."""
    if segment.flags & ACKNOWLEDGE:
        return Segment(segment.acknowledged, 0, RST)
    return Segment(0, (segment.sequence + segment.length) % NUMBERS, RST | ACKNOWLEDGE)
