"""What is remembered between requests is never out of date."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.protocol import answers, models
from emulator.protocol.xml_writer import lasting
from emulator.services.ec2 import remembered
from emulator.services.ec2.remembered import Remembered
from state.store import Store
from tests.ec2.conftest import put_snapshots
from tests.ec2.test_snapshots import snapshot
from tests.house import House


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'vmie.db'}")
    store.migrate()
    yield store
    store.close()


def test_a_value_is_read_again_only_when_something_was_written(store: Store) -> None:
    known = Remembered[int]()
    read = iter(range(100)).__next__

    assert [known.get(store, "key", read) for _ in range(3)] == [0, 0, 0]
    with store.begin() as tx:
        tx.tags.put("account", "region", "id", {"a": "b"})
    assert [known.get(store, "key", read) for _ in range(3)] == [1, 1, 1]
    with store.read() as tx:
        tx.tags.of(["id"])
    assert known.get(store, "key", read) == 1


def test_what_another_process_writes_is_seen(store: Store, tmp_path: Path) -> None:
    known = Remembered[int]()
    read = iter(range(100)).__next__
    known.get(store, "key", read)

    other = sqlite3.connect(tmp_path / "vmie.db")
    other.execute("CREATE TABLE other (x)")
    other.close()

    assert known.get(store, "key", read) == 1


def test_keys_and_stores_are_told_apart(store: Store, tmp_path: Path) -> None:
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    other.migrate()
    known = Remembered[str]()

    assert known.get(store, "a", lambda: "one") == "one"
    assert known.get(store, "b", lambda: "two") == "two"
    assert known.get(other, "a", lambda: "three") == "three"
    assert known.get(store, "a", lambda: "four") == "one"
    other.close()


def test_the_oldest_list_is_forgotten(store: Store) -> None:
    known = Remembered[int]()

    for number in range(remembered.MOST + 1):
        known.get(store, number, lambda: 0)

    assert known.get(store, 0, lambda: 1) == 1
    assert known.get(store, remembered.MOST, lambda: 1) == 0


def test_a_lasting_structure_is_written_like_any_other() -> None:
    operation = models.operation_model("ec2", "DescribeSnapshots")
    plain: list[dict[str, Any]] = [
        {"SnapshotId": "snap-1", "Description": "<&>", "Tags": [{"Key": "a", "Value": ""}]},
        {"SnapshotId": "snap-2", "Encrypted": True, "Tags": []},
    ]
    both = [lasting(plain[0]), plain[1]]

    written = [
        answers.serialize(operation, {"Snapshots": each}, "request").body
        for each in (plain, both, both)
    ]

    assert written[0] == written[1] == written[2]


def test_a_change_is_seen_by_the_next_request(house: House) -> None:
    ec2 = house.ec2()
    first, second = snapshot(house, 1), snapshot(house, 2)

    def shown() -> list[tuple[str, list[str]]]:
        return [
            (each["SnapshotId"], [tag["Value"] for tag in each["Tags"]])
            for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        ]

    assert shown() == []
    put_snapshots(house, [first, second])
    assert shown() == [(first.id, []), (second.id, [])]
    for number in range(20):
        ec2.create_tags(Resources=[first.id], Tags=[{"Key": "n", "Value": str(number)}])
        assert shown() == [(first.id, [str(number)]), (second.id, [])]
    ec2.delete_tags(Resources=[first.id])
    ec2.delete_snapshot(SnapshotId=second.id)
    assert shown() == [(first.id, [])]
