"""StartSnapshot, PutSnapshotBlock, CompleteSnapshot."""

from typing import Any

import pytest

from tests.ebs.conftest import (
    BLOCK,
    SIZE,
    block,
    contents,
    let_its_time_pass,
    linear,
    listed,
    put,
    refusal,
    sha256,
    written,
)
from tests.house import House

INVALID = (400, "ValidationException", "INVALID_PARAMETER_VALUE")
WRONG_STATE = (400, "ValidationException", "INVALID_SNAPSHOT_ID")
NOT_FOUND = (404, "ResourceNotFoundException", "SNAPSHOT_NOT_FOUND")
NO_ACCESS = (403, "AccessDeniedException", "UNAUTHORIZED_ACCOUNT")
NOWHERE = "snap-0123456789abcdef0"
CHILD = {"ParentSnapshotId": NOWHERE}
KEY = f"arn:aws:kms:us-east-1:{1:012}:key/01234567-89ab-cdef-0123-456789abcdef"


def test_what_is_written_is_what_is_read(ebs: Any) -> None:
    blocks = {0: block("first"), 5: block("sixth"), 2047: block("last")}

    assert contents(ebs, written(ebs, blocks)) == blocks


def test_a_started_snapshot_is_shown_with_all_that_it_was_started_with(
    house: House, ebs: Any
) -> None:
    tags = [{"Key": "team", "Value": "blue"}]

    answer = ebs.start_snapshot(VolumeSize=3, Description="mine", Tags=tags)

    assert answer["SnapshotId"].startswith("snap-")
    assert (answer["OwnerId"], answer["Status"]) == (house.account_id, "pending")
    assert (answer["VolumeSize"], answer["BlockSize"]) == (3, BLOCK)
    assert (answer["Description"], answer["Tags"]) == ("mine", tags)
    (shown,) = house.ec2().describe_snapshots(SnapshotIds=[answer["SnapshotId"]])["Snapshots"]
    assert (shown["State"], shown["Progress"], shown["VolumeSize"]) == ("pending", "0%", 3)
    assert (shown["Description"], shown["Tags"]) == ("mine", tags)
    assert shown["VolumeId"] == "vol-ffffffff"


def test_progress_is_what_the_writer_tells(house: House, ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]

    put(ebs, snapshot_id, {0: block("a")}, Progress=40)
    put(ebs, snapshot_id, {1: block("b")}, Progress=30)

    (shown,) = house.ec2().describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    assert shown["Progress"] == "40%"


def test_a_completed_snapshot_is_waited_for(house: House, ebs: Any) -> None:
    snapshot_id = written(ebs, {0: block("a")})

    house.ec2().get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id])

    (shown,) = house.ec2().describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    assert (shown["State"], shown["Progress"]) == ("completed", "100%")
    assert house.snapshot_bytes(snapshot_id).stat().st_size == 1 << 30


def test_the_last_of_two_writes_counts_and_once(ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, snapshot_id, {3: block("old")})
    put(ebs, snapshot_id, {3: block("new")})

    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)

    assert contents(ebs, snapshot_id) == {3: block("new")}


def test_blocks_of_zeros_take_no_room_and_are_left_out(house: House, ebs: Any) -> None:
    blocks = {0: block("a"), 1: bytes(BLOCK), 2: bytes(BLOCK)}

    snapshot_id = written(ebs, blocks)

    assert list(listed(ebs, snapshot_id)) == [0]
    assert house.snapshot_bytes(snapshot_id).stat().st_blocks * 512 <= BLOCK


def test_a_snapshot_without_any_block_is_empty(ebs: Any) -> None:
    assert listed(ebs, written(ebs, {})) == {}


def test_completing_twice_changes_nothing(ebs: Any) -> None:
    snapshot_id = written(ebs, {0: block("a")})

    answer = ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=1)

    assert answer["Status"] == "completed"


