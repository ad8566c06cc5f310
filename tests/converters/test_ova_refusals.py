"""What is not a whole and honest OVA is refused before anything is converted, and says why."""

from collections.abc import Callable
from pathlib import Path

import pytest

from converters.errors import ClientError
from converters.stages import envelope, manifest
from converters.stages.ova import open_ova
from tests import ovas
from tests.ovas import DISK, SCSI, Disk, Item, member

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

Build = Callable[[Path], Path]

GIB = 1 << 30
IMAGE = b"KDMV" * 1000
SIZE = len(IMAGE)
GOOD = Disk("disk.vmdk", SIZE, GIB)
SCSI_0 = Item("3", SCSI, address=0)
ZEROS = "0" * 64


def told(reason: str) -> str:
    return f"Disk validation failed [OVF file parsing error: {reason}]"


def packed(text: str | bytes | None, **files: bytes) -> Build:
    """An OVA of a descriptor, a disk and other files, where `__` stands for a dot in a name."""
    named = {name.replace("__", "."): content for name, content in files.items()}
    descriptor = text.encode() if isinstance(text, str) else text
    front = {} if descriptor is None else {"vm.ovf": descriptor}
    return lambda target: ovas.packed(target, {**front, "disk.vmdk": IMAGE, **named})


def described(*disks: Disk, hardware: list[Item] | None = None) -> Build:
    return packed(ovas.descriptor(disks or [GOOD], hardware))


def changed(old: str, new: str) -> Build:
    """An OVA with a piece of its good descriptor made wrong."""
    text = ovas.descriptor([GOOD])
    assert old in text
    return packed(text.replace(old, new))


def listed(lines: str) -> Build:
    """An OVA with a manifest."""
    return packed(ovas.descriptor([GOOD]), vm__mf=lines.encode())


def raw(*parts: bytes) -> Build:
    """An archive put together by hand, with a good OVA in front."""

    def build(target: Path) -> Path:
        described()(target)
        front = target.read_bytes().rstrip(b"\0")
        target.write_bytes(ovas.padded(front) + b"".join(parts) + ovas.END)
        return target

    return build


def drive(resource: str | None) -> Build:
    return described(hardware=[SCSI_0, Item("9", DISK, parent=3, place=0, resource=resource)])


OUTSIDE = {
    "absolute": "/etc/passwd",
    "absolute, as in a URL": "%2Fetc%2Fpasswd",
    "of the folder above": "../disk.vmdk",
    "of a folder above": "disks/../../disk.vmdk",
    "of the folder above, as in a URL": "%2e%2e/disk.vmdk",
    "of the folder above in Windows": "..\\disk.vmdk",
    "of a drive": "C:\\disk.vmdk",
    "of a share": "\\\\server\\disk.vmdk",
    "of a host": "//server/disk.vmdk",
    "in the web": "https://example.com/disk.vmdk",
    "in the filesystem": "file:///etc/passwd",
    "a device": "nbd:localhost:1",
    "nothing": "",
}
DOCTYPE = '<!DOCTYPE Envelope [<!ENTITY a "aaaaaaaaaa">%s]>'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))

