"""Buckets: one name for everybody, and never removed from under what is in them."""

import pytest

from state.store import Duplicate, Stale, Store
from tests.state.samples import ACCOUNT, bucket, object_, upload


def test_a_name_is_taken_for_everybody(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        with pytest.raises(Duplicate):
            tx.buckets.add(bucket("images", account_id="222222222222"))
        assert tx.buckets.get("images") == bucket("images")


def test_buckets_are_listed_by_name(store: Store) -> None:
    names = ["b-2", "a.b", "b", "B", "a-b", "b.1"]
    with store.begin() as tx:
        for name in names:
            tx.buckets.add(bucket(name))
        tx.buckets.add(bucket("other", account_id="222222222222"))

    with store.read() as tx:
        assert [each.name for each in tx.buckets.list(ACCOUNT)] == sorted(names)


def test_a_bucket_is_replaced(store: Store) -> None:
    tagged = bucket("images").model_copy(update={"tags": {"a": "1"}})
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        tx.buckets.replace(tagged)

    with store.read() as tx:
        assert tx.buckets.get("images") == tagged


def test_an_empty_bucket_is_removed_once(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        assert tx.buckets.remove("images") == bucket("images")
        assert tx.buckets.remove("images") is None


def test_a_bucket_with_an_object_stays(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        tx.objects.put(object_("images", "disk"))

    with pytest.raises(Stale), store.begin() as tx:
        tx.buckets.remove("images")


def test_a_bucket_with_an_upload_stays(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        tx.uploads.add(upload("u1"))

    with pytest.raises(Stale), store.begin() as tx:
        tx.buckets.remove("images")


def test_nothing_goes_into_a_bucket_that_is_gone(store: Store) -> None:
    with pytest.raises(Stale), store.begin() as tx:
        tx.objects.put(object_("images", "disk"))
    with pytest.raises(Stale), store.begin() as tx:
        tx.uploads.add(upload("u1"))
