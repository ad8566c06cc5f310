"""Finds out what a disk image is, from its own bytes, and whether it can be trusted."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.errors import LIMIT, disk_too_large, empty_disk, wrong_format
from converters.stages.formats import FORMATS, Format, foreign
from converters.stages.formats.image import Image

RAW: Final = "RAW"


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk image that may be imported."""

    path: Path
    format: str  # VMDK, VHD, VHDX, RAW
    driver: str | None  # qemu's; None: the disk is the first size bytes of the image
    size: int  # bytes of the disk
    data: int  # bytes of the disk that the image holds, at most
    file_size: int  # bytes of the image
    offset: int = 0  # bytes: where the image begins, if it is part of the file at path


async def inspect(
    path: Path, declared: str | None, *, offset: int = 0, length: int | None = None
) -> Disk:
    """Return what the image at path is; ClientError if it is not what was declared, or not sound.

    Differing from what was declared comes before anything that is wrong with it. What an image
    says is believed only if qemu reads it the same way. An image may be a part of the file: length
    bytes from offset on.
    """
    disk, format_ = await asyncio.to_thread(_look, path, declared, offset, length)
    if format_ is None or disk.driver is None:
        return disk
    # The image was read by hand first: nothing in it leads qemu to another file.
    try:
        seen = await qemu_img.info(
            qemu_img.Source(disk.path, disk.driver, disk.offset, disk.file_size)
        )
    except qemu_img.Unreadable as error:
        raise format_.broken() from error
    if seen.virtual_size != disk.size or seen.refers:
        raise format_.broken()
    return disk


def _look(
    path: Path, declared: str | None, offset: int = 0, length: int | None = None
) -> tuple[Disk, Format | None]:
    with Image(path, offset, length) as image:
        if image.size == 0:
            raise empty_disk()
        if foreign.matches(image):
            raise wrong_format()
        found = next((known for known in FORMATS if known.matches(image)), None)
        name = found.NAME if found else RAW
        if declared and declared.upper() != name:
            raise wrong_format()
        if found is None:
            if image.size >= LIMIT:
                raise disk_too_large()
            return Disk(path, RAW, None, image.size, image.size, image.size, offset), None
        layout = found.layout(image)
        driver = None if layout.plain else found.DRIVER
        return Disk(path, name, driver, layout.size, layout.data, image.size, offset), found
