"""What goes over a wire: Ethernet frames with ARP, IPv4, ICMP, TCP and DHCP in them, read and made.

    Ethernet   to 6 │ from 6 │ type 2                             RFC 894
    ARP        08 06 │ 0001 0800 06 04 │ operation 2 │ from MAC 6, IP 4 │ to MAC 6, IP 4   RFC 826
    IPv4       08 00 │ version, length 1 … total 2 … fragment 2 … protocol 1, sum 2, from 4, to 4
    DHCP       UDP 68 ─► 67 │ op 1 htype 1 hlen 1 … xid 4 … flags 2 │ ciaddr yiaddr siaddr giaddr
               chaddr 16 … cookie 63 82 53 63 │ options: code 1, length 1, value   RFC 2131, 2132

Everything that is read was written by a guest: what is not whole is None, never an exception.
"""

import struct
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

ARP: Final = b"\x08\x06"
IPV4: Final = b"\x08\x00"
ICMP, TCP, UDP = 1, 6, 17
ETHERNET: Final = 14  # bytes of a header
SHORTEST: Final = 60  # bytes of a frame, without its checksum
ANY: Final = IPv4Address("0.0.0.0")
EVERYBODY: Final = IPv4Address("255.255.255.255")
BROADCAST: Final = b"\xff" * 6

ARP_HEAD: Final = bytes.fromhex("000108000604")
COOKIE: Final = bytes.fromhex("63825363")
BOOTP: Final = 236  # bytes before the cookie
SHORTEST_DHCP: Final = 300  # bytes; some clients drop shorter ones
SERVER_PORT, CLIENT_PORT = 67, 68
MOST_OPTIONS: Final = 128

DISCOVER, OFFER, REQUEST, ACK, NAK, INFORM = 1, 2, 3, 5, 6, 8
MESSAGE, SERVER, LEASE, MASK, ROUTER, NAMES, HOST, DOMAIN = 53, 54, 51, 1, 3, 6, 12, 15
WANTED, VENDOR, USER = 50, 60, 77
FINISH, SYN, RST, ACKNOWLEDGE = 0x01, 0x02, 0x04, 0x10


@dataclass(frozen=True, slots=True)
class Frame:
    """An Ethernet frame."""

    target: bytes
    source: bytes
    kind: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Arp:
    """Who asks for, or tells, which address is whose."""

    asks: bool
    sender: bytes
    sender_ip: IPv4Address
    target_ip: IPv4Address


@dataclass(frozen=True, slots=True)
class Packet:
    """A whole IPv4 packet."""

    source: IPv4Address
    target: IPv4Address
    protocol: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """The head of a TCP segment, and how many bytes it takes of the sequence."""

    source: int
    target: int
    sequence: int
    acknowledged: int
    flags: int
    length: int


@dataclass(frozen=True, slots=True)
class Dhcp:
    """What a client of DHCP says."""

    kind: int
    transaction: bytes
    flags: bytes
    address: IPv4Address  # that it has already, or 0.0.0.0
    hardware: bytes
    options: dict[int, bytes] = field(default_factory=dict)


def frame(raw: bytes) -> Frame | None:
    """Read a frame."""
    if len(raw) < ETHERNET:
        return None
    return Frame(raw[:6], raw[6:12], raw[12:14], raw[14:])


def arp(payload: bytes) -> Arp | None:
    """Read an ARP message."""
    if len(payload) < 28 or payload[:6] != ARP_HEAD:
        return None
    operation = int.from_bytes(payload[6:8])
    if operation not in (1, 2):
        return None
    target = IPv4Address(payload[24:28])
    return Arp(operation == 1, payload[8:14], IPv4Address(payload[14:18]), target)


def packet(payload: bytes) -> Packet | None:
    """Read an IPv4 packet; None also for a piece of one."""
    if len(payload) < 20 or payload[0] >> 4 != 4:
        return None
    head, total = (payload[0] & 15) * 4, int.from_bytes(payload[2:4])
    pieces = int.from_bytes(payload[6:8]) & 0x3FFF  # "more to come", or not the first
    if head < 20 or not head <= total <= len(payload) or pieces:
        return None
    source, target = IPv4Address(payload[12:16]), IPv4Address(payload[16:20])
    return Packet(source, target, payload[9], payload[head:total])


