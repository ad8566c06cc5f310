"""Snapshots on top of others: what they begin with, and what ListChangedBlocks tells."""

from pathlib import Path
from typing import Any

import pytest

from tests.ebs.conftest import (
    BLOCK,
    block,
    contents,
    get,
    listed,
    put,
    refusal,
    written,
)
from tests.house import House
from tests.iam.test_session_rights import Worker, statement, text

FIRST = {0: block("a0"), 1: block("a1"), 9: block("a9")}
SECOND = {1: block("b1"), 5: block("b5")}
THIRD = {5: block("c5"), 9: bytes(BLOCK), 3000: block("c3000")}


def family(ebs: Any) -> tuple[str, str, str]:
    """Three snapshots, each on top of the one before; the last is larger."""
    first = written(ebs, FIRST)
    second = written(ebs, SECOND, ParentSnapshotId=first)
    return first, second, written(ebs, THIRD, size=2, ParentSnapshotId=second)


def changed(ebs: Any, first: str, second: str, **more: Any) -> dict[int, tuple[Any, Any]]:
    """Return the tokens of the blocks that were changed, page by page."""
    found: dict[int, tuple[Any, Any]] = {}
    while True:
        page = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second, **more)
        for each in page["ChangedBlocks"]:
            tokens = each.get("FirstBlockToken"), each["SecondBlockToken"]
            found[each["BlockIndex"]] = tokens
        if "NextToken" not in page:
            return found
        more["NextToken"] = page["NextToken"]


def test_a_snapshot_begins_with_the_bytes_of_its_parent_and_leaves_those_alone(ebs: Any) -> None:
    first, second, third = family(ebs)

    assert contents(ebs, first) == FIRST
    assert contents(ebs, second) == FIRST | SECOND
    whole = FIRST | SECOND | THIRD
    del whole[9]
    assert contents(ebs, third) == whole


def test_a_family_stays_when_its_middle_is_deleted(house: House, ebs: Any) -> None:
    first, second, third = family(ebs)

    house.ec2().delete_snapshot(SnapshotId=second)

    assert list(changed(ebs, first, third)) == [1, 5, 9, 3000]
    assert contents(ebs, third)[1] == block("b1")


def test_what_changed_is_told_with_the_tokens_of_both(ebs: Any) -> None:
    first, second, third = family(ebs)

    assert list(changed(ebs, second, third)) == [5, 9, 3000]
    tokens = changed(ebs, first, third)
    assert list(tokens) == [1, 5, 9, 3000]
    before = {index: get(ebs, first, index, old) for index, (old, _) in tokens.items() if old}
    assert before == {1: block("a1"), 9: block("a9")}
    after = {index: get(ebs, third, index, new) for index, (_, new) in tokens.items()}
    assert after == {1: block("b1"), **THIRD}
    page = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=third)
    assert (page["VolumeSize"], page["BlockSize"]) == (2, BLOCK)


def test_changes_come_in_pages(ebs: Any) -> None:
    first = written(ebs, {})
    blocks = {index: block(f"{index}") for index in range(0, 450, 3)}
    second = written(ebs, blocks, ParentSnapshotId=first)

    assert list(changed(ebs, first, second, MaxResults=100)) == list(blocks)
    assert list(changed(ebs, first, second, StartingBlockIndex=400)) == list(range(402, 450, 3))


def test_what_is_behind_the_end_of_the_second_is_not_told(ebs: Any) -> None:
    first, _, third = family(ebs)

    backwards = changed(ebs, third, first)

    assert list(backwards) == [1, 5, 9]
    assert get(ebs, third, 5, backwards[5][0]) == block("c5")
    assert get(ebs, first, 5, backwards[5][1]) == bytes(BLOCK)


def test_strangers_have_nothing_in_common(house: House, ebs: Any) -> None:
    first, second = written(ebs, FIRST), written(ebs, FIRST)
    attempt = ebs.list_changed_blocks

    pair = {"FirstSnapshotId": first, "SecondSnapshotId": second}
    assert refusal(attempt, **pair) == (400, "ValidationException", "UNRELATED_SNAPSHOTS")
    alone = {"SecondSnapshotId": second}
    assert refusal(attempt, **alone) == (400, "ValidationException", "INVALID_SNAPSHOT_ID")


