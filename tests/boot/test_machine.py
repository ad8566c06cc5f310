"""How QEMU is told: nothing to guess, no way out, nothing that is not named."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from converters.boot.machine import Disk, Machine, Wires, command
from converters.qemu_img import Stacked

WIRES = Wires(10, 11, 12, 13)
QEMU = Path("/usr/bin/qemu-system-x86_64")
DISK = Disk(
    (Stacked(Path("/disks/x=1,y.raw"), "raw"), Stacked(Path("/scratch/a,b.qcow2"), "qcow2"))
)


def options(line: list[str], name: str) -> list[str]:
    return [value for option, value in pairwise(line) if option == name]


def devices(line: list[str]) -> list[dict[str, Any]]:
    return [json.loads(each) for each in options(line, "-device") if each.startswith("{")]


def test_the_guest_has_no_way_out() -> None:
    line = command(QEMU, Machine((DISK,)), WIRES, None)

    assert options(line, "-netdev") == ["stream,id=wire,server=off,addr.type=fd,addr.str=11"]
    assert "-nodefaults" in line
    assert "-no-user-config" in line
    [fence] = options(line, "-sandbox")
    assert fence.startswith("on,")
    assert "spawn=deny" in fence
    [card] = [device for device in options(line, "-device") if "netdev" in device]
    assert card.startswith("virtio-net-pci,")
    assert card.endswith(",romfile=")  # or the firmware would ask for an address
    assert options(line, "-boot") == ["strict=on"]


def test_disks_are_named_with_their_formats_and_never_written_to() -> None:
    line = command(QEMU, Machine((DISK, DISK), disk="nvme"), WIRES, None)

    nodes = [json.loads(node) for node in options(line, "-blockdev")]
    assert [node["node-name"] for node in nodes] == ["disk0", "disk1"]
    assert nodes[0]["driver"] == "qcow2"
    assert nodes[0]["file"]["filename"] == "/scratch/a,b.qcow2"
    base = nodes[0]["backing"]
    assert (base["driver"], base["read-only"]) == ("raw", True)
    assert base["file"]["filename"] == "/disks/x=1,y.raw"
    device = devices(line)[1]
    assert (device["driver"], device["drive"], device["bootindex"]) == ("nvme", "disk1", 1)


def test_firmware_for_uefi_has_a_memory_of_its_own() -> None:
    pair = Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/scratch/variables")

    line = command(QEMU, Machine((DISK,), firmware="uefi"), WIRES, pair)

    flash = [json.loads(node) for node in options(line, "-blockdev")][:2]
    assert [node["read-only"] for node in flash] == [True, False]
    assert options(line, "-machine") == ["pc", "pflash0=flash0", "pflash1=flash1"]


def test_ata_disks_are_masters_and_slaves() -> None:
    line = command(QEMU, Machine((DISK,) * 3, disk="ata"), WIRES, None)

    places = [(each["driver"], each["bus"], each["unit"]) for each in devices(line)]
    assert places == [("ide-hd", "ide.0", 0), ("ide-hd", "ide.0", 1), ("ide-hd", "ide.1", 0)]


def test_many_disks_are_behind_a_bridge() -> None:
    few = command(QEMU, Machine((DISK,) * 24), WIRES, None)
    many = command(QEMU, Machine((DISK,) * 40), WIRES, None)
    growing = command(QEMU, Machine((DISK,), grows=True), WIRES, None)

    assert [each.get("bus") for each in devices(few)] == [None] * 24
    assert [each.get("bus") for each in devices(many)] == [None] * 24 + ["bridge"] * 16
    bridges = [[each for each in line if "pci-bridge" in each] for line in (few, many, growing)]
    assert list(map(len, bridges)) == [0, 1, 1]


def test_passphrases_come_by_pipes_and_are_each_disk_s_own() -> None:
    sealed = Stacked(Path("/a"), "qcow2", sealed=True)
    disk = Disk((sealed, sealed), "vol-0123456789abcdef0", b"secret")
    wires = replace(WIRES, passphrases=(("vol-0123456789abcdef0", 20),))

    line = command(QEMU, Machine((disk,)), wires, None)

    assert options(line, "-object") == ["secret,id=secret-vol-0123456789abcdef0,file=/dev/fd/20"]
    [node] = [json.loads(each) for each in options(line, "-blockdev")]
    for each in (node, node["backing"]):
        assert each["encrypt"]["key-secret"] == "secret-vol-0123456789abcdef0"
    assert "secret" not in line
    [device] = devices(line)
    assert device["serial"] == "vol0123456789abcdef0"  # twenty letters: all that virtio has
