"""A screen becomes a JPEG that others can read, and looks as it did."""

import random

import pytest

from converters.codec.write_jpeg import Unreadable, written
from tests.machines import jpegs


def ppm(width: int, height: int, points: bytes) -> bytes:
    return b"P6\n%d %d\n255\n" % (width, height) + points


@pytest.mark.parametrize(("width", "height"), [(1, 1), (8, 8), (9, 7), (40, 24), (37, 19)])
def test_a_picture_looks_as_it_did(width: int, height: int) -> None:
    points = bytes(
        (x * 250 // width, y * 250 // height, (x + y) % 32 * 7)[part]
        for y in range(height)
        for x in range(width)
        for part in range(3)
    )

    found = jpegs.read(written(ppm(width, height, points)))

    assert (found.width, found.height) == (width, height)
    flat = [part for row in found.rows for point in row for part in point]
    assert max(abs(a - b) for a, b in zip(flat, points, strict=True)) < 60
    assert sum(abs(a - b) for a, b in zip(flat, points, strict=True)) / len(flat) < 5


def test_letters_stay_black_and_white() -> None:
    dice = random.Random(7)
    points = b"".join(dice.choice((bytes(3), b"\xff" * 3)) for _ in range(64 * 16))

    found = jpegs.read(written(ppm(64, 16, points)))

    flat = [part for row in found.rows for point in row for part in point]
    assert all(abs(a - b) < 64 for a, b in zip(flat, points, strict=True))


def test_numbers_of_any_size_are_written() -> None:
    extremes = b"".join(bytes([part] * 24) for part in (0, 255) * 8)  # the largest steps

    found = jpegs.read(written(ppm(8, 16, extremes)))

    assert [row[0][0] > 127 for row in found.rows] == [False, True] * 8


@pytest.mark.parametrize(
    "content",
    [b"", b"P5\n1 1\n255\n0", ppm(2, 2, bytes(11)), ppm(0, 5, b""), ppm(99999, 99999, b"")],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable):
        written(content)
