"""From a recipe to raw disks, in well under a second: no mount, no root, once per test session."""

import fcntl
import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.guests import filesystems, loaders, lvm, signatures, tables, trees, windows_files
from tests.guests.filesystems import File
from tests.guests.recipes import Recipe, WindowsRecipe
from tests.guests.tables import MIB, Piece
from tests.guests.ways import Places

AnyRecipe = Recipe | WindowsRecipe
ESP_SERIAL: Final = 0x0E5B0001
MORE: Final[dict[str, Callable[[Path, str], Piece]]] = {
    "swap": lambda target, own: Piece(signatures.swap(target, own), 0x82),
    "luks": lambda target, own: Piece(signatures.luks(target, own)),
    "bitlocker": lambda target, own: Piece(signatures.bitlocker(target), 7),
    "ldm": lambda target, own: Piece(signatures.dynamic(target), 0x42),
    "empty": lambda target, own: Piece(None, size=MIB),
}


class Builder:
    """Makes the disks of recipes in a folder, each only once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def disks(self, recipe: AnyRecipe) -> list[Path]:
        """Return the disks of a guest. They are shared: nobody may write to them."""
        place = self.folder / recipe.name
        if not place.exists():
            with (self.folder / f"{recipe.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not place.exists():
                    self._build(recipe, place)
        return sorted(place.iterdir())

    def disk(self, recipe: AnyRecipe) -> Path:
        """Return the only disk of a guest. It is shared: nobody may write to it."""
        [disk] = self.disks(recipe)
        return disk

    def own(self, recipe: AnyRecipe, folder: Path) -> list[Path]:
        """Return the disks of a guest, copied into a folder to be written to."""
        return [filesystems.copied(disk, folder / disk.name) for disk in self.disks(recipe)]

    def _build(self, recipe: AnyRecipe, place: Path) -> None:
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            if isinstance(recipe, WindowsRecipe):
                windows(recipe, made, Path(scratch), self.folder)
            else:
                linux(recipe, made, Path(scratch), self.folder)
            spoil(made / "disk0.raw", recipe.disk.spoilt)
            made.rename(place)


def spoil(disk: Path, spoilt: tuple[tuple[int, bytes], ...]) -> None:
    """Write bytes over a disk; an offset below zero counts from its end."""
    with disk.open("r+b") as file:
        for offset, content in spoilt:
            file.seek(offset, os.SEEK_END if offset < 0 else os.SEEK_SET)
            file.write(content)


def linux(recipe: Recipe, made: Path, scratch: Path, shared: Path) -> None:
    """Make the disk of a Linux, or of two."""
    pieces = leading(recipe, scratch)
    pieces += system(recipe, scratch, "a", len(pieces) + 1)
    if isinstance(recipe.second, Recipe):
        pieces += system(recipe.second, scratch, "b", len(pieces) + 1)
    elif recipe.second:
        files = windows_files.windows(recipe.second)
        pieces.append(Piece(filesystems.ntfs(scratch / "ntfs", files, shared), 7))
    finish(recipe, pieces, made / "disk0.raw", scratch)


def leading(recipe: Recipe, scratch: Path) -> list[Piece]:
    """Return the partitions that stand before a system's own."""
    pieces = []
    if recipe.disk.firmware in ("uefi", "both"):
        files = loaders.esp(recipe, places(recipe, "a"))
        image = filesystems.fat(scratch / "esp", files, serial=ESP_SERIAL)
        pieces.append(Piece(image, 0xEF, name="EFI System Partition"))
    if recipe.disk.firmware in ("bios", "both") and recipe.disk.table in ("gpt", "hybrid"):
        pieces.append(Piece(None, size=MIB, guid=tables.BIOS_BOOT, name="BIOS boot"))
    return pieces


