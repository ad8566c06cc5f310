"""A disk that looks like a real one: files of this machine, with holes between them."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

FORMATS = {
    "stream VMDK": ("vmdk", ["-O", "vmdk", "-o", "subformat=streamOptimized"]),
    "dynamic VHD": ("vpc", ["-O", "vpc", "-o", "subformat=dynamic,force_size=on"]),
    "dynamic VHDX": ("vhdx", ["-O", "vhdx", "-o", "subformat=dynamic"]),
    "raw": ("raw", ["-O", "raw"]),
}


def contents() -> Iterator[bytes]:
    """Give what the files under /usr hold, MiB by MiB, over and over with a twist each time."""
    for turn in itertools.count():
        for folder, folders, names in os.walk("/usr"):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file():
                    continue
                with path.open("rb") as file:
                    while piece := file.read(1 << 20):
                        yield piece if not turn else piece.translate(twist(turn))


def twist(turn: int) -> bytes:
    """Return a table that turns bytes into others, so that a second round is new data."""
    return bytes((value + turn) % 256 for value in range(256))


def realistic(target: Path, size: int, data: int) -> None:
    """Write a sparse file of size bytes of which data bytes are contents, in runs of 16 MiB."""
    run = 16 << 20
    stride = size // (data // run)
    pieces = contents()
    rest = b""
    with target.open("wb") as file:
        file.truncate(size)
        for number in range(data // run):
            file.seek(number * stride)
            while len(rest) < run:
                rest += next(pieces)
            file.write(rest[:run])
            rest = rest[run:]


def converted(source: Path, target: Path, options: list[str]) -> None:
    """Make an image of another format from a raw disk with qemu-img."""
    subprocess.run(
        ["qemu-img", "convert", "-f", "raw", *options, str(source), str(target)], check=True
    )
