"""How a Linux starts: every boot loader's configuration there is, and what starts by default.

Configurations are looked for where distributions put them. A file that only loads another one, as
the small grub.cfg on an EFI system partition does, is of kind "other": it is no second menu.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import LIST, Boot, BootFile
from converters.guests.look.bls import read_entries
from converters.guests.look.entries import Entry, Menu
from converters.guests.look.grub import (
    ENVIRONMENT,
    all_entries,
    read_environment,
    read_grub2,
    read_legacy,
)
from converters.guests.look.loaders import read_lilo, read_syslinux, read_systemd_boot
from converters.guests.look.texts import is_file, names, read_text
from converters.guests.tree import System, Tree, Unreadable

VENDORS: Final = 50  # directories below EFI that are looked into
MENU: Final = 192 << 10  # bytes of one configuration file that are read; usual are 5 to 50 KiB
MENUS_READ: Final = 384 << 10  # bytes of all of them; what comes later is listed and not read
CUSTOM: Final = 32 << 10  # bytes of a custom.cfg, which the grub.cfg beside it sources
CUSTOMS: Final = ("/boot/grub", "/boot/grub2")  # where one may be
FILES: Final = 60  # configuration files
ENTRIES_FOLDER: Final = "/boot/loader/entries"

GRUB2: Final = "grub2"
LEGACY: Final = "grub-legacy"
SYSLINUX: Final = "syslinux"
SYSTEMD_BOOT: Final = "systemd-boot"
LILO: Final = "lilo"
KINDS: Final = (GRUB2, LEGACY, SYSTEMD_BOOT, SYSLINUX, LILO)  # the first that has a menu starts

# Below the directory that /boot is, or the top of a filesystem of its own.
MENUS: Final = (
    ("grub2/grub.cfg", GRUB2),
    ("grub/grub.cfg", GRUB2),
    ("grub/grub.conf", LEGACY),
    ("grub/menu.lst", LEGACY),
    ("grub2/menu.lst", LEGACY),
    ("extlinux/extlinux.conf", SYSLINUX),
    ("extlinux.conf", SYSLINUX),
    ("syslinux/syslinux.cfg", SYSLINUX),
    ("syslinux/extlinux.conf", SYSLINUX),
    ("syslinux.cfg", SYSLINUX),
    ("isolinux/isolinux.cfg", SYSLINUX),
)
ETC: Final = (("/etc/grub.conf", LEGACY), ("/etc/lilo.conf", LILO))
PARTITIONS: Final = ("/boot/efi", "/efi", "/boot")  # where an EFI system partition is mounted


@dataclass(frozen=True, slots=True)
class Found:
    """How it starts, and the files of what starts by default, as guest's paths."""

    boot: Boot
    kernel: str | None = None
    initrd: str | None = None
    initrd_written: str = ""  # what the menu says; "": it names none


@dataclass(frozen=True, slots=True)
class _File:
    system: System
    path: str
    kind: str
    volume: str
    text: str
    menu: Menu
    own: bool  # of the guest's mounted filesystems, not of one beside them


def read_boot(system: System, others: Sequence[Tree] = ()) -> Found:
    """Return how a guest starts; others are filesystems that its fstab does not mount."""
    bls = read_entries(system, ENTRIES_FOLDER)
    files: list[_File] = []
    seen: set[tuple[str, str]] = set()
    left = MENUS_READ
    for there, own in [(system, True), *((System(tree), False) for tree in others)]:
        for path, kind in _candidates(there, own):
            if len(files) >= FILES:
                break
            file = _read(there, path, kind, own, [entry for _, entry in bls], seen, left)
            if file is not None:
                files.append(file)
                left -= len(file.text)
    chosen = _chosen(files)
    menu = chosen.menu if chosen else Menu()
    entry = menu.chosen
    boot = Boot(
        loader=chosen.kind if chosen else None,
        files=(*_shown(files), *_bls_files(system, bls)),
        bls=menu.bls,
        default_found=menu.found,
        arguments=entry.arguments if entry else "",
        efi_fallback=_fallback(system, others),
    )
    if entry is None or chosen is None:
        return Found(boot)
    folder = chosen.path.rpartition("/")[0]
    kernel = _where(system, entry.kernel, folder)
    return Found(boot, kernel, _where(system, entry.initrd, folder), entry.initrd)


def _candidates(system: System, own: bool) -> Iterator[tuple[str, str]]:
    """Yield the paths of configuration files that may be there, and of which kind they are."""
    for top in ("/boot/", "/") if not own else ("/boot/",):
        yield from ((top + name, kind) for name, kind in MENUS)
    if own:
        yield from ETC
    for partition in PARTITIONS if own else ("",):
        efi = _walk(system, partition, ("efi",))
        vendors = names(system, efi)[:VENDORS] if efi else []
        for vendor in vendors:
            yield f"{efi}/{vendor}/grub.cfg", GRUB2
            yield f"{efi}/{vendor}/grub.conf", LEGACY
            yield f"{efi}/{vendor}/syslinux.cfg", SYSLINUX
        if "systemd" in vendors:
            yield f"{partition}/loader/loader.conf", SYSTEMD_BOOT
        if partition != "/boot":
            yield f"{partition}/grub/grub.cfg", GRUB2
            yield f"{partition}/grub2/grub.cfg", GRUB2
            yield f"{partition}/boot/grub/grub.cfg", GRUB2