def test_a_child_is_as_large_as_its_parent_at_least(ebs: Any) -> None:
    parent = written(ebs, {}, size=2)

    request = {"VolumeSize": 1, "ParentSnapshotId": parent}
    assert refusal(ebs.start_snapshot, **request) == (
        400,
        "ValidationException",
        "INVALID_VOLUME_SIZE",
    )


def test_only_a_completed_snapshot_that_one_may_use_has_children(
    house: House, friend: House, ebs: Any
) -> None:
    pending = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    parent = written(ebs, FIRST)

    request = {"VolumeSize": 1, "ParentSnapshotId": pending}
    assert refusal(ebs.start_snapshot, **request)[1:] == (
        "ValidationException",
        "INVALID_SNAPSHOT_ID",
    )
    request["ParentSnapshotId"] = parent
    assert refusal(friend.ebs().start_snapshot, **request)[0] == 403
    house.ec2().modify_snapshot_attribute(
        SnapshotId=parent, OperationType="add", UserIds=[friend.account_id]
    )
    child = written(friend.ebs(), SECOND, ParentSnapshotId=parent)
    assert contents(friend.ebs(), child) == FIRST | SECOND


def test_what_is_written_to_a_child_that_is_not_completed_is_seen_nowhere(ebs: Any) -> None:
    parent = written(ebs, FIRST)
    child = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent)["SnapshotId"]

    put(ebs, child, SECOND)

    assert contents(ebs, parent) == FIRST
    assert list(listed(ebs, parent)) == [0, 1, 9]


# encryption --------------------------------------------------------------------------------------


def test_a_snapshot_is_encrypted_by_the_key_asked_for_or_that_of_ebs(
    house: House, ebs: Any
) -> None:
    key = house.kms().create_key()["KeyMetadata"]["Arn"]

    by_default = ebs.start_snapshot(VolumeSize=1, Encrypted=True)
    by_key = ebs.start_snapshot(VolumeSize=1, Encrypted=True, KmsKeyArn=key)

    (alias,) = house.kms().list_aliases()["Aliases"][:1]
    assert by_default["KmsKeyArn"].endswith(f"key/{alias['TargetKeyId']}")
    assert by_key["KmsKeyArn"] == key
    named = [by_default["SnapshotId"], by_key["SnapshotId"]]
    for shown in house.ec2().describe_snapshots(SnapshotIds=named)["Snapshots"]:
        assert shown["Encrypted"]


def test_a_key_must_be_there_and_enabled(house: House, friend: House, ebs: Any) -> None:
    kms = house.kms()
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    other = friend.kms().create_key()["KeyMetadata"]["Arn"]
    nowhere = key["Arn"].replace(key["KeyId"], "01234567-89ab-cdef-0123-456789abcdef")

    def start(arn: str) -> tuple[int, str, str]:
        return refusal(ebs.start_snapshot, VolumeSize=1, Encrypted=True, KmsKeyArn=arn)

    assert start(key["Arn"]) == (400, "ValidationException", "INVALID_CUSTOMER_KEY")
    assert start(other) == (403, "AccessDeniedException", "DEPENDENCY_ACCESS_DENIED")
    assert start(nowhere) == (404, "ResourceNotFoundException", "DEPENDENCY_RESOURCE_NOT_FOUND")


def checksums(house: House) -> set[Path]:
    """The checksums that are kept; those of encrypted blocks would tell who guesses them."""
    return set((house.data_dir / "blobs").glob("*/checksums-*"))


@pytest.mark.slow
def test_what_is_encrypted_is_completed_by_a_worker_and_read_as_long_as_its_key_opens(
    house: House, ebs: Any
) -> None:
    key = house.kms().create_key()["KeyMetadata"]
    request = {"VolumeSize": 1, "Encrypted": True, "KmsKeyArn": key["Arn"]}
    before = checksums(house)
    parent = ebs.start_snapshot(**request)["SnapshotId"]
    put(ebs, parent, FIRST)

    answer = ebs.complete_snapshot(SnapshotId=parent, ChangedBlocksCount=len(FIRST))

    assert answer["Status"] == "pending"
    waiter = house.ec2().get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=[parent], WaiterConfig={"Delay": 1})
    again = ebs.complete_snapshot(SnapshotId=parent, ChangedBlocksCount=len(FIRST))
    assert again["Status"] == "completed"
    assert contents(ebs, parent) == FIRST
    assert block("a0")[:64] not in house.snapshot_bytes(parent).read_bytes()
    assert checksums(house) == before
    child = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent)
    assert child["KmsKeyArn"] == key["Arn"]
    put(ebs, child["SnapshotId"], SECOND)
    ebs.complete_snapshot(SnapshotId=child["SnapshotId"], ChangedBlocksCount=len(SECOND))
    waiter.wait(SnapshotIds=[child["SnapshotId"]], WaiterConfig={"Delay": 1})
    assert contents(ebs, child["SnapshotId"]) == FIRST | SECOND
    assert list(changed(ebs, parent, child["SnapshotId"])) == [1, 5]

    token = listed(ebs, parent)[0]
    house.kms().disable_key(KeyId=key["KeyId"])
    closed = (400, "ValidationException", "INVALID_CUSTOMER_KEY")
    assert refusal(ebs.list_snapshot_blocks, SnapshotId=parent) == closed
    where = {"SnapshotId": parent, "BlockIndex": 0, "BlockToken": token}
    assert refusal(ebs.get_snapshot_block, **where) == closed
    assert refusal(ebs.start_snapshot, VolumeSize=1, ParentSnapshotId=parent) == closed


