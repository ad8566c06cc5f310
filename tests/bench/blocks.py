"""EBS direct: 1 GiB of blocks up and down at 1, 8 and 64 connections, with the server's memory.

Beside it stands the least that a server could do: asyncio's own loop and streams, nothing of HTTP
but the length. It sends the same GiB out of memory (one block again and again would stay in the
processor's cache, where no disk is); what comes in it holds against its checksum, as whoever takes
a block must, and forgets. The load is the same program for both, in a process of
its own. Each round's snapshot is deleted at its end: what is measured is not how the kernel brings
the gigabytes of the rounds before to the disk. A first round does not count: a virtual machine has
to get memory from its host when it caches its first GiB, which takes longer than all that we do.
"""

import argparse
import asyncio
import base64
import contextlib
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.servers import Server, free_port, running, vmie
from tests.bench.transfers import call

BLOCK = 512 << 10
COUNT = (1 << 30) // BLOCK
CONNECTIONS = (1, 8, 64)
DATA = b"".join(hashlib.sha256(b"%d" % each).digest() for each in range(BLOCK // 32))
SCOPE = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/ebs/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


def figures(folder: Path) -> Iterator[Figure]:
    """Measure PutSnapshotBlock and GetSnapshotBlock in MiB/s, against the bare server."""
    with vmie(folder / "blocks") as ours, bare() as theirs:
        memory = ours.memory("VmRSS")
        for _ in both_ways(ours, theirs, CONNECTIONS[0]):
            pass
        for connections in CONNECTIONS:
            yield from both_ways(ours, theirs, connections)
        grown = ours.memory() - memory
        yield Figure(
            "blocks, peak memory grows by", grown, "MiB", None, "", "≤ 128 MiB", grown <= 128
        )


def both_ways(ours: Server, theirs: Server, connections: int) -> Iterator[Figure]:
    """Measure one round: a snapshot is written, read and deleted."""
    snapshot = asked(ours, "POST", "/snapshots", {"VolumeSize": 1})["SnapshotId"]
    paths = [f"/snapshots/{snapshot}/blocks/{index}" for index in range(COUNT)]
    yield compared(ours, theirs, "PUT", paths, connections)
    complete(ours, str(snapshot))
    listed = asked(ours, "GET", f"/snapshots/{snapshot}/blocks")["Blocks"]
    assert isinstance(listed, list)
    tokens = [each["BlockToken"].replace("+", "%2B") for each in listed]
    reads = [f"{path}?blockToken={token}" for path, token in zip(paths, tokens, strict=True)]
    yield compared(ours, theirs, "GET", reads, connections)
    delete(ours, str(snapshot))


def compared(
    ours: Server, theirs: Server, method: str, paths: list[str], connections: int
) -> Figure:
    """Measure one way of transfer against both servers by turns; the better of two counts.

    But of ours one way is measured once: a block is new but once.
    """
    before = load(theirs, method, paths, connections)
    mine = load(ours, method, paths, connections)
    reference = max(before, load(theirs, method, paths, connections))
    if method == "GET":
        mine = max(mine, load(ours, method, paths, connections))
    name = f"1 GiB of blocks, {method}, {connections} connections"
    return Figure(
        name, mine, "MiB/s", reference, "MiB/s bare", "≥ 0.5 of bare", mine >= 0.5 * reference
    )


def asked(server: Server, method: str, path: str, document: object = None) -> dict[str, object]:
    """Send a request of EBS direct."""
    body = b"" if document is None else json.dumps(document).encode()
    found: dict[str, object] = json.loads(
        call(server, method, path, body, {"Authorization": SCOPE})[1]
    )
    return found


def complete(server: Server, snapshot_id: str) -> None:
    """Complete a snapshot of all blocks."""
    headers = {"Authorization": SCOPE, "x-amz-ChangedBlocksCount": str(COUNT)}
    call(server, "POST", f"/snapshots/completion/{snapshot_id}", b"", headers)


def delete(server: Server, snapshot_id: str) -> None:
    """Delete a snapshot, and its bytes with it."""
    query = f"Action=DeleteSnapshot&SnapshotId={snapshot_id}&Version=2016-11-15"
    call(server, "GET", f"/?{query}", b"", {"Authorization": SCOPE.replace("/ebs/", "/ec2/")})


def load(server: Server, method: str, paths: list[str], connections: int) -> float:
    """Transfer all blocks over so many connections; return MiB/s."""
    command = [sys.executable, "-m", "tests.bench.blocks", "load", str(server.port), method]
    done = subprocess.run(
        [*command, "--connections", str(connections)],
        input="\n".join(paths), stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return len(paths) * BLOCK / 2**20 / float(done.stdout)


# the load ----------------------------------------------------------------------------------------


class Client(asyncio.BufferedProtocol):
    """One connection that sends request after request and drops what it reads."""

    def __init__(self, requests: Iterator[list[bytes]], done: "asyncio.Future[None]") -> None:
        self.requests = requests
        self.done = done
        self.buffer = bytearray(1 << 20)
        self.head = b""
        self.left = -1  # bytes of the body; -1: the head is not whole

    def connection_made(self, transport: asyncio.WriteTransport) -> None:  # type: ignore[override]
        """Send the first."""
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next request, if there is one."""
        request = next(self.requests, None)
        if request is None:
            self.transport.close()
            self.done.set_result(None)
            return
        for piece in request:
            self.transport.write(piece)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where to read to."""
        return memoryview(self.buffer)

    def buffer_updated(self, nbytes: int) -> None:
        """Count what has come; anything but success ends it all."""
        if self.left < 0:
            self.head += self.buffer[:nbytes]
            head, end, rest = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            if head[9:10] != b"2":
                raise SystemExit(f"unexpected answer: {self.head!r}")
            at = head.lower().index(b"content-length:") + 15
            self.left = int(head[at:].split(b"\r\n")[0]) - len(rest)
            self.head = b""
        else:
            self.left -= nbytes
        if self.left == 0:
            self.left = -1
            self.send()


async def transfer(port: int, method: str, paths: list[str], connections: int) -> float:
    """Send all requests; return how many seconds that took."""
    headers = f"Host: 127.0.0.1:{port}\r\nAuthorization: {SCOPE}\r\n"
    body = []
    if method == "PUT":
        checksum = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
        headers += f"x-amz-Data-Length: {BLOCK}\r\nx-amz-Checksum-Algorithm: SHA256\r\n"
        headers += f"x-amz-Checksum: {checksum}\r\nContent-Length: {BLOCK}\r\n"
        body = [DATA]
    requests = iter(
        [[f"{method} {path} HTTP/1.1\r\n{headers}\r\n".encode(), *body] for path in paths]
    )
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    all_done = []
    for _ in range(connections):
        all_done.append(loop.create_future())
        await loop.create_connection(lambda: Client(requests, all_done[-1]), "127.0.0.1", port)
    await asyncio.gather(*all_done)
    return time.perf_counter() - started


# the bare server ---------------------------------------------------------------------------------


OUT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BLOCK
IN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


async def answer(
    disk: memoryview, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer GET with a block out of memory, and PUT with nothing, once its block is checked."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"PUT"):
                block = await reader.readexactly(BLOCK)
                digest = base64.b64encode(hashlib.sha256(block).digest())
                assert digest in head, "not the block that was announced"
            if head.startswith(b"GET /snapshots"):
                offset = int(head[head.index(b"/blocks/") + 8 : head.index(b"?")]) * BLOCK
                writer.write(OUT + disk[offset : offset + BLOCK])
            else:
                writer.write(IN)
            await writer.drain()
    writer.close()


async def serve(port: int) -> None:
    """Serve until somebody ends it."""
    answer_from = partial(answer, memoryview(DATA * COUNT))
    server = await asyncio.start_server(answer_from, "127.0.0.1", port, limit=1 << 20)
    await server.serve_forever()


def bare() -> AbstractContextManager[Server]:
    """Run the bare server on a free port."""
    port = free_port()
    return running([sys.executable, "-m", "tests.bench.blocks", "bare", str(port)], port, "/")


def main() -> None:
    """Be the load, on uvloop to be light, or the bare server."""
    import uvloop

    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["load", "bare"])
    parser.add_argument("port", type=int)
    parser.add_argument("method", nargs="?")
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    if given.part == "bare":
        asyncio.run(serve(given.port))
    else:
        paths = sys.stdin.read().split("\n")
        print(uvloop.run(transfer(given.port, given.method, paths, given.connections)))


if __name__ == "__main__":
    main()
