"""Snapshots, and with them everything that an account owns in a Region."""

import pytest

from state.store import Duplicate, Stale, Store
from tests.state.samples import ACCOUNT, REGION, snapshot


def test_a_snapshot_comes_back_as_it_was(store: Store) -> None:
    value = snapshot("snap-1")
    with store.begin() as tx:
        tx.snapshots.add(value)

    with store.read() as tx:
        assert tx.snapshots.get("snap-1") == value
        assert tx.snapshots.get("snap-2") is None


def test_an_id_is_given_once(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        with pytest.raises(Duplicate):
            tx.snapshots.add(snapshot("snap-1", account_id="222222222222"))
        assert len(tx.snapshots.list(ACCOUNT, REGION)) == 1


def test_a_snapshot_is_replaced_in_its_place(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        tx.snapshots.add(snapshot("snap-2"))
        before = tx.snapshots.list(ACCOUNT, REGION)
        tx.snapshots.replace(snapshot("snap-1").model_copy(update={"description": "new"}))
        after = tx.snapshots.list(ACCOUNT, REGION)

    assert [each.sequence for each in before] == [each.sequence for each in after]
    assert after[0].value.description == "new"


def test_what_is_gone_cannot_be_replaced_or_removed_again(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        assert tx.snapshots.remove("snap-1") == snapshot("snap-1")
        assert tx.snapshots.remove("snap-1") is None
        with pytest.raises(Stale):
            tx.snapshots.replace(snapshot("snap-1"))


def test_a_sequence_number_is_never_given_again(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        (first,) = tx.snapshots.list(ACCOUNT, REGION)
        tx.snapshots.remove("snap-1")
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))
        (second,) = tx.snapshots.list(ACCOUNT, REGION)

    assert second.sequence > first.sequence


def test_pages_join_up_though_rows_come_and_go(store: Store) -> None:
    with store.begin() as tx:
        for number in range(7):
            tx.snapshots.add(snapshot(f"snap-{number}"))
    with store.begin() as tx:
        first = tx.snapshots.list(ACCOUNT, REGION, limit=3)
        tx.snapshots.remove("snap-2")
        tx.snapshots.remove("snap-4")
        tx.snapshots.add(snapshot("snap-7"))
        rest = tx.snapshots.list(ACCOUNT, REGION, after=first[-1].sequence, limit=10)

    assert [each.value.id for each in first] == ["snap-0", "snap-1", "snap-2"]
    assert [each.value.id for each in rest] == ["snap-3", "snap-5", "snap-6", "snap-7"]


def test_ids_pick_from_what_the_account_has_in_the_region(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-2"))
        tx.snapshots.add(snapshot("snap-1"))
        tx.snapshots.add(snapshot("snap-3", account_id="222222222222"))
        tx.snapshots.add(snapshot("snap-4", region="eu-west-1"))

    ids = ["snap-1", "snap-2", "snap-3", "snap-4", "snap-5", "snap-1"]
    with store.read() as tx:
        found = tx.snapshots.list(ACCOUNT, REGION, ids=ids)
        page = tx.snapshots.list(ACCOUNT, REGION, ids=ids, after=found[0].sequence, limit=1)
        nothing = tx.snapshots.list(ACCOUNT, REGION, ids=[])

    assert [each.value.id for each in found] == ["snap-2", "snap-1"]
    assert [each.value.id for each in page] == ["snap-1"]
    assert nothing == []


def test_any_number_of_ids_may_be_asked_for(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-70000"))

    with store.read() as tx:
        found = tx.snapshots.list(ACCOUNT, REGION, ids=[f"snap-{n}" for n in range(100_000)])

    assert [each.value.id for each in found] == ["snap-70000"]


def test_hostile_text_is_only_text(store: Store) -> None:
    names = ["'; DROP TABLE snapshots; --", '"', "\\", "%", "_", "[1]", "名前", "\U0001f4be", ""]
    with store.begin() as tx:
        for name in names:
            tx.snapshots.add(snapshot(name, blob_id="blob"))

    with store.read() as tx:
        assert [each.value.id for each in tx.snapshots.list(ACCOUNT, REGION, ids=names)] == names
