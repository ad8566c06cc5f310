"""OVAs as we write them: read by Python, by our own import, by qemu-img, by virt-v2v."""

import hashlib
import os
import random
import shutil
import subprocess
import tarfile
import xml.etree.ElementTree as xml
from itertools import pairwise
from pathlib import Path

import pytest

from converters.codec import write_ova
from converters.codec.virtual_system import (
    HARDWARE,
    SYSTEMS,
    Machine,
    descriptor,
    hardware,
    version,
)
from converters.stages import ova, tar
from converters.stages.formats.image import Image
from converters.stages.from_raw import Written, to_ova
from tests import disks
from tests.disks import MIB
from tests.exports import assert_holds, etag_of

NAME = "export-i-0123456789abcdef0"
MACHINE = Machine(NAME, 'web & <"db">', "linux", "x86_64", 2, 4096, uefi=False)
NAMESPACES = {
    "ovf": "http://schemas.dmtf.org/ovf/envelope/1",
    "rasd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData",
    "vmw": "http://www.vmware.com/schema/ovf",
    "vssd": "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData",
}
OVF = f"{{{NAMESPACES['ovf']}}}"


async def made(folder: Path, source: Path, size: int, machine: Machine = MACHINE) -> Written:
    target = folder / "vm.ova"
    return await to_ova(source, size, machine, target, lambda percent: None)