def test_a_session_needs_the_right_to_use_the_key(house: House) -> None:
    key = house.kms().create_key()["KeyMetadata"]["Arn"]
    everything = statement("ebs:*")
    worker = Worker(house, everything)
    ebs, denied = worker.client("ebs"), (403, "AccessDeniedException", "DEPENDENCY_ACCESS_DENIED")
    request = {"VolumeSize": 1, "Encrypted": True, "KmsKeyArn": key}

    assert refusal(ebs.start_snapshot, **request) == denied
    worker.may(everything, statement("kms:GenerateDataKeyWithoutPlaintext", key))
    snapshot_id = ebs.start_snapshot(**request)["SnapshotId"]
    put(ebs, snapshot_id, FIRST)
    complete = {"SnapshotId": snapshot_id, "ChangedBlocksCount": len(FIRST)}
    assert refusal(ebs.complete_snapshot, **complete) == denied
    worker.may(everything, statement("kms:Decrypt", key))
    ebs.complete_snapshot(**complete)
    waiter = house.ec2().get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=[snapshot_id], WaiterConfig={"Delay": 1})

    assert contents(ebs, snapshot_id) == FIRST
    token = listed(ebs, snapshot_id)[0]
    worker.may(everything)
    where = {"SnapshotId": snapshot_id, "BlockIndex": 0, "BlockToken": token}
    assert refusal(ebs.get_snapshot_block, **where) == denied
    assert refusal(ebs.list_snapshot_blocks, SnapshotId=snapshot_id) == denied
    assert refusal(ebs.start_snapshot, VolumeSize=1, ParentSnapshotId=snapshot_id) == denied


def test_the_key_of_a_snapshot_of_another_account_must_let_both_in(
    house: House, friend: House, ebs: Any
) -> None:
    kms, mine = house.kms(), f"arn:aws:iam::{house.account_id}:root"
    key = kms.create_key()["KeyMetadata"]["Arn"]
    snapshot_id = ebs.start_snapshot(VolumeSize=1, Encrypted=True, KmsKeyArn=key)["SnapshotId"]
    put(ebs, snapshot_id, FIRST)
    ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=len(FIRST))
    waiter = house.ec2().get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=[snapshot_id], WaiterConfig={"Delay": 1})
    house.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot_id, CreateVolumePermission={"Add": [{"UserId": friend.account_id}]}
    )

    denied = refusal(friend.ebs().list_snapshot_blocks, SnapshotId=snapshot_id)
    both = {"AWS": [mine, f"arn:aws:iam::{friend.account_id}:root"]}
    kms.put_key_policy(KeyId=key, Policy=text({**statement("kms:*"), "Principal": both}))

    assert denied == (403, "AccessDeniedException", "DEPENDENCY_ACCESS_DENIED")
    assert contents(friend.ebs(), snapshot_id) == FIRST


def test_what_is_new_is_encrypted_where_that_is_the_default(house: House, ebs: Any) -> None:
    parent = written(ebs, FIRST)
    house.ec2().enable_ebs_encryption_by_default()

    assert "KmsKeyArn" in ebs.start_snapshot(VolumeSize=1)
    invalid = (400, "ValidationException", "INVALID_PARAMETER_VALUE")
    assert refusal(ebs.start_snapshot, VolumeSize=1, Encrypted=False) == invalid
    assert refusal(ebs.start_snapshot, VolumeSize=1, ParentSnapshotId=parent) == invalid
