"""Objects: kept under any key, listed in the order of the UTF-8 bytes of their keys."""

from collections.abc import Iterable
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from state.rows.objects import beyond
from state.store import Store
from tests.state.samples import bucket, object_

AWKWARD = "a%_\\/*?[]'\"\0\x01\x7f\x80é\ud7ff\ue000\uffff\U00010000\U0010ffff"
KEYS = st.text(st.sampled_from(AWKWARD) | st.characters(exclude_categories=["Cs"]), max_size=6)
MANY_KEYS = st.sets(KEYS.filter(bool), max_size=15)
ON_ONE_STORE = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def filled(store: Store, keys: Iterable[str]) -> str:
    name = f"b-{uuid4()}"
    with store.begin() as tx:
        tx.buckets.add(bucket(name))
        for key in keys:
            tx.objects.put(object_(name, key))
    return name


def test_an_object_is_put_read_and_removed(store: Store) -> None:
    value = object_("images", "disk.vmdk").model_copy(
        update={"metadata": {"a": "é\0"}, "part_sizes": (5, 3), "checksums": {"CRC32": "AAA="}}
    )
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        assert tx.objects.put(value) is None
        assert tx.objects.get("images", "disk.vmdk") == value
        assert tx.objects.any("images")
        assert tx.objects.remove("images", "disk.vmdk") == value
        assert tx.objects.remove("images", "disk.vmdk") is None
        assert tx.objects.get("images", "disk.vmdk") is None
        assert not tx.objects.any("images")


def test_a_put_gives_back_what_it_replaced(store: Store) -> None:
    with store.begin() as tx:
        tx.buckets.add(bucket("images"))
        tx.objects.put(object_("images", "disk", "old"))
        replaced = tx.objects.put(object_("images", "disk", "new"))
        now = tx.objects.get("images", "disk")

    assert replaced is not None
    assert now is not None
    assert (replaced.blob_id, now.blob_id) == ("old", "new")


def test_keys_are_in_the_order_of_their_utf_8_bytes(store: Store) -> None:
    # In UTF-16 U+FFFF would come after U+10000; in a dictionary "B" after "a".
    keys = ["B", "a", "a b", "a/", "aa", "b", "é", "\uffff", "\U00010000"]
    name = filled(store, reversed(keys))

    with store.read() as tx:
        assert [each.key for each in tx.objects.list(name)] == keys


@ON_ONE_STORE
@given(keys=MANY_KEYS, data=st.data())
def test_a_listing_is_what_sorting_all_keys_would_give(
    store: Store, keys: set[str], data: st.DataObject
) -> None:
    name = filled(store, keys)
    parts = st.sampled_from(sorted({key[:end] for key in keys for end in (1, 2, 9)} or {""}))
    prefix = data.draw(st.just("") | parts | KEYS)
    after = data.draw(st.just("") | parts | KEYS)
    after_prefix = data.draw(st.just("") | parts | KEYS)
    limit = data.draw(st.integers(1, 20))

    with store.read() as tx:
        found = tx.objects.list(
            name, prefix=prefix, after=after, after_prefix=after_prefix, limit=limit
        )

    wanted = [
        key
        for key in sorted(keys, key=str.encode)
        if key.startswith(prefix)
        and key.encode() > after.encode()
        and (
            not after_prefix
            or (key.encode() > after_prefix.encode() and not key.startswith(after_prefix))
        )
    ]
    assert [each.key for each in found] == wanted[:limit]


@ON_ONE_STORE
@given(keys=MANY_KEYS, prefix=KEYS, page=st.integers(1, 4))
def test_pages_give_every_key_once(store: Store, keys: set[str], prefix: str, page: int) -> None:
    name = filled(store, keys)
    found: list[str] = []

    with store.read() as tx:
        while found[-1:] != [""]:
            last = found[-1] if found else ""
            listed = [
                each.key for each in tx.objects.list(name, prefix=prefix, after=last, limit=page)
            ]
            found += listed or [""]

    wanted = sorted((key for key in keys if key.startswith(prefix)), key=str.encode)
    assert found[:-1] == wanted


@given(prefix=KEYS, other=KEYS)
def test_beyond_a_prefix_is_above_all_with_it_and_below_all_after_it(
    prefix: str, other: str
) -> None:
    end = beyond(prefix)

    assert end is None or end.encode() > prefix.encode()
    for text in (other, prefix + other):
        below = end is None or text.encode() < end.encode()
        assert below == (text.encode() < prefix.encode() or text.startswith(prefix))


def test_common_prefixes_are_passed_over_in_one_step(store: Store) -> None:
    name = filled(store, ["a", "b/1", "b/2", "b/3", "b0", "c/1", "d"])
    seen, after, after_prefix = [], "", ""

    with store.read() as tx:
        while found := tx.objects.list(name, after=after, after_prefix=after_prefix, limit=1):
            after, after_prefix = found[0].key, ""
            if "/" in after:
                after_prefix = after[: after.index("/") + 1]
            seen.append(after_prefix or after)

    assert seen == ["a", "b/", "b0", "c/", "d"]
