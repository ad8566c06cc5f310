"""Makes the picture of a screen that clients get."""

from pathlib import Path
from typing import Final

from converters.codec import program
from converters.lifeline import Limits

LIMITS: Final = Limits(address_space=2 << 30, cpu_seconds=30, file_size=64 << 20)


class Unreadable(Exception):
    """QEMU has given no picture."""


async def jpeg(picture: bytes, folder: Path) -> bytes:
    """Return a PPM of a screen as JPEG; Unreadable."""
    source, target = folder / "screen.ppm", folder / "screen.jpg"
    source.write_bytes(picture)
    try:
        ended = await program.paint(source, target, LIMITS)
        if ended.code != 0:
            raise Unreadable(ended.why("writer of pictures"))
        return target.read_bytes()
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
