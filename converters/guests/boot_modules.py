"""The kernel modules that a Linux guest needs on EC2 and in a check of its boot: one table.

A need is met by any one of its modules, wherever it is: in the initial RAM disk, or built into the
kernel. Disks must be met there, before the root filesystem is mounted; network cards can wait for
the root filesystem, where udev finds their modules below /lib/modules.

Names are as lsmod shows them: underscores, no .ko. They changed with the kernels and with who built
them, so each need lists all that were ever used, the newest first.
"""

import posixpath
from dataclasses import dataclass
from typing import Final

SUFFIXES: Final = (".ko", ".ko.xz", ".ko.zst", ".ko.gz")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that the machine offers and the guest must have a driver for."""

    name: str
    modules: tuple[str, ...]  # any one will do
    options: tuple[str, ...]  # CONFIG_… of the kernel; =y: built in
    disk: bool  # must be there before the root filesystem is
    where: str  # nitro, xen, any, check
    reason: str
    probes: bool = True  # loading it where there is no such device does no harm and no noise


NEEDS: Final = (
    Need(
        "NVMe",
        ("nvme",),
        ("CONFIG_BLK_DEV_NVME",),
        disk=True,
        where="nitro",
        reason="EBS volumes are NVMe devices on Nitro instances",
    ),
    Need(
        "Xen disk",
        ("xen_blkfront", "xen_vbd"),
        ("CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_XEN_BLKDEV_FRONTEND_MODULE"),
        disk=True,
        where="xen",
        reason="EBS volumes are Xen block devices on instances before Nitro",
        probes=False,  # the module refuses to load outside Xen
    ),
    Need(
        "ATA disk",
        ("ata_piix", "piix"),
        ("CONFIG_ATA_PIIX", "CONFIG_BLK_DEV_PIIX"),
        disk=True,
        where="any",
        reason="a first start on Xen without its disk driver sees emulated IDE disks",
    ),
    Need(
        "SCSI disk",
        ("sd_mod",),
        ("CONFIG_BLK_DEV_SD",),
        disk=True,
        where="any",
        reason="ATA and virtio SCSI disks show as SCSI disks",
    ),
    Need(
        "virtio bus",
        ("virtio_pci",),
        ("CONFIG_VIRTIO_PCI",),
        disk=True,
        where="check",
        reason="a check of the boot runs on virtio devices",
    ),
    Need(
        "virtio disk",
        ("virtio_blk",),
        ("CONFIG_VIRTIO_BLK",),
        disk=True,
        where="check",
        reason="a check of the boot runs on virtio devices",
    ),
    Need(
        "ENA",
        ("ena",),
        ("CONFIG_ENA_ETHERNET",),
        disk=False,
        where="nitro",
        reason="the network cards of Nitro instances",
    ),
    Need(
        "Xen network",
        ("xen_netfront", "xen_vnif"),
        ("CONFIG_XEN_NETDEV_FRONTEND",),
        disk=False,
        where="xen",
        reason="the network cards of instances before Nitro without enhanced networking",
        probes=False,
    ),
    Need(
        "Intel VF network",
        ("ixgbevf",),
        ("CONFIG_IXGBEVF",),
        disk=False,
        where="xen",
        reason="enhanced networking of instances before Nitro",
    ),
    Need(
        "virtio network",
        ("virtio_net",),
        ("CONFIG_VIRTIO_NET",),
        disk=False,
        where="check",
        reason="a check of the boot runs on virtio devices",
    ),
)

# Of other devices that QEMU has, for a check of a guest that has none of those above.
OTHERS: Final = ("ahci", "e1000e", "e1000", "vmxnet3")

ALL_MODULES: Final = frozenset(module for need in NEEDS for module in need.modules) | {*OTHERS}


def module_name(path: str) -> str | None:
    """Return a module's name from its file's path, None if it is no module's."""
    base = posixpath.basename(path)
    for suffix in SUFFIXES:
        if base.endswith(suffix) and len(base) > len(suffix):
            return base.removesuffix(suffix).replace("-", "_")
    return None
