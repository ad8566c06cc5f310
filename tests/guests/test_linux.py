"""A whole Linux, looked into: every row of the systems table, and what else is said of it."""

import time
from typing import Any

import pytest

from converters.guests.guest import Extent, Linux, Volume
from converters.guests.look.elf import architecture, machine
from converters.guests.look.linux import look_linux
from converters.guests.plain import from_json, to_json
from converters.guests.tree import System
from tests.guests import binaries, gallery, menus, trees
from tests.guests.filesystems import File as Built
from tests.guests.memory import (
    Broken,
    Content,
    Dir,
    File,
    Giant,
    Link,
    MemoryTree,
    memory,
)
from tests.guests.recipes import Recipe
from tests.guests.ways import Places

PLACES = Places(
    "11111111-2222-4333-8444-555555555555", "b1111111-2222-4333-8444-555555555555", "ABCD-1234"
)
KEYS = {"ol": "oracle", "amzn": "amazon"}


def kept(files: dict[str, Built]) -> dict[str, Content]:
    """Return files that were meant for a disk as a MemoryTree has them."""
    made: dict[str, Content] = {}
    for path, file in files.items():
        if file.target is not None:
            made[path] = Link(file.target, file.label)
        elif file.directory:
            made[path] = Dir(file.mode, file.uid, file.gid, file.label)
        else:
            made[path] = File(file.content, file.mode, file.uid, file.gid, file.label)
    return made


def looked_into(recipe: Recipe) -> Linux:
    return look_linux(memory(kept(trees.linux(recipe, PLACES))), "0:1")


@pytest.mark.parametrize("recipe", gallery.LINUX, ids=lambda recipe: recipe.name)
def test_every_row_of_the_systems_table_is_told(recipe: Recipe) -> None:
    found = looked_into(recipe)

    assert found.distribution == KEYS.get(recipe.distribution, recipe.distribution)
    assert found.version is not None
    assert recipe.version.startswith(found.version)  # 7.9 of 7.9.2009
    assert found.architecture == "x86_64"
    assert [one.version for one in found.kernels if one.default] == [recipe.kernel]
    assert all(one.initrd and one.initrd.readable for one in found.kernels if one.default)
    assert found.boot.default_found
    assert found.fstab_problem is None
    assert found.mounts
    assert any(file.static for file in found.network)
    assert found.package_manager == (
        "dpkg" if recipe.distribution in ("debian", "ubuntu") else "rpm"
    )
    assert found.ssh_server


def test_a_linux_goes_through_json() -> None:
    found = looked_into(gallery.LINUX[0])

    assert from_json(Linux, to_json(found)) == found


def test_mounts_mean_volumes() -> None:
    volume = Volume("0:1", (Extent(0, 0, 1),), "ext4", "6d0c0de1-2a3b-4c5d-8e9f-0123456789ab")
    text = "UUID=6d0c0de1-2a3b-4c5d-8e9f-0123456789ab / ext4 defaults 0 1\n"

    found = look_linux(memory({"/etc/fstab": text}), "0:1", (volume,), ())

    assert [mount.volume for mount in found.mounts] == ["0:1"]


# processors ---------------------------------------------------------------------------------------

WIDE, NARROW, ARM = (binaries.elf(name) for name in ("x86_64", "i386", "arm64"))
MERGED: dict[str, Content] = {name: Link(f"usr{name}") for name in ("/bin", "/sbin", "/lib")}
PROCESSORS: list[tuple[str, dict[str, Content], str | None]] = [
    ("64 bits", {"/bin/bash": WIDE, "/bin/ls": WIDE}, "x86_64"),
    ("32 bits", {"/bin/bash": NARROW, "/bin/ls": NARROW}, "i386"),
    ("ARM", {"/usr/bin/bash": ARM, "/usr/bin/ls": ARM, **MERGED}, "arm64"),
    ("merged /usr", {**MERGED, "/usr/bin/ls": WIDE, "/usr/bin/sh": Link("dash"),
                     "/usr/bin/dash": WIDE}, "x86_64"),
    ("a stray program does not count", {"/bin/sh": NARROW, "/bin/ls": WIDE, "/bin/cat": WIDE},
     "x86_64"),
    ("one program of many names counts once",
     {"/bin/busybox": NARROW, "/bin/sh": Link("busybox"), "/bin/ls": Link("busybox"),
      "/bin/cat": Link("/bin/busybox"), "/usr/bin/env": WIDE, "/usr/bin/id": WIDE}, "x86_64"),
    ("the loader decides a tie", {"/bin/sh": NARROW, "/bin/ls": WIDE,
                                  "/lib64/ld-linux-x86-64.so.2": WIDE}, "x86_64"),
    ("32-bit programs on a 64-bit kernel", {"/bin/sh": NARROW, "/boot/vmlinuz-6.1.0":
                                            binaries.kernel("6.1.0")}, "i386"),
    ("the kernel decides what the loader does not",
     {"/bin/sh": NARROW, "/bin/ls": WIDE, "/boot/vmlinuz-6.1.0": binaries.kernel("6.1.0")},
     "x86_64"),
    ("init is systemd", {"/sbin/init": Link("/lib/systemd/systemd"), "/lib/systemd/systemd": WIDE},
     "x86_64"),
    ("a link out of the guest", {"/bin/sh": Link("../../../../../../bin/sh")}, None),
    ("a link to a real file of the host", {"/bin/sh": Link("/usr/bin/env")}, None),
    ("links in a circle", {"/bin/sh": Link("bash"), "/bin/bash": Link("sh")}, None),
    ("scripts", {"/bin/sh": "#!/bin/bash\n", "/bin/bash": "", "/bin/ls": Broken()}, None),
    ("nothing", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "wanted"), [p[1:] for p in PROCESSORS], ids=[p[0] for p in PROCESSORS]
)
def test_the_processor_is_that_of_most_programs(
    files: dict[str, Content], wanted: str | None
) -> None:
    assert look_linux(memory(files), "0:1").architecture == wanted


