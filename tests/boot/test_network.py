"""The guest's network: what it answers, and that nothing a guest sends brings it down."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.boot import frames
from converters.boot.network import DEFAULT, HARDWARE, LONGEST, METADATA, Network, serve

GUEST = bytes.fromhex("0200ac10 100a".replace(" ", ""))
ADDRESS = DEFAULT.guest
ROUTER = DEFAULT.router
TRANSACTION = b"\x12\x34\x56\x78"


def dhcp(
    kind: int | None, more: dict[int, bytes] | None = None, has: IPv4Address = frames.ANY
) -> bytes:
    """A frame in which a client says something."""
    said = b"\1\1\6\0" + TRANSACTION + bytes(4) + has.packed + bytes(12) + GUEST
    said = said.ljust(frames.BOOTP, b"\0") + frames.COOKIE
    kinds = {} if kind is None else {frames.MESSAGE: bytes([kind])}
    for code, value in {**kinds, **(more or {})}.items():
        said += bytes([code, len(value)]) + value
    said += b"\xff"
    packet = struct.pack(">HHHH", 68, 67, 8 + len(said), 0) + said
    return ethernet(frames.ipv4(has, frames.EVERYBODY, frames.UDP, packet))


def ethernet(packet: bytes, kind: bytes = frames.IPV4) -> bytes:
    return frames.ethernet(frames.BROADCAST, GUEST, kind, packet)


def arp(target: IPv4Address, sender: IPv4Address = ADDRESS, operation: int = 1) -> bytes:
    told = frames.ARP_HEAD + struct.pack(">H", operation) + GUEST + sender.packed
    return ethernet(told + bytes(6) + target.packed, frames.ARP)


def tcp(target: IPv4Address, flags: int, sequence: int = 1000, acknowledged: int = 0) -> bytes:
    head = struct.pack(">HHIIBBHHH", 40000, 80, sequence, acknowledged, 0x50, flags, 0, 0, 0)
    return ethernet(frames.ipv4(ADDRESS, target, frames.TCP, head))


def answered(network: Network, frame: bytes) -> tuple[IPv4Address, IPv4Address, dict[int, bytes]]:
    """To whom DHCP answers, what it gives, and the options."""
    [raw] = network.answers(frame)
    read = frames.frame(raw)
    assert read
    packet = frames.packet(read.payload)
    assert packet
    assert (packet.protocol, packet.source, read.source) == (frames.UDP, ROUTER, HARDWARE)
    assert frames.checksum(read.payload[:20]) == b"\0\0"
    said = packet.payload[8:]
    assert packet.payload[:4] == struct.pack(">HH", 67, 68)
    assert said[4:8] == TRANSACTION
    assert said[28:34] == GUEST
    assert len(said) >= frames.SHORTEST_DHCP
    found = frames.options(said[frames.BOOTP + 4 :])
    return packet.target, IPv4Address(said[16:20]), found


def test_a_guest_gets_the_address_of_a_subnet_in_a_vpc() -> None:
    network = Network()

    target, offered, told = answered(network, dhcp(frames.DISCOVER))

    assert (target, offered) == (frames.EVERYBODY, ADDRESS)
    assert told[frames.MESSAGE] == bytes([frames.OFFER])
    assert told[frames.SERVER] == told[frames.ROUTER] == ROUTER.packed == b"\xac\x1f\x10\x01"
    assert told[frames.MASK] == b"\xff\xff\xf0\x00"
    assert told[frames.NAMES] == b"\xac\x1f\x00\x02"
    assert told[frames.HOST] == b"ip-172-31-16-10"
    assert told[frames.DOMAIN] == b"ec2.internal"
    assert network.asked
    assert network.leased is None

    wanted = {frames.WANTED: ADDRESS.packed, frames.SERVER: ROUTER.packed}
    _, given_to_it, told = answered(network, dhcp(frames.REQUEST, wanted))

    assert told[frames.MESSAGE] == bytes([frames.ACK])
    assert told[frames.LEASE] == struct.pack(">I", 3600)
    assert network.leased == given_to_it == ADDRESS


def test_an_address_is_renewed_to_where_it_is() -> None:
    network = Network()

    target, offered, told = answered(network, dhcp(frames.REQUEST, has=ADDRESS))

    assert (target, offered, told[frames.MESSAGE]) == (ADDRESS, ADDRESS, bytes([frames.ACK]))


def test_another_address_than_the_one_is_refused() -> None:
    network = Network()

    _, offered, told = answered(network, dhcp(frames.REQUEST, {frames.WANTED: b"\x0a\0\0\5"}))

    assert (offered, told[frames.MESSAGE]) == (frames.ANY, bytes([frames.NAK]))
    assert frames.ROUTER not in told
    assert network.leased is None


@pytest.mark.parametrize(
    "more",
    [
        {frames.VENDOR: b"PXEClient:Arch:00007:UNDI:003016"},
        {frames.VENDOR: b"HTTPClient:Arch:00016"},
        {frames.USER: b"\4iPXE"},
    ],
)
def test_firmware_that_would_start_from_the_network_is_not_the_guest(
    more: dict[int, bytes],
) -> None:
    network = Network()

    assert network.answers(dhcp(frames.DISCOVER, more)) == []
    assert not network.asked


def test_what_is_meant_for_another_server_is_not_answered() -> None:
    network = Network()
    chosen = {frames.SERVER: b"\x0a\0\0\1", frames.WANTED: ADDRESS.packed}

    assert network.answers(dhcp(frames.REQUEST, chosen)) == []
    assert network.answers(dhcp(None)) == []
    assert network.answers(dhcp(7)) == []


def test_a_client_that_has_an_address_is_told_the_rest() -> None:
    _, offered, told = answered(Network(), dhcp(frames.INFORM, has=ADDRESS))

    assert offered == frames.ANY
    assert frames.NAMES in told
    assert frames.LEASE not in told


@pytest.mark.parametrize("target", [ROUTER, DEFAULT.names, METADATA])
def test_the_addresses_of_the_subnet_are_the_router_s(target: IPv4Address) -> None:
    [raw] = Network().answers(arp(target))

    assert len(raw) == frames.SHORTEST
    assert raw[:12] == GUEST + HARDWARE
    assert raw[20:42] == b"\0\2" + HARDWARE + target.packed + GUEST + ADDRESS.packed


def test_nobody_else_is_there() -> None:
    network = Network()

    assert network.answers(arp(ADDRESS, sender=frames.ANY)) == []
    assert network.answers(arp(IPv4Address("172.31.16.77"))) == []
    assert network.answers(arp(ROUTER, operation=2)) == []
    assert network.foreign == []


def test_an_address_of_the_guest_s_own_is_remembered() -> None:
    network = Network()
    own = IPv4Address("10.11.12.13")

    network.answers(arp(IPv4Address("10.11.12.1"), sender=own))
    network.answers(arp(IPv4Address("10.11.12.1"), sender=IPv4Address("169.254.7.7")))
    network.answers(ethernet(frames.ipv4(own, ROUTER, 99, b"")))

    assert network.foreign == [own]


def test_connections_are_refused() -> None:
    [raw] = Network().answers(tcp(METADATA, frames.SYN))

    packet = frames.packet(raw[14:])
    assert packet
    assert (packet.source, packet.target) == (METADATA, ADDRESS)
    segment = frames.segment(packet.payload)
    assert segment
    assert (segment.source, segment.target) == (80, 40000)
    assert (segment.flags, segment.acknowledged) == (frames.RST | frames.ACKNOWLEDGE, 1001)
    pseudo = METADATA.packed + ADDRESS.packed + struct.pack(">BBH", 0, 6, 20)
    assert frames.checksum(pseudo + packet.payload) == b"\0\0"


def test_what_is_reset_is_not_reset_again() -> None:
    assert Network().answers(tcp(ROUTER, frames.RST)) == []
    [raw] = Network().answers(tcp(ROUTER, frames.ACKNOWLEDGE, acknowledged=77))
    segment = frames.segment(raw[34:54])
    assert segment
    assert (segment.sequence, segment.flags) == (77, frames.RST)


def test_pings_of_the_router_come_back() -> None:
    echo = b"\x08\0" + bytes(2) + b"\0\1\0\2payload"
    echo = echo[:2] + frames.checksum(echo) + echo[4:]

    [raw] = Network().answers(ethernet(frames.ipv4(ADDRESS, ROUTER, frames.ICMP, echo)))

    packet = frames.packet(raw[14:])
    assert packet
    assert packet.payload[:1] == b"\0"
    assert packet.payload[4:] == echo[4:]
    assert frames.checksum(packet.payload) == b"\0\0"


WHOLE = [
    dhcp(frames.DISCOVER, {frames.HOST: b"guest", frames.VENDOR: b"udhcp"}),
    dhcp(frames.REQUEST, {frames.WANTED: ADDRESS.packed}),
    arp(ROUTER),
    tcp(METADATA, frames.SYN),
]


@given(st.binary(max_size=400))
def test_noise_is_not_answered(noise: bytes) -> None:
    network = Network()

    network.answers(noise)
    network.answers(ethernet(noise))
    network.answers(ethernet(noise, frames.ARP))
    for protocol in (frames.ICMP, frames.TCP, frames.UDP):
        network.answers(ethernet(frames.ipv4(ADDRESS, ROUTER, protocol, noise)))


@given(st.sampled_from(WHOLE), st.data())
def test_a_broken_frame_is_answered_once_at_most(frame: bytes, data: st.DataObject) -> None:
    broken = bytearray(frame[: data.draw(st.integers(0, len(frame)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if broken:
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))

    answers = Network().answers(bytes(broken))

    assert len(answers) <= 1
    assert all(frames.SHORTEST <= len(answer) < 700 for answer in answers)


def test_pieces_of_packets_are_not_read() -> None:
    whole = bytearray(frames.ipv4(ADDRESS, ROUTER, frames.UDP, b"x" * 40))
    assert frames.packet(bytes(whole))
    whole[6] = 0x20
    assert frames.packet(bytes(whole)) is None


class Pair:
    """Two ends of a wire; ours is what a QEMU would have."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)

    async def start(self, network: Network) -> "asyncio.Task[None]":
        reader, writer = await asyncio.open_unix_connection(sock=self.theirs)
        return asyncio.create_task(serve(network, reader, writer, lambda: None))


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.ours.close()


async def test_frames_come_in_pieces_and_answers_whole(pair: Pair) -> None:
    network = Network()
    serving = await pair.start(network)
    loop = asyncio.get_running_loop()
    sent = b"".join(len(frame).to_bytes(4) + frame for frame in WHOLE)

    for at in range(0, len(sent), 7):
        await loop.sock_sendall(pair.ours, sent[at : at + 7])
    got = b""
    while network.frames < len(WHOLE) or not got.endswith(b"\0" * 4):
        got += await loop.sock_recv(pair.ours, 4096)
        if network.frames == len(WHOLE):
            break

    assert network.leased == ADDRESS
    assert int.from_bytes(got[:4]) >= frames.SHORTEST_DHCP
    pair.ours.close()
    await asyncio.wait_for(serving, 5)


async def test_who_announces_too_long_a_frame_is_not_listened_to(pair: Pair) -> None:
    serving = await pair.start(Network())

    await asyncio.get_running_loop().sock_sendall(pair.ours, LONGEST.to_bytes(4))

    await asyncio.wait_for(serving, 5)
