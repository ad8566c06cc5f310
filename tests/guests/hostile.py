"""Guests that somebody has made to do harm: each is a function that makes a disk in a folder."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Final

from tests.guests import binaries, kernels
from tests.guests.builders import Builder
from tests.guests.filesystems import File, link, text
from tests.guests.near_misses import DEBIAN, RHEL, UBUNTU, having, lacking
from tests.guests.recipes import Recipe
from tests.guests.tables import MIB
from tests.guests.ways import ways

Make = Callable[[Builder, Path], Path]
HOSTILE: Final[dict[str, Make]] = {}
LARGE: Final[dict[str, Make]] = {}  # those that take seconds to make


def hostile(name: str, where: dict[str, Make] = HOSTILE) -> Callable[[Make], Make]:
    """Note a function that makes a hostile guest."""

    def noted(make: Make) -> Make:
        where[name] = make
        return make

    return noted


def _with(name: str, recipe: Recipe, files: dict[str, File]) -> None:
    """Note a guest that is hostile by files in it."""

    def make(guests: Builder, folder: Path) -> Path:
        return guests.disk(having(recipe, files))

    HOSTILE[name] = make


# links --------------------------------------------------------------------------------------------

_with("links in a ring", DEBIAN, {
    "/etc/os-release": link("os-release.b"), "/etc/os-release.b": link("os-release"),
    "/etc/fstab": link("fstab"), "/etc/netplan": link("../etc/netplan"),
    "/boot/grub/grub.cfg": link("/boot/grub/./grub.cfg"),
})  # fmt: skip
_with("links out of the guest", DEBIAN, {
    "/etc/os-release": link("../../../../../../../../etc/os-release"),
    "/etc/fstab": link("/../../../../etc/fstab"),
    "/etc/debian_version": link("/proc/self/root/etc/debian_version"),
    "/boot/grub/grub.cfg": link("/proc/self/cwd/../../etc/passwd"),
    "/usr/lib/os-release": link("../../../../../../../../../../etc/debian_version"),
})  # fmt: skip
_with("a link of 500 names", DEBIAN, {"/etc/fstab": link("/".join(["a"] * 500))})
_with("a hundred links in a row", DEBIAN, {
    "/etc/fstab": link("l0"), **{f"/etc/l{n}": link(f"l{n + 1}") for n in range(100)},
})  # fmt: skip
_with("each link doubles the way", DEBIAN, {
    "/etc/os-release": link("d0/x"),
    **{f"/etc/d{n}": link(f"d{n + 1}/../d{n + 1}") for n in range(60)},
})  # fmt: skip

NO_FILES: Final = (
    "/etc/debian_version", "/boot/grub/grub.cfg", "/etc/default/grub", "/etc/network/interfaces",
    f"/boot/vmlinuz-{DEBIAN.kernel}", f"/boot/initrd.img-{DEBIAN.kernel}",
)  # fmt: skip

# texts --------------------------------------------------------------------------------------------

_with("an fstab of one line of a MiB", DEBIAN, {"/etc/fstab": text("/dev/sda1 " * 100_000)})
_with("an fstab of 200,000 lines", DEBIAN, {"/etc/fstab": text("/dev/sda1 / ext4 x\n" * 50_000)})
_with("an fstab that mounts everything everywhere", DEBIAN, {
    "/etc/fstab": text(
        "/dev/sda1 / ext4 x\n"
        + "".join(f"/dev/sda1 /{'../' * n}/m{n} ext4 x\n" for n in range(3000))
        + "/dev/sda1 /etc ext4 x\n/dev/sda1 /usr ext4 x\n/dev/sda1 /boot/../etc ext4 x\n"
    ),
})  # fmt: skip
_with("an os-release of one line of a MiB", DEBIAN, {
    "/usr/lib/os-release": text("NAME=" + "\\" * 500_000 + '"' * 500_000)})  # fmt: skip
_with("an os-release that runs programs", DEBIAN, {
    "/usr/lib/os-release": text('ID=$(touch /tmp/hostile)\nNAME="`id`"\nVERSION_ID="\x1b[3m"\n'),
})  # fmt: skip
_with("a grub.cfg that reads itself", DEBIAN, {
    "/boot/grub/grub.cfg": text(
        "source $prefix/grub.cfg\nconfigfile /boot/grub/grub.cfg\nset a=$a$a\n" * 200),
})  # fmt: skip
_with("a grub.cfg whose variables grow", DEBIAN, {
    "/boot/grub/grub.cfg": text(
        "set a=xxxxxxxxxx\n" + "set a=$a$a$a$a$a$a$a$a$a$a\n" * 40
        + "menuentry $a { linux $a }\n")})  # fmt: skip
_with("a grub.cfg of braces", DEBIAN, {
    "/boot/grub/grub.cfg": text("menuentry x {" * 60_000 + "if " * 30_000 + '"' * 9999),
})  # fmt: skip
_with("a grub.cfg of 30,000 entries", DEBIAN, {
    "/boot/grub/grub.cfg": text("menuentry 'x' {\n linux /boot/vmlinuz-1\n}\n" * 25_000),
})  # fmt: skip
_with("netplan with anchors in anchors", UBUNTU, {
    "/etc/netplan/00-installer-config.yaml": text(
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefghi"))),
    "/etc/netplan/01.yaml": text("network:\n" + "".join(" " * n + "x:\n" for n in range(1000))),
})  # fmt: skip
_with("spaces without end", DEBIAN, {
    path: text(" " * 900_000 + "\t" * 90_000 + "x")
    for path in ("/etc/fstab", "/etc/network/interfaces", "/boot/grub/grub.cfg",
                 "/etc/default/grub", "/usr/lib/os-release", "/etc/lsb-release")
})  # fmt: skip
_with("bytes that are no letters", RHEL, {
    path: File(bytes(range(256)) * 500)
    for path in ("/etc/os-release", "/etc/redhat-release", "/boot/grub2/grubenv",
                 "/boot/grub2/grub.cfg", "/etc/sysconfig/network-scripts/ifcfg-\udcff\udcfe",
                 "/etc/NetworkManager/system-connections/ens192.nmconnection",
                 "/boot/loader/entries/\udcff.conf", "/etc/default/grub", "/etc/selinux/config")
})  # fmt: skip
_with("names that are no names", DEBIAN, {
    "/etc/netplan/\n.yaml": text("x"), "/etc/netplan/\x1b[2J.yaml": text("x"),
    f"/etc/network/interfaces.d/{'x' * 255}": text("iface"),
    "/boot/vmlinuz-\nx": File(binaries.kernel("1\n2\x1b[31m")),
    "/usr/lib/modules/..\udcff/modules.dep": text("x"), "/boot/vmlinuz-$(id)": text(""),
})  # fmt: skip
_with("directories where files should be", lacking(DEBIAN, *NO_FILES), {
    f"{path}/x": text("x")
    for path in NO_FILES
})  # fmt: skip
_with("deep directories", DEBIAN, {
    f"{top}/{'/'.join(['d'] * 900)}/x.conf": text("x")
    for top in ("/boot/loader/entries", "/etc/network/interfaces.d", "/usr/lib/modules", "/old/etc")
})  # fmt: skip
_with("a thousand /etc", DEBIAN, {
    f"/r{n}/etc/{name}": text("x") for n in range(500) for name in ("fstab", "passwd", "os-release")
})  # fmt: skip

# initial RAM disks --------------------------------------------------------------------------------


def _initrd(name: str, content: Callable[[], bytes]) -> None:
    def make(guests: Builder, folder: Path) -> Path:
        path = f"/boot/{ways(DEBIAN).initrd.format(DEBIAN.kernel)}"
        return guests.disk(having(DEBIAN, {path: File(content())}))

    HOSTILE[f"an initrd {name}"] = make


def _cpio(size: int, name: int, body: bytes = b"") -> bytes:
    """Return an entry that says what it likes of its sizes."""
    fields = (1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, name, 0)
    return b"070701" + b"".join(b"%08X" % field for field in fields) + body


def _good() -> bytes:
    return kernels.initrd(DEBIAN, ways(DEBIAN), DEBIAN.kernel)


def _zeros(how: str) -> bytes:
    return binaries.compressed(bytes(16 * MIB), how)


_initrd("that unpacks to 4 GiB", lambda: _zeros("gzip") * 256)
_initrd("of xz that unpacks to a GiB", lambda: _zeros("xz") * 64)
_initrd("of zstd that unpacks to 16 GiB", lambda: _zeros("zstd") * 1024)
_initrd("with a file of 4 GiB", lambda: _cpio(0xFFFFFFFF, 2, b"x\0"))
_initrd("with a name of 4 GiB", lambda: _cpio(0, 0xFFFFFFFF, b"x\0"))
_initrd("with no names", lambda: _cpio(0, 0) * 1000)
_initrd("of 300,000 files",
        lambda: binaries.compressed(_cpio(0, 4, b"abc\0\0\0") * 300_000, "gzip"))  # fmt: skip
_initrd("in 20,000 segments",
        lambda: (_cpio(0, 11, b"TRAILER!!!\0\0\0\0") + bytes(388)) * 20_000)  # fmt: skip
_initrd("that goes on after its end", lambda: _good() + b"\x1f\x8b\x08" + bytes(range(256)) * 20)
_initrd("of lz4 with a block of 4 GiB", lambda: b"\x02\x21\x4c\x18\xff\xff\xff\xff" + bytes(5000))
_initrd("of zstd with a window of 4 TiB", lambda: b"\x28\xb5\x2f\xfd\x00\xff" + bytes(5000))
_initrd("of lzma with a dictionary of 4 GiB",
        lambda: b"\x5d\xff\xff\xff\xff" + b"\xff" * 8 + bytes(5000))  # fmt: skip
_initrd("of xz with a dictionary of 4 GiB",
        lambda: b"\xfd7zXZ\0\0\1\x69\x22\xde\x36\2\0\x21\1\x28\0\0\0" + bytes(5000))  # fmt: skip
