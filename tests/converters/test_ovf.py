"""What a descriptor says of the disks, whoever wrote it, and in which order they come."""

import tracemalloc

import pytest

from converters.errors import ClientError
from converters.stages import envelope, ovf
from converters.stages.ovf import Drive
from tests import ovas
from tests.disks import SAMPLES
from tests.ovas import CDROM, DISK, IDE, SCSI, STORAGE, Disk, Item

GIB = 1 << 30
ISO = '<File ovf:href="tools.iso" ovf:id="iso1" ovf:size="7"/>'


def hrefs(descriptor: str) -> list[str]:
    return [drive.href for drive in ovf.drives(descriptor.encode())]


def drive(name: str, parent: object, place: object, instance: str = "", kind: int = DISK) -> Item:
    return Item(
        instance or f"i-{name}", kind, parent=parent, place=place, resource=f"ovf:/disk/{name}"
    )


def described(*hardware: Item, version: str = "1.0") -> str:
    """A descriptor whose disks a, b, c, … are those of the drives, in the alphabet's order."""
    names = sorted(item.resource.rpartition("/")[2] for item in hardware if item.resource)
    disks = [Disk(name, None, GIB, disk_id=name) for name in names]
    return ovas.descriptor(disks, hardware, version)


@pytest.mark.parametrize("version", ovas.NAMESPACES)
def test_every_version_is_read(version: str) -> None:
    disks = [Disk("a.vmdk", 7, GIB), Disk("b.vhd", None, 2 * GIB, compression="gzip")]

    found = ovf.drives(ovas.descriptor(disks, version=version).encode())

    assert found == [Drive("a.vmdk", 7, GIB, False), Drive("b.vhd", None, 2 * GIB, True)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("input.ovf", [Drive("input.vmdk", 152576, GIB, False)]),
        ("vmware.ovf", [Drive("input.vmdk", 152576, GIB, False)]),
    ],
)
def test_descriptors_written_by_real_tools(name: str, expected: list[Drive]) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the samples are not at {SAMPLES}")

    assert ovf.drives((SAMPLES / name).read_bytes()) == expected


# The order


SCSI_0 = Item("3", SCSI, address=0)
SCSI_1 = Item("4", SCSI, address=1)
IDE_0 = Item("5", IDE, address=0)
IDE_1 = Item("6", IDE, address=1)
SATA_0 = Item("7", STORAGE, address=0, subtype="vmware.sata.ahci")
NVME_0 = Item("8", STORAGE, address=0, subtype="vmware.nvme.controller")

ORDERS: dict[str, tuple[list[Item], str]] = {
    "by address, not by file": ([drive("b", 3, 0), SCSI_0, drive("a", 3, 1)], "ba"),
    "ten comes after two": ([SCSI_0, drive("a", 3, 10), drive("b", 3, 2)], "ba"),
    "by controller before address": (
        [SCSI_1, SCSI_0, drive("a", 4, 0), drive("b", 3, 9), drive("c", 4, 1)],
        "bac",
    ),
    "IDE, SATA, SCSI, NVMe": (
        [
            *(NVME_0, SCSI_0, SATA_0, IDE_1, IDE_0),
            *(drive("a", 8, 0), drive("b", 3, 0), drive("c", 7, 0), drive("d", 6, 0)),
            drive("e", 5, 1),
        ],
        "edcba",
    ),
    "controllers without an address by their ids": (
        [Item("20", SCSI), Item("9", SCSI), drive("a", 20, 0), drive("b", 9, 0)],
        "ba",
    ),
    "drives without a parent last": (
        [SCSI_0, drive("a", None, 0), drive("b", "", 1), drive("c", 3, 5), drive("d", 99, 0)],
        "cadb",
    ),
    "drives without an address as they stand": (
        [SCSI_0, drive("b", 3, None), drive("a", 3, "x")],
        "ba",
    ),
    "a drive that is its own parent": ([SCSI_0, drive("a", "i", 0, "i"), drive("b", 3, 0)], "ba"),
    "logical disks and storage volumes": (
        [SCSI_0, drive("a", 3, 2, kind=19), drive("b", 3, 1, kind=31), drive("c", 3, 0, kind=32)],
        "cba",
    ),
    "a CD-ROM is no disk": ([SCSI_0, drive("a", 3, 0, kind=CDROM), drive("b", 3, 1)], "b"),
}