def members(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as opened:
        found = {each.name: opened.extractfile(each) for each in opened}
        return {name: file.read() for name, file in found.items() if file}


def described(machine: Machine = MACHINE) -> xml.Element:
    return xml.fromstring(descriptor(machine, "disk.vmdk", 4096, 1 << 30, 65536))


def texts(machine: Machine, path: str) -> list[str | None]:
    return [each.text for each in described(machine).iterfind(f".//{path}", NAMESPACES)]


# the archive -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3 * MIB + 511, 1 << 30])
async def test_its_files_are_what_it_says(tmp_path: Path, size: int) -> None:
    source = disks.raw(tmp_path / "disk", min(size, 3 * MIB + 511))

    written = await made(tmp_path, source, size)

    archive = tmp_path / "vm.ova"
    files = members(archive)
    assert list(files) == [f"{NAME}.ovf", f"{NAME}.mf", f"{NAME}-disk1.vmdk"]
    digests = {name: hashlib.sha1(data).hexdigest() for name, data in files.items()}
    assert files[f"{NAME}.mf"].decode().splitlines() == [
        f"SHA1({name})= {digests[name]}" for name in files if not name.endswith(".mf")
    ]
    assert archive.stat().st_size % 512 == 0
    assert archive.read_bytes().endswith(bytes(1024))
    assert (written.size, written.etag) == (archive.stat().st_size, etag_of(archive))
    (disk,) = await ova.open_ova(archive)
    padded = -(-size // 512) * 512
    assert (disk.name, disk.length) == (f"{NAME}-disk1.vmdk", len(files[f"{NAME}-disk1.vmdk"]))
    assert disk.capacity == padded
    extracted = tmp_path / "disk.vmdk"
    extracted.write_bytes(files[disk.name])
    assert_holds(extracted, "VMDK", source, padded)
    told = xml.fromstring(files[f"{NAME}.ovf"]).find(f".//{OVF}Disk")
    assert told is not None
    populated = int(told.attrib[f"{OVF}populatedSize"])
    assert 0 < populated <= -(-source.stat().st_size // 65536) * 65536


@pytest.mark.slow  # hashes 70 MiB
async def test_it_is_hashed_in_parts_as_an_upload_is(tmp_path: Path) -> None:
    source = tmp_path / "disk"
    source.write_bytes(random.Random(1).randbytes(70 * MIB))  # it does not deflate

    written = await made(tmp_path, source, 70 * MIB)

    assert written.size > 64 * MIB
    assert written.etag.endswith("-2")
    assert written.etag == etag_of(tmp_path / "vm.ova")
    assert sum(written.part_sizes) == written.size


@pytest.mark.parametrize("size", [0, 1, (8 << 30) - 1, 8 << 30, 1 << 40])
def test_files_of_every_size_have_a_header(tmp_path: Path, size: int) -> None:
    block = write_ova.header("disk.vmdk", size, 1_700_000_000)

    member = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    (tmp_path / "a.tar").write_bytes(block)

    assert (member.name, member.size, member.mtime) == ("disk.vmdk", size, 1_700_000_000)
    assert (member.isfile(), member.mode) == (True, 0o644)
    with Image(tmp_path / "a.tar") as image:
        assert tar.matches(image)


# the descriptor ----------------------------------------------------------------------------------


def test_it_has_the_hardware_of_the_machine() -> None:
    root = described()

    (system,) = root.iterfind("ovf:VirtualSystem", NAMESPACES)
    items = [
        {field.tag.partition("}")[2]: field.text for field in item}
        for item in system.iterfind("ovf:VirtualHardwareSection/ovf:Item", NAMESPACES)
    ]
    by_type = {item["ResourceType"]: item for item in items}
    assert [item["InstanceID"] for item in items] == ["1", "2", "3", "4", "5"]
    assert by_type["3"]["VirtualQuantity"] == "2"
    assert by_type["4"]["VirtualQuantity"] == "4096"
    assert by_type["4"]["AllocationUnits"] == "byte * 2^20"
    assert by_type["17"]["Parent"] == by_type["6"]["InstanceID"]
    (disk,) = root.iterfind("ovf:DiskSection/ovf:Disk", NAMESPACES)
    (file,) = root.iterfind("ovf:References/ovf:File", NAMESPACES)
    (network,) = root.iterfind("ovf:NetworkSection/ovf:Network", NAMESPACES)
    assert by_type["17"]["HostResource"] == f"ovf:/disk/{disk.attrib[f'{OVF}diskId']}"
    assert disk.attrib[f"{OVF}fileRef"] == file.attrib[f"{OVF}id"]
    assert disk.attrib[f"{OVF}format"].endswith("vmdk.html#streamOptimized")
    assert by_type["10"]["Connection"] == network.attrib[f"{OVF}name"]
    assert texts(MACHINE, "ovf:Name") == ['web & <"db">']


@pytest.mark.parametrize("machine", [MACHINE, MACHINE._replace(uefi=True)])
def test_its_parts_stand_in_the_order_of_the_schema(machine: Machine) -> None:
    root = described(machine)

    assert [each.tag.removeprefix(OVF) for each in root] == [
        "References", "DiskSection", "NetworkSection", "VirtualSystem",
    ]  # fmt: skip
    for section in root.iter():
        if section.tag.endswith("Section"):
            assert section[0].tag == f"{OVF}Info"
    for item in hardware(machine):
        assert {"ElementName", "InstanceID", "ResourceType"} <= item.keys()
        assert all(one < other for one, other in pairwise(item))


@pytest.mark.parametrize(
    ("processors", "memory_gib", "uefi", "expected"),
    [
        (1, 1, False, 7),
        (8, 255, False, 7),
        (1, 1, True, 8),
        (9, 1, False, 8),
        (1, 256, False, 8),
        (32, 1011, True, 8),
        (33, 1, False, 10),
        (1, 1012, False, 10),
    ],
)
def test_its_hardware_is_as_old_as_it_can_be(
    processors: int, memory_gib: int, uefi: bool, expected: int
) -> None:
    machine = MACHINE._replace(processors=processors, memory_mib=memory_gib << 10, uefi=uefi)

    assert version(machine) == expected
    assert texts(machine, "vssd:VirtualSystemType") == [f"vmx-{expected:02}"]
    keys = [
        (each.attrib[f"{{{NAMESPACES['vmw']}}}key"], each.attrib[f"{{{NAMESPACES['vmw']}}}value"])
        for each in described(machine).iterfind(".//vmw:Config", NAMESPACES)
    ]
    assert keys == ([("firmware", "efi")] if uefi else [])
    assert [each[0] for each in HARDWARE] == [7, 8]


@pytest.mark.parametrize(("platform", "architecture"), list(SYSTEMS))
def test_it_says_which_system_there_is(platform: str, architecture: str) -> None:
    machine = MACHINE._replace(platform=platform, architecture=architecture)

    system = described(machine).find(".//ovf:OperatingSystemSection", NAMESPACES)
    controllers = [
        each["ResourceSubType"] for each in hardware(machine) if each["ResourceType"] == 6
    ]

    assert system is not None
    word = system.attrib[f"{{{NAMESPACES['vmw']}}}osType"]
    assert word.endswith("Guest")
    assert ("64" in word) == (architecture == "x86_64")
    modern = (platform, architecture) == ("windows", "x86_64")
    assert controllers == ["lsilogicsas" if modern else "lsilogic"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("virt-v2v") is None, reason="virt-v2v is not installed")
@pytest.mark.parametrize("uefi", [False, True])
async def test_virt_v2v_reads_it(tmp_path: Path, uefi: bool) -> None:
    source = disks.raw(tmp_path / "disk", 3 * MIB)
    await made(tmp_path, source, 1 << 30, MACHINE._replace(uefi=uefi))

    told = subprocess.run(
        ["virt-v2v", "--print-source", "-i", "ova", tmp_path / "vm.ova"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ).stdout

    lines = [line.partition(":") for line in told.splitlines()]
    said = {name.strip(): text.strip() for name, _, text in lines}
    assert said["source name"] == MACHINE.label
    assert said["memory"] == f"{4096 * MIB} (bytes)"
    assert said["nr vCPUs"] == "2"
    assert said["firmware"] == ("uefi" if uefi else "bios")
    assert "[scsi]" in told
    assert 'Bridge "VM Network" [e1000]' in told
