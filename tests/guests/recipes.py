"""What a guest is to be: frozen values that builders turn into disks."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, Self

from tests.guests.filesystems import File
from tests.guests.hives import Paths, Product


@dataclass(frozen=True, slots=True)
class Disk:
    """How the disks are laid out, whatever is on them."""

    table: str = "mbr"  # mbr gpt hybrid none
    firmware: str = "bios"  # bios uefi both
    sector: int = 512
    logical: bool = False  # the root is a logical partition
    more: tuple[str, ...] = ()  # partitions after the system's: swap luks bitlocker ldm empty
    spoilt: tuple[tuple[int, bytes], ...] = ()  # bytes written over the first disk at the end

    @property
    def shown(self) -> tuple[str, ...]:
        """What is special, for people."""
        words = (self.table, self.firmware, "logical" if self.logical else "mbr")
        return tuple(word for word in words if word not in ("mbr", "bios"))


@dataclass(frozen=True, slots=True)
class Recipe:
    """A Linux. None and "": as the distribution does it."""

    distribution: str  # as os-release: debian ubuntu rhel centos rocky ol fedora sles amzn
    version: str
    kernel: str  # as uname -r
    filesystem: str = "ext4"  # ext2 ext3 ext4 xfs xfs4 btrfs btrfs-suse btrfs-fedora jfs luks
    disk: Disk = Disk()
    boot: str | None = None  # filesystem of a /boot of its own
    lvm: str = ""  # "" none, "whole", "missing" (a physical volume is not there)
    architecture: str = "x86_64"
    loader: str | None = None  # grub2 grub-legacy bls
    generator: str | None = None  # dracut initramfs-tools mkinitrd
    compression: str | None = None  # of the initrd
    drivers: bool = False  # the initrd has those that EC2 needs
    other_kernels: tuple[str, ...] = ()
    network: str = "static"  # static dhcp
    fstab: str = "devices"  # devices (names, a foreign UUID, cifs), uuids (all well)
    extra: tuple[tuple[str, File], ...] = ()
    absent: tuple[str, ...] = ()  # paths, with all below
    second: "Recipe | WindowsRecipe | None" = None  # in another partition: dual boot

    @property
    def name(self) -> str:
        """A short name, another one for every recipe."""
        return f"{self.distribution}-{self.version}-{_digest(self)}"

    @property
    def shown(self) -> str:
        """What it is, for people."""
        parts = [self.distribution, self.version, self.kernel, self.filesystem, *self.disk.shown]
        parts += ["with LVM"] if self.lvm else []
        return " ".join(parts + (["with /boot"] if self.boot else []))

    def on(self, **disk: Any) -> Self:
        """Return the same system on another disk."""
        return replace(self, disk=replace(self.disk, **disk))


@dataclass(frozen=True)
class WindowsRecipe:
    """A Windows; its registry is written by hives.py."""

    row: Product  # what its registry says: hives.PRODUCTS["2019"], or .but(…) of it
    disk: Disk = Disk()
    software: Paths = field(default_factory=dict)  # laid over the SOFTWARE hive
    system: Paths = field(default_factory=dict)  # laid over the SYSTEM hive
    ems: bool = False
    size: int = 8 << 30  # bytes of the system volume
    data_partitions: int = 0  # after it
    extra: tuple[tuple[str, File], ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A short name, another one for every recipe."""
        return f"windows-{self.row.build}-{_digest(self)}"

    @property
    def shown(self) -> str:
        """What it is, for people."""
        return " ".join([self.row.product, self.row.edition, *self.disk.shown])

    def on(self, **disk: Any) -> Self:
        """Return the same system on another disk."""
        return replace(self, disk=replace(self.disk, **disk))


def _digest(recipe: object) -> str:
    return hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]
