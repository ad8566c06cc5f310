"""Writes a picture as JPEG: baseline, three components, none of them smaller than the others.

    SOI │ APP0 "JFIF" │ DQT 2 │ SOF0 │ DHT 4 │ SOS │ blocks: Y Cb Cr, row by row │ EOI
    a block   8 × 8 of a component ─► DCT ─► divided, rounded ─► zigzag ─► runs of zeros ─► Huffman

    python write_jpeg.py SOURCE TARGET      SOURCE is a PPM: P6, 8 bits

A screen is mostly the same few blocks again and again, each of which is computed once; that is what
makes this fast enough without any library. https://www.w3.org/Graphics/JPEG/itu-t81.pdf
"""

import math
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

HEAD: Final = re.compile(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s")
LARGEST: Final = 1 << 24  # points
CACHED: Final = 1 << 16  # blocks

# How coarse each frequency may be (annex K), at a quality at which letters stay clear.
SCALE: Final = 0.3
# fmt: off
LUMINANCE: Final = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)
CHROMINANCE: Final = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
    *[99] * 32,
)
ZIGZAG: Final = (
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
)
# fmt: on
# The usual Huffman tables (annex K): how many codes of each length, and what they mean.
DC: Final = (
    ("00010501010101010100000000000000", "000102030405060708090a0b"),
    ("00030101010101010101010000000000", "000102030405060708090a0b"),
)
AC: Final = (
    (
        "0002010303020403050504040000017d",
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a"
        "25262728292a3435363738393a434445464748494a535455565758595a636465666768696a73747576777879"
        "7a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9"
        "cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    ),
    (
        "00020102040403040705040400010277",
        "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f117"
        "18191a262728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778"
        "797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7"
        "c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
    ),
)
ENDED, SIXTEEN = 0x00, 0xF0  # no more but zeros; sixteen zeros

Codes = dict[int, str]  # what is said by which bits, as text of 0 and 1


class Unreadable(Exception):
    """What was given is not a picture, or too large a one."""


class Kind(NamedTuple):
    """How a component is written."""

    coarse: tuple[int, ...]
    dc: Codes
    ac: Codes


class Block(NamedTuple):
    """A block, but for the difference to the one before."""

    level: int
    rest: str


def written(content: bytes) -> bytes:
    """Return a PPM as JPEG; Unreadable."""
    width, height, points = _read(content)
    return b"".join([*_heads(width, height), _scan(width, height, points), b"\xff\xd9"])


def _read(content: bytes) -> tuple[int, int, bytes]:
    head = HEAD.match(content)
    if head is None:
        raise Unreadable("not a PPM")
    width, height = int(head[1]), int(head[2])
    points = content[head.end() :]
    if not 0 < width * height <= LARGEST or len(points) != 3 * width * height:
        raise Unreadable(f"not a picture of {width} × {height}")
    return width, height, points


def _heads(width: int, height: int) -> Iterator[bytes]:
    yield b"\xff\xd8" + _segment(0xE0, b"JFIF\0" + struct.pack(">HBHHBB", 0x0101, 0, 1, 1, 0, 0))
    for number, kind in enumerate(KINDS):
        coarse = bytes(kind.coarse[place] for place in ZIGZAG)
        yield _segment(0xDB, bytes([number]) + coarse)
    parts = b"".join(bytes([name, 0x11, min(name - 1, 1)]) for name in (1, 2, 3))
    yield _segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + parts)
    for where, tables in ((0x00, DC), (0x10, AC)):
        for number, (counts, values) in enumerate(tables):
            table = bytes.fromhex(counts) + bytes.fromhex(values)
            yield _segment(0xC4, bytes([where | number]) + table)
    yield _segment(0xDA, bytes.fromhex("03 0100 0211 0311 003f00"))


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _scan(width: int, height: int, points: bytes) -> bytes:
    known: dict[bytes, tuple[Block, ...]] = {}
    before = [0, 0, 0]
    bits: list[str] = []
    for raw in _blocks(width, height, points):
        blocks = known.get(raw)
        if blocks is None:
            blocks = _of(raw)
            if len(known) < CACHED:
                known[raw] = blocks
        for part, block in enumerate(blocks):
            kind = KINDS[min(part, 1)]
            size, tail = _sized(block.level - before[part])
            before[part] = block.level
            bits += kind.dc[size], tail, block.rest
    whole = "".join(bits)
    whole += "1" * (-len(whole) % 8)
    packed = int(whole, 2).to_bytes(len(whole) // 8) if whole else b""
    return packed.replace(b"\xff", b"\xff\0")


def _blocks(width: int, height: int, points: bytes) -> Iterator[bytes]:
    """Yield the blocks, 8 rows of 8 points each; at the edges the last ones are repeated."""
    wide = -(-width // 8) * 8
    for top in range(0, height, 8):
        rows = []
        for line in range(top, top + 8):
            begin = 3 * width * min(line, height - 1)
            row = points[begin : begin + 3 * width]
            rows.append(row + row[-3:] * (wide - width))
        for at in range(0, 3 * wide, 24):
            yield b"".join([row[at : at + 24] for row in rows])


def _of(raw: bytes) -> tuple[Block, ...]:
    colours = list(zip(raw[::3], raw[1::3], raw[2::3], strict=True))
    parts = (
        [0.299 * red + 0.587 * green + 0.114 * blue - 128 for red, green, blue in colours],
        [-0.168736 * red - 0.331264 * green + 0.5 * blue for red, green, blue in colours],
        [0.5 * red - 0.418688 * green - 0.081312 * blue for red, green, blue in colours],
    )
    return tuple(_block(values, KINDS[min(part, 1)]) for part, values in enumerate(parts))


def _block(values: list[float], kind: Kind) -> Block:
    if max(values) - min(values) < 0.5:
        return Block(round(8 * values[0] / kind.coarse[0]), kind.ac[ENDED])
    rows = [_transformed(values[at : at + 8]) for at in range(0, 64, 8)]
    columns = [_transformed([row[at] for row in rows]) for at in range(8)]
    found = [round(columns[place % 8][place // 8] / kind.coarse[place]) for place in ZIGZAG]
    bits: list[str] = []
    zeros = 0
    for value in found[1:]:
        if value == 0:
            zeros += 1
            continue
        while zeros > 15:
            bits.append(kind.ac[SIXTEEN])
            zeros -= 16
        size, tail = _sized(value)
        bits += kind.ac[zeros << 4 | size], tail
        zeros = 0
    if zeros:
        bits.append(kind.ac[ENDED])
    return Block(found[0], "".join(bits))


def _transformed(values: Sequence[float]) -> list[float]:
    """Return the discrete cosine transform of eight values."""
    a, b, c, d, e, f, g, h = values
    sums = a + h, b + g, c + f, d + e
    differences = a - h, b - g, c - f, d - e
    return [
        w * sums[0] + x * sums[1] + y * sums[2] + z * sums[3]
        if even
        else w * differences[0] + x * differences[1] + y * differences[2] + z * differences[3]
        for even, w, x, y, z in WAVES
    ]


def _sized(value: int) -> tuple[int, str]:
    """Return how many bits a number takes, and those."""
    if value == 0:
        return 0, ""
    size = abs(value).bit_length()
    return size, f"{value if value > 0 else value + (1 << size) - 1:0{size}b}"


def _codes(counts: str, values: str) -> Codes:
    found: Codes = {}
    meanings = iter(bytes.fromhex(values))
    code = 0
    for length, count in enumerate(bytes.fromhex(counts), 1):
        for _ in range(count):
            found[next(meanings)] = f"{code:0{length}b}"
            code += 1
        code <<= 1
    return found


def _coarse(table: Sequence[int]) -> tuple[int, ...]:
    return tuple(max(1, round(each * SCALE)) for each in table)


WAVES: Final = tuple(
    (
        wave % 2 == 0,
        *(
            (math.sqrt(1 / 8) if wave == 0 else 0.5) * math.cos((2 * at + 1) * wave * math.pi / 16)
            for at in range(4)
        ),
    )
    for wave in range(8)
)
KINDS: Final = tuple(
    Kind(_coarse(coarse), _codes(*DC[number]), _codes(*AC[number]))
    for number, coarse in enumerate((LUMINANCE, CHROMINANCE))
)


def main(source: str, target: str) -> None:
    """Write one picture."""
    Path(target).write_bytes(written(Path(source).read_bytes()))


if __name__ == "__main__":
    main(*sys.argv[1:])