REFUSED: dict[str, tuple[Build, str]] = {
    # the archive
    "a symbolic link": (
        raw(ovas.header(b"other.vmdk", 0, b"2", link=b"/etc/passwd")),
        "Disk validation failed [Unsupported OVA format]",
    ),
    "a hard link": (
        raw(ovas.header(b"other.vmdk", 0, b"1", link=b"disk.vmdk")),
        "Disk validation failed [Unsupported OVA format]",
    ),
    "a bomb of members": (
        raw(b"".join(ovas.header(b"%d" % number, 0) for number in range(10_000))),
        "Disk validation failed [Unsupported OVA format]",
    ),
    "an archive that is cut off": (
        raw(ovas.header(b"other.vmdk", 1 << 30)),
        "Disk validation failed [Unsupported OVA format]",
    ),
    "the same disk again": (
        raw(member(b"disk.vmdk", b"another")),
        told("The file 'disk.vmdk' is in the archive more than once"),
    ),
    "the same disk again under another spelling": (
        raw(member(b"./disk.vmdk", b"another")),
        told("The file 'disk.vmdk' is in the archive more than once"),
    ),
    "the same descriptor again": (
        raw(member(b"vm.ovf", b"another")),
        told("The file 'vm.ovf' is in the archive more than once"),
    ),
    # the descriptor
    "no descriptor": (packed(None), told("The archive has no OVF descriptor")),
    "two descriptors": (
        packed(ovas.descriptor([GOOD]), sub__OVF=b"<Envelope/>"),
        told("The archive has more than one OVF descriptor"),
    ),
    "an empty descriptor": (packed(b""), told("The descriptor is not valid OVF")),
    "a descriptor that is no XML": (packed(b"OVF"), told("The descriptor is not valid OVF")),
    "a descriptor that is cut off": (
        packed(ovas.descriptor([GOOD])[:-5]),
        told("The descriptor is not valid OVF"),
    ),
    "a descriptor in no encoding": (
        packed(b'<?xml version="1.0" encoding="x-none"?><Envelope/>'),
        told("The descriptor is not valid OVF"),
    ),
    "a descriptor in two encodings": (
        packed(b"<Envelope>\xff</Envelope>"),
        told("The descriptor is not valid OVF"),
    ),
    "a page of the web": (packed(b"<html/>"), told("The descriptor is not valid OVF")),
    "a doctype": (
        changed("<Envelope", "<!DOCTYPE Envelope><Envelope"),
        told("The descriptor is not valid OVF"),
    ),
    "a doctype elsewhere": (
        changed("<Envelope", '<!DOCTYPE Envelope SYSTEM "file:///etc/passwd"><Envelope'),
        told("The descriptor is not valid OVF"),
    ),
    "a billion laughs": (
        changed("<Envelope", DOCTYPE % LAUGHS.replace("&a0;", "&a;") + "<Envelope"),
        told("The descriptor is not valid OVF"),
    ),
    "a descriptor that is too large": (
        packed(b"<Envelope>" + b" " * envelope.LARGEST),
        told("The descriptor or the manifest is too large"),
    ),
    "a descriptor of nothing but elements": (
        packed(b"<Envelope>" + b"<a/>" * 500_000 + b"</Envelope>"),
        told("The OVF must describe exactly one virtual machine"),
    ),
    "a descriptor that nests": (
        packed(b"<Envelope>" + b"<a>" * 250_000 + b"</a>" * 250_000 + b"</Envelope>"),
        told("The OVF must describe exactly one virtual machine"),
    ),
    "no machine": (
        changed("VirtualSystem>", "VirtualSystems>"),
        told("The OVF must describe exactly one virtual machine"),
    ),
    "two machines": (
        changed("</Envelope>", "<VirtualSystem/></Envelope>"),
        told("The OVF must describe exactly one virtual machine"),
    ),
    "a collection of two machines": (
        changed(
            "</Envelope>",
            "<VirtualSystemCollection><VirtualSystem/></VirtualSystemCollection></Envelope>",
        ),
        told("The OVF must describe exactly one virtual machine"),
    ),
    "no hardware": (
        changed("VirtualHardwareSection>", "Hardware>"),
        told("The virtual machine has no disks"),
    ),
    "no drives": (described(hardware=[SCSI_0]), told("The virtual machine has no disks")),
    # references
    "a drive without a disk": (drive(None), told("The disk '9' has no file of its own")),
    "a drive with an unknown disk": (
        drive("ovf:/disk/other"),
        told("The reference 'ovf:/disk/other' is not valid"),
    ),
    "a drive with an unknown file": (
        drive("ovf:/file/other"),
        told("The reference 'other' is not valid"),
    ),
    "a drive with a disk of the host": (
        drive("/dev/sda"),
        told("The reference '/dev/sda' is not valid"),
    ),
    "a drive with a disk of the network": (
        drive("nfs://host/disk/a"),
        told("The reference 'nfs://host/disk/a' is not valid"),
    ),
    "a disk with an unknown file": (
        changed('fileRef="file1"', 'fileRef="file7"'),
        told("The reference 'file7' is not valid"),
    ),
    "a disk without a file": (
        changed('ovf:fileRef="file1"', ""),
        told("The disk 'vmdisk1' has no file of its own"),
    ),
    "a disk with a parent": (
        described(Disk("disk.vmdk", SIZE, GIB, attributes='ovf:parentRef="vmdisk2"')),
        told("The disk 'vmdisk1' has no file of its own"),
    ),
    "two disks of one id": (
        described(GOOD, Disk("b.vmdk", SIZE, GIB, disk_id="vmdisk1")),
        told("The reference 'vmdisk1' is not valid"),
    ),
    "two files of one id": (
        changed("</References>", '<File ovf:id="file1" ovf:href="b"/></References>'),
        told("The reference 'file1' is not valid"),
    ),
    "a file without an id": (
        changed('ovf:id="file1"', ""),
        told("The reference '' is not valid"),
    ),
    "one disk in two drives": (
        described(
            hardware=[
                SCSI_0,
                Item("8", DISK, parent=3, place=0, resource="ovf:/disk/vmdisk1"),
                Item("9", DISK, parent=3, place=1, resource="ovf:/file/file1"),
            ]
        ),
        told("The file 'disk.vmdk' is used by more than one disk"),
    ),
    "two disks of one file": (
        described(GOOD, Disk("./disk.vmdk", SIZE, GIB)),
        told("The file './disk.vmdk' is used by more than one disk"),
    ),
    "a disk that is not in the archive": (
        described(Disk("other.vmdk", SIZE, GIB)),
        told("The file 'other.vmdk' is not in the archive"),
    ),
    "a disk of another letter case": (
        described(Disk("DISK.VMDK", SIZE, GIB)),
        told("The file 'DISK.VMDK' is not in the archive"),
    ),
    "a name that can't be shown": (
        described(Disk("disk\u202e\U0001f4bf\n" + "x" * 200, SIZE, GIB)),
        told(f"The file 'disk?\U0001f4bf?{'x' * 93}' is not in the archive"),
    ),
    **{
        f"a file {name}": (
            described(Disk(href, SIZE, GIB)),
            told(f"The file '{href}' is outside the archive"),
        )
        for name, href in OUTSIDE.items()
    },
    "another file elsewhere": (
        changed("</References>", '<File ovf:id="iso" ovf:href="../a.iso"/></References>'),
        told("The file '../a.iso' is outside the archive"),
    ),
    # sizes and compression
    "chunks": (
        described(Disk("disk.vmdk", SIZE, GIB, file_attributes='ovf:chunkSize="2000000000"')),
        told("OVAs with chunked disk files are not supported"),
    ),
    "chunks that are there": (
        packed(
            ovas.descriptor([Disk("a", SIZE, GIB, file_attributes='ovf:chunkSize="1000"')]),
            a__000000000=b"x" * 1000,
            a__000000001=b"x" * 1000,
        ),
        told("OVAs with chunked disk files are not supported"),
    ),
    "a size too small": (
        described(Disk("disk.vmdk", SIZE - 1, GIB)),
        told("The size of the file 'disk.vmdk' does not match"),
    ),
    "a size too large": (
        described(Disk("disk.vmdk", SIZE + 1, GIB)),
        told("The size of the file 'disk.vmdk' does not match"),
    ),
    "a size that is none": (
        changed(f'ovf:size="{SIZE}"', 'ovf:size="4 KB"'),
        told("The size '4 KB' is not valid"),
    ),
    "no capacity": (changed(f'ovf:capacity="{GIB}"', ""), told("The size '' is not valid")),
    "a unit that is none": (
        described(Disk("disk.vmdk", SIZE, GIB, "pieces")),
        told("The size 'pieces' is not valid"),
    ),
    "a disk of 8 TiB": (
        described(Disk("disk.vmdk", SIZE, 16, "byte * 2^40")),
        "Disk validation failed [The disk image must be smaller than 8 TiB]",
    ),
    "compression by something else": (
        described(Disk("disk.vmdk", SIZE, GIB, compression="bzip2")),
        told("The compression of the file 'disk.vmdk' is not supported"),
    ),
    # the manifest
    "a digest of another file": (
        listed(f"SHA256(disk.vmdk)= {ZEROS}\n"),
        told("The digest of the file 'disk.vmdk' does not match the manifest"),
    ),
    "a digest cut off": (
        listed("SHA256(disk.vmdk)= 00\n"),
        told("The digest of the file 'disk.vmdk' does not match the manifest"),
    ),
    "a digest that is right, and one that isn't": (
        listed(
            ovas.manifest_of({"disk.vmdk": IMAGE}, ["SHA1"]).decode()
            + f"SHA256(disk.vmdk)= {ZEROS}\n"
        ),
        told("The digest of the file 'disk.vmdk' does not match the manifest"),
    ),
    "a digest of a file that is missing": (
        listed(f"SHA256(other.vmdk)= {ZEROS}\n"),
        told("The file 'other.vmdk' is not in the archive"),
    ),
    "a digest of a file of the host": (
        listed(f"SHA256(/etc/passwd)= {ZEROS}\n"),
        told("The file '/etc/passwd' is not in the archive"),
    ),
    "two digests that differ": (
        listed(f"SHA256(disk.vmdk)= {ZEROS}\nSHA256(./disk.vmdk)= {'1' * 64}\n"),
        told("The manifest is not valid"),
    ),
    "a digest of another kind": (
        listed("MD5(disk.vmdk)= 00\n"),
        told("The manifest is not valid"),
    ),
    "a digest that is none": (
        listed("SHA256(disk.vmdk)= none\n"),
        told("The manifest is not valid"),
    ),
    "a manifest that is none": (
        packed(ovas.descriptor([GOOD]), vm__mf=b"\xff\0\x01"),
        told("The manifest is not valid"),
    ),
    "a manifest that is too large": (
        listed("\n" * (manifest.LARGEST + 1)),
        told("The descriptor or the manifest is too large"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_a_good_ova_is_refused(name: str, tmp_path: Path) -> None:
    build, text = REFUSED[name]
    path = build(tmp_path / "vm.ova")

    with pytest.raises(ClientError) as refused:
        await open_ova(path)

    assert str(refused.value) == text


async def test_what_the_wrong_ones_are_made_from_is_right(tmp_path: Path) -> None:
    lines = ovas.manifest_of({"disk.vmdk": IMAGE}).decode()

    for build in (described(), drive("ovf:/file/file1"), listed(lines), raw()):
        assert len(await open_ova(build(tmp_path / "vm.ova"))) == 1
