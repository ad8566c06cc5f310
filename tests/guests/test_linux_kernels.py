"""Installed kernels: their versions, processors, initial RAM disks and modules."""

import gzip
import lzma
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.guest import Kernel
from converters.guests.look.boot import read_boot
from converters.guests.look.images import Image, read_image
from converters.guests.look.kernels import read_kernels
from converters.guests.tree import System
from tests.guests import binaries
from tests.guests.memory import Broken, Content, Dir, Giant, Link, MemoryTree, memory

KERNEL = "6.1.0-18-amd64"
INITRD = binaries.initrd({"scripts/init-top/udev": b"", "conf/initramfs.conf": b"MODULES=most\n"})


def bz_image(
    version: str, protocol: int, packed: bytes = b"", wide: bool = True, builder: str = "b@h"
) -> bytes:
    """A bzImage of some boot protocol with a packed kernel in it."""
    image = bytearray(binaries.kernel(version, "x86_64" if wide else "i386", builder))
    struct.pack_into("<H", image, 0x206, protocol)
    if protocol < 0x20C:
        image[0x236:0x238] = b"\0\0"
    if packed:
        struct.pack_into("<I", image, 0x248, 0x400)
        start = 16 * 512 + 0x400
        image[start : start + len(packed)] = packed
    return bytes(image)


def menu(
    kernel: str = f"/boot/vmlinuz-{KERNEL}", initrd: str = f"/boot/initrd.img-{KERNEL}"
) -> str:
    lines = f"  linux {kernel} root=/dev/sda1 ro\n" + (f"  initrd {initrd}\n" if initrd else "")
    return f"menuentry Linux {{\n{lines}}}\n"


DEBIAN: dict[str, Content] = {
    "/boot/grub/grub.cfg": menu(),
    f"/boot/vmlinuz-{KERNEL}": binaries.kernel(KERNEL),
    f"/boot/initrd.img-{KERNEL}": INITRD,
    f"/lib/modules/{KERNEL}/modules.dep": "kernel/drivers/nvme/host/nvme.ko: kernel/nvme-core.ko\n"
    "kernel/drivers/net/ethernet/amazon/ena/ena.ko:\nkernel/fs/ext4/ext4.ko: kernel/fs/jbd2.ko\n"
    "kernel/drivers/block/xen-blkfront.ko.xz:\n",
    f"/lib/modules/{KERNEL}/modules.builtin": "kernel/drivers/scsi/sd_mod.ko\nkernel/a.ko\n",
}


def kernels(files: dict[str, Content]) -> tuple[Kernel, ...]:
    system = memory(files)
    return read_kernels(system, read_boot(system))


def test_the_kernel_of_a_debian() -> None:
    (kernel,) = kernels(DEBIAN)

    assert (kernel.version, kernel.path) == (KERNEL, f"/boot/vmlinuz-{KERNEL}")
    assert kernel.architecture == "x86_64"
    assert kernel.default
    assert kernel.modules == ("ena", "nvme", "sd_mod", "xen_blkfront")
    assert kernel.builtin == ("sd_mod",)
    assert kernel.initrd is not None
    assert (kernel.initrd.path, kernel.initrd.readable) == (f"/boot/initrd.img-{KERNEL}", True)


def test_an_old_kernel_tells_by_its_configuration_what_is_built_in() -> None:
    config = "CONFIG_XEN_BLKDEV_FRONTEND=y\nCONFIG_BLK_DEV_NVME=m\n# CONFIG_IXGBEVF is not set\n"
    files = {path: what for path, what in DEBIAN.items() if "modules" not in path}

    (kernel,) = kernels(files | {f"/boot/config-{KERNEL}": config})

    assert kernel.modules == kernel.builtin == ("xen_blkfront",)


