"""Snapshots that are written and read block by block."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from state.store import Store, Tx
from tests.house import House, default_url

BLOCK = 512 << 10
SIZE = {"DataLength": BLOCK, "ChecksumAlgorithm": "SHA256"}


@pytest.fixture
def ebs(house: House) -> Any:
    """A client for EBS direct of a fresh account."""
    return house.ebs()


@pytest.fixture
def friend(house: House) -> House:
    """The same server, seen from another fresh account."""
    return House(house.server)


def block(text: str) -> bytes:
    """Make a block that begins with a text, with zeros behind it."""
    return text.encode().ljust(BLOCK, b"\0")


def sha256(data: bytes) -> str:
    """Hash a block as a request has it."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def linear(blocks: Mapping[int, bytes]) -> str:
    """Hash the hashes of some blocks in their order."""
    whole = b"".join(hashlib.sha256(blocks[index]).digest() for index in sorted(blocks))
    return sha256(whole)


def put(ebs: Any, snapshot_id: str, blocks: Mapping[int, bytes], **more: Any) -> None:
    """Write blocks."""
    for index, data in blocks.items():
        ebs.put_snapshot_block(
            SnapshotId=snapshot_id, BlockIndex=index, BlockData=data, Checksum=sha256(data),
            **SIZE, **more,
        )  # fmt: skip


def written(ebs: Any, blocks: Mapping[int, bytes], size: int = 1, **more: Any) -> str:
    """Make a snapshot of some blocks; return its id."""
    snapshot_id: str = ebs.start_snapshot(VolumeSize=size, **more)["SnapshotId"]
    put(ebs, snapshot_id, blocks)
    ebs.complete_snapshot(
        SnapshotId=snapshot_id, ChangedBlocksCount=len(blocks), Checksum=linear(blocks),
        ChecksumAlgorithm="SHA256", ChecksumAggregationMethod="LINEAR",
    )  # fmt: skip
    return snapshot_id


def listed(ebs: Any, snapshot_id: str, **more: Any) -> dict[int, str]:
    """Return the blocks of a snapshot and their tokens, page by page."""
    found: dict[int, str] = {}
    while True:
        page = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, **more)
        found |= {each["BlockIndex"]: each["BlockToken"] for each in page["Blocks"]}
        if "NextToken" not in page:
            return found
        more["NextToken"] = page["NextToken"]


def get(ebs: Any, snapshot_id: str, index: int, token: str) -> bytes:
    """Read a block, which must be what its checksum says."""
    answer = ebs.get_snapshot_block(SnapshotId=snapshot_id, BlockIndex=index, BlockToken=token)
    data: bytes = answer["BlockData"].read()
    assert (answer["DataLength"], answer["Checksum"]) == (len(data), sha256(data))
    return data


def contents(ebs: Any, snapshot_id: str, only: Iterable[int] | None = None) -> dict[int, bytes]:
    """Read all blocks of a snapshot that are listed."""
    blocks = listed(ebs, snapshot_id)
    return {index: get(ebs, snapshot_id, index, token) for index, token in blocks.items()}


def refusal(attempt: Any, **request: Any) -> tuple[int, str, str]:
    """Return status, code and reason of the error that an attempt ends with."""
    with pytest.raises(ClientError) as caught:
        attempt(**request)
    response: Any = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response.get("Reason", "")


@contextmanager
def behind_the_scenes(house: House) -> Any:
    """Change what the server has in its store."""
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            yield tx
    finally:
        store.close()


def let_its_time_pass(house: House, snapshot_id: str) -> None:
    """Set the deadline of a snapshot back, as if it had come."""
    with behind_the_scenes(house) as tx:
        assert isinstance(tx, Tx)
        snapshot = tx.snapshots.get(snapshot_id)
        assert snapshot is not None
        assert snapshot.expires_at is not None
        past = snapshot.created_at
        tx.snapshots.replace(snapshot.model_copy(update={"expires_at": past}))
