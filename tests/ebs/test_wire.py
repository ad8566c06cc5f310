"""How EBS direct is spoken to: routed, parsed and answered."""

import json
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

import pytest

from tests.ebs.conftest import BLOCK, block, listed, sha256, written
from tests.house import House, Server
from tests.wire.sockets import Reply, Wire, signed


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    """A connection to the server."""
    with Wire(server.endpoint) as connection:
        yield connection


def started(wire: Wire, house: House) -> str:
    """A new snapshot."""
    who = signed(house.account_id, "ebs")
    reply = wire.ask("POST /snapshots", b'{"VolumeSize": 1}', Authorization=who)
    assert reply.status == 201
    snapshot_id: str = json.loads(reply.body)["SnapshotId"]
    return snapshot_id


def told(reply: Reply) -> tuple[int, str, str]:
    """Status, code and reason of an error."""
    return reply.status, reply.headers["x-amzn-errortype"], json.loads(reply.body).get("Reason", "")


def test_an_error_is_a_document_with_a_reason(house: House, wire: Wire) -> None:
    who = signed(house.account_id, "ebs")

    reply = wire.ask("GET /snapshots/snap-0123/blocks", Authorization=who)

    assert reply.status == 404
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-amzn-errortype"] == "ResourceNotFoundException"
    assert json.loads(reply.body) == {
        "Message": "The snapshot 'snap-0123' does not exist.",
        "Reason": "SNAPSHOT_NOT_FOUND",
    }


def test_the_host_name_routes_who_does_not_sign(wire: Wire) -> None:
    for host in ("ebs.eu-west-1.amazonaws.com", "ebs.eu-west-1.localhost:4577"):
        reply = wire.ask("GET /snapshots/snap-0123/blocks", Host=host)
        assert told(reply) == (404, "ResourceNotFoundException", "SNAPSHOT_NOT_FOUND")
    assert wire.ask("GET /", Host="ebs.s3.localhost").headers["server"] == "AmazonS3"


def test_what_no_client_library_would_send_is_refused(house: House, wire: Wire) -> None:
    who = {"Authorization": signed(house.account_id, "ebs")}
    snapshot_id = started(wire, house)
    at = f"/snapshots/{snapshot_id}"
    asked = {
        "POST /snapshots": (400, "ValidationException", "INVALID_VOLUME_SIZE"),
        "GET /snapshots/snap-XYZ/blocks": (400, "ValidationException", "INVALID_SNAPSHOT_ID"),
        f"GET {at}/blocks?maxResults=99": (400, "ValidationException", "INVALID_PARAMETER_VALUE"),
        f"GET {at}/blocks?pageToken=%21": (400, "ValidationException", "INVALID_PAGE_TOKEN"),
        f"GET {at}/blocks/x?blockToken=A": (400, "ValidationException", "INVALID_BLOCK"),
        f"GET {at}/blocks/-1?blockToken=A": (400, "ValidationException", "INVALID_BLOCK"),
        f"GET {at}/blocks/1": (400, "ValidationException", "INVALID_BLOCK_TOKEN"),
        f"PUT {at}/blocks/1": (400, "ValidationException", "INVALID_PARAMETER_VALUE"),
        f"POST /snapshots/completion/{snapshot_id}": (
            400,
            "ValidationException",
            "INVALID_PARAMETER_VALUE",
        ),
        f"POST {at}": (404, "UnknownOperationException", ""),
        f"DELETE {at}": (404, "UnknownOperationException", ""),
    }
    for line, error in asked.items():
        assert told(wire.ask(line, b"{}" if line.startswith("POST") else b"", **who)) == error

    reply = wire.ask(f"POST /snapshots/completion/{snapshot_id}", b"{}", **who)
    assert b"Value null at 'changedBlocksCount'" in reply.body
    reply = wire.ask("POST /snapshots", b"[1", **who)
    assert told(reply) == (400, "SerializationException", "")


