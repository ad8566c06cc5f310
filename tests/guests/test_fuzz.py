"""Hurt headers, tables, trees and registries: something is told of each, and nothing is raised."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.guests import corpus
from tests.guests.builders import Builder
from tests.guests.mutations import KINDS, Mutation, Reader

pytestmark = [pytest.mark.guests, pytest.mark.slow]

EXAMPLES = 60  # of each kind
VALUES = st.one_of(st.sampled_from(corpus.BOUNDARIES), st.integers(0, (1 << 64) - 1))


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """A process that looks into disks."""
    made = Reader()
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_what_became_of_the_corpus_becomes_of_it_again(
    guests: Builder, reader: Reader, tmp_path: Path, kind: str
) -> None:
    kept = [(mutation, outcome) for mutation, outcome in corpus.kept() if mutation.kind == kind]

    again = [
        (mutation, reader.outcome(mutation.made(guests, tmp_path / "disk"))) for mutation, _ in kept
    ]

    assert again == kept
    assert kept


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_hurt_something_is_told(
    guests: Builder, reader: Reader, tmp_path: Path, kind: str
) -> None:
    ranges = KINDS[kind].ranges(guests.disk(KINDS[kind].recipe))

    @settings(max_examples=EXAMPLES, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def hurt(data: st.DataObject) -> None:
        changes = []
        for _ in range(data.draw(st.integers(1, 5))):
            begin, end = data.draw(st.sampled_from(ranges))
            width = data.draw(st.sampled_from([1, 2, 4, 8]))
            offset = data.draw(st.integers(begin, end - width))
            changes.append((offset, width, data.draw(VALUES)))
        mutation = Mutation(kind, tuple(changes), data.draw(st.booleans()))

        assert reader.outcome(mutation.made(guests, tmp_path / "disk"))

    hurt()
