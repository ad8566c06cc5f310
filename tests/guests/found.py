"""Guests as looking finds them, all well: tests of the judge change what they are about."""

from dataclasses import replace
from typing import Any

from converters.guests.guest import (
    Boot,
    BootFile,
    Extent,
    Guest,
    Initrd,
    Kernel,
    Linux,
    Mount,
    NetworkFile,
    Partition,
    Table,
    Volume,
    Windows,
    WindowsVolume,
)
from converters.guests.judge.rules import Finding
from converters.guests.judge.verdict import Verdict

GIB = 1 << 30
EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
RESERVED = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
BASIC = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
MODULES = ("nvme", "ena", "xen_blkfront", "virtio_blk")

DISK = Table(
    disk=0,
    size=10 * GIB,
    scheme="mbr",
    partitions=(Partition(1, 1 << 20, 9 * GIB, "83", bootable=True),),
    boot_code=True,
)
VOLUME = Volume("0:1", (Extent(0, 1 << 20, 9 * GIB),), "ext4", "6d0c0de1-0000-4000-8000-000000001")


def kernel(version: str, **members: Any) -> Kernel:
    """Return a kernel that starts by default."""
    made = Kernel(
        version=version,
        path=f"/boot/vmlinuz-{version}",
        architecture="x86_64",
        initrd=Initrd(f"/boot/initrd.img-{version}", readable=True, generator="initramfs-tools"),
        modules=MODULES,
        default=True,
    )
    return replace(made, **members)


def linux(
    distribution: str = "debian",
    version: str | None = "12.4",
    started: str | Kernel = "6.1.0-17-amd64",
    **members: Any,
) -> Linux:
    """Return a Linux."""
    made = Linux(
        volume="0:1",
        distribution=distribution,
        name=f"{distribution} {version}",
        version=version,
        source="/etc/os-release",
        architecture="x86_64",
        kernels=(kernel(started) if isinstance(started, str) else started,),
        boot=Boot(
            loader="grub2",
            files=(BootFile("/boot/grub/grub.cfg", "grub2", "0:1", 5, "0", ("Debian",)),),
            default_found=True,
        ),
        mounts=(Mount(1, "UUID=6d0c0de1", "/", "ext4", "defaults", "0:1"),),
        network=(NetworkFile("/etc/network/interfaces", "ifupdown", ("eth0",), dhcp=True),),
        package_manager="dpkg",
        ssh_server=True,
        roots=("0:1",),
        free=4 * GIB,
    )
    return replace(made, **members)


def guest(system: Linux | Windows | None = None, **members: Any) -> Guest:
    """Return a guest with a system on its first partition."""
    made = Guest(disks=(DISK,), volumes=(VOLUME,), boot_modes=("legacy-bios",))
    if isinstance(system, Windows):
        made = replace(made, windows=system, volumes=(replace(VOLUME, filesystem="ntfs"),))
    else:
        made = replace(made, linux=system or linux())
    return replace(made, **members)


def windows(product: str = "Windows Server 2019 Datacenter", **members: Any) -> Windows:
    """Return a Windows."""
    made = Windows(
        volume="0:1",
        product=product,
        edition="ServerDatacenter",
        installation="Server",
        version="10.0",
        build=17763,
        release="1809",
        architecture="x86_64",
        language="en-US",
        page_file="C:\\pagefile.sys 4096 4096",
        page_file_fixed=True,
        real_time_is_universal=True,
        remote_desktop=True,
        dot_net="4.7.2",
        space=WindowsVolume(60 * GIB, 30 * GIB),
        roots=("0:1",),
        shut_down=True,
    )
    return replace(made, **members)


def client(**members: Any) -> Windows:
    """Return a Windows for workstations."""
    defaults = {"edition": "Professional", "installation": "Client", "build": 19045}
    return windows("Windows 10 Pro", **{**defaults, **members})


def gpt(*types: str, **members: Any) -> Table:
    """Return a disk with a GPT and partitions of these types."""
    parts = tuple(
        Partition(number, number * GIB, GIB, kind) for number, kind in enumerate(types, 1)
    )
    return replace(DISK, **{"scheme": "gpt", "partitions": parts, **members})


def finding(verdict: Verdict, rule: str) -> Finding:
    """Return what a rule found."""
    return next(found for found in verdict.findings if found.rule == rule)