def test_older_kernels_come_first_and_their_initrds_are_not_read() -> None:
    versions = ["6.1.0-9-amd64", "5.10.0-28-amd64", "6.1.0-13-amd64"]
    more: dict[str, Content] = {}
    for version in versions:
        more[f"/boot/vmlinuz-{version}"] = binaries.kernel(version)
        more[f"/boot/initrd.img-{version}"] = Giant(1 << 40)

    found = kernels(DEBIAN | more)

    assert [one.version for one in found] == [versions[1], versions[0], versions[2], KERNEL]
    assert [one.default for one in found] == [False, False, False, True]
    assert found[0].initrd is not None
    assert not found[0].initrd.readable
    assert found[0].initrd.problem is not None


@pytest.mark.parametrize(
    ("kernel", "initrd"),
    [
        ("vmlinuz-{}", "initrd.img-{}"),
        ("vmlinuz-{}", "initramfs-{}.img"),
        ("vmlinuz-{}", "initrd-{}"),
        ("vmlinuz-{}", "initrd-{}.img"),
        ("kernel-{}", "initramfs-{}.img"),
        ("d9f5ab3cd9f5ab3cd9f5ab3cd9f5ab3c/{}/linux", "d9f5ab3cd9f5ab3cd9f5ab3cd9f5ab3c/{}/initrd"),
    ],
)
def test_a_kernel_that_is_no_default_has_its_initrd_by_name(kernel: str, initrd: str) -> None:
    found = kernels(
        {
            f"/boot/{kernel.format('5.4.0')}": binaries.kernel("5.4.0"),
            f"/boot/{initrd.format('5.4.0')}": INITRD,
        }
    )

    assert [(one.version, one.default) for one in found] == [("5.4.0", False)]
    assert found[0].initrd is not None
    assert found[0].initrd.path == f"/boot/{initrd.format('5.4.0')}"
    assert found[0].initrd.readable


def test_the_menu_decides_which_initrd_the_default_kernel_has() -> None:
    custom = DEBIAN | {
        "/boot/grub/grub.cfg": menu(initrd="/boot/custom.img"),
        "/boot/custom.img": b"x",
    }
    missing = DEBIAN | {"/boot/grub/grub.cfg": menu(initrd="/boot/gone.img")}

    assert [one.initrd and one.initrd.path for one in kernels(custom)] == ["/boot/custom.img"]
    (gone,) = kernels(missing)
    assert gone.initrd is not None
    assert (gone.initrd.path, gone.initrd.problem) == ("/boot/gone.img", "missing")


def test_a_default_kernel_that_is_started_without_an_initrd_has_the_one_of_its_name() -> None:
    cloud = """menuentry Ubuntu {
  if [ "${initrdfail}" = 1 ]; then
    linux /boot/vmlinuz-6.1.0-18-amd64 root=PARTUUID=aa ro
    initrd /boot/initrd.img-6.1.0-18-amd64
  else
    linux /boot/vmlinuz-6.1.0-18-amd64 root=PARTUUID=aa ro panic=-1
  fi
}
"""
    (kernel,) = kernels(DEBIAN | {"/boot/grub/grub.cfg": cloud})

    assert kernel.initrd is not None
    assert (kernel.initrd.path, kernel.initrd.readable) == (f"/boot/initrd.img-{KERNEL}", True)


@pytest.mark.parametrize(
    "content", [Broken(), Dir(), Link("nowhere"), b"", b"junk" * 999, Giant(1 << 40)]
)
def test_an_initrd_that_cannot_be_read_says_why(content: Content) -> None:
    (kernel,) = kernels(DEBIAN | {f"/boot/initrd.img-{KERNEL}": content})

    assert kernel.initrd is not None
    assert not kernel.initrd.readable
    assert kernel.initrd.problem


def test_links_lead_to_the_real_files() -> None:
    files = DEBIAN | {
        "/boot/grub/grub.cfg": menu("/boot/vmlinuz", "/initrd.img"),
        "/boot/vmlinuz": Link(f"vmlinuz-{KERNEL}"),
        "/initrd.img": Link(f"boot/initrd.img-{KERNEL}"),
    }

    (kernel,) = kernels(files)

    assert (kernel.path, kernel.default) == (f"/boot/vmlinuz-{KERNEL}", True)
    assert kernel.initrd is not None
    assert kernel.initrd.path == f"/boot/initrd.img-{KERNEL}"


