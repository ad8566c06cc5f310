"""The kernels that are installed, each with its initial RAM disk and the drivers it has.

    /boot/vmlinuz-VERSION  kernel-…  bzImage-…  Image-…  /boot/MACHINE/VERSION/linux
    /boot/config-VERSION   /lib/modules/VERSION/{vmlinuz,modules.dep,modules.builtin}

An image's own header says which version it is; its name only where the header does not. A rescue
image counts only where no other has its version.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cmp_to_key
from itertools import islice
from typing import Final

from converters.guests.boot_modules import ALL_MODULES, NEEDS
from converters.guests.guest import Initrd, Kernel
from converters.guests.look import elf
from converters.guests.look.bls import compare_versions
from converters.guests.look.boot import Found, really
from converters.guests.look.images import IMAGE, VERSION, read_image
from converters.guests.look.initrd import read_initrd
from converters.guests.look.texts import is_backup, is_dir, is_file, names, read_text, short
from converters.guests.tree import System, Unreadable

PATHS: Final = 1000  # where an image may be
MACHINES: Final = 20  # folders below /boot that are called after a machine
IMAGES: Final = 100  # images that are looked into
FOLDERS: Final = 1000  # below /lib/modules that are sorted
KERNELS: Final = 60  # that are kept
DEPENDENCIES: Final = 4 << 20  # bytes of modules.dep that are read; Debian 12's has 0.6 MiB
LISTED: Final = 5  # kernels whose modules are listed
INITRD: Final = 192 << 20  # bytes of an initial RAM disk
UNREAD: Final = "not read: another kernel starts by default"
PIECE: Final = 1 << 20  # bytes handed on at once

_IMAGE_NAME: Final = re.compile(r"(?:vmlinuz|kernel|bzImage|Image|linux)-(.+)")
_LISTED: Final = re.compile(r"/([^/\s:.]{1,64})\.k?o\b")
_MODULE: Final = re.compile(r"(?:.*/)?([^/]+?)\.k?o(?:\.(?:gz|xz|zst|bz2|lz4))?")
_BUILT_IN: Final = re.compile(r"^(CONFIG_\w{1,80})=y$", re.MULTILINE)
_MACHINE: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class _Image:
    kernel: Kernel
    where: tuple[str, str]  # volume and path in it
    suffix: str  # of its name: what initial RAM disks are called after
    rescue: bool


def read_kernels(system: System, found: Found) -> tuple[Kernel, ...]:
    """Return the installed kernels, oldest first; one of them is what starts by default."""
    started = really(system, found.kernel) if found.kernel else None
    images: dict[str, _Image] = {}
    for image in _images(system, found.kernel):
        older = images.get(image.kernel.version)
        if older is None or image.where == started or (older.rescue and not image.rescue):
            if older is not None and older.where == started:
                continue
            images[image.kernel.version] = image
    kernels = [
        replace(
            image.kernel,
            default=image.where == started,
            initrd=_named_initrd(system, image, found, image.where == started),
        )
        for image in images.values()
    ]
    kernels += [
        Kernel(version)
        for version in _module_versions(system)
        if version not in images and len(kernels) < KERNELS
    ]
    kernels.sort(key=cmp_to_key(lambda one, two: compare_versions(one.version, two.version)))
    kernels = _cut(kernels)
    listed = [_with_modules(system, kernel, listed) for kernel, listed in _ranked(kernels)]
    return tuple(_with_initrd(system, listed))


def _images(system: System, default: str | None) -> Iterator[_Image]:
    """Yield the images there are, the one that starts by default whatever its name."""
    seen: set[tuple[str, str]] = set()
    paths = list(islice(_image_paths(system), PATHS))
    for path in [*paths, *([default] if default else [])]:
        where = really(system, path)
        if where is None or where in seen or (len(seen) >= IMAGES and path != default):
            continue
        seen.add(where)
        image = _image(system, path, where)
        if image is not None:
            yield image


def _image_paths(system: System) -> Iterator[str]:
    boot = names(system, "/boot")
    for name in boot:
        if _IMAGE_NAME.fullmatch(name) and not is_backup(name):
            yield f"/boot/{name}"
    for name in [one for one in boot if _MACHINE.fullmatch(one)][:MACHINES]:
        for version in names(system, f"/boot/{name}")[:KERNELS]:
            yield f"/boot/{name}/{version}/linux"
    yield from ("/boot/vmlinuz", "/boot/bzImage", "/boot/Image", "/vmlinuz")
    for version in _module_versions(system):
        yield f"/lib/modules/{version}/vmlinuz"


def _image(system: System, path: str, where: tuple[str, str]) -> _Image | None:
    try:
        read = read_image(system.read(path, IMAGE))
    except Unreadable:
        return None
    # What the image is called where it really is: /boot/vmlinuz may be a link.
    real = where[1].rpartition("/")[2]
    named = _IMAGE_NAME.fullmatch(real) or _IMAGE_NAME.fullmatch(path.rpartition("/")[2])
    suffix = named[1] if named else ""
    if real in ("linux", "vmlinuz"):
        suffix = path.split("/")[-2]
    version = read.version if read else None
    version = version or (suffix if VERSION.fullmatch(suffix) else None)
    if version is None:
        return None
    machine = read.architecture if read else None
    kernel = Kernel(version, short(path), machine or _module_machine(system, version))
    return _Image(kernel, where, suffix, "rescue" in suffix)


def _named_initrd(system: System, image: _Image, found: Found, default: bool) -> Initrd | None:
    """Return the initial RAM disk of a kernel, not read yet: what the menu names, else by name.

    Ubuntu's images for clouds first start without one, though it is there, and then with it.
    """
    if default and found.initrd_written:
        if found.initrd is None:
            return Initrd(found.initrd_written, False, "missing")
        return Initrd(found.initrd, False)
    folder = (image.kernel.path or "").rpartition("/")[0]
    for suffix in dict.fromkeys((image.suffix, image.kernel.version)):
        for name in (
            f"/boot/initrd.img-{suffix}",
            f"/boot/initramfs-{suffix}.img",
            f"/boot/initrd-{suffix}",
            f"/boot/initrd-{suffix}.img",
            f"{folder}/initrd",
        ):
            if suffix and is_file(system, name):
                return Initrd(name, False)
    return None


def _cut(kernels: list[Kernel]) -> list[Kernel]:
    """Return the newest kernels and the default one."""
    if len(kernels) <= KERNELS:
        return kernels
    kept = kernels[-KERNELS:]
    return [one for one in kernels[:-KERNELS] if one.default] + kept


def _ranked(kernels: list[Kernel]) -> Iterator[tuple[Kernel, bool]]:
    """Yield each kernel and whether its modules are listed: the default's and the newest's."""
    newest = kernels[-LISTED + 1 :]
    for kernel in kernels:
        yield kernel, kernel.default or kernel in newest


def _with_modules(system: System, kernel: Kernel, listed: bool) -> Kernel:
    """Return a kernel with those of its modules that EC2 needs, see boot_modules."""
    if not listed:
        return kernel
    folder = f"/lib/modules/{kernel.version}"
    loadable = _matching(read_text(system, f"{folder}/modules.dep", DEPENDENCIES) or "")
    builtin = _matching(read_text(system, f"{folder}/modules.builtin", DEPENDENCIES) or "")
    builtin |= _configured(read_text(system, f"/boot/config-{kernel.version}") or "")
    return replace(
        kernel,
        modules=tuple(sorted(loadable | builtin)),
        builtin=tuple(sorted(builtin)),
        architecture=kernel.architecture or _module_machine(system, kernel.version),
    )


def _matching(text: str) -> set[str]:
    """Return which of the boot modules a list of paths names."""
    return {name.replace("-", "_") for name in _LISTED.findall(text)} & ALL_MODULES


def _configured(text: str) -> set[str]:
    """Return what a kernel's configuration says is built in: before 2.6.33 nothing else does."""
    options = {*_BUILT_IN.findall(text)}
    return {need.modules[0] for need in NEEDS if options.intersection(need.options)}


