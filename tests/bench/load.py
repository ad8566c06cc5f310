"""A light load generator: keep-alive connections that send one prepared request again and again.

It runs as a process of its own (`python -m tests.bench.load`), so that what it costs is not counted
against the server's interpreter, and prints requests per second.
"""

import argparse
import asyncio
import sys
import time


async def connection(host: str, port: int, request: bytes, until: float) -> int:
    """Send the request over one connection until the time is up; return how many were answered."""
    reader, writer = await asyncio.open_connection(host, port)
    answered = 0
    while time.perf_counter() < until:
        writer.write(request)
        stays = await answer(reader)
        answered += 1
        if not stays:  # moto ends every connection after one answer
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
    writer.close()
    return answered


async def answer(reader: asyncio.StreamReader) -> bool:
    """Read one answer, and tell whether the connection stays; anything but 200 ends it all."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"unexpected answer: {head.decode(errors='replace')}")
    if b"content-length:" in head:
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    else:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return b"connection: close" not in head


async def rate(host: str, port: int, request: bytes, connections: int, seconds: float) -> float:
    """Return requests per second over so many connections."""
    started = time.perf_counter()
    until = started + seconds
    counts = await asyncio.gather(
        *(connection(host, port, request, until) for _ in range(connections))
    )
    return sum(counts) / (time.perf_counter() - started)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("host")
    arguments.add_argument("port", type=int)
    arguments.add_argument("connections", type=int)
    arguments.add_argument("seconds", type=float)
    given = arguments.parse_args()
    raw = sys.stdin.buffer.read()
    print(asyncio.run(rate(given.host, given.port, raw, given.connections, given.seconds)))