@pytest.mark.parametrize("version", ovas.NAMESPACES)
@pytest.mark.parametrize("name", ORDERS)
def test_disks_come_as_a_bios_counts_them(name: str, version: str) -> None:
    hardware, expected = ORDERS[name]

    assert "".join(hrefs(described(*hardware, version=version))) == expected


def test_a_disk_that_no_drive_holds_is_left_out() -> None:
    disks = [Disk("a.vmdk", None, GIB, disk_id="a"), Disk("b.vmdk", None, GIB, disk_id="b")]

    assert hrefs(ovas.descriptor(disks, [SCSI_0, drive("b", 3, 0)])) == ["b.vmdk"]


@pytest.mark.parametrize(
    "resource",
    ["ovf:/disk/vmdisk1", "/disk/vmdisk1", "disk/vmdisk1", " ovf:/disk/vmdisk1\n"],
)
def test_makers_spell_the_reference_to_a_disk_in_their_ways(resource: str) -> None:
    hardware = [SCSI_0, Item("9", DISK, parent=3, place=0, resource=resource)]

    found = ovf.drives(ovas.descriptor([Disk("a.vmdk", 7, GIB)], hardware).encode())

    assert found == [Drive("a.vmdk", 7, GIB, False)]


@pytest.mark.parametrize("resource", ["ovf:/file/file1", "/file/file1", "file/file1"])
def test_a_drive_may_name_a_file_without_a_capacity(resource: str) -> None:
    hardware = [SCSI_0, Item("9", DISK, parent=3, place=0, resource=resource)]

    found = ovf.drives(ovas.descriptor([Disk("a.vmdk", 7, GIB)], hardware).encode())

    assert found == [Drive("a.vmdk", 7, 0, False)]


def test_one_machine_in_a_collection_is_as_good_as_alone() -> None:
    text = described(SCSI_0, drive("a", 3, 0))

    wrapped = text.replace("<VirtualSystem>", "<VirtualSystemCollection><VirtualSystem>")
    wrapped = wrapped.replace("</VirtualSystem>", "</VirtualSystem></VirtualSystemCollection>")

    assert hrefs(wrapped) == ["a"]


def test_of_several_hardware_sections_the_first_counts() -> None:
    text = described(SCSI_0, drive("a", 3, 0))
    begin, end = text.index("<VirtualHardwareSection>"), text.index("</VirtualSystem>")

    assert hrefs(text[:end] + text[begin:end] + text[end:]) == ["a"]


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ("", "a"),
        ('<Configuration ovf:id="small"/><Configuration ovf:id="large"/>', "ab"),
        ('<Configuration ovf:id="small"/><Configuration ovf:id="large" ovf:default="true"/>', "ac"),
    ],
)
def test_what_only_another_configuration_has_is_left_out(offered: str, expected: str) -> None:
    text = described(SCSI_0, drive("a", 3, 0), drive("b", 3, 1), drive("c", 3, 2))
    first, second, third, fourth, fifth = text.split("<Item>")
    text = (
        f"{first}<Item>{second}<Item>{third}"
        f'<Item ovf:configuration="small tiny">{fourth}<Item ovf:configuration="large">{fifth}'
    )
    options = ovas.section("DeploymentOptionSection", offered)

    assert "".join(hrefs(text.replace("<DiskSection>", f"{options}<DiskSection>"))) == expected


# Sizes


