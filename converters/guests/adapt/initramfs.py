"""Puts the drivers that EC2 needs into initial RAM disks that lack them, without running the guest.

    what was there ─ another archive, packed like the one before it
                       ├─ the guest's own modules, where this one has its own
                       ├─ the tables of modprobe with them in
                       └─ a file that has them loaded

Linux unpacks archives one after another, the last one wins; so nothing is packed anew. Packed alike
the tools that list them (lsinitramfs, lsinitrd) find nothing strange; the older lzma can't be
continued, there the archive follows as it is, which must begin at a multiple of 4.
https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
"""

import bz2
import gzip
import lzma
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import lz4.block
import zstandard

from converters.guests.adapt.changes import Changes
from converters.guests.adapt.drivers import Drivers
from converters.guests.adapt.kmod_index import Entry, read_index, write_index
from converters.guests.adapt.loading import loaded
from converters.guests.boot_modules import NEEDS, Need, module_name
from converters.guests.guest import Kernel, Linux
from converters.guests.look.cpio import entry, trailer
from converters.guests.look.initrd import Contents, read_contents
from converters.guests.look.unpacking import LZ4_BLOCK, LZ4_MAGIC
from converters.guests.tree import System, Unreadable

INITRD: Final = 256 << 20  # bytes of one, as it is
KERNELS: Final = 4  # whose initial RAM disks are completed; the default one comes first
MARGIN: Final = 1 << 20  # bytes that stay free on the filesystem
_LINK, _FILE, _DIRECTORY = 0o120777, 0o100644, 0o040755


def adapt_initrds(linux: Linux, system: System, changes: Changes) -> None:
    """Plan new initial RAM disks for the kernels of a Linux: the default one and the newest."""
    with_initrd = [kernel for kernel in linux.kernels if kernel.initrd is not None]
    ordered = sorted(with_initrd, key=lambda kernel: not kernel.default)
    taken: dict[str, int] = {}  # bytes on a volume
    for kernel in ordered[:KERNELS]:
        path = kernel.initrd.path if kernel.initrd is not None else ""
        if "rescue" in path and not kernel.default:
            continue
        try:
            _adapt(kernel, path, system, changes, taken)
        except Unreadable as problem:
            changes.leave(f"{path} stays without drivers for EC2: {problem}.")


def missing(have: frozenset[str]) -> tuple[Need, ...]:
    """Return the needs before the root filesystem that none of these modules meets."""
    return tuple(need for need in NEEDS if need.disk and have.isdisjoint(need.modules))


def _adapt(
    kernel: Kernel, path: str, system: System, changes: Changes, taken: dict[str, int]
) -> None:
    place = system.place(path)
    if place.stat is None or place.stat.kind != "file":
        return
    if place.stat.size > INITRD:
        raise Unreadable(f"it has more than {INITRD >> 20} MiB")
    drivers = Drivers(system, kernel.version)
    if kernel.default:
        _tell(kernel, drivers, changes)
    data = place.tree.read(place.path, INITRD)
    contents = read_contents(path, [data])
    if not contents.initrd.readable:
        raise Unreadable(contents.initrd.problem or "it cannot be read")
    have = frozenset(name for file in contents.files if (name := module_name(file)))
    needs = missing(have | drivers.builtin)
    names = [found for need in needs if (found := _offered(need, drivers))]
    if not names:
        return
    added = appended(data, contents, addition(contents, drivers, kernel.version, names))
    free = place.tree.free()
    volume = place.tree.volume_id
    size = sum(len(part) for part in added)
    if free is not None and free < taken.get(volume, 0) + size + MARGIN:
        raise Unreadable(f"there is no room for another one of {size >> 20} MiB beside it")
    name, file = changes.contents.file()
    with file.open("wb") as out:
        out.writelines(added)
    met = ", ".join(need.name for need in needs if _offered(need, drivers))
    if changes.replace(path, name, f"drivers are added for: {met}"):
        taken[volume] = taken.get(volume, 0) + size


