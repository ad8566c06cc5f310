"""QMP with a peer that answers, refuses, goes away, or talks nonsense."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from converters.boot.monitor import Gone, Monitor, Refused


class Peer:
    """The other end, and what the monitor was told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def start(self) -> None:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=1 << 16)
        self.reader, self.writer = await asyncio.open_unix_connection(sock=theirs)
        self.monitor = Monitor(reader, writer, lambda *event: self.events.append(event))
        self.listening = asyncio.create_task(self.monitor.listen())

    async def heard(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await self.reader.readline())
        return said

    def say(self, *messages: dict[str, Any] | bytes) -> None:
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.writer.write(raw + b"\n")


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    peer = Peer()
    await peer.start()
    yield peer
    peer.writer.close()
    await asyncio.wait_for(peer.listening, 5)


async def test_answers_find_their_questions_and_events_their_ear(peer: Peer) -> None:
    asked = [asyncio.create_task(peer.monitor.ask("query", number=number)) for number in (1, 2)]
    first, second = [await peer.heard() for _ in asked]
    assert first["arguments"] == {"number": 1}

    peer.say(
        {"return": "b", "id": second["id"]},
        {"event": "RESET", "data": {"guest": True}},
        {"return": "a", "id": first["id"]},
    )

    assert await asyncio.gather(*asked) == ["a", "b"]
    assert peer.events == [("RESET", {"guest": True})]


async def test_a_refusal_is_told(peer: Peer) -> None:
    asked = asyncio.create_task(peer.monitor.ask("quit"))
    said = await peer.heard()

    peer.say({"error": {"class": "GenericError", "desc": "no"}, "id": said["id"]})

    with pytest.raises(Refused, match="no"):
        await asked


@pytest.mark.parametrize("last", [b"", b"[1]", b"{", b'"x"', b'{"event": 1}x', b"x" * 100_000])
async def test_who_goes_away_or_talks_nonsense_is_gone(peer: Peer, last: bytes) -> None:
    asked = asyncio.create_task(peer.monitor.ask("quit"))
    await peer.heard()

    if last:
        peer.say(last)
    else:
        peer.writer.close()

    with pytest.raises(Gone):
        await asked
    with pytest.raises(Gone):
        await peer.monitor.ask("quit")
