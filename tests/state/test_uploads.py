"""Multipart uploads: their parts, their order, their end."""

import pytest

from state.store import Duplicate, Stale, Store, Tx
from tests.state.samples import bucket, part, upload


@pytest.fixture(autouse=True)
def images(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))


def test_an_upload_is_kept_until_it_is_removed(store: Store) -> None:
    with store.begin() as tx:
        tx.uploads.add(upload("u1"))
        with pytest.raises(Duplicate):
            tx.uploads.add(upload("u1"))
        assert tx.uploads.get("u1") == upload("u1")
        assert tx.uploads.remove("u1") == []
        assert tx.uploads.get("u1") is None


def test_parts_are_in_their_order_and_the_last_one_of_a_number_counts(store: Store) -> None:
    with store.begin() as tx:
        tx.uploads.add(upload("u1"))
        tx.uploads.add(upload("u2"))
        for number in (10, 2, 1):
            assert tx.uploads.put_part(part("u1", number, f"blob-{number}")) is None
        tx.uploads.put_part(part("u2", 3))
        assert tx.uploads.put_part(part("u1", 2, "again")) == part("u1", 2, "blob-2")
        parts = tx.uploads.parts("u1")

    assert [(each.number, each.blob_id) for each in parts] == [
        (1, "blob-1"),
        (2, "again"),
        (10, "blob-10"),
    ]


def test_the_parts_go_with_their_upload(store: Store) -> None:
    with store.begin() as tx:
        tx.uploads.add(upload("u1"))
        tx.uploads.add(upload("u2"))
        tx.uploads.put_part(part("u1", 1))
        tx.uploads.put_part(part("u2", 1))
        assert tx.uploads.remove("u1") == [part("u1", 1)]
        assert tx.uploads.parts("u1") == []
        assert tx.uploads.parts("u2") == [part("u2", 1)]


def test_a_part_of_an_upload_that_is_gone_is_refused(store: Store) -> None:
    with pytest.raises(Stale), store.begin() as tx:
        tx.uploads.put_part(part("u1", 1))


def test_uploads_are_listed_by_key_and_id(store: Store) -> None:
    kept = [("u3", "a"), ("u1", "b/1"), ("u4", "b/1"), ("u2", "b/2"), ("u5", "c")]

    def listed(tx: Tx, prefix: str = "", after: tuple[str, str] = ("", "")) -> list[str]:
        return [each.id for each in tx.uploads.list("images", prefix, after)]

    with store.begin() as tx:
        for upload_id, key in reversed(kept):
            tx.uploads.add(upload(upload_id, key=key))
        assert listed(tx) == ["u3", "u1", "u4", "u2", "u5"]
        assert listed(tx, "b/") == ["u1", "u4", "u2"]
        assert listed(tx, "b/", ("b/1", "u1")) == ["u4", "u2"]
        assert listed(tx, "b/", ("b/1", "")) == ["u2"]
        assert listed(tx, "", ("b/1", "u4")) == ["u2", "u5"]
        assert [each.id for each in tx.uploads.list("images", limit=2)] == ["u3", "u1"]
        assert tx.uploads.list("other") == []
