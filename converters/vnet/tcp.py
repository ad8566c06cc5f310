"""The connections of one guest: with which of them a segment belongs, and who listens."""

import secrets
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Final

from converters.boot.frames import ACKNOWLEDGE, FINISH, RST, SYN, Packet
from converters.vnet import segments
from converters.vnet.connection import Connection
from converters.vnet.segments import NUMBERS, Ends

MOST: Final = 128  # connections at a time
PORTS: Final = range(32_768, 61_000)  # that our connections come from


class Full(Exception):
    """There are too many connections already."""


class Tcp:
    """All connections, between addresses of ours and the one of the guest."""

    def __init__(self) -> None:
        self._known: dict[Ends, Connection] = {}
        self._hops: dict[Ends, int] = {}
        self._listeners: dict[tuple[IPv4Address, int], Callable[[Ends, Connection], None]] = {}
        self._refusals: list[bytes] = []
        self._ports: Iterator[int] = iter(())

    def listen(
        self, address: IPv4Address, port: int, called: Callable[[Ends, Connection], None]
    ) -> None:
        """Take connections; each is told before anything came by it."""
        self._listeners[address, port] = called

    def connect(self, address: IPv4Address, peer: IPv4Address, port: int, now: float) -> Connection:
        """Open a connection to a port of the guest. Full."""
        if len(self._known) >= MOST:
            raise Full
        ends = next(
            ends
            for ends in (Ends(address, self._port(), peer, port) for _ in PORTS)
            if ends not in self._known
        )
        self._known[ends] = connection = Connection(_number(), now)
        return connection

    def _port(self) -> int:
        if (port := next(self._ports, None)) is None:
            self._ports = iter(PORTS)
            port = next(self._ports)
        return port

    def limit(self, ends: Ends, hops: int) -> None:
        """Let the packets of a connection take so many hops from now on."""
        self._hops[ends] = hops

    def take(self, packet: Packet, now: float) -> None:
        """Take what the guest sent to an address of ours."""
        if (read := segments.read(packet)) is None:
            return
        ends, segment = read
        calls = segment.flags & (SYN | ACKNOWLEDGE | RST | FINISH) == SYN
        connection = self._known.get(ends)
        if connection is not None and not (calls and connection.ended):
            connection.take(segment, now)
            return
        called = self._listeners.get((ends.address, ends.port))
        room = connection is not None or len(self._known) < MOST
        if calls and called is not None and room:
            self._forget(ends)
            self._known[ends] = connection = Connection(_number(), now, segment)
            called(ends, connection)
        elif not segment.flags & RST:
            self._refusals.append(segments.written(ends, segments.refusal(segment)))

    def said(self, now: float) -> list[bytes]:
        """Return the packets to send by now."""
        packets, self._refusals = self._refusals, []
        for ends, connection in list(self._known.items()):
            hops = self._hops.get(ends, segments.HOPS)
            packets += [segments.written(ends, each, hops) for each in connection.said(now)]
            if connection.over(now):
                self._forget(ends)
        return packets

    @property
    def due(self) -> float | None:
        """When `said` has something to say, if nothing comes before."""
        return min(
            (each.due for each in self._known.values() if each.due is not None), default=None
        )

    def cut(self) -> None:
        """The guest is gone, or has begun anew: no connection is left."""
        for connection in list(self._known.values()):
            connection.cut()
        self._known.clear()
        self._hops.clear()

    def _forget(self, ends: Ends) -> None:
        self._known.pop(ends, None)
        self._hops.pop(ends, None)


def _number() -> int:
    return secrets.randbelow(NUMBERS)
