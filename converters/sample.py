"""A sample for demonstrations: a small disk with a real filesystem, and the VMDK of it.

The VMDK is stream-optimized, as VMware exports disks and the service wants them.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from converters.lifeline import Limits, run

SIZE_MIB = 64
LIMITS = Limits(address_space=2 << 30, cpu_seconds=60, file_size=1 << 30)
SBIN = "/usr/sbin:/sbin:/opt/homebrew/opt/e2fsprogs/sbin"  # not in every user's PATH


class MissingProgram(Exception):
    """A program that the sample needs is not installed; says which package has it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed; try: sudo apt-get install {package}")


@dataclass(frozen=True, slots=True)
class Sample:
    """The same disk twice."""

    raw: Path
    vmdk: Path


async def make(folder: Path) -> Sample:
    """Make the sample in an empty folder; MissingProgram, or RuntimeError with what went wrong."""
    files = folder / "files"
    files.mkdir()
    (files / "hello.txt").write_text("Hello from a disk that vmie imported.\n" * 1000)
    (files / "noise").write_bytes(os.urandom(16 << 20))
    sample = Sample(folder / "disk.raw", folder / "disk.vmdk")
    ext4 = ["-q", "-t", "ext4", "-L", "vmie-demo", "-d", str(files), str(sample.raw)]
    await finished("mke2fs", "e2fsprogs", *ext4, f"{SIZE_MIB}M")
    vmdk = ["-O", "vmdk", "-o", "subformat=streamOptimized", str(sample.raw), str(sample.vmdk)]
    await finished("qemu-img", "qemu-utils", "convert", "-f", "raw", *vmdk)
    return sample


async def finished(program: str, package: str, *arguments: str) -> None:
    """Run a program to its good end."""
    found = shutil.which(program) or shutil.which(program, path=SBIN)
    if found is None:
        raise MissingProgram(program, package)
    ended = await run([found, *arguments], LIMITS)
    if ended.code:
        raise RuntimeError(f"{program} ended with {ended.code}: {ended.stderr.strip()}")
