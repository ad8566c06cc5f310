"""Pages: every row once, whatever the size of the page and whatever comes in between."""

from collections.abc import Callable

import pytest

from emulator.errors import AwsError
from emulator.services.ec2 import paging
from state.store import Numbered


class Shelf:
    """Rows in order of their numbers, as the store gives them."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def fetch(self, after: int, limit: int | None) -> list[Numbered[int]]:
        rows = [Numbered(number, number) for number in self.numbers if number > after]
        return rows[:limit]

    def walk(self, size: int, test: Callable[[int], bool] | None = None) -> list[list[int]]:
        pages, token = [], None
        while True:
            page = paging.page("Walk", size, token, smallest=1, largest=1000)
            rows, token = paging.take(page, self.fetch, test)
            pages.append(rows)
            if token is None:
                return pages


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 1000])
def test_pages_hold_every_row_once(size: int) -> None:
    shelf = Shelf(1, 2, 5, 6, 9, 30, 31)

    pages = shelf.walk(size)

    assert [row for page in pages for row in page] == shelf.numbers
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1]


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_pages_are_full_even_if_a_filter_lets_little_through(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "BATCH", 4)
    shelf = Shelf(*range(1, 100))

    pages = shelf.walk(size, lambda row: row % 10 == 0)

    assert [row for page in pages for row in page] == list(range(10, 100, 10))
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1]


def test_rows_that_come_and_go_between_pages_disturb_no_other() -> None:
    shelf = Shelf(1, 2, 3, 4, 5)
    first = paging.page("Walk", 2, None, smallest=1, largest=1000)
    rows, token = paging.take(first, shelf.fetch, None)
    shelf.numbers = [1, 4, 5, 6, 7]

    second = paging.page("Walk", 10, token, smallest=1, largest=1000)
    more, end = paging.take(second, shelf.fetch, None)

    assert (rows, more, end) == ([1, 2], [4, 5, 6, 7], None)


def test_without_a_size_everything_is_one_page() -> None:
    page = paging.page("Walk", None, None, smallest=1, largest=5)

    assert paging.take(page, Shelf(*range(1, 2000)).fetch, None) == (list(range(1, 2000)), None)


def test_a_token_without_a_size_gives_the_largest_page() -> None:
    page = paging.page("Walk", None, paging.token("Walk", 3), smallest=1, largest=5)

    assert paging.take(page, Shelf(*range(1, 10)).fetch, None)[0] == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "token",
    ["x", "None", "====", "ä", paging.token("Other", 3), paging.token("Walk", -1), "V2FsazoxZTk="],
)
def test_a_token_of_another_making_is_refused(token: str) -> None:
    with pytest.raises(AwsError) as caught:
        paging.page("Walk", 5, token, smallest=1, largest=1000)

    assert caught.value.code == "InvalidNextToken"


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (0, "Value ( 0 ) for parameter maxResults is invalid. Expecting a value greater than or "),
        (-7, "Value ( -7 ) for parameter maxResults is invalid. Expecting a value greater than "),
        (11, "Value ( 11 ) for parameter maxResults is invalid. Expecting a value less than or "),
    ],
)
def test_a_size_out_of_bounds_is_refused(size: int, says: str) -> None:
    with pytest.raises(AwsError) as caught:
        paging.page("Walk", size, None, smallest=1, largest=10)

    assert caught.value.code == "InvalidParameterValue"
    assert caught.value.message.startswith(says)
