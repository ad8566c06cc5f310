"""The subnet around a guest: its address, its names, and that there is no way to anything else."""

import struct
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.boot import frames
from converters.boot.frames import SYN, Packet
from converters.boot.network import HARDWARE, METADATA
from converters.vnet import names, segments, tcp
from converters.vnet.connection import Connection
from converters.vnet.lan import Lan
from converters.vnet.segments import Ends, Segment
from converters.vnet.tcp import Full, Tcp
from tests.vnet.inside import GUEST, Inside, lan

ROUTER = GUEST.addresses.router
FOREIGN = IPv4Address("198.51.100.7")
OWN = bytes.fromhex(GUEST.hardware.replace(":", ""))


def udp(target: IPv4Address, port: int, said: bytes) -> bytes:
    head = struct.pack(">HHHH", 40_000, port, 8 + len(said), 0)
    return frames.ipv4(GUEST.address, target, frames.UDP, head + said)


def dhcp(kind: int) -> bytes:
    """A frame in which the guest asks for its address."""
    said = b"\1\1\6\0" + b"wxyz" + bytes(20) + OWN
    said = said.ljust(frames.BOOTP, b"\0") + frames.COOKIE + bytes([53, 1, kind])
    said += bytes([frames.WANTED, 4]) + GUEST.address.packed + b"\xff"
    head = struct.pack(">HHHH", 68, 67, 8 + len(said), 0)
    packet = frames.ipv4(frames.ANY, frames.EVERYBODY, frames.UDP, head + said)
    return frames.ethernet(frames.BROADCAST, OWN, frames.IPV4, packet)


def test_a_guest_gets_its_own_address_and_name() -> None:
    network = lan(replace(GUEST, name="i-0123456789abcdef0", region="eu-central-1"))

    network.take(dhcp(frames.DISCOVER), 0.0)

    [raw] = network.said(0.0)
    options = frames.options(raw[14 + 20 + 8 + frames.BOOTP + 4 :])
    assert raw[14 + 20 + 8 + 16 :][:4] == GUEST.address.packed
    assert options[frames.ROUTER] == IPv4Address("172.31.32.1").packed
    assert options[frames.NAMES] == IPv4Address("172.31.0.2").packed
    assert options[frames.MASK] == b"\xff\xff\xf0\0"
    assert options[frames.HOST] == b"i-0123456789abcdef0"
    assert options[frames.DOMAIN] == b"eu-central-1.compute.internal"
    leased = [network.leased]
    network.take(dhcp(frames.REQUEST), 0.0)
    leased.append(network.leased)
    network.cut()
    leased.append(network.leased)
    assert leased == [False, True, False]


def test_the_router_is_there() -> None:
    network = lan()
    asked = frames.ARP_HEAD + b"\0\1" + OWN + GUEST.address.packed + bytes(6) + ROUTER.packed

    network.take(frames.ethernet(frames.BROADCAST, OWN, frames.ARP, asked), 0.0)
    [raw] = network.said(0.0)
    assert raw[22:28] == HARDWARE

    echo = b"\x08\0" + bytes(2) + b"\0\1\0\2payload"
    inside = Inside(network)
    inside.send(frames.ipv4(GUEST.address, ROUTER, frames.ICMP, echo))
    inside.exchange()
    assert [packet.payload[:1] for packet in inside.came] == [b"\0"]


@pytest.mark.parametrize("address", [ROUTER, METADATA, GUEST.names])
def test_where_nobody_listens_a_connection_is_refused(address: IPv4Address) -> None:
    assert Inside().call(address, 443).ended == "refused"


@pytest.mark.parametrize("packet", [udp(FOREIGN, 123, b"when?"), None])
def test_there_is_no_way_to_anybody_else_and_it_is_said(packet: bytes | None) -> None:
    inside = Inside()
    ends = Ends(GUEST.address, 40_000, FOREIGN, 443)

    sent = packet or segments.written(ends, Segment(7, 0, SYN, 1000))
    inside.send(sent)
    inside.exchange()

    [said] = inside.came
    assert (said.source, said.target, said.protocol) == (ROUTER, GUEST.address, frames.ICMP)
    assert said.payload[:2] == b"\x03\x0d"  # unreachable: prohibited
    assert frames.checksum(said.payload) == b"\0\0"
    assert said.payload[8:] == sent[:28]


