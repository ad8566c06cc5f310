"""A guest is given what it has drivers for, before and after its root filesystem is there."""

from dataclasses import replace

import pytest

from converters.boot.devices import Devices, Without, devices, firmware
from converters.guests.guest import Guest, Initrd, Kernel, Linux, Windows

VIRTIO = ("virtio_pci", "virtio_blk")


def linux(
    early: tuple[str, ...] = (), modules: tuple[str, ...] = (), builtin: tuple[str, ...] = ()
) -> Guest:
    kernel = Kernel("6.1", initrd=Initrd("/i", True, modules=early), modules=modules,
                    builtin=builtin, default=True)  # fmt: skip
    return Guest(disks=(), linux=Linux("0:1", kernels=(Kernel("5.0"), kernel)))


def windows(*drivers: str, version: str = "10.0") -> Guest:
    return Guest(disks=(), windows=Windows("0:1", version=version, boot_drivers=drivers))


@pytest.mark.parametrize(
    ("guest", "disk", "card"),
    [
        (linux((*VIRTIO, "nvme"), ("virtio_net",)), "virtio", "virtio"),
        (linux(("nvme",), (*VIRTIO, "virtio_net")), "nvme", "virtio"),
        (linux(("virtio_blk", "nvme"), ("e1000",)), "nvme", "e1000"),
        (linux(("ahci", "sd_mod"), ("e1000", "e1000e")), "ahci", "e1000e"),
        (linux(("ata_piix", "sd_mod"), ("vmxnet3",)), "ata", "vmxnet3"),
        (linux((), ("e1000",), (*VIRTIO, "virtio_net")), "virtio", "virtio"),
        (linux(), "virtio", "virtio"),
        (Guest(disks=(), linux=Linux("0:1")), "virtio", "virtio"),
        (Guest(disks=()), "virtio", "virtio"),
        (windows("atapi", "intelide", "disk"), "ata", "e1000e"),
        (windows("storahci", "disk"), "ahci", "e1000e"),
        (windows("stornvme"), "nvme", "e1000e"),
        (windows("atapi", version="6.1"), "ata", "e1000"),
    ],
)
def test_what_a_guest_gets(guest: Guest, disk: str, card: str) -> None:
    found = devices(guest, 1)

    assert (found.disk, found.card) == (disk, card)


@pytest.mark.parametrize(
    "guest",
    [
        linux(("xen_blkfront",), ("virtio_net",)),
        linux(VIRTIO, ("ena", "xen_netfront", "virtio_blk")),
    ],
)
def test_a_guest_of_xen_alone_can_t_be_tried(guest: Guest) -> None:
    with pytest.raises(Without):
        devices(guest, 1)


def test_more_disks_than_there_are_places_for_can_t_be_tried() -> None:
    guest = linux(("ata_piix",), ("e1000",))

    assert devices(guest, 4) == Devices("ata", "e1000")
    with pytest.raises(Without):
        devices(guest, 5)


@pytest.mark.parametrize(
    ("told", "able", "started"),
    [
        ("legacy-bios", ("uefi",), "legacy-bios"),
        ("uefi", (), "uefi"),
        ("uefi-preferred", ("legacy-bios",), "uefi"),
        (None, ("uefi",), "uefi"),
        (None, ("legacy-bios", "uefi"), "legacy-bios"),
        (None, (), "legacy-bios"),
    ],
)
def test_which_firmware_starts_it(told: str | None, able: tuple[str, ...], started: str) -> None:
    assert firmware(told, replace(linux(), boot_modes=able)) == started