def _offered(need: Need, drivers: Drivers) -> str | None:
    return next((name for name in need.modules if name in drivers), None)


def _tell(kernel: Kernel, drivers: Drivers, changes: Changes) -> None:
    """Say which drivers the kernel that starts does not have at all."""
    for need in NEEDS:
        if need.where in ("nitro", "xen") and need.name != "Intel VF network":
            there = any(name in drivers or name in drivers.builtin for name in need.modules)
            if not there:
                changes.leave(f"Kernel {kernel.version} has no {need.name} driver: {need.reason}.")


@dataclass(frozen=True, slots=True)
class _Module:
    name: str
    path: str  # in the initial RAM disk
    listed: str  # as modules.dep there names it
    needs: tuple[str, ...]


def addition(contents: Contents, drivers: Drivers, version: str, names: list[str]) -> bytes:
    """Return the archive that adds modules, with all that they need, and has them loaded.

    Raises Unreadable if a module of the guest cannot be read, or nothing says how to load it.
    """
    base = _base(contents, version)
    flat = contents.initrd.generator == "mkinitrd" and not contents.is_dir(base)
    tables = _Tables(contents, base, version)
    order: list[str] = []
    have = {name for file in contents.files if (name := module_name(file))}
    for name in names:
        for each in (*reversed(drivers.needs(name)), name):
            if each not in have and each not in order and each not in drivers.builtin:
                order.append(each)
    modules = []
    for name in order:
        own = posixpath.splitext(drivers.path(name))[0].removesuffix(".ko") + ".ko"
        where = f"lib/{name}.ko" if flat else f"{base}/{own}"
        modules.append(_Module(name, where, tables.listed(own), drivers.needs(name)))
    files = {module.path: drivers.load(module.name) for module in modules}
    if not flat:
        files |= tables.files(modules, drivers.aliases(frozenset(order)))
    files |= loaded(contents, names, [module.path for module in modules])
    return b"".join(members(contents, files))


def _base(contents: Contents, version: str) -> str:
    """Return the folder of a kernel's modules, where there is one already."""
    base = contents.resolved(f"lib/modules/{version}")
    other = contents.resolved(f"usr/lib/modules/{version}")
    return other if contents.is_dir(other) and not contents.is_dir(base) else base


def appended(data: bytes, contents: Contents, archive: bytes) -> list[bytes | memoryview]:
    """Return the parts of the new initial RAM disk in order."""
    view = memoryview(data)
    rest = data[contents.end :]
    if not rest.strip(b"\0"):
        rest = b""  # padding
    pack = _PACKERS.get(contents.packing)
    if pack is not None:
        return [view[: contents.end], pack(archive), rest]
    return [view[: contents.end], bytes(-contents.end % 4), archive, rest]


def _gzip(archive: bytes) -> bytes:
    return gzip.compress(archive, 6, mtime=0)


def _xz(archive: bytes) -> bytes:
    return lzma.compress(archive, lzma.FORMAT_XZ, lzma.CHECK_CRC32, preset=1)  # Linux knows CRC32


def _zstd(archive: bytes) -> bytes:
    return zstandard.ZstdCompressor(3).compress(archive)


def _lz4(archive: bytes) -> bytes:
    frame = [LZ4_MAGIC.to_bytes(4, "little")]
    for start in range(0, len(archive), LZ4_BLOCK):
        block = lz4.block.compress(archive[start : start + LZ4_BLOCK], store_size=False)
        frame += [len(block).to_bytes(4, "little"), block]
    return b"".join(frame)


_PACKERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": _gzip,
    "xz": _xz,
    "bzip2": bz2.compress,
    "zstd": _zstd,
    "lz4": _lz4,
}


