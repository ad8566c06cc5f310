"""A guest of our own at the other end of a Lan's wire: as much of one as makes connections."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from converters.boot import frames
from converters.boot.frames import Packet
from converters.boot.network import HARDWARE, METADATA
from converters.vnet.connection import Connection
from converters.vnet.guest import Guest, Options
from converters.vnet.lan import Lan
from converters.vnet.segments import Ends
from converters.vnet.tcp import Tcp

LAUNCHED = datetime(2026, 5, 17, 8, 30, 12, tzinfo=UTC)
TODAY = datetime(2026, 5, 17, 9, 0, 0, tzinfo=UTC)
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMade0fNothing mine"
GUEST = Guest(
    instance_id="i-0123456789abcdef0",
    image_id="ami-0fedcba9876543210",
    instance_type="t3.micro",
    account_id="123456789012",
    region="us-east-1",
    zone="us-east-1b",
    zone_id="use1-az2",
    launched_at=LAUNCHED,
    reservation_id="r-0aaaabbbbccccdddd",
    hardware="0a:ff:ac:1f:20:05",
    address=IPv4Address("172.31.32.5"),
    interface_id="eni-0aaaabbbbccccdddd",
    subnet_id="subnet-0aaaabbbbccccdddd",
    subnet=IPv4Network("172.31.32.0/20"),
    vpc_id="vpc-0aaaabbbbccccdddd",
    vpc=IPv4Network("172.31.0.0/16"),
    groups=(("sg-0aaaabbbbccccdddd", "default"), ("sg-0bbbbccccddddeeee", "web")),
    key=("mine", KEY),
    user_data=b"#!/bin/sh\necho \xff\n",
    devices={"ami": "sda1", "root": "/dev/sda1", "ebs1": "/dev/sdf"},
    tags={"Name": "one", "a b": "two"},
)
STRICT = replace(GUEST, options=Options(token_required=True))


def lan(guest: Guest = GUEST) -> Lan:
    return Lan(guest, lambda: TODAY)


@dataclass
class Inside:
    """What is inside of the guest; it has its address already."""

    lan: Lan = field(default_factory=lan)
    now: float = 100.0
    tcp: Tcp = field(default_factory=Tcp)
    came: list[Packet] = field(default_factory=list)  # besides TCP

    def send(self, packet: bytes) -> None:
        hardware = bytes.fromhex(self.lan.guest.hardware.replace(":", ""))
        self.lan.take(frames.ethernet(HARDWARE, hardware, frames.IPV4, packet), self.now)

    def exchange(self) -> None:
        """Carry frames to and fro until there are none; those that came but for TCP are kept."""
        for _ in range(2000):
            went = self.tcp.said(self.now)
            for packet in went:
                self.send(packet)
            came = self.lan.said(self.now)
            for raw in came:
                self.take(raw)
            if not went and not came:
                return
        raise AssertionError("they never stop")

    def take(self, raw: bytes) -> None:
        frame = frames.frame(raw)
        assert frame
        assert frame.source == HARDWARE
        packet = frames.packet(frame.payload)
        assert packet
        head = (frame.payload[0] & 15) * 4
        assert frames.checksum(frame.payload[:head]) == b"\0\0"
        if packet.protocol == frames.TCP:
            self.tcp.take(packet, self.now)
            self.hops = frame.payload[8]
        else:
            self.came.append(packet)

    hops: int = 0  # of the packet that came last

    def call(self, address: IPv4Address, port: int) -> Connection:
        connection = self.tcp.connect(self.lan.guest.address, address, port, self.now)
        self.exchange()
        return connection

    def listen(self, port: int, called: Callable[[Ends, Connection], None]) -> None:
        self.tcp.listen(self.lan.guest.address, port, called)

    def ask(self, method: str, path: str, **headers: str) -> "Answer":
        """Ask the metadata service."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 169.254.169.254"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        connection = self.call(METADATA, 80)
        connection.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.exchange()
        raw = b""
        while not connection.at_end:
            raw += connection.read()
            self.exchange()
        connection.close()
        self.exchange()
        assert connection.ended == "closed"
        return Answer.of(raw)

    def get(self, path: str, **headers: str) -> "Answer":
        return self.ask("GET", path, **headers)

    def token(self, seconds: object = 60, **headers: str) -> "Answer":
        headers |= {"X_aws_ec2_metadata_token_ttl_seconds": str(seconds)}
        return self.ask("PUT", "/latest/api/token", **headers)


@dataclass(frozen=True)
class Answer:
    """What the metadata service has said."""

    line: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> "Answer":
        head, _, body = raw.partition(b"\r\n\r\n")
        line, *lines = head.decode().split("\r\n")
        return cls(line, dict(each.split(": ", 1) for each in lines), body)

    @property
    def status(self) -> int:
        return int(self.line.split()[1])

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@asynccontextmanager
async def bridged(inside: Inside) -> AsyncIterator[str]:
    """Let programs of this machine ask the metadata service, through the guest of ours."""

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = inside.call(METADATA, 80)
        connection.write(await reader.readuntil(b"\r\n\r\n"))
        inside.exchange()
        while not connection.at_end:
            writer.write(connection.read())
            inside.exchange()
        writer.close()

    server = await asyncio.start_server(visit, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