@pytest.mark.parametrize("target", ["172.31.32.9", "224.0.0.251", "255.255.255.255"])
def test_to_all_and_to_neighbours_nothing_is_said(target: str) -> None:
    inside = Inside()
    inside.send(udp(IPv4Address(target), 5353, b"who?"))
    inside.exchange()

    assert inside.came == []


def asked(name: str, kind: int = names.ADDRESS, flags: int = 0x0100) -> bytes:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", 77, flags, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def resolved(question: bytes) -> bytes:
    """What the server for names answers, from inside."""
    inside = Inside()
    inside.send(udp(GUEST.names, 53, question))
    inside.exchange()
    [packet] = inside.came
    source, target, length = struct.unpack_from(">HHH", packet.payload)
    assert (source, target, length) == (53, 40_000, len(packet.payload))
    assert packet.source == GUEST.names
    assert packet.payload[8:10] == question[:2]
    return packet.payload[8:]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ip-172-31-32-5.ec2.internal", GUEST.address),
        ("IP-172-31-32-5.EC2.internal", GUEST.address),
        ("instance-data.ec2.internal", METADATA),
        ("instance-data", METADATA),  # so cloud-init asks
    ],
)
def test_names_of_our_own(name: str, address: IPv4Address) -> None:
    said = resolved(asked(name))

    assert said[2:12] == bytes.fromhex("8580 0001 0001 0000 0000".replace(" ", ""))
    assert said[-4:] == address.packed
    assert said[-16:-4] == struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4)


def test_an_id_is_a_name_where_that_is_wanted() -> None:
    question = asked(f"{GUEST.instance_id}.ec2.internal")

    said = names.reply(question, replace(GUEST, resource_name=True))

    assert said is not None
    assert said[-4:] == GUEST.address.packed
    assert resolved(question)[3] & 15 == names.REFUSED


def test_a_name_of_an_address() -> None:
    said = resolved(asked("5.32.31.172.in-addr.arpa", names.POINTER))

    assert said.endswith(b"\x0eip-172-31-32-5\x03ec2\x08internal\0")


def test_of_an_own_name_there_is_no_other_kind() -> None:
    said = resolved(asked("ip-172-31-32-5.ec2.internal", kind=28))

    assert said[2:12] == bytes.fromhex("8580 0001 0000 0000 0000".replace(" ", ""))


@pytest.mark.parametrize("question", [asked("deb.debian.org"), asked("")[:13]])
def test_other_names_are_refused(question: bytes) -> None:
    said = resolved(question)

    assert said[3] & 15 == names.REFUSED
    assert said[6:8] == b"\0\0"


def test_what_a_server_for_names_does_not_do() -> None:
    assert resolved(asked("x", flags=0x2800))[3] & 15 == names.NOT_DONE  # update
    assert names.reply(asked("x", flags=0x8100), GUEST) is None  # an answer


@given(st.binary(max_size=80))
def test_noise_is_no_question(noise: bytes) -> None:
    packet = Packet(GUEST.address, GUEST.names, frames.UDP, noise)

    names.answer(packet, GUEST)
    names.answer(replace(packet, payload=udp(GUEST.names, 53, noise)[20:]), GUEST)
    for name in ("a", "ip-172-31-32-5.ec2.internal"):
        question = bytearray(asked(name))
        for at, byte in enumerate(noise[:20]):
            question[byte % len(question)] ^= at
        names.reply(bytes(question), GUEST)


def test_a_port_of_the_guest_is_called_by_the_router() -> None:
    inside = Inside()
    calls: list[tuple[Ends, Connection]] = []
    inside.listen(22, lambda ends, connection: calls.append((ends, connection)))

    ours = inside.lan.connect(22, inside.now)
    inside.exchange()

    [(ends, theirs)] = calls
    assert (ends.address, ends.port, ends.peer) == (GUEST.address, 22, ROUTER)
    theirs.write(b"SSH-2.0-tiny\r\n")
    inside.exchange()
    assert ours.read() == b"SSH-2.0-tiny\r\n"

    inside.lan.cut()
    assert ours.ended == "reset"
    assert inside.lan.said(inside.now) == []


