"""OVAs: tar archives of an OVF descriptor, the disks of a virtual machine and maybe a manifest.

vm.ovf         the descriptor, anywhere in the archive
vm.mf          the manifest: digests of the other files
vm.cert        the manifest's signature: not looked at
disk1.vmdk …   the disks, in any order, read where they are; those compressed by gzip are
               inflated into files of their own first
install.iso …  whatever else there is: ignored
"""

import asyncio
import posixpath
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final
from urllib.parse import unquote

from converters import errors
from converters.codec import program
from converters.errors import LIMIT_OF_IMAGES
from converters.lifeline import Limits
from converters.sparse_copy import GARBLED
from converters.stages import envelope, manifest, ovf, tar
from converters.stages.formats.image import Image
from converters.stages.inspect import Disk
from converters.stages.tar import File

OVF: Final = ".ovf"
MANIFEST: Final = ".mf"
APPLE: Final = "._"  # macOS puts what it knows of a file into another one whose name begins so

# assumed: how much larger than the descriptor's capacity a disk may be: makers round to a whole
# GiB, or its geometry to whole cylinders. That it is smaller does no harm.
TOLERANCE: Final = 1 << 30
OVERHEAD: Final = 512 << 20  # bytes of an image besides its data: a block of VHDX has 256 MiB


@dataclass(frozen=True, slots=True)
class Member:
    """A disk of an OVA."""

    name: str  # the descriptor's name for it
    offset: int  # bytes: where its file begins in the OVA
    length: int  # bytes of its file
    capacity: int  # bytes of the disk, as the descriptor says; 0 if it doesn't
    gzipped: bool


def is_archive(path: Path) -> bool:
    """Tell whether a file is a tar archive, by its own bytes."""
    with Image(path) as image:
        return tar.matches(image)


async def open_ova(path: Path) -> tuple[Member, ...]:
    """Return the disks in the order of the machine's hardware; ClientError.

    All that the manifest lists has been read and compared.
    """
    stop = Event()
    # A thread of its own: hashing takes minutes, and all tasks share the few of the loop.
    thread = ThreadPoolExecutor(1, "ova")
    opening = asyncio.get_running_loop().run_in_executor(thread, _open, path, stop)
    thread.shutdown(wait=False)  # once it is done
    try:
        return await asyncio.shield(opening)
    finally:
        stop.set()
        await asyncio.wait([opening])
        if not opening.cancelled():
            opening.exception()  # it has been raised above, or is of no interest any more


def check_capacity(member: Member, disk: Disk) -> None:
    """Refuse a disk that is larger than the descriptor says; ClientError."""
    if member.capacity and disk.size > member.capacity + TOLERANCE:
        raise errors.wrong_capacity(member.name)


async def inflate(ova: Path, member: Member, target: Path, report: Callable[[int], None]) -> None:
    """Write a gzip-compressed member to target; report gets the percentage. ClientError."""
    capacity = member.capacity or LIMIT_OF_IMAGES
    limit = capacity + (capacity >> 6) + OVERHEAD
    numbers = [member.length, member.offset, limit]
    ended = await program.copy(ova, target, numbers, Limits(file_size=limit), report)
    if ended.code == GARBLED:
        raise errors.corrupt_gzip()
    program.check("inflating", ended)


def _open(path: Path, stop: Event) -> tuple[Member, ...]:
    with Image(path) as image:
        files = tar.files(image)
        descriptor = _descriptor(files)
        folder = posixpath.dirname(descriptor.name)
        drives = ovf.drives(_whole(image, descriptor, envelope.LARGEST))
        members = tuple(_member(drive, folder, files) for drive in drives)
        taken: set[int] = set()
        for member in members:
            if member.offset in taken:
                raise errors.repeated_disk(member.name)
            taken.add(member.offset)
        digests: manifest.Digests = {}
        for file in _ending(MANIFEST, files):
            if posixpath.dirname(file.name) == folder:
                digests |= manifest.read(_whole(image, file, manifest.LARGEST), folder)
    manifest.check(path, files, digests, stop)
    return members


def _descriptor(files: Mapping[str, File]) -> File:
    found = _ending(OVF, files)
    if not found:
        raise errors.no_descriptor()
    if len(found) > 1:
        raise errors.several_descriptors()
    return found[0]


def _ending(suffix: str, files: Mapping[str, File]) -> list[File]:
    return [
        file
        for name, file in files.items()
        if name.lower().endswith(suffix) and not posixpath.basename(name).startswith(APPLE)
    ]


def _whole(image: Image, file: File, largest: int) -> bytes:
    if file.length > largest:
        raise errors.descriptor_too_large()
    return image.read(file.offset, file.length)


def _member(drive: ovf.Drive, folder: str, files: Mapping[str, File]) -> Member:
    for href in (drive.href, unquote(drive.href)):
        if file := files.get(posixpath.normpath(posixpath.join(folder, href))):
            break
    else:
        raise errors.missing_file(drive.href)
    if drive.size is not None and drive.size != file.length:
        raise errors.wrong_file_size(drive.href)
    return Member(drive.href, file.offset, file.length, drive.capacity, drive.gzipped)