def test_what_does_not_add_up_is_not_completed(ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    blocks = {0: block("a"), 7: block("b")}
    put(ebs, snapshot_id, blocks)
    complete = ebs.complete_snapshot

    assert refusal(complete, SnapshotId=snapshot_id, ChangedBlocksCount=1) == INVALID
    assert refusal(complete, SnapshotId=snapshot_id, ChangedBlocksCount=3) == INVALID
    wrong = linear({0: block("a"), 7: block("c")})
    assert (
        refusal(complete, SnapshotId=snapshot_id, ChangedBlocksCount=2, Checksum=wrong) == INVALID
    )

    right = linear(blocks)
    answer = complete(SnapshotId=snapshot_id, ChangedBlocksCount=2, Checksum=right)
    assert answer["Status"] == "completed"


def test_a_block_that_is_not_as_announced_is_not_written(ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    data, where = block("a"), {"SnapshotId": snapshot_id, "BlockIndex": 0}
    attempt = ebs.put_snapshot_block
    length, short = {"DataLength": 4096, "ChecksumAlgorithm": "SHA256"}, data[:4096]

    other = sha256(block("b"))
    assert refusal(attempt, **where, BlockData=data, Checksum=other, **SIZE) == INVALID
    assert refusal(attempt, **where, BlockData=short, Checksum=sha256(short), **SIZE) == INVALID
    assert refusal(attempt, **where, BlockData=short, Checksum=sha256(short), **length) == INVALID
    long = data + b"x"
    assert refusal(attempt, **where, BlockData=long, Checksum=sha256(long), **SIZE) == INVALID
    beyond = {"SnapshotId": snapshot_id, "BlockIndex": 2048}
    assert refusal(attempt, **beyond, BlockData=data, Checksum=sha256(data), **SIZE) == (
        400,
        "ValidationException",
        "INVALID_BLOCK",
    )
    assert ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=0)


def test_only_what_was_started_here_is_written_to(house: House, friend: House, ebs: Any) -> None:
    done, pending = written(ebs, {}), ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    data = block("a")
    what = {"BlockIndex": 0, "BlockData": data, "Checksum": sha256(data), **SIZE}
    attempt = ebs.put_snapshot_block

    assert refusal(attempt, SnapshotId=done, **what) == WRONG_STATE
    assert refusal(attempt, SnapshotId=NOWHERE, **what) == NOT_FOUND
    elsewhere = house.ebs(region="eu-west-1").put_snapshot_block
    assert refusal(elsewhere, SnapshotId=pending, **what) == NOT_FOUND
    other = friend.ebs()
    assert refusal(other.put_snapshot_block, SnapshotId=pending, **what) == NO_ACCESS
    count = {"SnapshotId": pending, "ChangedBlocksCount": 0}
    assert refusal(other.complete_snapshot, **count) == NO_ACCESS


def test_a_deleted_snapshot_is_gone_with_all_that_was_written(house: House, ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, snapshot_id, {0: block("a")})
    path = house.snapshot_bytes(snapshot_id)

    house.ec2().delete_snapshot(SnapshotId=snapshot_id)

    assert not list(path.parent.glob(f"*{path.name}"))
    count = {"SnapshotId": snapshot_id, "ChangedBlocksCount": 1}
    assert refusal(ebs.complete_snapshot, **count) == NOT_FOUND


def test_a_completed_snapshot_is_deleted_with_its_checksums(house: House, ebs: Any) -> None:
    snapshot_id = written(ebs, {0: block("a")})
    path = house.snapshot_bytes(snapshot_id)
    assert len(list(path.parent.glob(f"*{path.name}"))) == 2

    house.ec2().delete_snapshot(SnapshotId=snapshot_id)

    assert not list(path.parent.glob(f"*{path.name}"))


def test_a_pending_snapshot_is_not_read(ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]

    assert refusal(ebs.list_snapshot_blocks, SnapshotId=snapshot_id) == WRONG_STATE


# client tokens -----------------------------------------------------------------------------------


def test_the_same_request_with_the_same_token_starts_one_snapshot(ebs: Any) -> None:
    request = {"VolumeSize": 2, "ClientToken": "once", "Tags": [{"Key": "a", "Value": "b"}]}

    first, second = ebs.start_snapshot(**request), ebs.start_snapshot(**request)

    for answer in (first, second):
        del answer["ResponseMetadata"]
    assert first == second
    assert refusal(ebs.start_snapshot, **{**request, "VolumeSize": 3})[:2] == (
        409,
        "ConflictException",
    )


def test_a_token_belongs_to_an_account_and_a_region(house: House, friend: House, ebs: Any) -> None:
    request = {"VolumeSize": 1, "ClientToken": "mine"}
    clients = (ebs, friend.ebs(), house.ebs(region="eu-west-1"))

    assert len({client.start_snapshot(**request)["SnapshotId"] for client in clients}) == 3


# limits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"VolumeSize": 65537}, "INVALID_VOLUME_SIZE"),
        ({"VolumeSize": 1, "KmsKeyArn": KEY}, "INVALID_CUSTOMER_KEY"),
        ({"VolumeSize": 1, "Encrypted": False, **CHILD}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "Tags": [{"Key": "aws:x", "Value": ""}]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Key": "x"}, {"Key": "x"}]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "Tags": [{"Key": f"{n}"} for n in range(51)]}, "INVALID_TAG"),
        ({"VolumeSize": 1, "ParentSnapshotId": "snap-xyz"}, "INVALID_SNAPSHOT_ID"),
        ({"VolumeSize": 1, "Timeout": 4321}, "INVALID_PARAMETER_VALUE"),
        ({"VolumeSize": 1, "Description": "x" * 256}, "INVALID_PARAMETER_VALUE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_started_is_refused(ebs: Any, request_: Any, reason: str) -> None:
    assert refusal(ebs.start_snapshot, **request_) == (400, "ValidationException", reason)


def test_an_account_has_a_hundred_pending_snapshots_at_most(house: House, ebs: Any) -> None:
    started = [ebs.start_snapshot(VolumeSize=1)["SnapshotId"] for _ in range(100)]

    assert refusal(ebs.start_snapshot, VolumeSize=1)[:2] == (
        400,
        "ConcurrentLimitExceededException",
    )
    let_its_time_pass(house, started[0])
    assert ebs.start_snapshot(VolumeSize=1)