def segment(payload: bytes) -> Segment | None:
    """Read the head of a TCP segment."""
    if len(payload) < 20:
        return None
    source, target, sequence, acknowledged, offset, flags = struct.unpack_from(">HHIIBB", payload)
    head = (offset >> 4) * 4
    if not 20 <= head <= len(payload):
        return None
    length = len(payload) - head + bool(flags & SYN) + bool(flags & FINISH)
    return Segment(source, target, sequence, acknowledged, flags, length)


def dhcp(payload: bytes) -> Dhcp | None:
    """Read what a DHCP client sends, out of UDP."""
    if len(payload) < 8:
        return None
    ports, length = struct.unpack_from(">II", payload)[0], int.from_bytes(payload[4:6])
    if ports != CLIENT_PORT << 16 | SERVER_PORT or not 8 <= length <= len(payload):
        return None
    said = payload[8:length]
    if len(said) < BOOTP + 4 or said[:3] != b"\1\1\6" or said[BOOTP : BOOTP + 4] != COOKIE:
        return None
    found = options(said[BOOTP + 4 :])
    kind = found.get(MESSAGE, b"")
    if len(kind) != 1:
        return None
    address = IPv4Address(said[12:16])
    return Dhcp(kind[0], said[4:8], said[10:12], address, said[28:34], found)


def options(said: bytes) -> dict[int, bytes]:
    """Read the options of DHCP; what is cut off is left out."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 1 < len(said) and said[at] != 255 and len(found) < MOST_OPTIONS:
        if said[at] == 0:
            at += 1
            continue
        end = at + 2 + said[at + 1]
        if end > len(said):
            break
        found[said[at]] = found.get(said[at], b"") + said[at + 2 : end]  # RFC 3396
        at = end
    return found


def ethernet(target: bytes, source: bytes, kind: bytes, payload: bytes) -> bytes:
    """Make a frame."""
    return (target + source + kind + payload).ljust(SHORTEST, b"\0")


def arp_answer(asked: Arp, hardware: bytes) -> bytes:
    """Make the answer that an address is of some hardware."""
    told = ARP_HEAD + b"\0\2" + hardware + asked.target_ip.packed
    return ethernet(asked.sender, hardware, ARP, told + asked.sender + asked.sender_ip.packed)


def ipv4(source: IPv4Address, target: IPv4Address, protocol: int, payload: bytes) -> bytes:
    """Make an IPv4 packet."""
    total = 20 + len(payload)
    head: bytes = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0x4000, 64, protocol, 0)
    head += source.packed + target.packed
    return head[:10] + checksum(head) + head[12:] + payload


def reset(refused: Packet, segment: Segment) -> bytes:
    """Make the packet that refuses a connection, or ends it. RFC 9293, 3.5.2."""
    if segment.flags & ACKNOWLEDGE:
        numbers, flags = (segment.acknowledged, 0), RST
    else:
        after = (segment.sequence + segment.length) & 0xFFFFFFFF
        numbers, flags = (0, after), RST | ACKNOWLEDGE
    head = struct.pack(
        ">HHIIBBHHH", segment.target, segment.source, *numbers, 5 << 4, flags, 0, 0, 0
    )
    addresses = refused.target.packed + refused.source.packed
    check = checksum(addresses + struct.pack(">BBH", 0, TCP, len(head)) + head)
    return ipv4(refused.target, refused.source, TCP, head[:16] + check + head[18:])


def dhcp_answer(
    asked: Dhcp, kind: int, server: IPv4Address, given: IPv4Address, told: dict[int, bytes]
) -> bytes:
    """Make what a server says, in UDP; told are the options beside its kind and server."""
    said = b"\2\1\6\0" + asked.transaction + bytes(2) + asked.flags + asked.address.packed
    said += given.packed + bytes(8) + asked.hardware
    said = said.ljust(BOOTP, b"\0") + COOKIE
    for code, value in {MESSAGE: bytes([kind]), SERVER: server.packed, **told}.items():
        said += bytes([code, len(value)]) + value
    said = (said + b"\xff").ljust(SHORTEST_DHCP, b"\0")
    return struct.pack(">HHHH", SERVER_PORT, CLIENT_PORT, 8 + len(said), 0) + said


def checksum(content: bytes) -> bytes:
    """Return the sum that IPv4, ICMP and TCP have. RFC 1071."""
    # Words whose carries are added again are a number's digits modulo 65,535; only where all are
    # nought the sum is, too.
    number = int.from_bytes(content + bytes(len(content) % 2))
    total = number % 0xFFFF or (0xFFFF if number else 0)
    return (total ^ 0xFFFF).to_bytes(2)
