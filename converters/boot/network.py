"""The network of one guest: what a subnet of a VPC looks like from inside, and no way out of it.

    QEMU -netdev stream ──► 4 bytes of length, a frame ──► Network.answers ──► frames back

It gives the one address by DHCP, tells whose the router's, the name server's and the metadata
service's addresses are, answers pings, and refuses every connection. The host's own network has no
part in it. Firmware that asks to be started from the network gets no answer: it is not the guest.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from converters.boot import frames
from converters.boot.frames import Arp, Dhcp, Frame, Packet

HARDWARE: Final = bytes.fromhex("0aff64000001")  # the router's
FIRMWARE: Final = (b"PXEClient", b"HTTPClient")
IPXE: Final = b"iPXE"
METADATA: Final = IPv4Address("169.254.169.254")
LEASE: Final = 3600  # seconds, as in a VPC
LONGEST: Final = 4 + 65_550 + 18  # bytes of a frame and its length
MOST_FOREIGN: Final = 16  # addresses not ours that are remembered
CHUNK: Final = 8192  # bytes that are read at once
BREATH: Final = 0.005  # seconds between two chunks: a guest that floods us gets no core of ours


@dataclass(frozen=True, slots=True)
class Addresses:
    """What DHCP tells the guest."""

    guest: IPv4Address
    subnet: IPv4Network
    names: IPv4Address
    domain: str = "ec2.internal"
    name: str = ""  # of the guest; else it is made of its address

    @property
    def router(self) -> IPv4Address:
        """The first address of the subnet."""
        return self.subnet[1]

    @property
    def host(self) -> str:
        """The name that the guest is told."""
        return self.name or f"ip-{str(self.guest).replace('.', '-')}"

    @property
    def told(self) -> dict[int, bytes]:
        """The options of DHCP."""
        return {
            frames.MASK: self.subnet.netmask.packed,
            frames.ROUTER: self.router.packed,
            frames.NAMES: self.names.packed,
            frames.HOST: self.host.encode(),
            frames.DOMAIN: self.domain.encode(),
        }


# As in a subnet of a default VPC.
DEFAULT: Final = Addresses(
    IPv4Address("172.31.16.10"), IPv4Network("172.31.16.0/20"), IPv4Address("172.31.0.2")
)


class Network:
    """What the other end of a guest's wire says, and what it has learned of the guest."""

    def __init__(self, addresses: Addresses = DEFAULT) -> None:
        self.addresses = addresses
        self.leased: IPv4Address | None = None  # the guest took it
        self.asked = False  # the guest, not its firmware, has asked for an address
        self.frames = 0
        self.foreign: list[IPv4Address] = []  # that the guest thinks it has
        self._ours = {self.addresses.router, self.addresses.names, METADATA}

    def answers(self, raw: bytes) -> list[bytes]:
        """Take a frame of the guest's; return those that it gets back."""
        self.frames += 1
        if (frame := frames.frame(raw)) is None:
            return []
        if frame.kind == frames.ARP and (asked := frames.arp(frame.payload)) is not None:
            return self._of_arp(asked)
        if frame.kind == frames.IPV4 and (packet := frames.packet(frame.payload)) is not None:
            self._note(packet.source)
            return self._of_packet(frame, packet)
        return []

    def _note(self, address: IPv4Address) -> None:
        known = address in (frames.ANY, self.addresses.guest) or address in self.foreign
        if not known and not address.is_link_local and len(self.foreign) < MOST_FOREIGN:
            self.foreign.append(address)

    def _of_arp(self, asked: Arp) -> list[bytes]:
        self._note(asked.sender_ip)
        if asked.asks and asked.target_ip in self._ours:
            return [frames.arp_answer(asked, HARDWARE)]
        return []

    def _of_packet(self, frame: Frame, packet: Packet) -> list[bytes]:
        answer = None
        if packet.protocol == frames.UDP and (said := frames.dhcp(packet.payload)) is not None:
            return self._of_dhcp(said)
        if packet.target not in self._ours:
            return []
        if packet.protocol == frames.TCP:
            segment = frames.segment(packet.payload)
            if segment is not None and not segment.flags & frames.RST:
                answer = frames.reset(packet, segment)
        elif packet.protocol == frames.ICMP and packet.payload[:2] == b"\x08\0":
            answer = _pong(packet)
        if answer is None:
            return []
        return [frames.ethernet(frame.source, HARDWARE, frames.IPV4, answer)]

    def _of_dhcp(self, said: Dhcp) -> list[bytes]:
        vendor, user = (said.options.get(code, b"") for code in (frames.VENDOR, frames.USER))
        if vendor.startswith(FIRMWARE) or IPXE in user:
            return []
        self.asked = True
        router, given, told = self.addresses.router, self.addresses.guest, self.addresses.told
        lease = {frames.LEASE: LEASE.to_bytes(4)}
        match said.kind:
            case frames.DISCOVER:
                kind, told = frames.OFFER, lease | told
            case frames.REQUEST:
                if said.options.get(frames.SERVER, router.packed) != router.packed:
                    return []
                wanted = said.options.get(frames.WANTED, said.address.packed)
                if wanted == given.packed:
                    kind, told = frames.ACK, lease | told
                    self.leased = given
                else:
                    kind, given, told = frames.NAK, frames.ANY, {}
            case frames.INFORM:
                kind, given = frames.ACK, frames.ANY
            case _:
                return []
        answer = frames.dhcp_answer(said, kind, router, given, told)
        if said.address == frames.ANY or kind == frames.NAK:
            target, hardware = frames.EVERYBODY, frames.BROADCAST
        else:
            target, hardware = said.address, said.hardware
        packet = frames.ipv4(router, target, frames.UDP, answer)
        return [frames.ethernet(hardware, HARDWARE, frames.IPV4, packet)]


def _pong(packet: Packet) -> bytes:
    """Answer a ping."""
    content = bytes(4) + packet.payload[4:]
    content = content[:2] + frames.checksum(content) + content[4:]
    return frames.ipv4(packet.target, packet.source, frames.ICMP, content)


async def serve(
    network: Network,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    changed: Callable[[], None],
) -> None:
    """Be the other end of the wire until it is cut; changed is told when there were frames."""
    left = bytearray()
    while chunk := await reader.read(CHUNK):
        left += chunk
        while len(left) >= 4:
            end = 4 + int.from_bytes(left[:4])
            if end > LONGEST:
                return
            if end > len(left):
                break
            for answer in network.answers(bytes(left[4:end])):
                writer.write(len(answer).to_bytes(4) + answer)
            del left[:end]
        try:
            await writer.drain()
        except ConnectionError:
            return
        changed()
        await asyncio.sleep(BREATH if len(chunk) == CHUNK else 0)
