"""Blocks that are answered at once, and what is answered the usual way."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from emulator.gateway import Gateway
from emulator.services.ebs import PROMPT, finding, tokens
from emulator.settings import Settings
from state.blobs import Blobs
from state.disks.journal import place_of
from state.drafts import checksums_of
from state.store import Store
from tests.ebs.conftest import BLOCK, block, contents, listed, sha256, written
from tests.house import House
from tests.state.samples import snapshot
from tests.wire.sockets import Wire, signed

ME, OTHER = "111122223333", "444455556666"
SNAPSHOT = "snap-0123456789abcdef0"
DATA = block("in memory")
USUAL = {"x_amz_Progress": "1"}  # what says so is taken the usual way
NOW = datetime(2026, 1, 31, tzinfo=UTC)


class Reader:
    """Who asks a gateway for blocks; of a snapshot, which has two, one without a checksum."""

    def __init__(self, folder: Path) -> None:
        self.store, self.blobs = Store(f"sqlite:///{folder}/vmie.db"), Blobs(folder)
        self.store.migrate()
        self.keep("blocks", {0: DATA, BLOCK: DATA})
        self.keep(checksums_of("blocks"), {place_of(0): hashlib.sha256(DATA).digest()})
        self.change(add=True)
        self.now = NOW
        engine: Any = None  # nobody is to work
        self.gateway = Gateway(
            Settings.model_validate({}), self.store, self.blobs, engine, now=lambda: self.now
        )
        self.gateway.prompts.services["ebs"] = PROMPT
        with self.store.begin() as tx:
            self.secret = tx.secrets.made(tokens.SECRET)
        tokens.SECRETS[self.store] = self.secret

    def keep(self, blob_id: str, pieces: dict[int, bytes]) -> None:
        path = self.blobs.incoming()
        with path.open("wb") as file:
            for offset, piece in pieces.items():
                file.seek(offset)
                file.write(piece)
        self.blobs.keep(path, blob_id)

    def change(self, *, add: bool = False, **changes: Any) -> None:
        fields = {"account_id": ME, "blob_id": "blocks", "size_gib": 1, "size_bytes": 1 << 30}
        value = snapshot(SNAPSHOT).model_copy(update={**fields, **changes})
        with self.store.begin() as tx:
            (tx.snapshots.add if add else tx.snapshots.replace)(value)

    def ask(
        self, index: int = 0, account: str = ME, target: str = "", **headers: str
    ) -> tuple[bytes, bytes] | None:
        rest = tokens.milliseconds(NOW + timedelta(days=7)).to_bytes(tokens.REST, "big")
        subject = tokens.spelled("block", ME, SNAPSHOT)
        token = tokens.written(self.secret, b"%s\n%d\n%s" % (subject, index, rest), rest)
        target = target or f"/snapshots/{SNAPSHOT}/blocks/{index}?blockToken={quote(token, '')}"
        said = {"host": "localhost", "authorization": signed(account, "ebs"), **headers}
        pairs = [(name.replace("_", "-").encode(), text.encode()) for name, text in said.items()]
        answer = self.gateway.prompts.answered(target.encode(), pairs)
        if answer is None:
            return None
        assert answer.body is not None
        file, offset, length = answer.body
        data = os.pread(file, length, offset)
        os.close(file)
        return answer.headers, data

    def reads(self) -> bool:
        """Ask again, once the row is known, as it is to who has listed the blocks."""
        for asked in self.gateway.prompts.known.values():
            finding.row(asked.context, SNAPSHOT)
        return self.ask() is not None


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    assert reader.ask() is None  # the row is not known yet
    if not reader.reads():
        pytest.skip("the filesystem cannot tell what is in memory")
    yield reader
    reader.store.close()


def test_a_block_in_memory_is_answered_at_once(reader: Reader) -> None:
    answer = reader.ask()

    assert answer is not None
    headers, body = answer
    assert body == DATA
    assert f"x-amz-checksum: {sha256(DATA)}\r\n".encode() in headers


def test_what_takes_time_or_is_wrong_is_answered_the_usual_way(reader: Reader) -> None:
    wrong = f"/snapshots/{SNAPSHOT}/blocks/0?blockToken=AAAA"
    for answer in (
        reader.ask(1),  # nobody has kept its checksum
        reader.ask(2),  # it is not in the file
        reader.ask(account=OTHER),
        reader.ask(account="ASIA0123456789ABCDEF"),  # a session has rights of its own
        reader.ask(target=wrong),
        reader.ask(target="/snapshots"),
        reader.ask(authorization=signed(ME, "ebs", "eu-west-1")),
        reader.ask(authorization=signed(ME, "s3")),
        reader.ask(content_length="4"),
        reader.ask(transfer_encoding="chunked"),
        reader.ask(expect="100-continue"),
    ):
        assert answer is None
    assert reader.ask() is not None
    reader.now += timedelta(days=7)
    assert reader.ask() is None


@pytest.mark.parametrize(
    "change", [{"state": "error"}, {"encrypted": True}, {"account_id": OTHER}, {"blob_id": "gone"}]
)
def test_what_has_changed_is_noticed(reader: Reader, change: dict[str, Any]) -> None:
    reader.change(**change)

    assert reader.ask() is None
    assert not reader.reads()


def test_both_ways_give_the_same_answer(house: House) -> None:
    snapshot_id = written(house.ebs(), {0: block("a")})
    token = quote(listed(house.ebs(), snapshot_id)[0], safe="")
    line = f"GET /snapshots/{snapshot_id}/blocks/0?blockToken={token}"
    who = signed(house.account_id, "ebs")
    with Wire(house.endpoint) as wire:
        wire.ask(line, Authorization=who)  # from here on the row is known

        short = wire.ask(line, Authorization=who)
        usual = wire.ask(line, b"{}", Authorization=who)

    assert (short.status, short.body) == (usual.status, usual.body) == (200, block("a"))
    assert short.headers.keys() == usual.headers.keys()
    own = {"date", "x-amzn-requestid"}
    assert {**short.headers, **dict.fromkeys(own)} == {**usual.headers, **dict.fromkeys(own)}


def test_both_ways_take_the_same_block(house: House) -> None:
    ebs = house.ebs()
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    blocks = {index: block(f"block {index}") for index in range(3)}
    with Wire(house.endpoint) as wire:
        replies = [
            wire.ask(
                f"PUT /snapshots/{snapshot_id}/blocks/{index}", data, **sent(house, data), **more
            )
            for (index, data), more in zip(blocks.items(), [{}, {}, USUAL], strict=True)
        ]

    _, short, usual = replies
    assert [reply.status for reply in replies] == [201] * 3
    assert short.headers.keys() == usual.headers.keys()
    own = {"date", "x-amzn-requestid", "x-amz-checksum"}
    assert {**short.headers, **dict.fromkeys(own)} == {**usual.headers, **dict.fromkeys(own)}
    assert short.headers["x-amz-checksum"] == sha256(blocks[1])
    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=3)
    assert contents(ebs, snapshot_id) == blocks
    # A line comes after its answer, but not after those to later requests.
    for reply, room in ((short, "prompts"), (usual, "gateway")):
        line = f"{room} [{reply.headers['x-amzn-requestid']}] ebs:PutSnapshotBlock 201 "
        assert line in house.server.log


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"x_amz_Checksum": sha256(b"another")}, 400),
        ({"x_amz_Checksum": ""}, 400),
        ({"x_amz_Checksum": "\xe9"}, 400),
        ({"x_amz_Data_Length": "4"}, 400),
        ({"x_amz_Checksum_Algorithm": "MD5"}, 400),
        ({"Authorization": signed(OTHER, "ebs")}, 403),
        ({"Authorization": signed(OTHER, "ebs", "eu-west-1")}, 404),
        ({"path": "snap-0123456789abcdef0/blocks/0"}, 404),
        ({"path": "snap-0123456789ABCDEF0/blocks/0"}, 400),
        ({"path": "{}/blocks/2048"}, 400),
        ({"path": "{}/blocks/99999999999"}, 400),
        ({"path": "{}/blocks/"}, 404),
    ],
)
def test_both_ways_say_what_is_wrong_with_a_block(
    house: House, changes: dict[str, str], status: int
) -> None:
    snapshot_id = house.ebs().start_snapshot(VolumeSize=1)["SnapshotId"]
    headers = {**sent(house, DATA), **changes}
    line = f"PUT /snapshots/{headers.pop('path', '{}/blocks/0').format(snapshot_id)}"
    with Wire(house.endpoint) as wire:
        short = wire.ask(line, DATA, **headers)
        usual = wire.ask(line, DATA, **headers, **USUAL)

    assert (short.status, short.body) == (usual.status, usual.body)
    assert short.status == status
    assert house.ebs().complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=0)


def test_a_snapshot_that_is_complete_takes_no_block(house: House) -> None:
    snapshot_id = written(house.ebs(), {0: DATA})
    with Wire(house.endpoint) as wire:
        line = f"PUT /snapshots/{snapshot_id}/blocks/0"
        short = wire.ask(line, block("b"), **sent(house, block("b")))
        usual = wire.ask(line, block("b"), **sent(house, block("b")), **USUAL)

    assert (short.status, short.body) == (usual.status, usual.body)
    assert short.status == 400
    assert contents(house.ebs(), snapshot_id) == {0: DATA}


def sent(house: House, data: bytes) -> dict[str, str]:
    """Write the headers of a block that is sent."""
    return {
        "Authorization": signed(house.account_id, "ebs"),
        "x_amz_Data_Length": str(BLOCK),
        "x_amz_Checksum": sha256(data),
        "x_amz_Checksum_Algorithm": "SHA256",
    }
