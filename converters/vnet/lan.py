"""The subnet around one guest: frames of its network card in, frames for it out.

take(frame, now)     what the guest has sent
said(now)            what it gets
due                  when it gets something though it has sent nothing

guest ── to the router, the names, the metadata ──► answered
      ── to anybody else ─────────────────────────► "prohibited", as a firewall says it
"""

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import Final

from converters.boot import frames
from converters.boot.frames import Frame, Packet
from converters.boot.network import HARDWARE, METADATA, Network
from converters.vnet import names
from converters.vnet.connection import Connection
from converters.vnet.guest import Guest
from converters.vnet.metadata import Metadata
from converters.vnet.tcp import Tcp
from converters.vnet.visits import Visits

HTTP: Final = 80
UNREACHABLE, PROHIBITED = 3, 13  # of ICMP: type and code
MOST_FRAMES: Final = 1024  # that wait to be said


class Lan:
    """The network that one instance sees; guest may be replaced at any time, as by new tags."""

    def __init__(
        self, guest: Guest, today: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.guest = guest
        self.network = Network(guest.addresses)
        self._hardware = bytes.fromhex(guest.hardware.replace(":", ""))
        self._tcp = Tcp()
        self._visits = Visits(Metadata(lambda: self.guest, today), self._tcp)
        self._tcp.listen(METADATA, HTTP, self._visits.begin)
        self._ours = {guest.addresses.router, guest.names, METADATA}
        self._frames: list[bytes] = []

    @property
    def leased(self) -> bool:
        """Whether the guest has taken its address."""
        return self.network.leased is not None

    def connect(self, port: int, now: float) -> Connection:
        """Open a connection from the router to a port of the guest. Full."""
        return self._tcp.connect(self.guest.addresses.router, self.guest.address, port, now)

    def take(self, raw: bytes, now: float) -> None:
        """Take a frame of the guest's."""
        frame = frames.frame(raw)
        packet = None
        if frame is not None and frame.kind == frames.IPV4:
            packet = frames.packet(frame.payload)
        if frame is None or packet is None or packet.source != self.guest.address:
            self._say(self.network.answers(raw))
        elif packet.target not in self._ours:
            self._foreign(frame, packet, raw)
        elif packet.protocol == frames.TCP:
            self._tcp.take(packet, now)
        elif (packet.protocol, packet.target) == (frames.UDP, self.guest.names):
            if answer := names.answer(packet, self.guest):
                self._say([self._framed(answer)])
        else:
            self._say(self.network.answers(raw))

    def said(self, now: float) -> list[bytes]:
        """Return the frames that the guest gets by now."""
        self._visits.go_on(now)
        said, self._frames = self._frames, []
        return said + [self._framed(packet) for packet in self._tcp.said(now)]

    @property
    def due(self) -> float | None:
        """When `said` has something to say, if nothing comes before."""
        return min((at for at in (self._tcp.due, self._visits.due) if at is not None), default=None)

    def cut(self) -> None:
        """The guest was switched off or has begun anew: no connection is left, and no address."""
        self._tcp.cut()
        self.network = Network(self.guest.addresses)

    def _say(self, said: list[bytes]) -> None:
        self._frames += said[: MOST_FRAMES - len(self._frames)]

    def _framed(self, packet: bytes) -> bytes:
        return frames.ethernet(self._hardware, HARDWARE, frames.IPV4, packet)

    def _foreign(self, frame: Frame, packet: Packet, raw: bytes) -> None:
        """Say that there is no way, but to what is meant for everybody."""
        if not _single(packet.target) or packet.target in self.guest.subnet:
            self._say(self.network.answers(raw))  # as by DHCP to 255.255.255.255
        elif packet.protocol in (frames.TCP, frames.UDP):
            self._say([self._framed(_prohibited(self.guest.addresses.router, frame, packet))])


def _single(address: IPv4Address) -> bool:
    return not (address.is_multicast or address == frames.EVERYBODY)


def _prohibited(router: IPv4Address, frame: Frame, packet: Packet) -> bytes:
    head = (frame.payload[0] & 15) * 4
    quoted = frame.payload[: head + 8]  # RFC 792
    said: bytes = struct.pack(">BBHI", UNREACHABLE, PROHIBITED, 0, 0) + quoted
    said = said[:2] + frames.checksum(said) + said[4:]
    return frames.ipv4(router, packet.source, frames.ICMP, said)