def test_headers_of_either_byte_order() -> None:
    assert machine(WIDE) == "x86_64"
    assert machine(b"\x7fELF\2\2\1".ljust(18, b"\0") + b"\0\x15" + bytes(44)) == "ppc64"
    assert machine(b"\x7fELF\2\1\1".ljust(18, b"\0") + b"\xff\xff") is None
    assert machine(b"\x7fELF\2\1") is None
    assert machine(b"MZ" + bytes(64)) is None
    assert architecture(memory({}), ["x86_64"]) is None  # a kernel alone is no system


# software -----------------------------------------------------------------------------------------

SOFTWARE: list[tuple[dict[str, Content], dict[str, Any]]] = [
    ({"/etc/selinux/config": "# SELinux\nSELINUX=enforcing\nSELINUXTYPE=targeted\n"},
     {"selinux": "enforcing"}),
    ({"/etc/selinux/config": "SELINUX=permissive\n"}, {"selinux": "permissive"}),
    ({"/etc/selinux/config": "SELINUX=disabled\n"}, {"selinux": "disabled"}),
    ({"/etc/selinux/config": "SELINUX=enforcing\n",
      "/boot/grub/grub.cfg": "menuentry a { linux /k selinux=0 }"}, {"selinux": "disabled"}),
    ({"/etc/selinux/config": "SELINUX=enforcing\n",
      "/boot/grub/grub.cfg": "menuentry a { linux /k enforcing=0 }"}, {"selinux": "permissive"}),
    ({"/etc/selinux/config": "SELINUX=perhaps\n"}, {"selinux": None}),
    ({"/usr/bin/cloud-init": "#!"}, {"cloud_init": True}),
    ({"/etc/cloud/cloud.cfg": ""}, {"cloud_init": True}),
    ({"/etc/cloud/cloud.cfg": "", "/etc/cloud/cloud-init.disabled": ""}, {"cloud_init": False}),
    ({"/usr/sbin/sshd": b""}, {"ssh_server": True}),
    ({"/usr/sbin/sshd": Dir()}, {"ssh_server": False}),
    ({"/var/lib/dpkg/status": ""}, {"package_manager": "dpkg"}),
    ({"/var/lib/rpm/Packages": b""}, {"package_manager": "rpm"}),
    ({"/usr/lib/sysimage/rpm/rpmdb.sqlite": b""}, {"package_manager": "rpm"}),
    ({"/var/lib/rpm": Dir(), "/usr/bin/dpkg": b""}, {"package_manager": "dpkg"}),
    ({"/var/lib/rpm": Dir()}, {"package_manager": "rpm"}),
    ({"/usr/bin/rpm": b""}, {"package_manager": "rpm"}),
    ({}, {"package_manager": None, "guest_tools": (), "cloud_init": False, "selinux": None}),
    ({"/var/lib/dpkg/info/open-vm-tools.list": "/.\n"}, {"guest_tools": ("open-vm-tools",)}),
    ({"/usr/bin/vmtoolsd": b""}, {"guest_tools": ("open-vm-tools",)}),
    ({"/usr/lib/systemd/system/vmtoolsd.service": ""}, {"guest_tools": ("open-vm-tools",)}),
    ({"/etc/vmware-tools/locations": "", "/usr/bin/vmtoolsd": b""},
     {"guest_tools": ("vmware-tools",)}),
    ({"/opt/VBoxGuestAdditions-7.0.10/init/vboxadd": ""}, {"guest_tools": ("virtualbox",)}),
    ({"/usr/sbin/VBoxService": b""}, {"guest_tools": ("virtualbox",)}),
    ({"/usr/sbin/hypervkvpd": b"", "/usr/bin/qemu-ga": b""},
     {"guest_tools": ("hyper-v", "qemu-ga")}),
    ({"/usr/sbin/xe-daemon": b""}, {"guest_tools": ("xe-guest-utilities",)}),
    ({"/usr/bin/amazon-ssm-agent": b""}, {"guest_tools": ("amazon-ssm-agent",)}),
]  # fmt: skip


