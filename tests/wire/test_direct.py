"""Pieces of files on their way to sockets, and what the transport is left with."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.direct import Direct, Piece

PAGE = os.sysconf("SC_PAGE_SIZE")
DATA = bytes(range(256)) * 8192
HEAD = b"head"


class Transport(asyncio.Transport):
    """Of one end of a connection; keeps what is left to it."""

    def __init__(self, ours: socket.socket) -> None:
        super().__init__({"socket": ours})
        self.left = b""

    def write(self, data: Any) -> None:
        self.left += data


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[Transport], int]:
    """Send the piece through a transport; gives the file that was open."""
    path = tmp_path / "file"
    path.write_bytes(bytes(PAGE) + DATA)

    def send(transport: Transport) -> int:
        file = os.open(path, os.O_RDONLY)
        direct = Direct(transport)
        direct.send(HEAD, Piece(file, PAGE, len(DATA)))
        direct.close()
        return file

    return send


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


def test_what_finds_no_room_is_left_to_the_transport(
    sent: Callable[[Transport], int], ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    first, second = Transport(ours), Transport(ours)

    file = sent(first)
    sent(second)

    count = len(HEAD) + len(DATA) - len(first.left)
    assert len(HEAD) < count < len(HEAD) + len(DATA)
    assert theirs.recv(count, socket.MSG_WAITALL) + first.left == HEAD + DATA
    assert second.left == HEAD + DATA
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_where_the_other_side_has_left_the_transport_finds_out(
    sent: Callable[[Transport], int], ends: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = ends
    theirs.close()
    transport = Transport(ours)

    sent(transport)

    assert transport.left == HEAD + DATA