def test_a_default_with_an_unusual_name_is_found() -> None:
    files: dict[str, Content] = {
        "/boot/grub/grub.cfg": menu("/boot/custom", ""),
        "/boot/custom": binaries.kernel("6.6.6-mine"),
    }

    assert [(one.version, one.path, one.default) for one in kernels(files)] == [
        ("6.6.6-mine", "/boot/custom", True)
    ]


def test_a_rescue_image_is_no_kernel_of_its_own() -> None:
    rescue: dict[str, Content] = {
        "/boot/vmlinuz-0-rescue-d9f5ab3c": binaries.kernel(KERNEL),
        "/boot/initramfs-0-rescue-d9f5ab3c.img": INITRD,
    }

    assert [one.path for one in kernels(DEBIAN | rescue)] == [f"/boot/vmlinuz-{KERNEL}"]
    started = DEBIAN | rescue | {"/boot/grub/grub.cfg": menu("/boot/vmlinuz-0-rescue-d9f5ab3c", "")}
    assert [(one.path, one.default) for one in kernels(started)] == [
        ("/boot/vmlinuz-0-rescue-d9f5ab3c", True)
    ]


def test_the_image_knows_its_version_better_than_its_name() -> None:
    (kernel,) = kernels({"/boot/vmlinuz-linux": binaries.kernel("6.7.4-arch1-1")})

    assert kernel.version == "6.7.4-arch1-1"


def test_a_file_that_is_no_kernel_goes_by_its_name() -> None:
    found = kernels({"/boot/vmlinuz-5.4.0-1": b"not a kernel", "/boot/vmlinuz-old": b"nor this"})

    assert [(one.version, one.architecture) for one in found] == [("5.4.0-1", None)]


def test_copies_put_aside_are_no_kernels() -> None:
    aside: dict[str, Content] = {
        f"/boot/vmlinuz-{KERNEL}.bak": binaries.kernel("5.0.0"),
        f"/boot/vmlinuz-{KERNEL}.dpkg-tmp": binaries.kernel("5.0.1"),
        f"/boot/.vmlinuz-{KERNEL}.hmac": "",
    }

    assert [one.version for one in kernels(DEBIAN | aside)] == [KERNEL]


def test_modules_without_an_image_are_told_apart() -> None:
    files: dict[str, Content] = {
        "/usr/lib/modules/5.14.0-1.el9.x86_64/kernel": Dir(),
        "/usr/lib/modules/5.14.0-1.el9.x86_64/modules.dep": "kernel/a.ko:\n",
        "/usr/lib/modules/5.14.0-1.el9.x86_64/kernel/a.ko": binaries.module("a", "5.14.0"),
        "/usr/lib/modules/5.13.0-leftover": Dir(),
        "/lib": Link("usr/lib"),
    }

    found = kernels(files)

    assert [(one.version, one.path, one.architecture) for one in found] == [
        ("5.14.0-1.el9.x86_64", None, "x86_64")
    ]


def test_an_image_beside_its_modules_counts() -> None:
    files: dict[str, Content] = {"/lib/modules/6.8.0-1/vmlinuz": binaries.kernel("6.8.0-1"),
                                 "/lib/modules/6.8.0-1/kernel": Dir()}  # fmt: skip

    assert [one.path for one in kernels(files)] == ["/lib/modules/6.8.0-1/vmlinuz"]


def test_images_on_a_boot_of_their_own() -> None:
    own = {path.removeprefix("/boot"): what for path, what in DEBIAN.items() if "/boot" in path}
    own["/grub/grub.cfg"] = menu(f"/vmlinuz-{KERNEL}", f"/initrd.img-{KERNEL}")
    system = System(MemoryTree({"/boot": Dir()}, "0:2"), {"/boot": MemoryTree(own, "0:1")})

    (kernel,) = read_kernels(system, read_boot(system))

    assert (kernel.path, kernel.default) == (f"/boot/vmlinuz-{KERNEL}", True)
    assert kernel.initrd is not None
    assert kernel.initrd.readable