@pytest.mark.parametrize(("files", "said"), SOFTWARE)
def test_what_is_installed(files: dict[str, Content], said: dict[str, Any]) -> None:
    found = look_linux(memory(files), "0:1")

    assert {name: getattr(found, name) for name in said} == said


def test_free_room_is_that_of_the_root() -> None:
    system = System(MemoryTree({}, "0:1", free=12345), {"/boot": MemoryTree({}, "0:2", free=1)})

    assert look_linux(system, "0:1").free == 12345


# hostile ------------------------------------------------------------------------------------------

EVERYWHERE = [
    "/etc/os-release", "/etc/fstab", "/etc/debian_version", "/boot/grub2/grub.cfg",
    "/boot/grub2/grubenv", "/boot/loader/entries/a.conf", "/etc/default/grub", "/bin/sh", "/bin",
    "/lib/modules", "/lib/modules/5.0/modules.dep", "/etc/network/interfaces", "/boot/efi/EFI",
    "/etc/netplan/a.yaml", "/etc/selinux/config", "/usr", "/boot", "/etc", "/opt",
    "/var/lib/dpkg/status",
]  # fmt: skip
WILD: list[Content] = [
    Link("/"), Link("."), Link(".."), Link("/proc/self/root/etc/passwd"), Link("a" * 4000),
    Link(""), Broken(), Giant(1 << 50), "\n" * 9999, "=" * 9999, bytes(range(256)) * 40,
    "\ud7ff\U0010ffff" * 99, b"\xff\xfe\0\0" * 99,
]  # fmt: skip


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_hostile_file_harms_nobody(path: str) -> None:
    files = kept(trees.linux(gallery.LINUX[-1], PLACES))
    for content in WILD:
        spoilt = {at: what for at, what in files.items() if not f"{at}/".startswith(f"{path}/")}

        found = look_linux(memory(spoilt | {path: content}), "0:1")

        assert from_json(Linux, to_json(found).encode()) == found


def test_names_that_are_no_text_are_left_out() -> None:
    odd = "vmlinuz-5.0\udcff"
    files: dict[str, Content] = {
        f"/boot/{odd}": binaries.kernel("5.0.0"),
        f"/etc/netplan/{odd}.yaml": "network: {ethernets: {a: {dhcp4: yes}}}",
        f"/boot/efi/EFI/{odd}/grub.cfg": "menuentry a { linux /k }",
        f"/lib/modules/{odd}/kernel/a.ko": b"",
        "/etc/network/interfaces": "iface a\x1b[31m inet dhcp\n",
    }

    found = look_linux(memory(files), "0:1")

    to_json(found).encode()
    assert found.kernels == ()
    assert found.boot.files == ()
    assert [file.interfaces for file in found.network] == [("a\ufffd[31m",)]


@pytest.mark.slow
def test_a_hundred_thousand_names_everywhere_take_seconds_at_most() -> None:
    names = [f"{number:06}" for number in range(100_000)]
    files: dict[str, Content] = kept(trees.linux(gallery.LINUX[-1], PLACES))
    for folder in ("/", "/boot/vmlinuz-", "/boot/loader/entries/", "/lib/modules/5.", "/opt/",
                   "/etc/netplan/", "/etc/sysconfig/network-scripts/ifcfg-"):  # fmt: skip
        files |= {f"{folder}{name}": b"" for name in names[: 100_000 if folder == "/" else 20_000]}
    system = memory(files)
    began = time.process_time()

    found = look_linux(system, "0:1")

    assert found.distribution == "ubuntu"
    assert time.process_time() - began < 5


@pytest.mark.slow
def test_the_worst_menus_and_networks_take_seconds_at_most() -> None:
    files: dict[str, Content] = kept(trees.linux(gallery.LINUX[-1], PLACES))
    for number in range(60):
        files[f"/boot/efi/EFI/v{number}/grub.cfg"] = f"#{number}\n" + 'set a="$a${b}$c"\n' * 60_000
        files[f"/etc/netplan/{number}.yaml"] = "network:\n" + "  a: [b, {c: d}]\n" * 60_000
        files[f"/etc/sysconfig/network/ifcfg-{number}"] = "A='b'\"c\"\\d\n" * 90_000
        files[f"/etc/network/interfaces.d/{number}"] = "source *\niface a inet dhcp\n" * 30_000
    files["/etc/network/interfaces"] = "source interfaces.d/*\n"
    files["/etc/fstab"] = "UUID=a /b ext4 defaults 0 0\n" * 30_000
    system = memory(files)
    began = time.process_time()

    look_linux(system, "0:1")

    assert time.process_time() - began < 5


def test_a_whole_linux_is_looked_into_in_no_time() -> None:
    system = memory(kept(trees.linux(gallery.LINUX[-1], PLACES)) | {
        "/boot/grub/grub.cfg": menus.DEBIAN_12})  # fmt: skip
    began = time.process_time()

    look_linux(system, "0:1")

    assert time.process_time() - began < 0.2