@pytest.mark.parametrize(
    ("capacity", "units", "expected"),
    [
        ("1073741824", None, GIB),
        ("1073741824", "", GIB),
        (" 1073741824 ", "byte", GIB),
        ("0x40000000", "byte", GIB),
        ("1", "byte * 2^30", GIB),
        ("1", "byte*2^30", GIB),
        ("1", "Byte * 0x40000000", GIB),
        ("1", "byte * 1024 * 1024 * 1024", GIB),
        ("1024", "byte * 2^10 * 2^10", GIB),
        ("3", "byte * 10^9", 3_000_000_000),
        ("1048576", "KiloBytes", GIB),
        ("1024", "MegaBytes", GIB),
        ("1", "GigaBytes", GIB),
        ("2", "TeraBytes", 2 << 40),
        ("1024", "MB", GIB),
        ("1", "GiB", GIB),
        ("1", "gigabyte", GIB),
        ("8796093022207", "byte", (8 << 40) - 1),
        ("008", "byte * 2^30", 8 * GIB),
        ("0", "byte", 0),
    ],
)
def test_capacities(capacity: str, units: str | None, expected: int) -> None:
    text = ovas.descriptor([Disk("a.vmdk", 7, capacity, units)])

    assert ovf.drives(text.encode())[0].capacity == expected


@pytest.mark.parametrize(
    ("capacity", "units"),
    [
        ("", "byte"),
        ("-1", "byte"),
        ("1.5", "byte"),
        ("1e9", "byte"),
        ("1_000", "byte"),
        ("٣", "byte"),
        ("${size}", "byte"),
        ("9" * 100_000, "byte"),
        ("1", "furlong"),
        ("1", "byte * 2^"),
        ("1", "byte * 2^65"),
        ("1", "byte * 99999999999999999999^64"),
        ("1", "byte * 0"),
        ("1", "byte *"),
        ("1", "byte + 7"),
        ("1", "byte * 2^30" + " * 2" * 100_000),
    ],
)
def test_what_is_no_capacity_is_refused(capacity: str, units: str) -> None:
    with pytest.raises(ClientError, match=r"The size '.{0,100}' is not valid"):
        ovf.drives(ovas.descriptor([Disk("a.vmdk", 7, capacity, units)]).encode())


@pytest.mark.parametrize(
    ("capacity", "units"),
    [(str(8 << 40), "byte"), ("8192", "GigaBytes"), ("8", "byte * 2^40"), ("9" * 20, "byte")],
)
def test_a_disk_of_8_tib_is_too_large(capacity: str, units: str) -> None:
    with pytest.raises(ClientError, match="must be smaller than 8 TiB"):
        ovf.drives(ovas.descriptor([Disk("a.vmdk", 7, capacity, units)]).encode())


# What is not the machine's


def test_other_files_may_be_listed_and_are_ignored() -> None:
    text = ovas.descriptor([Disk("a.vmdk", 7, GIB)]).replace("</References>", f"{ISO}</References>")
    images = '<Disk ovf:diskId="cd" ovf:fileRef="iso1" ovf:capacity="7"/></DiskSection>'
    cd = Item("30", CDROM, parent=3, place=1, resource="ovf:/disk/cd")
    text = text.replace("</DiskSection>", images)
    text = text.replace(
        "</VirtualHardwareSection>", ovas.item_text(cd, "1.0") + "</VirtualHardwareSection>"
    )

    assert hrefs(text) == ["a.vmdk"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_descriptor_may_be_in_any_encoding_that_it_names(encoding: str) -> None:
    text = ovas.descriptor([Disk("größe.vmdk", 7, GIB)])

    data = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)

    assert ovf.drives(data)[0].href == "größe.vmdk"


def test_a_long_namespace_is_not_put_in_front_of_every_name() -> None:
    elements = "".join(f"<a:b{number}/>" for number in range(200))
    text = f'<Envelope xmlns:a="{"u" * 1_000_000}">{elements}</Envelope>'.encode()

    tracemalloc.start()
    root = envelope.read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(root) == 200
    assert peak < 10_000_000


def test_a_prefix_of_a_namespace_is_no_attribute() -> None:
    text = ovas.descriptor([Disk("a.vmdk", 7, GIB)])

    assert hrefs(text.replace("<File ", '<File xmlns:href="b.vmdk" ')) == ["a.vmdk"]
