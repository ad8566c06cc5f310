"""Reads JPEG, as slowly as can be: the other side of what vmie writes."""

import math
from typing import NamedTuple

from converters.codec.write_jpeg import ZIGZAG


class Points(NamedTuple):
    """A picture: rows of points, each red, green and blue."""

    width: int
    height: int
    rows: list[list[tuple[int, int, int]]]

    @property
    def brightest(self) -> int:
        return max(max(point) for row in self.rows for point in row)


class Bits:
    """The bits of a scan, in their order."""

    def __init__(self, content: bytes) -> None:
        plain = content.replace(b"\xff\0", b"\xff")
        self._bits = f"{int.from_bytes(plain):0{8 * len(plain)}b}"
        self._at = 0

    def code(self, codes: dict[str, int]) -> int:
        for length in range(1, 17):
            word = self._bits[self._at : self._at + length]
            if word in codes:
                self._at += length
                return codes[word]
        raise AssertionError("no such code")

    def number(self, size: int) -> int:
        word = self._bits[self._at : self._at + size]
        self._at += size
        if not size:
            return 0
        return int(word, 2) if word[0] == "1" else int(word, 2) - (1 << size) + 1


def read(content: bytes) -> Points:
    assert content[:2] == b"\xff\xd8"
    assert content[-2:] == b"\xff\xd9"
    coarse: dict[int, bytes] = {}
    codes: dict[int, dict[str, int]] = {}
    width = height = 0
    at = 2
    while True:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4])
        inside = content[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDB:
            coarse[inside[0]] = inside[1:65]
        elif marker == 0xC0:
            height, width = int.from_bytes(inside[1:3]), int.from_bytes(inside[3:5])
        elif marker == 0xC4:
            codes[inside[0]] = table(inside[1:17], inside[17:])
        elif marker == 0xDA:
            break
    bits, before = Bits(content[at:-2]), [0, 0, 0]
    rows = [[(0, 0, 0)] * width for _ in range(height)]
    known: dict[tuple[int, ...], list[float]] = {}
    for top in range(0, height, 8):
        for left in range(0, width, 8):
            parts = []
            for part in range(3):
                kind = min(part, 1)
                found = [0] * 64
                before[part] += bits.number(bits.code(codes[kind]))
                found[0] = before[part] * coarse[kind][0]
                place = 1
                while place < 64:
                    said = bits.code(codes[0x10 | kind])
                    if said == 0:
                        break
                    place += said >> 4
                    found[ZIGZAG[place]] = bits.number(said & 15) * coarse[kind][place]
                    place += 1
                key = tuple(found)
                if key not in known:
                    known[key] = values(found)
                parts.append(known[key])
            for number, (light, blue, red) in enumerate(zip(*parts, strict=True)):
                row, column = top + number // 8, left + number % 8
                if row < height and column < width:
                    rows[row][column] = point(light + 128, blue, red)
    return Points(width, height, rows)


def table(counts: bytes, meanings: bytes) -> dict[str, int]:
    found, code, at = {}, 0, 0
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            found[f"{code:0{length}b}"] = meanings[at]
            code, at = code + 1, at + 1
        code <<= 1
    return found


COSINES = [
    [(math.sqrt(0.5) if wave == 0 else 1.0) * math.cos((2 * x + 1) * wave * math.pi / 16) / 2
     for wave in range(8)]
    for x in range(8)
]  # fmt: skip


def values(found: list[int]) -> list[float]:
    """Undo the cosine transform: first of each row, then of each column."""
    if not any(found[1:]):
        return [found[0] / 8] * 64
    half = [[sum(found[8 * v + u] * COSINES[x][u] for u in range(8)) for x in range(8)]
            for v in range(8)]  # fmt: skip
    return [sum(half[v][x] * COSINES[y][v] for v in range(8)) for y in range(8) for x in range(8)]


def point(light: float, blue: float, red: float) -> tuple[int, int, int]:
    colours = (light + 1.402 * red, light - 0.344136 * blue - 0.714136 * red, light + 1.772 * blue)
    first, second, third = (min(255, max(0, round(each))) for each in colours)
    return first, second, third
