"""Tags: put, taken and listed."""

from state.store import Store, TagRow
from tests.state.samples import ACCOUNT, REGION


def test_a_key_has_one_value_and_keeps_its_place(store: Store) -> None:
    with store.begin() as tx:
        tx.tags.put(ACCOUNT, REGION, "snap-1", {"Name": "old", "Stage": "test"})
        tx.tags.put(ACCOUNT, REGION, "snap-1", {"Name": "new"})

    with store.read() as tx:
        listed = [tag.value for tag in tx.tags.list(ACCOUNT, REGION)]

    assert listed == [TagRow("snap-1", "Name", "new"), TagRow("snap-1", "Stage", "test")]


def test_tags_are_found_for_many_resources_at_once(store: Store) -> None:
    with store.begin() as tx:
        tx.tags.put(ACCOUNT, REGION, "snap-1", {"b": "1", "a": "2"})
        tx.tags.put(ACCOUNT, REGION, "snap-2", {"a": "3"})
        tx.tags.put(ACCOUNT, REGION, "snap-3", {})

    with store.read() as tx:
        found = tx.tags.of(["snap-1", "snap-2", "snap-4"])
        assert tx.tags.of([]) == {}

    assert found == {"snap-1": {"b": "1", "a": "2"}, "snap-2": {"a": "3"}, "snap-4": {}}
    assert list(found["snap-1"]) == ["b", "a"]


def test_tags_are_removed_by_key_by_value_or_all(store: Store) -> None:
    every = {"a": "1", "b": "2", "c": "3", "": ""}
    with store.begin() as tx:
        tx.tags.put(ACCOUNT, REGION, "snap-1", every)
        tx.tags.put(ACCOUNT, REGION, "snap-2", every)
        tx.tags.remove(ACCOUNT, REGION, "snap-1", {"a": None, "b": "other", "c": "3", "d": None})
        assert tx.tags.of(["snap-1"]) == {"snap-1": {"b": "2", "": ""}}
        tx.tags.remove(ACCOUNT, REGION, "snap-1", {"": ""})
        assert tx.tags.of(["snap-1"]) == {"snap-1": {"b": "2"}}
        tx.tags.remove(ACCOUNT, REGION, "snap-1", {})
        assert tx.tags.of(["snap-1"]) == {"snap-1": {"b": "2"}}
        tx.tags.remove(ACCOUNT, REGION, "snap-1", None)
        assert tx.tags.of(["snap-1", "snap-2"]) == {"snap-1": {}, "snap-2": every}


def test_nobody_takes_the_tags_of_another(store: Store) -> None:
    with store.begin() as tx:
        tx.tags.put(ACCOUNT, REGION, "snap-1", {"a": "1"})
        tx.tags.remove("222222222222", REGION, "snap-1")
        tx.tags.remove(ACCOUNT, "eu-west-1", "snap-1")
        assert tx.tags.of(["snap-1"]) == {"snap-1": {"a": "1"}}


def test_tags_are_listed_in_pages(store: Store) -> None:
    with store.begin() as tx:
        for number in range(5):
            tx.tags.put(ACCOUNT, REGION, f"snap-{number}", {"a": str(number)})
        tx.tags.put(ACCOUNT, "eu-west-1", "snap-5", {"a": "5"})

    with store.read() as tx:
        first = tx.tags.list(ACCOUNT, REGION, limit=2)
        rest = tx.tags.list(ACCOUNT, REGION, after=first[-1].sequence)

    assert [tag.value.value for tag in first + rest] == ["0", "1", "2", "3", "4"]