def test_a_block_is_taken_however_it_is_sent(house: House, wire: Wire) -> None:
    snapshot_id = started(wire, house)
    data = block("a")
    headers = {
        "Authorization": signed(house.account_id, "ebs"),
        "x_amz_Data_Length": str(BLOCK),
        "x_amz_Checksum": sha256(data),
        "x_amz_Checksum_Algorithm": "SHA256",
    }
    line = f"PUT /snapshots/{snapshot_id}/blocks"
    cut = b"".join(b"%x\r\n%s\r\n" % (BLOCK // 4, data[at:][: BLOCK // 4]) for at in quarters())

    whole = wire.ask(f"{line}/0", data, **headers)
    chunks = wire.ask(f"{line}/1", cut + b"0\r\n\r\n", Transfer_Encoding="chunked", **headers)
    short = wire.ask(f"{line}/2", b"4\r\nabcd\r\n0\r\n\r\n", Transfer_Encoding="chunked", **headers)

    assert (whole.status, chunks.status) == (201, 201)
    assert whole.headers["x-amz-checksum"] == sha256(data)
    assert whole.headers["x-amz-checksum-algorithm"] == "SHA256"
    assert told(short) == (400, "ValidationException", "INVALID_PARAMETER_VALUE")
    assert json.loads(short.body)["Message"] == "Failed to read block data"


def test_a_fault_of_ours_has_the_name_that_clients_catch(own_house: House) -> None:
    ebs = own_house.ebs()
    snapshot_id = written(ebs, {0: block("a")})
    token = listed(ebs, snapshot_id)[0]
    blob = own_house.snapshot_bytes(snapshot_id)
    blob.unlink()
    blob.mkdir()  # somebody has been at the data folder

    with pytest.raises(ebs.exceptions.InternalServerException):
        ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=0, BlockToken=token)


def test_who_reads_slowly_gets_all_blocks_one_after_the_other(house: House) -> None:
    data = {index: bytes([index]) * BLOCK for index in range(1, 7)}
    snapshot_id = written(house.ebs(), data)
    tokens = listed(house.ebs(), snapshot_id)
    who = signed(house.account_id, "ebs")
    with Wire(house.endpoint, receive_buffer=4096) as wire:
        for index in data:  # before anything is read
            token = quote(tokens[index], safe="")
            line = f"GET /snapshots/{snapshot_id}/blocks/{index}?blockToken={token}"
            wire.send(line, Authorization=who)

        with wire.socket.makefile("rb") as stream:
            for index, block_ in data.items():
                reply = read_reply(stream)
                assert (reply.status, reply.body == block_) == (200, True), index
                assert reply.headers["x-amz-checksum"] == sha256(block_)


def test_who_leaves_in_the_middle_of_a_block_disturbs_nobody(house: House) -> None:
    snapshot_id = written(house.ebs(), {0: block("a")})
    token = quote(listed(house.ebs(), snapshot_id)[0], safe="")
    line = f"GET /snapshots/{snapshot_id}/blocks/0?blockToken={token}"
    who = signed(house.account_id, "ebs")
    for _ in range(5):
        with Wire(house.endpoint, receive_buffer=4096) as wire:
            wire.send(line, Authorization=who)
            assert wire.socket.recv(100).startswith(b"HTTP/1.1 200 OK")

    with Wire(house.endpoint) as wire:
        assert wire.ask(line, Authorization=who, Connection="close").body == block("a")
        assert wire.socket.recv(1) == b""


def read_reply(stream: BinaryIO) -> Reply:
    """Read one of several answers."""
    status = int(stream.readline().split()[1])
    headers = {}
    while line := stream.readline().decode().strip():
        name, _, text = line.partition(": ")
        headers[name.lower()] = text
    return Reply(status, headers, stream.read(int(headers["content-length"])), False)


def quarters() -> range:
    return range(0, BLOCK, BLOCK // 4)
