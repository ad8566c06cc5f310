"""Patterns with `*` (any characters) and `?` (one character), matched in linear time.

A pattern is its pieces between the stars: the first begins the text, the last ends it, and each
of the others is looked for once, behind the one before it. What was found is never taken back, so
no pattern, however hostile, makes a text being read again and again. A piece with question marks
is found with one bit for each of its characters (Shift-And), the others by `str.find`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """A part of a pattern's text."""

    text: str
    literal: bool = False  # its * and ? stand for themselves


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two stars: runs of characters with one-character gaps between them."""

    length: int = 0
    runs: tuple[tuple[int, str], ...] = ()  # where in the piece each begins

    def is_at(self, text: str, place: int) -> bool:
        """Say whether the piece is at that place of the text."""
        return place + self.length <= len(text) and all(
            text.startswith(run, place + begin) for begin, run in self.runs
        )

    def end_in(self, text: str, place: int, end: int) -> int:
        """Return where its first occurrence in text[place:end] ends; -1 if there is none."""
        if not self.runs:
            return place + self.length if place + self.length <= end else -1
        if len(self.runs) == 1 and len(self.runs[0][1]) == self.length:
            found = text.find(self.runs[0][1], place, end)
            return found + self.length if found >= 0 else -1
        anywhere = (1 << self.length) - 1
        where: dict[str, int] = {}
        for begin, run in self.runs:
            for bit, letter in enumerate(run, begin):
                anywhere &= ~(1 << bit)
                where[letter] = where.get(letter, 0) | 1 << bit
        found, last = 0, 1 << (self.length - 1)
        for at in range(place, end):
            found = (found << 1 | 1) & (where.get(text[at], 0) | anywhere)
            if found & last:
                return at + 1
        return -1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, ready to be matched."""

    pieces: tuple[Piece, ...]

    def matches(self, text: str) -> bool:
        """Say whether the whole text is as the pattern says."""
        first, *others = self.pieces
        if not others:
            return first.length == len(text) and first.is_at(text, 0)
        last = others.pop()
        place, end = first.length, len(text) - last.length
        if place > end or not first.is_at(text, 0) or not last.is_at(text, end):
            return False
        for piece in others:
            place = piece.end_in(text, place, end)
            if place < 0:
                return False
        return True


def pattern(*parts: Part) -> Pattern:
    """Make a pattern of its parts."""
    pieces, runs, run, length = list[Piece](), list[tuple[int, str]](), "", 0

    def close_run() -> None:
        nonlocal run
        if run:
            runs.append((length - len(run), run))
            run = ""

    for mark, text in _marks(parts):
        run += text
        length += len(text)
        if mark:
            close_run()
        if mark == "?":
            length += 1
        elif mark == "*":
            pieces.append(Piece(length, tuple(runs)))
            runs, length = [], 0
    close_run()
    return Pattern((*pieces, Piece(length, tuple(runs))))


def _marks(parts: Iterable[Part]) -> Iterable[tuple[str, str]]:
    """Give the text before each wildcard, with the wildcard; and what is left, with none."""
    for part in parts:
        if part.literal:
            yield "", part.text
            continue
        for number, between in enumerate(part.text.split("*")):
            if number:
                yield "*", ""
            for place, text in enumerate(between.split("?")):
                if place:
                    yield "?", ""
                yield "", text


def matches(text: str, value: str) -> bool:
    """Say whether value is as the text of a pattern says."""
    if "*" not in text and "?" not in text:
        return text == value
    return pattern(Part(text)).matches(value)
