"""Tasks: the table of moves is law, and who comes too late is told so."""

from itertools import product

import pytest

from state.store import Duplicate, Stale, Store
from state.tasks import TRANSITIONS, DiskProgress, IllegalTransition, Task, TaskState
from tests.state.samples import ACCOUNT, REGION, task

MOVES = list(product(TaskState, TaskState))
WORKED = set(TaskState) - {
    TaskState.WAITING,
    TaskState.PENDING,
    TaskState.COMPLETED,
    TaskState.CANCELLED,
    TaskState.FAILED,
}


def kept(store: Store, value: Task) -> Task:
    with store.begin() as tx:
        tx.tasks.add(value)
    return value


def now(store: Store, task_id: str = "import-snap-1") -> Task:
    with store.read() as tx:
        found = tx.tasks.get(task_id)
    assert found is not None
    return found


def test_a_task_comes_back_as_it_was(store: Store) -> None:
    value = kept(store, task(client_token="token"))

    assert now(store) == value


def test_only_the_moves_of_the_table_are_made(store: Store) -> None:
    for number, (current, wanted) in enumerate(MOVES):
        value = kept(store, task(f"import-snap-{number}", current))
        with store.begin() as tx:
            if wanted in TRANSITIONS[current]:
                moved = tx.tasks.move(value, wanted)
                assert moved.state is wanted
            else:
                with pytest.raises(IllegalTransition):
                    tx.tasks.move(value, wanted)
        allowed = wanted in TRANSITIONS[current]
        assert now(store, value.id).state is (wanted if allowed else current)


def test_a_phase_is_claimed_once_the_table_allows_it_and_again_after_that(store: Store) -> None:
    for number, (current, wanted) in enumerate(MOVES):
        value = kept(store, task(f"import-snap-{number}", current))
        allowed = wanted in WORKED and (wanted == current or wanted in TRANSITIONS[current])
        with store.begin() as tx:
            if allowed:
                claimed = tx.tasks.claim(value.id, wanted)
                assert (claimed.state, claimed.attempt) == (wanted, 1)
            else:
                with pytest.raises(IllegalTransition):
                    tx.tasks.claim(value.id, wanted)
        assert now(store, value.id).attempt == (1 if allowed else 0)


def test_a_move_is_stale_when_the_state_has_changed(store: Store) -> None:
    value = kept(store, task())
    with store.begin() as tx:
        tx.tasks.move(value, TaskState.CANCELLED)

    with store.begin() as tx, pytest.raises(Stale):
        tx.tasks.move(value, TaskState.VALIDATING)

    assert now(store).state is TaskState.CANCELLED


def test_a_move_is_stale_when_another_attempt_has_begun(store: Store) -> None:
    kept(store, task())
    with store.begin() as tx:
        first = tx.tasks.claim("import-snap-1", TaskState.VALIDATING)
        tx.tasks.claim("import-snap-1", TaskState.VALIDATING)

    with store.begin() as tx, pytest.raises(Stale):
        tx.tasks.move(first, TaskState.CONVERTING)


def test_a_move_and_a_claim_of_an_unknown_task_are_stale(store: Store) -> None:
    with store.begin() as tx:
        with pytest.raises(Stale):
            tx.tasks.move(task(), TaskState.VALIDATING)
        with pytest.raises(Stale):
            tx.tasks.claim("import-snap-1", TaskState.VALIDATING)


def test_a_move_takes_changes_along_and_keeps_what_was_reported(store: Store) -> None:
    kept(store, task())
    with store.begin() as tx:
        claimed = tx.tasks.claim("import-snap-1", TaskState.VALIDATING)
        disks = (DiskProgress(format="VMDK", progress=7),)
        tx.tasks.report(claimed.id, claimed.attempt, progress=7, disks=disks)
        tx.tasks.move(claimed, TaskState.DELETING, error="ClientError: no disk")

    assert now(store).error == "ClientError: no disk"
    assert now(store).disks == disks