@given(st.binary(max_size=200) | st.lists(st.sampled_from([b"\xff\xff", b"\0\0"])).map(b"".join))
def test_a_sum_is_that_of_the_words_with_their_carries(content: bytes) -> None:
    padded = content + bytes(len(content) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total >> 16) + (total & 0xFFFF)

    assert frames.checksum(content) == struct.pack(">H", ~total & 0xFFFF)


def test_a_port_where_the_guest_does_not_listen() -> None:
    inside = Inside()

    ours = inside.lan.connect(22, inside.now)
    inside.exchange()

    assert ours.ended == "refused"


def test_a_guest_that_calls_from_the_same_port_again_is_heard() -> None:
    inside = Inside()
    ends = Ends(GUEST.address, 40_000, METADATA, 80)
    for number in (1000, 900_000):
        inside.send(segments.written(ends, Segment(number, 0, SYN, 1000)))
        [raw] = inside.lan.said(inside.now)
        frame = frames.frame(raw)
        assert frame
        packet = frames.packet(frame.payload)
        assert packet
        read = segments.read(packet)
        assert read
        back = read[1]
        if number == 1000:
            assert back.acknowledged == 1001
            reset = Segment(1001, back.sequence + 1, frames.RST)
            inside.send(segments.written(ends, reset))
            inside.lan.said(inside.now)
    assert back.acknowledged == 900_001


def test_there_are_so_many_connections_and_no_more() -> None:
    inside = Inside()
    for port in range(tcp.MOST):
        ends = Ends(GUEST.address, 1000 + port, METADATA, 80)
        inside.send(segments.written(ends, Segment(0, 0, SYN, 1000)))
    assert len(inside.lan.said(inside.now)) == tcp.MOST

    with pytest.raises(Full):
        inside.lan.connect(22, inside.now)
    late = Ends(GUEST.address, 30_000, METADATA, 80)
    inside.send(segments.written(late, Segment(0, 0, SYN, 1000)))
    [raw] = inside.lan.said(inside.now)
    assert raw[14 + 20 + 13] & frames.RST


def test_what_was_changed_on_its_way_is_not_taken() -> None:
    ends = Ends(GUEST.address, 40_000, METADATA, 80)
    packet = bytearray(segments.written(ends, Segment(7, 0, SYN, 1000, largest=1460)))
    packet[-1] ^= 1
    whole = frames.packet(bytes(packet))
    assert whole
    assert segments.read(whole) is None


@given(
    st.builds(
        Segment,
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.integers(0, 255),
        st.integers(0, 65_535),
        st.binary(max_size=100),
    ),
    st.integers(1, 255),
)
def test_segments_are_read_as_they_were_written(segment: Segment, hops: int) -> None:
    ends = Ends(ROUTER, 40_000, GUEST.address, 22)
    raw = segments.written(ends, segment, hops)

    packet = frames.packet(raw)
    assert packet
    assert raw[8] == hops
    assert frames.checksum(raw[:20]) == b"\0\0"
    assert segments.read(packet) == (Ends(GUEST.address, 22, ROUTER, 40_000), segment)


@given(st.binary(max_size=120), st.sampled_from([frames.TCP, frames.UDP, frames.ICMP, 99]))
@settings(max_examples=200)
def test_noise_brings_no_network_down(noise: bytes, protocol: int) -> None:
    network: Lan = lan()
    inside = Inside(network)

    network.take(noise, 0.0)
    network.take(frames.ethernet(HARDWARE, OWN, frames.IPV4, noise), 0.0)
    network.take(frames.ethernet(HARDWARE, OWN, frames.ARP, noise), 0.0)
    for target in (ROUTER, METADATA, GUEST.names, FOREIGN, GUEST.address):
        inside.send(frames.ipv4(GUEST.address, target, protocol, noise))
        # as TCP whose sum is right
        ends = Ends(GUEST.address, 40_000, target, 80)
        inside.send(segments.written(ends, Segment(len(noise), 0, SYN, content=noise)))
    assert len(network.said(0.0)) <= 16


def test_a_network_counts_its_own_connections_only() -> None:
    alone = Tcp()

    assert alone.due is None
    assert alone.said(0.0) == []
