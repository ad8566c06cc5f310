"""The root filesystem of the appliance: an archive that a kernel unpacks when it starts.

    /init /bin/busybox /bin/setlabel  what runs           /lib… /lib64…  libraries, if need be
    /modules/* /order                 the kernel's own    /job/N/*       what is to be done

The archive is cpio's "new ASCII" format, not packed: an emulated processor unpacks slowly.
https://www.kernel.org/doc/html/latest/driver-api/early-userspace/buffer-format.html
"""

import asyncio
import gzip
import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import zstandard

from converters.guests import sandbox
from converters.guests.tools import Kernel
from converters.lifeline import Limits

DIRECTORY: Final = 0o040755
PROGRAM: Final = 0o100755
CONSOLE: Final = 0o020600
LOADERS: Final = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1")
LISTING: Final = Limits(1 << 30, 5, 1)
MODULE: Final = 64 << 20  # bytes of an unpacked one


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return an archive with some files, all of them programs, and the directories above them."""
    folders = {
        str(folder)
        for path in files
        for folder in PurePosixPath(path).parents
        if str(folder) not in (".", "/")
    }
    parts = [_entry(name.lstrip("/"), DIRECTORY) for name in sorted(folders)]
    if not {"dev", "/dev"} & folders:
        parts.append(_entry("dev", DIRECTORY))
    parts.append(_entry("dev/console", CONSOLE, device=(5, 1)))
    parts += [_entry(name.lstrip("/"), PROGRAM, content) for name, content in files.items()]
    return b"".join([*parts, _entry("TRAILER!!!", 0)])


def _entry(name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    path = name.encode() + b"\0"
    numbers = (0, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(path), 0)
    header = b"070701" + b"".join(b"%08X" % number for number in numbers) + path
    return header + bytes(-len(header) % 4) + content + bytes(-len(content) % 4)


def modules(kernel: Kernel, names: Iterable[str]) -> dict[str, bytes]:
    """Return kernel modules with all that they need, in the order to load them, by their names.

    What the kernel has built in, or does not know, is left out.
    """
    needs: dict[str, list[str]] = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[_name(path)] = [*reversed(rest.split()), path]
    order = dict.fromkeys(path for name in names for path in needs.get(name, ()))
    return {f"{_name(path)}.ko": _unpacked(kernel.modules / path) for path in order}


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition(".ko")[0].replace("-", "_")


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(content)
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        return zstandard.decompress(content, max_output_size=MODULE)
    return content


async def program(path: Path, name: str) -> dict[str, bytes]:
    """Return a program of this machine as one in /bin, and the libraries that it is linked to."""
    files = {f"/bin/{name}": str(path)}
    loader = await asyncio.to_thread(_loader, path)
    if loader:
        ended = await sandbox.program([loader, "--list", str(path)], limits=LISTING)
        files |= {word: word for word in ended.stdout.decode().split() if word.startswith("/")}
    return await asyncio.to_thread(_contents, files)


def _loader(path: Path) -> str | None:
    """Return what loads the libraries of a program, None if it has none."""
    with path.open("rb") as file:
        start = file.read(4096)
    return next((one for one in LOADERS if one.encode() + b"\0" in start), None)


def _contents(files: Mapping[str, str]) -> dict[str, bytes]:
    return {name: Path(path).read_bytes() for name, path in files.items()}
