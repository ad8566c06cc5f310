"""Query strings and forms."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import forms
from emulator.incoming import origin_form

TEXT = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT)))
def test_what_was_encoded_is_read_back(parameters: list[tuple[str, str]]) -> None:
    assert forms.pairs(urlencode(parameters).encode()) == parameters


@pytest.mark.parametrize(
    ("raw", "parameters"),
    [
        (b"", []),
        (b"&&a=1&&", [("a", "1")]),
        (b"a", [("a", "")]),
        (b"a=b=c", [("a", "b=c")]),
        (b"a+b=c+d", [("a b", "c d")]),
        (b"a;b=1", [("a;b", "1")]),
        ("ü=ß".encode(), [("ü", "ß")]),
    ],
)
def test_odd_ones_are_read_as_clients_mean_them(
    raw: bytes, parameters: list[tuple[str, str]]
) -> None:
    assert forms.pairs(raw) == parameters


@pytest.mark.parametrize("raw", [b"a=%", b"a=%2", b"%zz=1", b"a=%ff", b"a=\xff"])
def test_broken_ones_are_refused(raw: bytes) -> None:
    with pytest.raises(forms.Malformed):
        forms.pairs(raw)


@pytest.mark.parametrize(
    ("target", "split"),
    [
        (b"/a/b?c", (b"/a/b?c", None)),
        (b"http://h:80/a//b?c", (b"/a//b?c", b"h:80")),
        (b"HTTP://u:p@h", (b"/", b"h")),
        (b"https://h?x=1", (b"/?x=1", b"h")),
        (b"*", (b"*", None)),
    ],
)
def test_an_absolute_request_target_is_split(
    target: bytes, split: tuple[bytes, bytes | None]
) -> None:
    assert origin_form(target) == split
