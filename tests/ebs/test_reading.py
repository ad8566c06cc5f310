"""ListSnapshotBlocks and GetSnapshotBlock: pages, tokens, and who may read."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.services.ebs import tokens
from state.store import Store
from tests.ebs.conftest import (
    BLOCK,
    behind_the_scenes,
    block,
    contents,
    get,
    listed,
    refusal,
    written,
)
from tests.ec2.conftest import OPEN_REGION
from tests.house import House

BAD_TOKEN = (400, "ValidationException", "INVALID_BLOCK_TOKEN")
BAD_PAGE = (400, "ValidationException", "INVALID_PAGE_TOKEN")
NOT_FOUND = (404, "ResourceNotFoundException", "SNAPSHOT_NOT_FOUND")
NO_ACCESS = (403, "AccessDeniedException", "UNAUTHORIZED_ACCOUNT")
NOWHERE = "snap-0123456789abcdef0"


@pytest.fixture(scope="module")
def many(server: Any) -> tuple[House, str, dict[int, bytes]]:
    """A snapshot of 250 blocks, every third."""
    house = House(server)
    blocks = {index: block(f"block {index}") for index in range(0, 750, 3)}
    return house, written(house.ebs(), blocks), blocks


def test_a_list_says_what_a_reader_must_know(many: Any) -> None:
    house, snapshot_id, _ = many

    page = house.ebs().list_snapshot_blocks(SnapshotId=snapshot_id)

    assert (page["VolumeSize"], page["BlockSize"], "NextToken" in page) == (1, BLOCK, False)
    left = page["ExpiryTime"] - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_pages_make_up_the_whole_in_order(many: Any) -> None:
    house, snapshot_id, blocks = many
    ebs = house.ebs()

    assert list(listed(ebs, snapshot_id, MaxResults=100)) == list(blocks)
    first = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100)
    assert [each["BlockIndex"] for each in first["Blocks"]] == list(blocks)[:100]
    assert list(listed(ebs, snapshot_id, StartingBlockIndex=700)) == list(range(702, 750, 3))
    # "If you specify NextToken, then StartingBlockIndex is ignored."
    again = listed(ebs, snapshot_id, NextToken=first["NextToken"], StartingBlockIndex=700)
    assert list(again) == list(blocks)[100:]


def test_a_page_token_is_good_for_its_list_alone(many: Any) -> None:
    house, snapshot_id, _ = many
    ebs = house.ebs()
    token = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, MaxResults=100)["NextToken"]
    other = written(ebs, {0: block("a")})

    assert refusal(ebs.list_snapshot_blocks, SnapshotId=other, NextToken=token) == BAD_PAGE
    changed = base64.b64encode(base64.b64decode(token)[:-1] + b"\1").decode()
    for bad in (changed, "AAAA", "abc"):
        assert refusal(ebs.list_snapshot_blocks, SnapshotId=snapshot_id, NextToken=bad) == BAD_PAGE


def test_a_block_token_is_good_for_one_block_of_one_snapshot_and_one_caller(
    many: Any, friend: House
) -> None:
    house, snapshot_id, blocks = many
    ebs = house.ebs()
    found = listed(ebs, snapshot_id)
    other = written(ebs, {0: block("a")})
    house.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot_id, OperationType="add", UserIds=[friend.account_id]
    )

    assert get(ebs, snapshot_id, 3, found[3]) == blocks[3]
    attempts = [(ebs, snapshot_id, 6), (ebs, other, 3), (friend.ebs(), snapshot_id, 3)]
    for client, of, index in attempts:
        request = {"SnapshotId": of, "BlockIndex": index, "BlockToken": found[3]}
        assert refusal(client.get_snapshot_block, **request) == BAD_TOKEN


def test_a_block_token_expires(many: Any) -> None:
    house, snapshot_id, _ = many
    raw = bytearray(base64.b64decode(listed(house.ebs(), snapshot_id)[0]))
    with behind_the_scenes(house) as tx:
        secret = tx.secrets.get(tokens.SECRET)
    past = bytes(tokens.REST)
    text = tokens.spelled("block", house.account_id, snapshot_id) + b"\n0\n" + past
    attempt = house.ebs().get_snapshot_block
    place = {"SnapshotId": snapshot_id, "BlockIndex": 0}

    expired = tokens.written(secret, text, past)
    with pytest.raises(ClientError, match="expired"):
        attempt(**place, BlockToken=expired)
    raw[-5] ^= 1  # the time that stands in it is signed, too
    assert refusal(attempt, **place, BlockToken=base64.b64encode(raw).decode()) == BAD_TOKEN


@pytest.mark.slow
def test_tokens_outlive_the_server(own_house: House) -> None:
    ebs = own_house.ebs()
    snapshot_id = written(ebs, {4: block("a")})
    found = listed(ebs, snapshot_id)

    own_house.kill()
    own_house.start()

    assert get(ebs, snapshot_id, 4, found[4]) == block("a")


def test_who_may_make_volumes_of_a_snapshot_may_read_it(house: House, friend: House) -> None:
    snapshot_id = written(house.ebs(), {1: block("shared")})
    reader = friend.ebs()
    assert refusal(reader.list_snapshot_blocks, SnapshotId=snapshot_id) == NO_ACCESS

    ec2, sharing = house.ec2(), {"SnapshotId": snapshot_id, "UserIds": [friend.account_id]}
    ec2.modify_snapshot_attribute(**sharing, OperationType="add")  # type: ignore[arg-type]
    assert contents(reader, snapshot_id) == {1: block("shared")}
    ec2.modify_snapshot_attribute(**sharing, OperationType="remove")  # type: ignore[arg-type]
    assert refusal(reader.list_snapshot_blocks, SnapshotId=snapshot_id) == NO_ACCESS


def test_public_snapshots_are_not_read_here(house: House, friend: House) -> None:
    snapshot_id = written(house.ebs(region=OPEN_REGION), {})
    house.ec2(region=OPEN_REGION).modify_snapshot_attribute(
        SnapshotId=snapshot_id, OperationType="add", GroupNames=["all"]
    )

    reader = friend.ebs(region=OPEN_REGION)
    assert refusal(reader.list_snapshot_blocks, SnapshotId=snapshot_id) == NO_ACCESS


def test_what_is_not_there_is_not_read(house: House, ebs: Any) -> None:
    snapshot_id = written(ebs, {0: block("a")})
    token = listed(ebs, snapshot_id)[0]

    assert refusal(ebs.list_snapshot_blocks, SnapshotId=NOWHERE) == NOT_FOUND
    elsewhere = house.ebs(region="eu-west-1")
    assert refusal(elsewhere.list_snapshot_blocks, SnapshotId=snapshot_id) == NOT_FOUND
    house.ec2().delete_snapshot(SnapshotId=snapshot_id)
    request = {"SnapshotId": snapshot_id, "BlockIndex": 0, "BlockToken": token}
    assert refusal(ebs.get_snapshot_block, **request) == NOT_FOUND


def test_the_secret_of_tokens_is_made_once(tmp_path: Any) -> None:
    stores = [Store(f"sqlite:///{tmp_path}/vmie.db") for _ in range(2)]
    for store in stores:
        store.migrate()
    with stores[0].begin() as tx:
        assert tx.secrets.get("x") is None
        secret = tx.secrets.made("x")
    with stores[1].begin() as tx:
        assert tx.secrets.made("x") == secret == tx.secrets.get("x")
    for store in stores:
        store.close()
