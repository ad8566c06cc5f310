"""Pieces of files on their way to sockets, without a copy."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.direct import Piece, Pipe

pytestmark = pytest.mark.skipif(not hasattr(os, "splice"), reason="Linux alone has it")

DATA = bytes(range(256)) * 8192


@pytest.fixture
def piece(tmp_path: Path) -> Iterator[Piece]:
    path = tmp_path / "file"
    path.write_bytes(b"before" + DATA)
    file = os.open(path, os.O_RDONLY)
    yield Piece(file, 6, len(DATA))
    os.close(file)


def test_what_finds_no_room_is_in_nobodys_way(piece: Piece) -> None:
    pipe = Pipe()
    slow, other = socket.socketpair(), socket.socketpair()
    try:
        for sender, _ in (slow, other):
            sender.setblocking(False)

        sent = pipe.send(piece, slow[0].fileno())
        again = pipe.send(piece, slow[0].fileno())
        beside = pipe.send(piece._replace(length=1000), other[0].fileno())

        assert 0 < sent < len(DATA)
        assert again == 0
        assert slow[1].recv(sent, socket.MSG_WAITALL) == DATA[:sent]
        assert (beside, other[1].recv(2000)) == (1000, DATA[:1000])
    finally:
        for each in (*slow, *other, pipe):
            each.close()


def test_a_piece_ends_where_its_file_does_and_where_the_other_side_has_left(piece: Piece) -> None:
    pipe = Pipe()
    sender, reader = socket.socketpair()
    sender.setblocking(False)

    assert pipe.send(piece._replace(offset=len(DATA)), sender.fileno()) == 6
    assert reader.recv(100) == DATA[-6:]
    reader.close()
    assert pipe.send(piece, sender.fileno()) == 0

    sender.close()
    pipe.close()
