"""Wildcards, compared with a reference, and how long they take."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.policy.wildcards import Part, matches, pattern

LETTERS = st.text("ab*?", max_size=12)


def reference(text: str) -> re.Pattern[str]:
    """The pattern as a regular expression."""
    meanings = {"*": ".*", "?": "."}
    return re.compile("".join(meanings.get(each, re.escape(each)) for each in text), re.DOTALL)


@given(LETTERS, st.text("ab", max_size=16))
def test_patterns_mean_what_regular_expressions_say(text: str, value: str) -> None:
    assert matches(text, value) is bool(reference(text).fullmatch(value))


@given(
    st.lists(st.sampled_from(["ab", "b", "a", "*", "?", "**", "?b", "a?a"]), max_size=8), st.data()
)
def test_what_a_pattern_was_made_of_fits_it(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    filled = [
        data.draw(st.text("ab\n*?é", max_size=4)) if each == "*"
        else data.draw(st.sampled_from("ab\n*?é")) if each == "?"
        else each
        for each in text
    ]  # fmt: skip

    assert matches(text, "".join(filled))


@given(st.text("ab*?", max_size=6), st.text("ab*?", max_size=8))
def test_a_literal_part_stands_for_itself(text: str, value: str) -> None:
    found = pattern(Part("a*"), Part(text, literal=True), Part("?"))

    expected = re.compile(f"a.*{re.escape(text)}.", re.DOTALL)
    assert found.matches(value) is bool(expected.fullmatch(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("*a" * 2000 + "b", "a" * 100_000),
        ("a*" * 2000 + "b", "a" * 100_000),
        ("*" + "a" * 5000 + "b*", "a" * 100_000),
        ("*" + "?a" * 2500 + "b*", "a" * 20_000),
        ("*" + "?" * 50_000 + "*b", "a" * 100_000),
        ("*?" * 20_000 + "b", "a" * 100_000),
    ],
    ids=["stars", "stars behind", "long run", "gaps", "many gaps", "stars and gaps"],
)
def test_no_pattern_takes_long(text: str, value: str) -> None:
    started = time.process_time()

    assert not matches(text, value)

    assert time.process_time() - started < 10  # backtracking would take years