def _read(
    system: System,
    path: str,
    kind: str,
    own: bool,
    bls: list[Entry],
    seen: set[tuple[str, str]],
    left: int,
) -> _File | None:
    """Return a configuration file, None if there is none or it was read by another name."""
    where = really(system, path)
    if where is None or where in seen:
        return None
    seen.add(where)
    text = read_text(system, path, MENU)
    if text is None:
        return None
    menu = _menu(system, path, kind, text, bls) if len(text) <= left else Menu()
    return _File(system, path, kind, where[0], text, menu, own)


def _menu(system: System, path: str, kind: str, text: str, bls: list[Entry]) -> Menu:
    folder = path.rpartition("/")[0]
    match kind:
        case "grub2":
            environment = _environment(system, folder)
            beside = f"{folder}/custom.cfg"
            custom = read_text(system, beside, CUSTOM) if folder in CUSTOMS else None
            known = read_environment(environment or "")
            return read_grub2(text, known, bls, environment is not None, custom)
        case "grub-legacy":
            saved = read_text(system, f"{folder}/default", 64)
            return read_legacy(text, (saved or "").split("\n")[0])
        case "systemd-boot":
            entries = read_entries(system, f"{folder}/entries")
            entries += read_entries(system, ENTRIES_FOLDER) if not entries else []
            return read_systemd_boot(text, [entry for _, entry in entries])
        case "lilo":
            return read_lilo(text)
        case _:
            return read_syslinux(text)


def _environment(system: System, folder: str) -> str | None:
    """Return the grubenv beside a grub.cfg, else that of /boot."""
    for path in (f"{folder}/grubenv", "/boot/grub2/grubenv", "/boot/grub/grubenv"):
        if is_file(system, path):
            return read_text(system, path, ENVIRONMENT)
    return None


def _chosen(files: list[_File]) -> _File | None:
    """Return the file whose menu comes up: one with entries, of the most usual kind."""
    mine = [file for file in files if file.own and not file.menu.loads] or files
    ranked = sorted(mine, key=lambda file: (not file.menu.entries, KINDS.index(file.kind)))
    return ranked[0] if ranked else None


def _shown(files: list[_File]) -> Iterator[BootFile]:
    """Yield the files as a Guest has them."""
    first: dict[str, str] = {}
    for file in files[:LIST]:
        entries = all_entries(file.menu)
        stub = file.menu.loads or file.kind in (SYSTEMD_BOOT, LILO)
        yield BootFile(
            path=file.path,
            kind="other" if stub else file.kind,
            volume=file.volume,
            timeout=file.menu.timeout,
            default=file.menu.default,
            entries=tuple(title for title, _ in entries),
            kernels=tuple(entry.kernel for _, entry in entries),
            same_as=first.get(file.text),
        )
        first.setdefault(file.text, file.path)


def _bls_files(system: System, bls: list[tuple[str, Entry]]) -> Iterator[BootFile]:
    for path, entry in bls:
        where = really(system, path)
        if where is not None:
            yield BootFile(path, "bls", where[0], entries=(entry.title,), kernels=(entry.kernel,))


def _fallback(system: System, others: Sequence[Tree]) -> str | None:
    for partition in PARTITIONS:
        path = _walk(system, partition, ("efi", "boot", "bootx64.efi"))
        where = really(system, path) if path is not None else None
        if where is not None:
            return where[1]
    found = (_walk(System(tree), "", ("efi", "boot", "bootx64.efi")) for tree in others)
    return next((path for path in found if path is not None), None)


def _walk(system: System, folder: str, wanted: Sequence[str]) -> str | None:
    """Return a path below a folder, looked up without regard to case as FAT does."""
    for want in wanted:
        name = next((one for one in names(system, folder or "/") if one.casefold() == want), None)
        if name is None:
            return None
        folder = f"{folder}/{name}"
    return folder


def _where(system: System, written: str, folder: str = "/boot") -> str | None:
    """Return the guest's path of a file that a boot loader names; None if there is no such file.

    The loader counts from the top of the filesystem that /boot is on, or of Btrfs' top subvolume,
    or from the folder of its configuration, and may put a device before: (hd0,1)/boot/vmlinuz.
    """
    path = written.strip()
    if path.startswith("("):
        path = path.partition(")")[2]
    if not path:
        return None
    tried = [] if path.startswith("/") else [f"{folder}/{path}"]
    path = path if path.startswith("/") else f"/{path}"
    after = path.partition("/boot/")[2]
    if path.startswith("/boot/"):
        tried += [path, f"/boot{path}"]
    else:
        tried += [f"/boot{path}", path, f"/boot/efi{path}", f"/efi{path}"]
    if after:  # /@/boot/vmlinuz
        tried.append(f"/boot/{after}")
    tried.append(f"/boot/{path.rpartition('/')[2]}")
    found = next((one for one in tried if is_file(system, one)), None)
    return _named(system, found) if found else None


def _named(system: System, path: str) -> str:
    """Return the path of the file that a link such as /boot/vmlinuz stands for, if beside it."""
    where = really(system, path)
    if where is None:
        return path
    for folder in (path.rpartition("/")[0], "/boot"):
        beside = f"{folder}/{where[1].rpartition('/')[2]}"
        if beside != path and really(system, beside) == where:
            return beside
    return path


def really(system: System, path: str) -> tuple[str, str] | None:
    """Return the volume and the path in it where a regular file is; None if there is none."""
    try:
        place = system.place(path)
    except Unreadable:
        return None
    if place.stat is None or place.stat.kind != "file":
        return None
    return place.tree.volume_id, place.path
