"""What the server for names knows: the guest itself, and where the metadata service is.

    id 2 │ flags 2 │ questions 2 │ answers 2 │ … 2 │ … 2 │ labels … 0 │ type 2 │ class 2    RFC 1035

All else is refused at once, so that nobody in the guest waits for it.
"""

import struct
from ipaddress import IPv4Address
from typing import Final

from converters.boot.frames import UDP, Packet, ipv4
from converters.boot.network import METADATA
from converters.vnet.guest import Guest

PORT: Final = 53
HEAD: Final = 12
ADDRESS, POINTER, ANYTHING, INTERNET = 1, 12, 255, 1
LIFE: Final = 60  # seconds that an answer may be kept
ANSWER, AUTHORITATIVE, ASKED_TO, ABLE = 0x8000, 0x0400, 0x0100, 0x0080
OPCODE: Final = 0x7800
REFUSED, NOT_DONE = 5, 4
LONGEST_NAME: Final = 255


def answer(packet: Packet, guest: Guest) -> bytes | None:
    """Return the packet that answers a question; None to what is none."""
    raw = packet.payload
    if len(raw) < 8:
        return None
    source, target, length = struct.unpack_from(">HHH", raw)
    if target != PORT or not 8 <= length <= len(raw):
        return None
    if (said := reply(raw[8:length], guest)) is None:
        return None
    head = struct.pack(">HHHH", PORT, source, 8 + len(said), 0)
    return ipv4(packet.target, packet.source, UDP, head + said)


def reply(asked: bytes, guest: Guest) -> bytes | None:
    """Return the message that answers one; None to what is no question."""
    if len(asked) < HEAD:
        return None
    number, flags, questions = struct.unpack_from(">HHH", asked)
    if flags & ANSWER:
        return None
    kept = ANSWER | ABLE | flags & (OPCODE | ASKED_TO)
    if flags & OPCODE:
        return struct.pack(">HHHHHH", number, kept | NOT_DONE, 0, 0, 0, 0)
    if questions != 1 or (question := _question(asked)) is None:
        return struct.pack(">HHHHHH", number, kept | REFUSED, 0, 0, 0, 0)
    name, kind, end = question
    known = _known(guest).get(name)
    if known is None:
        return struct.pack(">HHHHHH", number, kept | REFUSED, 1, 0, 0, 0) + asked[HEAD:end]
    answers = [known] if kind in (known[0], ANYTHING) else []
    head = struct.pack(">HHHHHH", number, kept | AUTHORITATIVE, 1, len(answers), 0, 0)
    said = head + asked[HEAD:end]
    for its_kind, value in answers:
        said += struct.pack(">HHHIH", 0xC000 | HEAD, its_kind, INTERNET, LIFE, len(value)) + value
    return said


def _question(asked: bytes) -> tuple[str, int, int] | None:
    """Read what is asked: name, type, and where it ends."""
    labels, at = [], HEAD
    while at < len(asked) and (length := asked[at]):
        if length > 63 or at - HEAD > LONGEST_NAME:
            return None
        labels.append(asked[at + 1 : at + 1 + length].decode("latin-1").lower())
        at += 1 + length
    if at + 5 > len(asked):
        return None
    kind, family = struct.unpack_from(">HH", asked, at + 1)
    return (".".join(labels), kind, at + 5) if family == INTERNET else None


def _known(guest: Guest) -> dict[str, tuple[int, bytes]]:
    own = (ADDRESS, guest.address.packed)
    metadata = (ADDRESS, METADATA.packed)
    by_id = {f"{guest.instance_id}.{guest.domain}": own} if guest.resource_name else {}
    return {
        **by_id,
        guest.host.lower(): own,
        f"instance-data.{guest.domain}": metadata,
        "instance-data": metadata,
        guest.address.reverse_pointer: (POINTER, _labels(guest.host)),
        IPv4Address(METADATA).reverse_pointer: (POINTER, _labels(f"instance-data.{guest.domain}")),
    }


def _labels(name: str) -> bytes:
    parts = (label.encode() for label in name.split("."))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
