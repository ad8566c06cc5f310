"""Listing by pages, compared with a model that is too simple to be wrong."""

from hypothesis import given
from hypothesis import strategies as st

from emulator.services.s3.pages import Walk, beyond_prefix, resumed

keys = st.sets(st.text("ab/é\U0010ffff\ud7ff\ue000", min_size=1, max_size=5), max_size=12)
words = st.text("ab/é", max_size=2)


def expected(present: set[str], prefix: str, delimiter: str) -> list[str]:
    """All entries of a listing, each once, in the order of their bytes."""
    entries = set()
    for key in present:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            head, found, _ = rest.partition(delimiter) if delimiter else (rest, "", "")
            entries.add(prefix + head + found)
    return sorted(entries, key=str.encode)


def walk(present: set[str], prefix: str) -> Walk[str, str]:
    ordered = sorted((key for key in present if key.startswith(prefix)), key=str.encode)
    return Walk(
        fetch=lambda after, count: [key for key in ordered if key > after][:count],
        key=lambda key: key,
        place=lambda key: key,
        beyond=beyond_prefix,
    )


@given(keys, words, words, st.integers(1, 4))
def test_pages_together_are_the_whole_list(
    present: set[str], prefix: str, delimiter: str, limit: int
) -> None:
    seen: list[str] = []
    after = ""
    while True:
        page = walk(present, prefix).page(
            prefix, delimiter, resumed(after, prefix, delimiter), limit
        )
        assert len(page) <= limit
        seen += sorted(page.items + page.prefixes, key=str.encode)
        if not page.truncated:
            break
        assert len(page) == limit
        assert page.last == seen[-1]
        after = seen[-1]
    assert seen == expected(present, prefix, delimiter)


@given(keys, words, words, st.text("ab/é", max_size=4))
def test_a_page_begins_behind_any_marker(
    present: set[str], prefix: str, delimiter: str, marker: str
) -> None:
    page = walk(present, prefix).page(prefix, delimiter, resumed(marker, prefix, delimiter), 1000)
    behind = {key for key in present if key > marker}
    entries = expected(behind, prefix, delimiter)
    assert sorted(page.items + page.prefixes, key=str.encode) == [
        entry for entry in entries if not (entry == marker and delimiter and delimiter in entry)
    ]


def test_a_page_of_nothing_is_the_last() -> None:
    page = walk({"a"}, "").page("", "", "", 0)
    assert (len(page), page.truncated) == (0, False)