def _with_initrd(system: System, kernels: list[Kernel]) -> Iterator[Kernel]:
    """Read one initial RAM disk: the default kernel's, else the newest's.

    One of the others would take as long again, and nothing is decided by it.
    """
    whole = [kernel for kernel in kernels if kernel.initrd and not kernel.initrd.problem]
    wanted = next((kernel for kernel in kernels if kernel.default), whole[-1] if whole else None)
    for kernel in kernels:
        if kernel.initrd is None or kernel.initrd.problem:
            yield kernel
        elif kernel is wanted:
            yield replace(kernel, initrd=_initrd(system, kernel.initrd.path))
        else:
            yield replace(kernel, initrd=replace(kernel.initrd, problem=UNREAD))


def _initrd(system: System, path: str) -> Initrd:
    try:
        found = system.stat(path)
        if found is not None and found.size > INITRD:
            return Initrd(path, False, f"too large: {found.size} bytes")
        packed = memoryview(system.read(path, INITRD))
    except Unreadable as problem:
        return Initrd(path, False, short(str(problem)))
    return read_initrd(
        path, (bytes(packed[start : start + PIECE]) for start in range(0, len(packed), PIECE))
    )


def _module_versions(system: System) -> list[str]:
    """Return the versions that have modules, newest first."""
    versions = [name for name in names(system, "/lib/modules") if VERSION.fullmatch(name)]
    del versions[FOLDERS:]
    versions.sort(key=cmp_to_key(compare_versions), reverse=True)
    return [one for one in versions[:KERNELS] if is_dir(system, f"/lib/modules/{one}/kernel")
            or is_file(system, f"/lib/modules/{one}/modules.dep")]  # fmt: skip


def _module_machine(system: System, version: str) -> str | None:
    """Return which processor a kernel's modules are for, told by the first that is not packed."""
    folder = f"/lib/modules/{version}"
    listed = read_text(system, f"{folder}/modules.dep", 16 << 10) or ""
    for line in listed.split("\n")[:3]:
        path = line.partition(":")[0]
        if _MODULE.fullmatch(path) and path.endswith(".ko"):
            try:
                return elf.machine(
                    system.read(path if path.startswith("/") else f"{folder}/{path}", elf.HEADER)
                )
            except Unreadable:
                continue
    return None