class _Tables:
    """The tables of modprobe in an initial RAM disk: modules.dep and modules.alias."""

    def __init__(self, contents: Contents, base: str, version: str) -> None:
        self._base = base
        self._dependencies = self._entries(contents, "modules.dep")
        self._aliases = self._entries(contents, "modules.alias")
        self._alias_text = contents.text(f"{base}/modules.alias")
        absolute = any(entry.value.startswith("/") for entry in self._dependencies)
        self._prefix = f"/lib/modules/{version}/" if absolute else ""

    def listed(self, path: str) -> str:
        """Return a module's path as this modules.dep writes it: old ones begin with a slash."""
        return self._prefix + path

    def files(self, modules: list[_Module], aliases: list[tuple[str, str]]) -> dict[str, bytes]:
        """Return the tables with some modules more, as texts and as the indexes that kmod reads."""
        new = {module.name for module in modules}
        entries = [entry for entry in self._dependencies if entry.key not in new]
        paths = {entry.key: entry.value.partition(":")[0] for entry in entries}
        paths |= {module.name: module.listed for module in modules}
        last = max((entry.priority for entry in (*entries, *self._aliases)), default=0)
        for module in modules:
            last += 1
            needs = " ".join(paths[name] for name in module.needs if name in paths)
            entries.append(Entry(module.name, f"{module.listed}: {needs}".strip(), last))
        patterns = list(self._aliases)
        priorities = {entry.key: entry.priority for entry in entries}
        patterns += [
            Entry(_normal(pattern), name, priorities.get(name, last)) for pattern, name in aliases
        ]
        lines = "".join(f"alias {pattern} {name}\n" for pattern, name in aliases)
        dependencies = "".join(f"{entry.value}\n" for entry in entries)
        return {
            f"{self._base}/modules.dep": dependencies.encode("utf-8", "surrogateescape"),
            f"{self._base}/modules.dep.bin": write_index(entries),
            f"{self._base}/modules.alias": (self._alias_text or b"") + lines.encode(),
            f"{self._base}/modules.alias.bin": write_index(patterns),
        }

    def _entries(self, contents: Contents, name: str) -> list[Entry]:
        """Return a table: from the index, which modprobe reads, or else from the text."""
        index = contents.text(f"{self._base}/{name}.bin")
        if index is not None:
            return read_index(index)
        text = (contents.text(f"{self._base}/{name}") or b"").decode("utf-8", "surrogateescape")
        found = []
        for number, line in enumerate(text.split("\n")):
            if name == "modules.dep":
                module = module_name(line.partition(":")[0])
                if module:
                    found.append(Entry(module, line.strip(), number))
            elif len(words := line.split()) == 3 and words[0] == "alias":
                found.append(Entry(_normal(words[1]), words[2], number))
        return found


def _normal(pattern: str) -> str:
    """Return a pattern as kmod looks for it: underscores, but not between brackets."""
    parts = pattern.split("[")
    head = parts[0].replace("-", "_")
    for part in parts[1:]:
        inside, bracket, after = part.partition("]")
        head += "[" + inside + bracket + after.replace("-", "_")
    return head


def members(contents: Contents, files: dict[str, bytes]) -> Iterator[bytes]:
    """Yield an archive's members: first the directories that are not there yet."""
    made: set[str] = set()
    for path, data in files.items():
        real = contents.resolved(path)
        names = real.split("/")
        for count in range(1, len(names)):
            above = "/".join(names[:count])
            there = contents.files.get(above)
            if there is not None and there.kind != "dir":
                raise Unreadable(f"{above} in it is no directory")
            if there is None and above not in made:
                made.add(above)
                yield entry(above, _DIRECTORY)
        there = contents.files.get(real)
        if there is not None and there.kind == "file" and there.links > 1:
            yield entry(real, _LINK, b"/")  # takes this name from a file that has others too
        yield entry(real, 0o100755 if data.startswith(b"#!") else _FILE, data)
    yield trailer()