def system(recipe: Recipe, scratch: Path, tag: str, number: int) -> list[Piece]:
    """Return the partitions of a system: /boot if it has one, and the root or its volume group."""
    root_number = number + (1 if recipe.boot else 0)
    if recipe.disk.logical:
        root_number = 5
    device = "/dev/mapper/vg-root" if recipe.lvm else f"/dev/sda{root_number}"
    own = places(recipe, tag, device)
    files = trees.linux(recipe, own)
    pieces = []
    if recipe.boot:
        below = {
            path.removeprefix("/boot"): file
            for path, file in files.items()
            if path.startswith("/boot/")
        }
        files = {path: file for path, file in files.items() if not path.startswith("/boot/")}
        files["/boot"] = filesystems.directory()
        image = filesystem(recipe.boot, scratch / f"boot-{tag}", below, own.boot or "")
        pieces.append(Piece(image, bootable=True, name="boot"))
    image = filesystem(recipe.filesystem, scratch / f"root-{tag}", files, own.root)
    kind = 0x83
    if recipe.lvm:
        kind = 0x8E
        image = lvm.physical_volume(scratch / f"pv-{tag}", image, missing=recipe.lvm == "missing")
    bootable = not recipe.boot and recipe.disk.firmware != "uefi" and recipe.disk.table == "mbr"
    pieces.append(Piece(image, kind, bootable=bootable, name="root", logical=recipe.disk.logical))
    return pieces


def windows(recipe: WindowsRecipe, made: Path, scratch: Path, shared: Path) -> None:
    """Make the disk of a Windows; the NTFS template lies in the shared folder."""
    efi, gpt = recipe.disk.firmware in ("uefi", "both"), recipe.disk.table in ("gpt", "hybrid")
    pieces = []
    if efi:
        image = filesystems.fat(scratch / "esp", windows_files.esp(recipe), label="SYSTEM")
        pieces.append(Piece(image, 0xEF, name="EFI system partition"))
    if gpt:
        pieces.append(Piece(None, 0, 16 * MIB, tables.MSR, "Microsoft reserved partition"))
    files = windows_files.windows(recipe)
    image = filesystems.ntfs(scratch / "ntfs", files, shared, recipe.size)
    active = recipe.disk.firmware in ("bios", "both") and not gpt
    pieces.append(Piece(image, 7, name="Basic data partition", bootable=active))
    pieces += [Piece(None, 7, 16 * MIB) for _ in range(recipe.data_partitions)]
    finish(recipe, pieces, made / "disk0.raw", scratch)


def filesystem(kind: str, target: Path, files: dict[str, File], own: str) -> Path:
    """Make a filesystem of a kind."""
    make: dict[str, Callable[[], Path]] = {
        "ext2": lambda: filesystems.ext(target, files, "ext2", uuid=own),
        "ext3": lambda: filesystems.ext(target, files, "ext3", uuid=own),
        "ext4": lambda: filesystems.ext(target, files, "ext4", uuid=own),
        "xfs": lambda: filesystems.xfs(target, files, 5, uuid=own),
        "xfs4": lambda: filesystems.xfs(target, files, 4, uuid=own),
        "btrfs": lambda: filesystems.btrfs(target, files, uuid=own),
        "btrfs-suse": lambda: filesystems.prepared(target, "btrfs-suse"),
        "btrfs-fedora": lambda: filesystems.prepared(target, "btrfs-fedora"),
        "jfs": lambda: signatures.jfs(target, own),
        "luks": lambda: signatures.luks(target, own),
    }
    return make[kind]()


def finish(recipe: AnyRecipe, pieces: list[Piece], target: Path, scratch: Path) -> Path:
    """Put a partition table around the pieces and what comes after them."""
    for number, kind in enumerate(recipe.disk.more):
        own = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}-{number}.example"))
        pieces.append(MORE[kind](scratch / f"more-{number}", own))
    disk, code = recipe.disk, recipe.disk.firmware in ("bios", "both")
    match disk.table:
        case "mbr":
            return tables.mbr(target, pieces, code=code)
        case "gpt":
            return tables.gpt(target, pieces, disk.sector, code=code, seed=recipe.name)
        case "hybrid":
            last = [len(pieces) - 1]
            return tables.gpt(target, pieces, disk.sector, last, code=code, seed=recipe.name)
        case "none":
            [piece] = pieces
            return filesystems.copied(piece.image or Path(), target)
    raise ValueError(disk.table)


def places(recipe: Recipe, tag: str, device: str = "/dev/sda1") -> Places:
    """Return the UUIDs of a system, the same for every recipe of a distribution."""

    def uuid_of(what: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{what}.{recipe.distribution}-{tag}.example"))

    efi = recipe.disk.firmware in ("uefi", "both")
    return Places(
        uuid_of("root"), uuid_of("boot") if recipe.boot else None,
        f"{ESP_SERIAL:08X}" if efi else None, device=device,
    )  # fmt: skip
