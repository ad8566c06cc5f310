"""What a plan of a Linux guest holds: which files change, how, and what is left."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from converters import lifeline
from converters.guests.adapt import kept_name
from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.linux import adapt_linux
from converters.guests.adapt.planning import Facts, planned
from converters.guests.guest import (
    Boot,
    BootFile,
    Guest,
    Kernel,
    Linux,
    NetworkFile,
    Partition,
    Table,
    Volume,
)
from converters.guests.plain import Implausible, from_json, to_json
from converters.guests.plan import FileChange, Plan
from converters.guests.tree import System
from tests.guests.builders import Builder
from tests.guests.gallery import row
from tests.guests.memory import Broken, Content, File, Giant, Link, MemoryTree, memory

ROOT: Final = "11111111-1111-4111-8111-111111111111"
BOOT: Final = "22222222-2222-4222-8222-222222222222"
LABEL: Final = "system_u:object_r:etc_t:s0"

GRUB_CFG: Final = (
    'set default="0"\nset timeout=5\n'
    "menuentry 'a' {\n linux /vmlinuz-6.1.0 root=/dev/sda2\n initrd /i\n}\n"
)
LINUX: Final = Linux(
    "0:2",
    package_manager="rpm",
    kernels=(Kernel("6.1.0", "/boot/vmlinuz-6.1.0", default=True),),
    boot=Boot("grub2", (BootFile("/boot/grub2/grub.cfg", "grub2", "0:1"),)),
    network=(
        NetworkFile("/etc/sysconfig/network-scripts/ifcfg-eth0", "ifcfg", ("eth0",), static=True),
    ),
)
GUEST: Final = Guest(
    disks=(
        Table(0, 8 << 30, "mbr", partitions=(Partition(1, 0, 1, "83"), Partition(2, 1, 1, "83"))),
    ),
    volumes=(Volume("0:1", (), "ext4", uuid=BOOT), Volume("0:2", (), "ext4", uuid=ROOT)),
    linux=LINUX,
)
FILES: Final[dict[str, Content]] = {
    "/etc/fstab": File("/dev/sda2 / ext4 defaults 1 1\n", 0o640, 1, 2, LABEL),
    "/etc/sysconfig/network": "NETWORKING=yes\nGATEWAY=10.0.0.1\n",
    "/etc/sysconfig/network-scripts/ifcfg-eth0": "IPADDR=10.0.0.2\nBOOTPROTO=none\n",
    "/etc/sysconfig/network-scripts/route-eth0": "10.9.0.0/16 via 10.0.0.9\n",
    "/etc/udev/rules.d/70-persistent-net.rules": 'ATTR{address}=="a", NAME="eth0"\n',
    "/etc/udev/rules.d/60-other.rules": 'ATTR{address}=="a", NAME="eth0"\n',
    "/etc/default/grub": "GRUB_TIMEOUT=5\n",
    "/usr/bin/amazon-ssm-agent": b"",
}


def house(files: dict[str, Content] = FILES, boot: dict[str, Content] | None = None) -> System:
    """Return a guest of two filesystems."""
    return System(
        MemoryTree(files, "0:2"),
        {"/boot": MemoryTree(boot or {"/grub2/grub.cfg": GRUB_CFG}, "0:1")},
    )


def plan(folder: Path, system: System, guest: Guest = GUEST) -> Plan:
    return planned(system, [], guest, Facts("Linux", "legacy-bios"), folder)


def change(plan: Plan, shown: str) -> FileChange:
    [found] = [change for change in plan.files if change.shown == shown]
    return found


def test_every_file_that_needs_it_changes_and_no_other(tmp_path: Path) -> None:
    found = plan(tmp_path, house())

    assert [(change.volume, change.path, change.shown) for change in found.files] == [
        ("0:2", "/etc/fstab", "/etc/fstab"),
        ("0:2",) + ("/etc/sysconfig/network-scripts/ifcfg-eth0",) * 2,
        ("0:2", "/etc/sysconfig/network", "/etc/sysconfig/network"),
        ("0:2",) + ("/etc/sysconfig/network-scripts/route-eth0",) * 2,
        ("0:2",) + ("/etc/udev/rules.d/70-persistent-net.rules",) * 2,
        ("0:1", "/grub2/grub.cfg", "/boot/grub2/grub.cfg"),
        ("0:2", "/etc/default/grub", "/etc/default/grub"),
    ]
    assert found.boot_mode == "legacy-bios"
    assert found.left_out == ()


def test_a_change_keeps_what_the_original_was(tmp_path: Path) -> None:
    table = change(plan(tmp_path, house()), "/etc/fstab")

    assert (table.mode, table.uid, table.gid, table.label) == (0o640, 1, 2, LABEL)
    assert table.kept == "/etc/.fstab.vmimport"
    assert (tmp_path / table.content).read_text() == f"UUID={ROOT} / ext4 defaults 1 1\n"
    assert table.reason == "device names become UUIDs"
    assert table.diff == (
        "--- /etc/fstab\n+++ /etc/fstab\n@@ -1 +1 @@\n"
        f"-/dev/sda2 / ext4 defaults 1 1\n+UUID={ROOT} / ext4 defaults 1 1\n"
    )


def test_reasons_of_several_transforms_are_all_told(tmp_path: Path) -> None:
    menu = change(plan(tmp_path, house()), "/boot/grub2/grub.cfg")

    assert menu.reason == "GRUB waits 0 seconds; the kernel's root is named by UUID"


def test_an_adapted_guest_needs_nothing(tmp_path: Path) -> None:
    files: dict[str, Content] = dict(FILES)
    boot: dict[str, Content] = {"/grub2/grub.cfg": GRUB_CFG}
    for one in plan(tmp_path, house()).files:
        (files if one.volume == "0:2" else boot)[one.path] = (tmp_path / one.content).read_bytes()

    assert plan(tmp_path, house(files, boot)) == Plan(boot_mode="legacy-bios")


def test_a_kept_name_is_free_and_hidden(tmp_path: Path) -> None:
    files = FILES | {"/etc/.fstab.vmimport": "older", "/etc/.fstab.vmimport-2": Link("nowhere")}

    assert change(plan(tmp_path, house(files)), "/etc/fstab").kept == "/etc/.fstab.vmimport-3"
    assert kept_name("/grub.cfg") == "/.grub.cfg.vmimport"
    assert kept_name("/a/.hidden") == "/a/.hidden.vmimport"
    assert len(kept_name("/a/" + "é" * 120).encode()) < 250


def test_links_are_followed_and_stay_links(tmp_path: Path) -> None:
    files = dict(FILES)
    files["/etc/default/grub"] = Link("../sysconfig/grub")
    files["/etc/sysconfig/grub"] = "GRUB_TIMEOUT=5\n"

    grub = [
        change for change in plan(tmp_path, house(files)).files if "sysconfig/grub" in change.path
    ]

    assert [(change.shown, change.path) for change in grub] == [
        ("/etc/default/grub", "/etc/sysconfig/grub")
    ]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\x00\x01\x02", "is not text"),
        (Giant(2 << 20), "too long"),
        (Broken(), "could not be read"),
        (Link("/etc/fstab"), "could not be read"),
    ],
)
def test_what_cannot_be_read_stays_and_is_told(tmp_path: Path, content: Content, word: str) -> None:
    found = plan(tmp_path, house(FILES | {"/etc/fstab": content}))

    assert "/etc/fstab" not in [change.shown for change in found.files]
    assert any("/etc/fstab" in sentence and word in sentence for sentence in found.left_out)


def test_what_is_not_there_is_no_matter(tmp_path: Path) -> None:
    found = plan(tmp_path, house({"/usr/bin/amazon-ssm-agent": b""}, {"/grub2": Link("nowhere")}))

    assert found.files == ()


def test_a_menu_that_fstab_does_not_mount_stays_and_is_told(tmp_path: Path) -> None:
    boot = replace(LINUX.boot, files=(BootFile("/grub2/grub.cfg", "grub2", "0:9"),))
    guest = replace(GUEST, linux=replace(LINUX, boot=boot))

    assert "/grub2/grub.cfg stays" in plan(tmp_path, house(), guest).left_out[0]


def test_the_environment_block_decides_what_starts(tmp_path: Path) -> None:
    menu = GRUB_CFG.replace('"0"', '"${saved_entry}"') + "menuentry 'b' { chainloader +1\n}\n"
    guest = replace(GUEST, linux=replace(LINUX, network=()))

    def default(saved: str) -> str:
        block = f"# GRUB Environment Block\nsaved_entry={saved}\n".ljust(1024, "#")
        boot: dict[str, Content] = {"/grub2/grub.cfg": menu, "/grub2/grubenv": block}
        found = change(plan(tmp_path, house(FILES, boot), guest), "/boot/grub2/grub.cfg")
        return (tmp_path / found.content).read_text().splitlines()[0]

    assert default("0") == 'set default="${saved_entry}"'
    assert default("b") == 'set default="0"'


def test_a_default_is_changed_in_the_settings_too(tmp_path: Path) -> None:
    boot: dict[str, Content] = {"/grub2/grub.cfg": "menuentry 'm' {\n linux /mem\n}\n" + GRUB_CFG}
    files = FILES | {"/etc/default/grub": "GRUB_DEFAULT=m\n"}

    found = plan(tmp_path, house(files, boot))

    settings = change(found, "/etc/default/grub")
    assert (tmp_path / settings.content).read_text() == 'GRUB_DEFAULT="1"\n'


def test_what_cloud_init_would_write_changes_if_it_is_there(tmp_path: Path) -> None:
    path = "/etc/cloud/cloud.cfg.d/50-curtin-networking.cfg"
    text = "network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.1/24]}}}\n"
    guest = replace(GUEST, linux=replace(LINUX, cloud_init=True))

    found = plan(tmp_path, house(FILES | {path: text}), guest)

    assert "dhcp4: true" in change(found, path).diff
    assert path not in [
        change.shown for change in plan(tmp_path, house(FILES | {path: text})).files
    ]


def test_legacy_menus_and_entries_change_too(tmp_path: Path) -> None:
    files = (
        BootFile("/boot/grub/menu.lst", "grub-legacy", "0:1"),
        BootFile("/boot/loader/entries/a.conf", "bls", "0:1"),
        BootFile("/boot/syslinux.cfg", "syslinux", "0:1"),
        BootFile("/boot/efi/grub.cfg", "other", "0:1"),
    )
    boot: dict[str, Content] = {
        "/grub/menu.lst": "default 0\ntimeout 5\n",
        "/loader/entries/a.conf": "title a\ninitrd /i\noptions root=/dev/sda2\n",
        "/syslinux.cfg": "TIMEOUT 50\n",
        "/efi/grub.cfg": "set timeout=5\n",
    }
    guest = replace(GUEST, linux=replace(LINUX, boot=Boot("grub2", files)))

    found = plan(tmp_path, house(FILES, boot), guest)

    assert [change.path for change in found.files if change.volume == "0:1"] == [
        "/grub/menu.lst",
        "/loader/entries/a.conf",
    ]


@pytest.mark.parametrize(
    ("kind", "path", "text"),
    [
        ("ifupdown", "/etc/network/interfaces", "iface eth0 inet static\n address 1.2.3.4\n"),
        ("ifcfg", "/etc/sysconfig/network-scripts/ifcfg-eth0", "IPADDR=1.2.3.4\n"),
        ("ifcfg-suse", "/etc/sysconfig/network/ifcfg-eth0", "IPADDR=1.2.3.4/8\n"),
        ("netplan", "/etc/netplan/a.yaml", "network: {ethernets: {e: {addresses: [1.2.3.4/8]}}}"),
        ("networkd", "/etc/systemd/network/a.network", "[Network]\nAddress=1.2.3.4/8\n"),
        (
            "networkmanager",
            "/etc/NetworkManager/system-connections/a",
            "[connection]\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=1.2.3.4/8\n",
        ),
    ],
)
def test_every_kind_of_network_file_changes(
    tmp_path: Path, kind: str, path: str, text: str
) -> None:
    linux = replace(LINUX, network=(NetworkFile(path, kind),), boot=Boot())

    found = plan(tmp_path, memory({path: text}), replace(GUEST, linux=linux))

    assert change(found, path).reason == "static addresses become DHCP"


def test_suse_loses_its_routes_and_name_servers(tmp_path: Path) -> None:
    folder = "/etc/sysconfig/network"
    linux = replace(
        LINUX, network=(NetworkFile(f"{folder}/ifcfg-eth0", "ifcfg-suse"),), boot=Boot()
    )
    files: dict[str, Content] = {
        f"{folder}/ifcfg-eth0": "IPADDR=10.0.0.1/8\n",
        f"{folder}/config": 'NETCONFIG_DNS_STATIC_SERVERS="10.0.0.53"\n',
        f"{folder}/routes": "default 10.0.0.9 - -\n",
        f"{folder}/ifroute-eth0": "10.9.0.0/16 10.0.0.8\n",
    }

    found = plan(tmp_path, memory(files), replace(GUEST, linux=linux))

    assert sorted(change.path for change in found.files) == sorted(files)


def test_a_dynamic_guest_keeps_its_routes(tmp_path: Path) -> None:
    files = dict(FILES)
    files["/etc/sysconfig/network-scripts/ifcfg-eth0"] = "BOOTPROTO=dhcp\n"

    found = plan(tmp_path, house(files))

    assert not [change for change in found.files if "sysconfig" in change.path]


def test_a_name_that_is_not_utf8_stays_and_is_told(tmp_path: Path) -> None:
    path = "/etc/network/interfaces.d/caf\udce9"
    linux = replace(LINUX, network=(NetworkFile(path, "ifupdown"),), boot=Boot())
    system = memory({path: "iface eth0 inet static\n address 1.2.3.4\n"})
    changes = Changes(system, Contents(tmp_path))

    adapt_linux(replace(GUEST, linux=linux), linux, changes)

    assert changes.files == []
    assert "not UTF-8" in changes.left_out[0]


@pytest.mark.slow
def test_what_a_guest_says_is_bounded(tmp_path: Path) -> None:
    stanzas = "".join(f"iface eth0.{number} inet static\n" for number in range(3000))
    address = "iface eth0 inet static\n address " + "\x1b[31m" * 1000 + "\n"
    files: dict[str, Content] = {
        f"/etc/network/interfaces.d/{number:02}": stanzas + address + "#" * 900_000
        for number in range(20)
    }
    linux = replace(LINUX, network=tuple(NetworkFile(path, "ifupdown") for path in files))

    found = plan(tmp_path, house(FILES | files), replace(GUEST, linux=linux))

    assert 5 < sum("interfaces.d" in change.path for change in found.files) < 10
    assert len(to_json(found)) < 1 << 20
    assert all(len(sentence) <= 400 and sentence.isprintable() for sentence in found.left_out)
    assert "\x1b" not in change(found, "/etc/network/interfaces.d/00").diff


def test_values_become_json_and_come_back() -> None:
    whole = Plan(
        (FileChange("0:1", "/a", "/a", "0001", "why", directories=("/b",)),), left_out=("x",)
    )

    assert from_json(Guest, to_json(GUEST)) == GUEST
    assert from_json(Plan, to_json(whole)) == whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"disks": 1}',
        '{"disks": [1]}',
        '{"disks": [], "more": 1}',
        '{"disks": [{"disk": "a", "size": 1, "scheme": null}]}',
        '{"disks": [{"disk": true}]}',
        "[" * 100_000,
    ],
)
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(Implausible):
        from_json(Guest, text)


@pytest.mark.guests
async def test_the_child_plans_what_it_reads_on_a_disk(guests: Builder, tmp_path: Path) -> None:
    disks = guests.disks(row("debian 12.4 6.1.0-15-amd64 ext4"))
    folder = tmp_path / "plan"
    folder.mkdir()
    looked = await lifeline.run(
        [sys.executable, "-m", "converters.guests.look", *map(str, disks)], lifeline.Limits()
    )
    request = tmp_path / "request.json"
    facts = {"platform": "Linux"}
    request.write_text(json.dumps({"guest": json.loads(looked.stdout), "facts": facts}))

    ended = await lifeline.run(
        [sys.executable, "-m", "converters.guests.adapt", str(request), str(folder)]
        + [str(disk) for disk in disks],
        lifeline.Limits(),
    )

    assert ended.code == 0, ended.stderr
    found = from_json(Plan, ended.stdout)
    assert "/etc/network/interfaces" in [change.shown for change in found.files]
    assert {path.name for path in folder.iterdir()} == {change.content for change in found.files}