def test_an_attempt_reports_until_another_begins(store: Store) -> None:
    kept(store, task())
    with store.begin() as tx:
        tx.tasks.claim("import-snap-1", TaskState.VALIDATING)
        assert tx.tasks.report("import-snap-1", 1, progress=10)
        tx.tasks.claim("import-snap-1", TaskState.VALIDATING)
        assert not tx.tasks.report("import-snap-1", 1, progress=20)
        assert tx.tasks.report("import-snap-1", 2, progress=30, message="converting")

    assert (now(store).progress, now(store).message) == (30, "converting")


@pytest.mark.parametrize(
    "state", [TaskState.DELETING, TaskState.COMPLETED, TaskState.CANCELLED, TaskState.FAILED]
)
def test_nothing_is_reported_of_a_task_that_ends(store: Store, state: TaskState) -> None:
    kept(store, task(state=state))

    with store.begin() as tx:
        assert not tx.tasks.report("import-snap-1", 0, progress=99)
        assert not tx.tasks.report("unknown", 0, progress=99)

    assert now(store).progress == 0


def test_a_client_token_makes_one_task(store: Store) -> None:
    first = kept(store, task("import-snap-1", client_token="token"))

    with store.begin() as tx:
        with pytest.raises(Duplicate):
            tx.tasks.add(task("import-snap-2", client_token="token"))
        # The transaction is still good: the caller looks up what the token has made.
        assert tx.tasks.by_token(ACCOUNT, REGION, "import-snapshot", "token") == first
        assert tx.tasks.by_token(ACCOUNT, REGION, "import-snapshot", "other") is None
        assert tx.tasks.by_token(ACCOUNT, REGION, "import-image", "token") is None


def test_a_client_token_is_of_one_account_and_region(store: Store) -> None:
    with store.begin() as tx:
        tx.tasks.add(task("import-snap-1", client_token="token"))
        tx.tasks.add(task("import-snap-2", client_token="token", account_id="222222222222"))
        tx.tasks.add(task("import-snap-3", client_token="token", region="eu-west-1"))
        tx.tasks.add(task("import-snap-4"))
        tx.tasks.add(task("import-snap-5"))


def test_an_id_is_given_once(store: Store) -> None:
    kept(store, task())

    with store.begin() as tx, pytest.raises(Duplicate):
        tx.tasks.add(task())


def test_tasks_are_listed_by_kind_and_owner_in_order_of_creation(store: Store) -> None:
    ids = [f"import-snap-{letter}" for letter in "dbca"]
    for task_id in ids:
        kept(store, task(task_id))
    kept(store, task("import-snap-e", account_id="222222222222"))
    kept(store, task("import-snap-f", region="eu-west-1"))

    with store.read() as tx:
        everything = tx.tasks.list(ACCOUNT, REGION, ["import-snapshot", "import-image"])
        page = tx.tasks.list(
            ACCOUNT, REGION, ["import-snapshot"], after=everything[0].sequence, limit=2
        )
        some = tx.tasks.list(
            ACCOUNT, REGION, {"import-snapshot"}, ids=["import-snap-a", "import-snap-d", "no"]
        )
        others = tx.tasks.list(ACCOUNT, REGION, ["import-snapshot"], ids=["import-snap-e"])
        images = tx.tasks.list(ACCOUNT, REGION, ["import-image"])

    assert [each.value.id for each in everything] == ids
    assert [each.value.id for each in page] == ["import-snap-b", "import-snap-c"]
    assert [each.value.id for each in some] == ["import-snap-d", "import-snap-a"]
    assert not others
    assert not images


def test_unfinished_tasks_are_those_that_can_still_move(store: Store) -> None:
    for state in TaskState:
        kept(store, task(f"import-snap-{state}", state))

    with store.read() as tx:
        unfinished = [each.state for each in tx.tasks.unfinished()]
        some = tx.tasks.unfinished_among(["import-snap-failed", "import-snap-deleting", "unknown"])

    assert unfinished == [state for state in TaskState if not state.ended]
    assert some == {"import-snap-deleting"}
