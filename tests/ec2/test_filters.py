"""Filters: wildcards, OR of values, AND of filters, tags, names that are none."""

from typing import NamedTuple

import pytest

from emulator.errors import AwsError
from emulator.services.ec2.filters import Filters, matching


class Thing(NamedTuple):
    name: str
    size: int | None
    tags: dict[str, str]
    parts: tuple[str, ...] = ()


THINGS = [
    Thing("one", 1, {"Name": "first", "Team": "red"}, ("a", "b")),
    Thing("two", 2, {"Name": "second"}, ("b",)),
    Thing("three", None, {}),
]
FILTERS = Filters[Thing](
    {
        "name": lambda thing: thing.name,
        "size": lambda thing: None if thing.size is None else str(thing.size),
    },
    lambda thing: thing.tags,
    {"part": lambda thing: thing.parts},
)


@pytest.mark.parametrize(
    ("value", "fits", "does_not"),
    [
        ("plain", ["plain"], ["Plain", "plain ", "xplain", ""]),
        ("", [""], [" ", "x"]),
        ("*", ["", "anything", "two\nlines"], []),
        ("a*", ["a", "abc", "a*"], ["ba", "A"]),
        ("*a", ["a", "bca"], ["ab"]),
        ("a*c*e", ["ace", "abcde"], ["abcd", "ace2"]),
        ("*a?b*ab", ["axbab", "aabxbab"], ["ab", "axb", "axbb"]),
        ("**a**", ["a", "bab"], ["", "b"]),
        ("a?c", ["abc", "a?c"], ["ac", "abbc"]),
        ("??", ["ab"], ["a", "abc"]),
        (r"a\*", ["a*"], ["a", "ab", r"a\*"]),
        (r"a\?", ["a?"], ["ab", r"a\?"]),
        (r"\*amazon\?\\", ["*amazon?\\"], ["*amazon?", "xamazon?\\"]),
        (r"a\b", ["ab"], [r"a\b"]),
        ("a\\", ["a\\"], ["a"]),
        ("a.c", ["a.c"], ["abc"]),
        ("[a](+)$^", ["[a](+)$^"], ["a"]),
        ("snap-*|x", ["snap-1|x"], ["snap-1", "x"]),
    ],
)
def test_a_value_matches_whole_strings_with_its_wildcards(
    value: str, fits: list[str], does_not: list[str]
) -> None:
    match = matching([value])

    assert all(match(text) for text in fits)
    assert not any(match(text) for text in does_not)


def test_plain_and_wild_values_are_alternatives() -> None:
    match = matching(["one", "t*", "?x"])

    assert [text for text in ("one", "two", "ax", "four") if match(text)] == ["one", "two", "ax"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], ["one", "two", "three"]),
        ([("name", ["one", "three"])], ["one", "three"]),
        ([("name", ["t*"]), ("size", ["2"])], ["two"]),
        ([("size", ["*"])], ["one", "two"]),
        ([("name", [])], []),
        ([("tag:Name", ["first", "second"])], ["one", "two"]),
        ([("tag:Name", ["*"]), ("tag:Team", ["r?d"])], ["one"]),
        ([("tag:name", ["*"])], []),
        ([("tag:Name", [""])], []),
        ([("tag-key", ["T*", "Other"])], ["one"]),
        ([("tag-key", ["Name"])], ["one", "two"]),
        ([("part", ["a"])], ["one"]),
        ([("part", ["b", "c"])], ["one", "two"]),
        ([("part", ["*"])], ["one", "two"]),
        ([("part", ["a"]), ("part", ["b"])], ["one"]),
    ],
)
def test_filters_are_joined_with_and(
    filters: list[tuple[str, list[str]]], expected: list[str]
) -> None:
    test = FILTERS.test([{"Name": name, "Values": values} for name, values in filters])

    assert [thing.name for thing in THINGS if test is None or test(thing)] == expected


@pytest.mark.parametrize("name", ["colour", "Name", "tag", "tag-value", ""])
def test_a_name_that_is_no_filter_is_refused(name: str) -> None:
    with pytest.raises(AwsError) as caught:
        FILTERS.test([{"Name": name, "Values": ["x"]}])

    assert caught.value.code == "InvalidParameterValue"
    assert caught.value.message == f"The filter '{name}' is invalid"


def test_a_resource_without_tags_has_no_tag_filters() -> None:
    with pytest.raises(AwsError, match="The filter 'tag:Name' is invalid"):
        Filters[Thing]({}).test([{"Name": "tag:Name", "Values": ["x"]}])


def test_more_than_200_values_are_refused() -> None:
    many = [{"Name": "name", "Values": ["x"] * 100}, {"Name": "size", "Values": ["1"] * 101}]

    with pytest.raises(AwsError) as caught:
        FILTERS.test(many)  # type: ignore[arg-type]

    assert caught.value.code == "FilterLimitExceeded"


def test_many_wildcards_take_no_longer_than_few() -> None:
    match = matching(["*a" * 100 + "b"])

    assert not match("a" * 256)  # would take longer than the world is old


def test_a_value_longer_than_the_service_takes_is_refused() -> None:
    assert FILTERS.test([{"Name": "name", "Values": ["x" * 255]}]) is not None
    with pytest.raises(AwsError, match="255"):
        FILTERS.test([{"Name": "name", "Values": ["x" * 256]}])
