"""What a guest writes is kept to its last lines, and read without what moves a cursor."""

from hypothesis import given
from hypothesis import strategies as st

from converters.boot.console import KEPT, OVERLAP, Console, readable, screen


def test_colours_and_cursors_are_left_out() -> None:
    raw = b"\x1b[2J\x1b[01;01H\x1b[0;37mBdsDxe: \x1b[mstarting\r\n\x1b(Bdone\x07\x00"

    assert readable(raw) == "BdsDxe: starting\ndone"


def test_what_comes_in_two_pieces_is_seen_whole() -> None:
    console = Console()
    console.feed(b"[  1.0] Kernel pan")
    assert "panic" not in console.fresh()

    console.feed(b"ic - not syncing\n")

    assert "Kernel panic - not syncing" in console.fresh()
    assert console.fresh() == ""


def test_only_the_last_is_kept() -> None:
    console = Console()
    for number in range(20_000):
        console.feed(b"line %d\n" % number)

    assert console.total > KEPT
    assert len(console.fresh()) <= KEPT + OVERLAP
    assert console.last(2) == "line 19998\nline 19999"


def test_what_was_before_a_restart_is_told_but_not_looked_at() -> None:
    console = Console()
    console.feed(b"the first time\n")

    console.begin_again()
    console.feed(b"the second time\n")

    assert console.fresh().strip() == "the second time"
    assert console.last(5) == "the first time\nthe second time"


@given(st.binary(max_size=2000))
def test_anything_is_readable(raw: bytes) -> None:
    text = readable(raw)

    assert "\x1b[0m" not in text
    assert all(letter.isprintable() or letter in "\n\t\xa0\xad" or ord(letter) > 255
               for letter in text)  # fmt: skip
    assert screen(raw).count("\n") <= 2000 // 160 + 1


def test_a_screen_is_letters_with_colours_between() -> None:
    memory = b"".join(bytes([letter, 7]) for letter in b"GRUB loading...".ljust(80) + b" " * 80)

    assert screen(memory) == "GRUB loading..."