ELF_64 = binaries.elf("x86_64")
ELF_32 = binaries.elf("i386")
IMAGES: list[tuple[str, bytes, Image | None]] = [
    ("bzImage", binaries.kernel("6.1.0-18-amd64"), Image("6.1.0-18-amd64", "x86_64")),
    ("bzImage of 32 bits", binaries.kernel("5.10.0-686", "i386"), Image("5.10.0-686", "i386")),
    ("EL6", bz_image("2.6.32-754.el6.x86_64", 0x20A, gzip.compress(ELF_64)),
     Image("2.6.32-754.el6.x86_64", "x86_64")),
    ("2.6.32 of 32 bits", bz_image("2.6.32-5-686", 0x20A, gzip.compress(ELF_32)),
     Image("2.6.32-5-686", "i386")),
    ("packed with xz", bz_image("3.0.101", 0x20A, lzma.compress(ELF_64)),
     Image("3.0.101", "x86_64")),
    ("packed with lzma", bz_image("3.2.0", 0x20A, lzma.compress(ELF_64, lzma.FORMAT_ALONE)),
     Image("3.2.0", "x86_64")),
    ("EL5 tells by its name", bz_image("2.6.18-398.el5.x86_64", 0x204),
     Image("2.6.18-398.el5.x86_64", "x86_64")),
    ("EL5 does not tell", bz_image("2.6.18-398.el5", 0x204), Image("2.6.18-398.el5", None)),
    ("a version that is none", bz_image("; rm -rf /", 0x20F), Image(None, "x86_64")),
    ("a version without an end", bz_image("5" * 300, 0x20F), Image(None, "x86_64")),
    ("ARM", binaries.kernel("5.14.0-70.el9.aarch64", "arm64"),
     Image("5.14.0-70.el9.aarch64", "arm64")),
    ("ARM in gzip", gzip.compress(binaries.kernel("6.1.0-arm64", "arm64")),
     Image("6.1.0-arm64", "arm64")),
    ("ARM that unpacks itself",
     b"MZ\0\0zimg" + struct.pack("<II", 64, 999) + bytes(48)
     + gzip.compress(binaries.kernel("6.6.0-arm64", "arm64")), Image("6.6.0-arm64", "arm64")),
    ("vmlinux", ELF_64 + b"Linux version 5.4.0-1 (b@h)", Image("5.4.0-1", "x86_64")),
    ("text", b"hello", None),
    ("nothing", b"", None),
    ("gzip of nothing", gzip.compress(b""), None),
    ("broken gzip", b"\x1f\x8b\x08\0junk", None),
    ("a header without an end", binaries.kernel("6.1.0")[:0x20F], None),
]  # fmt: skip


@pytest.mark.parametrize(("image", "said"), [i[1:] for i in IMAGES], ids=[i[0] for i in IMAGES])
def test_an_image_says_what_it_is(image: bytes, said: Image | None) -> None:
    assert read_image(image) == said


@given(st.binary(max_size=600), st.integers(0, 0x25F))
def test_no_image_is_too_wild(noise: bytes, where: int) -> None:
    image = bytearray(binaries.kernel("6.1.0"))
    image[where : where + len(noise)] = noise

    read_image(bytes(image))
    read_image(noise)


def test_thousands_of_kernels_are_cut() -> None:
    files: dict[str, Content] = {}
    for number in range(3000):
        files[f"/boot/vmlinuz-5.{number}.0"] = b"x"
        files[f"/lib/modules/5.{number}.1/kernel/a.ko"] = b""
        files[f"/boot/{number:032x}/1.0/linux"] = b""

    found = kernels(DEBIAN | files)

    assert len(found) <= 61
    assert [one.version for one in found if one.default] == [KERNEL]


@pytest.mark.parametrize(
    "content", [Broken(), Giant(1 << 40), "a/b.ko:" * 99_999, b"\xff\0" * 9999, Dir()]
)
def test_lists_of_modules_may_be_anything(content: Content) -> None:
    (kernel,) = kernels(DEBIAN | {f"/lib/modules/{KERNEL}/modules.dep": content})

    assert kernel.modules == ("sd_mod",)
