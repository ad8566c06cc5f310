"""Which snapshot was made on top of which, and what may have changed between them."""

from hypothesis import given
from hypothesis import strategies as st

from state.lineage import Blocks
from state.store import Store
from tests.state.samples import snapshot

INDICES = st.sets(st.integers(0, 5000))


@given(INDICES, INDICES, st.integers(0, 5000))
def test_blocks_are_a_set(some: set[int], others: set[int], first: int) -> None:
    blocks = Blocks.of(some)

    assert list(blocks) == sorted(some)
    assert len(blocks) == len(some)
    assert list(blocks.since(first)) == sorted(each for each in some if each >= first)
    assert set(blocks | Blocks.of(others)) == some | others
    assert Blocks.unpacked(blocks.packed()) == blocks == Blocks.of(sorted(some, reverse=True))


def family(store: Store) -> None:
    """One, two on it, three on that; and a child of one that knows nothing of them."""
    with store.begin() as tx:
        for number in (1, 2, 3, 4):
            tx.snapshots.add(snapshot(f"snap-{number}"))
        tx.lineage.add("snap-2", "snap-1", Blocks.of([0, 7]))
        tx.lineage.add("snap-3", "snap-2", Blocks.of([7, 900]))
        tx.lineage.add("snap-4", "snap-1", Blocks.of([5]))


def changed(store: Store, first: str, second: str) -> list[int] | None:
    with store.read() as tx:
        blocks = tx.lineage.changed(first, second)
    return None if blocks is None else list(blocks)


def test_what_changed_is_all_that_was_written_on_the_way(store: Store) -> None:
    family(store)

    assert changed(store, "snap-1", "snap-3") == [0, 7, 900]
    assert changed(store, "snap-3", "snap-1") == [0, 7, 900]
    assert changed(store, "snap-2", "snap-3") == [7, 900]
    assert changed(store, "snap-4", "snap-2") == [0, 5, 7]
    assert changed(store, "snap-2", "snap-2") == []


def test_strangers_have_no_lineage(store: Store) -> None:
    family(store)

    assert changed(store, "snap-3", "snap-9") is None


def test_a_deleted_snapshot_still_leads_to_its_descendants(store: Store) -> None:
    family(store)
    with store.begin() as tx:
        tx.snapshots.remove("snap-2")
        tx.lineage.forget("snap-2")

    assert changed(store, "snap-1", "snap-3") == [0, 7, 900]


def test_what_leads_nowhere_is_forgotten(store: Store) -> None:
    family(store)
    for gone in ("snap-2", "snap-3"):
        with store.begin() as tx:
            tx.snapshots.remove(gone)
            tx.lineage.forget(gone)

    assert changed(store, "snap-1", "snap-3") is None
    assert changed(store, "snap-1", "snap-2") is None
    assert changed(store, "snap-1", "snap-4") == [5]
