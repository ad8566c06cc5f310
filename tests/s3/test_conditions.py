"""Conditions and ranges, case by case."""

from datetime import UTC, datetime, timedelta

import pytest

from emulator.errors import AwsError
from emulator.services.s3.conditions import Conditions, byte_range, copy_range, matches
from state.objects import Object

THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BEFORE, AFTER = THEN - timedelta(seconds=1), THEN + timedelta(seconds=1)
FOUND = Object(bucket="b", key="k", blob_id="x", size=1, etag="abc", modified_at=THEN)


@pytest.mark.parametrize(
    ("tags", "matching"),
    [
        ('"abc"', True),
        ("abc", True),
        ("*", True),
        ('"x", "abc"', True),
        ('W/"abc"', True),
        ('"x"', False),
        ("", False),
    ],
)
def test_entity_tags(tags: str, matching: bool) -> None:
    assert matches(tags, "abc") == matching


@pytest.mark.parametrize(
    ("conditions", "failed"),
    [
        (Conditions(), None),
        (Conditions(match='"abc"'), None),
        (Conditions(match='"x"'), "If-Match"),
        (Conditions(none_match='"abc"'), "If-None-Match"),
        (Conditions(none_match="*"), "If-None-Match"),
        (Conditions(none_match='"x"'), None),
        (Conditions(modified_since=BEFORE), None),
        (Conditions(modified_since=THEN), "If-Modified-Since"),
        (Conditions(modified_since=AFTER), "If-Modified-Since"),
        (Conditions(unmodified_since=BEFORE), "If-Unmodified-Since"),
        (Conditions(unmodified_since=THEN), None),
        (Conditions(unmodified_since=AFTER), None),
        (Conditions(match='"abc"', unmodified_since=BEFORE), None),
        (Conditions(match='"x"', unmodified_since=AFTER), "If-Match"),
        (Conditions(none_match='"abc"', modified_since=BEFORE), "If-None-Match"),
        (Conditions(none_match='"x"', modified_since=AFTER), None),
        (Conditions(match='"x"', none_match='"abc"'), "If-Match"),
    ],
)
def test_conditions(conditions: Conditions, failed: str | None) -> None:
    assert conditions.failed(FOUND) == failed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-9", (0, 10)),
        ("bytes=2-4", (2, 3)),
        ("bytes=2-", (2, 8)),
        ("bytes=9-", (9, 1)),
        ("bytes=5-100", (5, 5)),
        ("bytes=-3", (7, 3)),
        ("bytes=-100", (0, 10)),
        ("Bytes = 1 - 2", (1, 2)),
        ("bytes=-", None),
        ("bytes=4-2", None),
        ("bytes=0-1,3-4", None),
        ("lines=0-1", None),
        ("bytes=a-b", None),
        ("0-1", None),
    ],
)
def test_ranges_of_ten_bytes(text: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(text, 10) == expected


@pytest.mark.parametrize(
    ("text", "size"),
    [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-1", 0)],
)
def test_ranges_that_cannot_be_satisfied(text: str, size: int) -> None:
    with pytest.raises(AwsError) as caught:
        byte_range(text, size)
    assert (caught.value.code, caught.value.status) == ("InvalidRange", 416)
    assert caught.value.members == {"RangeRequested": text, "ActualObjectSize": str(size)}
    assert caught.value.headers == {"Content-Range": f"bytes */{size}"}


def test_ranges_of_copies() -> None:
    assert copy_range("bytes=0-9", 10) == (0, 10)
    assert copy_range("bytes=3-3", 10) == (3, 1)
    for text in ("bytes=0-10", "bytes=5-4", "bytes=3-", "bytes=-3", "0-3"):
        with pytest.raises(AwsError) as caught:
            copy_range(text, 10)
        assert caught.value.code == "InvalidArgument"
