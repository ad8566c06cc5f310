"""Disk images for tests: good ones made by qemu-img, bad ones crafted byte by byte.

Builders write a file and return its path, or take and return bytes where an image is spoilt.
"""

import io
import os
import random
import struct
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from awscrt import checksums

from converters.codec import sparse_extent
from converters.stages.formats import vhd

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"

SECTOR = 512
MIB = 1 << 20
TIB = 1 << 40

# What qemu-img calls the formats that are imported.
KINDS: dict[str, tuple[str, list[str]]] = {
    "stream VMDK": ("VMDK", ["-O", "vmdk", "-o", "subformat=streamOptimized"]),
    "fixed VHD": ("VHD", ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]),
    "dynamic VHD": ("VHD", ["-O", "vpc", "-o", "subformat=dynamic,force_size=on"]),
    "fixed VHDX": ("VHDX", ["-O", "vhdx", "-o", "subformat=fixed"]),
    "dynamic VHDX": ("VHDX", ["-O", "vhdx", "-o", "subformat=dynamic"]),
}


def qemu_img(*arguments: str | Path) -> None:
    subprocess.run(["qemu-img", *arguments], check=True, stdout=subprocess.DEVNULL)


def raw(target: Path, size: int, seed: int = 1) -> Path:
    """A sparse disk: runs of data that deflate well, badly or not at all, and holes between."""
    chance = random.Random(seed)
    with target.open("wb") as file:
        file.truncate(size)
        offset = 0
        while offset < size:
            length = min(chance.randrange(1, 300_000), size - offset)
            file.seek(offset)
            file.write(chance.choice([chance.randbytes, words])(length))
            offset += length + chance.randrange(1, 1_000_000)
        file.seek(size - min(size, 100))  # the end matters most
        file.write(chance.randbytes(min(size, 100)))
        file.seek(0)
        file.write(b"\xeb\x63\x90"[:size])  # boot code, as a real disk begins
    return target


def unsealed(sealed: Path, passphrase: bytes, target: Path) -> Path:
    """What qemu-img makes of an encrypted disk."""
    pipe, writing = os.pipe()
    os.write(writing, passphrase)
    os.close(writing)
    image = f"driver=qcow2,encrypt.format=luks,encrypt.key-secret=s,file.filename={sealed}"
    secret = f"secret,id=s,file=/dev/fd/{pipe}"
    subprocess.run(
        ["qemu-img", "convert", "--object", secret, "--image-opts", image, "-O", "raw", target],
        check=True,
        pass_fds=(pipe,),
    )
    os.close(pipe)
    return target


def words(length: int) -> bytes:
    return (b"the quick brown fox jumps over the lazy dog. " * (length // 45 + 1))[:length]


def converted(kind: str, source: Path, target: Path) -> Path:
    """The raw disk in another format."""
    qemu_img("convert", "-f", "raw", *KINDS[kind][1], source, target)
    return target


def made(kind: str, folder: Path, size: int = 3 * MIB) -> bytes:
    """The bytes of a good image of a kind."""
    source = raw(folder / "source.raw", size)
    target = converted(kind, source, folder / "source.image")
    source.unlink()
    data = target.read_bytes()
    target.unlink()
    return data


def created(folder: Path, *arguments: str, size: str = "3M") -> bytes:
    """The bytes of what qemu-img makes when told to create something."""
    target = folder / "created.image"
    qemu_img("create", *arguments, target, size)
    return target.read_bytes()


# VMDK


def stream_vmdk(
    descriptor: str | None = None,
    capacity: int = 6144,
    directory: list[int] | None = None,
    tables: bytes = b"",
    footer: bytes | None = None,
    **fields: Any,
) -> bytes:
    """A stream-optimized VMDK without data; any of its parts may be made wrong.

    The grain directory is in sector 21, tables begin in sector 22 or after the directory.
    """
    text = (DESCRIPTOR if descriptor is None else descriptor).encode()
    header = sparse_extent.Header(
        magic=b"KDMV",
        version=3,
        flags=0x30001,
        capacity=capacity,
        grain=128,
        descriptor=1,
        descriptor_length=20,
        entries=512,
        spare_directory=0,
        directory=21,
        overhead=22,
        unclean=False,
        newlines=b"\n \r\n",
        compression=1,
    )._replace(**fields)
    places = directory or [0] * -(-capacity // (128 * 512))
    return b"".join(
        (
            sparse_extent.HEADER.pack(*header).ljust(SECTOR, b"\0"),
            text.ljust(20 * SECTOR, b"\0"),
            padded(struct.pack(f"<{len(places)}I", *places)),
            padded(tables),
            b"\0" * 64 * SECTOR,
            footer or b"",
        )
    )


DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="streamOptimized"
# Extent description
RW 6144 SPARSE "disk.vmdk"
# The Disk Data Base
ddb.adapterType = "ide"
"""


def padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // SECTOR) * SECTOR, b"\0")


def with_footer(folder: Path) -> bytes:
    """A stream VMDK as VMware writes it: the directory is at the end, and a footer tells where."""
    data = made("stream VMDK", folder)
    header = sparse_extent.Header(*sparse_extent.HEADER.unpack_from(data))
    directory = data[header.directory * SECTOR :][:SECTOR]
    place = -(-len(data) // SECTOR)
    front = sparse_extent.HEADER.pack(*header._replace(directory=sparse_extent.AT_END))
    back = sparse_extent.HEADER.pack(*header._replace(directory=place))
    marker = struct.pack("<QII", 1, 0, 3)
    return b"".join(
        (
            front
            + data[sparse_extent.HEADER.size : place * SECTOR].ljust(
                place * SECTOR - len(front), b"\0"
            ),
            padded(directory),
            padded(marker),
            padded(back),
            b"\0" * SECTOR,
        )
    )


def bomb() -> bytes:
    """A VMDK of 1 TiB whose every grain is the same one."""
    tables = 32768
    first = 21 + tables * 4 // SECTOR
    grain = first + tables * 4
    places = [first + 4 * number for number in range(tables)]
    return stream_vmdk(
        capacity=TIB // SECTOR,
        directory=places,
        tables=struct.pack("<512I", *[grain] * 512) * tables,
    )


# VHD


def checked(data: bytes, at: int) -> bytes:
    """A VHD footer or header with the right checksum."""
    return data[:at] + struct.pack(">I", vhd.checksum(data, at)) + data[at + 4 :]


def vhd_footer(size: int, kind: int = 2, place: int = 0xFFFFFFFFFFFFFFFF) -> bytes:
    """A footer as Virtual PC writes it."""
    footer = struct.pack(
        ">8sIIQI4sI4sQQHBBII16sB",
        *(b"conectix", 2, 0x10000, place, 0, b"vmie", 0x10000, b"Wi2k"),
        *(size, size, 65535, 16, 255, kind, 0, bytes(16), 0),
    ).ljust(512, b"\0")
    return checked(footer, 64)


def dynamic_vhd(
    size: int = 4 * MIB,
    blocks: list[int] | None = None,
    kind: int = 3,
    block: int = 2 * MIB,
    data: bytes = b"",
    entries: int | None = None,
) -> bytes:
    """A dynamic VHD; the block table is in sector 3."""
    needed = -(-size // block)
    table = [0xFFFFFFFF] * needed if blocks is None else blocks
    footer = vhd_footer(size, kind, 512)
    header = struct.pack(
        ">8sQQIII",
        *(b"cxsparse", 0xFFFFFFFFFFFFFFFF, 1536, 0x10000, entries or needed, block),
    ).ljust(1024, b"\0")
    return b"".join(
        (footer, checked(header, 36), padded(struct.pack(f">{len(table)}I", *table)), data, footer)
    )


# VHDX


def sealed(data: bytes) -> bytes:
    """A VHDX header or table with the right checksum."""
    blank = data[:4] + bytes(4) + data[8:]
    return blank[:4] + struct.pack("<I", checksums.crc32c(blank)) + blank[8:]


def vhdx_item(data: bytes, guid: bytes) -> int:
    """Where an item of the metadata is."""
    region = data.index(b"metadata")
    entry = data.index(guid, region)
    (offset,) = struct.unpack_from("<I", data, entry + 16)
    return region + int(offset)


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def vhdx_with_parent(folder: Path) -> bytes:
    from converters.stages.formats import vhdx

    data = made("dynamic VHDX", folder)
    at = vhdx_item(data, vhdx.FILE_PARAMETERS.bytes_le) + 4
    return patched(data, at, struct.pack("<I", vhdx.HAS_PARENT))


def vhdx_of_size(folder: Path, size: int) -> bytes:
    from converters.stages.formats import vhdx

    data = made("dynamic VHDX", folder)
    return patched(data, vhdx_item(data, vhdx.DISK_SIZE.bytes_le), struct.pack("<Q", size))


def vhdx_block_outside(folder: Path) -> bytes:
    from converters.stages.formats import vhdx

    data = made("dynamic VHDX", folder)
    entry = data.index(vhdx.BLOCK_TABLE.bytes_le, vhdx.REGIONS[0])
    (table,) = struct.unpack_from("<Q", data, entry + 16)
    return patched(data, table, struct.pack("<Q", 1 << 40 | vhdx.PRESENT))


# Others


def qcow2(folder: Path, backing_file: str | None = None) -> bytes:
    backing = ["-b", backing_file, "-F", "raw", "-u"] if backing_file else []
    return created(folder, "-f", "qcow2", *backing)


def ova(folder: Path) -> bytes:
    """An archive that begins like an OVA."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in (("vm.ovf", b"<Envelope/>"), ("vm.vmdk", made("stream VMDK", folder))):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return archive.getvalue()


def sparse(target: Path, size: int, head: bytes = b"", tail: bytes = b"") -> Path:
    """A file with nothing between its head and its tail."""
    with target.open("wb") as file:
        file.write(head)
        file.truncate(size)
        file.seek(size - len(tail))
        file.write(tail)
    return target


def descriptor(kind: str, extent: str, parent: str = "ffffffff", hint: str = "") -> str:
    """The text of a VMDK descriptor."""
    lines = [
        "# Disk DescriptorFile",
        "version=1",
        "CID=fffffffe",
        f"parentCID={parent}",
        f'createType="{kind}"',
        f'parentFileNameHint="{hint}"' if hint else "",
        "# Extent description",
        extent,
        'ddb.adapterType = "ide"',
        "",
    ]
    return "\n".join(lines)


def host_file(folder: Path) -> Path:
    """A file of the host that no image may reach."""
    secret = folder / "secret"
    secret.write_bytes(b"the host's secret".ljust(MIB, b"!"))
    return secret


Builder = Callable[[Path], bytes]

UNSUPPORTED_VMDK = "Disk validation failed [Unsupported VMDK File Format]"
CORRUPT_VMDK = "Uncompressed data has an invalid length"
BROKEN_VHD = "Footers not identical"
UNSUPPORTED_VHDX = "Disk validation failed [Unsupported VHDX File Format]"
WRONG_FORMAT = "Disk validation failed [Unsupported specified file format]"
TOO_LARGE = "Disk validation failed [The disk image must be smaller than 16 TiB]"
EMPTY = "Disk validation failed [The disk image is empty]"


def _cut(kind: str, *, keep: float) -> Builder:
    def build(folder: Path) -> bytes:
        data = made(kind, folder)
        return data[: int(len(data) * keep)]

    return build


def _flat(folder: Path) -> bytes:
    return descriptor("monolithicFlat", f'RW 2048 FLAT "{host_file(folder)}" 0').encode()


def _embedded(text: str) -> Builder:
    return lambda folder: stream_vmdk(text.format(host_file(folder)))


def _leading_elsewhere(folder: Path) -> bytes:
    """A header without capacity makes qemu take the text within for a descriptor of files."""
    text = descriptor("monolithicFlat", f'RW 2048 FLAT "{host_file(folder)}" 0')
    return stream_vmdk(text, capacity=0, directory=[0])


def _garbled(folder: Path) -> bytes:
    data = made("stream VMDK", folder)
    return patched(data, len(data) - 70_000, os.urandom(3000))


def _grain_outside(folder: Path) -> bytes:
    return stream_vmdk(directory=[22], tables=struct.pack("<512I", 1 << 30, *[0] * 511))


def _footer_cut(folder: Path) -> bytes:
    return with_footer(folder)[:-SECTOR]


def _footer_differs(folder: Path) -> bytes:
    data = with_footer(folder)
    at = len(data) - 2 * SECTOR + 12  # the capacity
    return patched(data, at, struct.pack("<Q", 0))


def _vhd_footer_broken(folder: Path) -> bytes:
    data = made("fixed VHD", folder)
    return patched(data, len(data) - 100, b"x")


def _vhd_footers_differ(folder: Path) -> bytes:
    data = made("dynamic VHD", folder)
    return data[:-512] + vhd_footer(3 * MIB, 3, 512)


# What is refused: the image, what the client says it is, and what the client is told.
REFUSED: dict[str, tuple[Builder, str | None, str]] = {
    # not stream-optimized, or leading to another file
    "monolithic sparse VMDK": (lambda f: created(f, "-f", "vmdk"), "VMDK", UNSUPPORTED_VMDK),
    "monolithic sparse VMDK, undeclared": (
        lambda f: created(f, "-f", "vmdk"),
        None,
        UNSUPPORTED_VMDK,
    ),
    "flat VMDK with a host file": (_flat, "VMDK", UNSUPPORTED_VMDK),
    "flat VMDK with a host file, undeclared": (_flat, None, UNSUPPORTED_VMDK),
    "split sparse VMDK": (
        lambda f: created(f, "-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "split flat VMDK": (
        lambda f: created(f, "-f", "vmdk", "-o", "subformat=twoGbMaxExtentFlat"),
        "vmdk",
        UNSUPPORTED_VMDK,
    ),
    "RDM descriptor": (
        lambda f: descriptor("vmfsRawDeviceMap", 'RW 2048 VMFSRDM "disk-rdm.vmdk"').encode(),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "pass-through RDM descriptor": (
        lambda f: descriptor("vmfsPassthroughRawDeviceMap", 'RW 8 VMFSRDM "d-rdmp.vmdk"').encode(),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "SEsparse descriptor": (
        lambda f: descriptor("seSparse", 'RW 2048 SESPARSE "disk-sesparse.vmdk"').encode(),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "SEsparse extent": (
        lambda f: struct.pack("<QQ", 0xCAFEBABE, 0x200000001).ljust(8192, b"\0"),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "ESX sparse extent": (lambda f: b"COWD".ljust(4096, b"\0"), "VMDK", UNSUPPORTED_VMDK),
    "VMDK that leads to a host file": (_leading_elsewhere, "VMDK", UNSUPPORTED_VMDK),
    "stream VMDK with an extent elsewhere": (
        _embedded(descriptor("streamOptimized", 'RW 6144 SPARSE "{}"')),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "stream VMDK with two extents": (
        _embedded(descriptor("streamOptimized", 'RW 8 SPARSE "a"\nRW 8 FLAT "{}" 0')),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "stream VMDK with a parent": (
        _embedded(descriptor("streamOptimized", 'RW 6144 SPARSE "a"', "12345678", "{}")),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "VMDK that is compressed but not a stream": (
        _embedded(descriptor("monolithicSparse", 'RW 6144 SPARSE "a"')),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "VMDK with compression algorithm 0": (
        lambda f: stream_vmdk(compression=0),
        "VMDK",
        UNSUPPORTED_VMDK,
    ),
    "VMDK of version 4": (lambda f: stream_vmdk(version=4), "VMDK", UNSUPPORTED_VMDK),
    # cut off or garbled
    "VMDK header alone": (lambda f: b"KDMV\x03\0\0\0", "VMDK", CORRUPT_VMDK),
    "VMDK cut in the middle": (_cut("stream VMDK", keep=0.5), "VMDK", CORRUPT_VMDK),
    "VMDK cut in its last grain": (
        lambda f: made("stream VMDK", f).rstrip(b"\0")[:-10],
        "VMDK",
        CORRUPT_VMDK,
    ),
    "VMDK cut in its tables": (_cut("stream VMDK", keep=0.004), "VMDK", CORRUPT_VMDK),
    "VMDK with garbled grains": (_garbled, "VMDK", CORRUPT_VMDK),
    "VMDK sent as text": (lambda f: stream_vmdk(newlines=b"\r\n\r\n"), "VMDK", CORRUPT_VMDK),
    "VMDK with a grain outside": (_grain_outside, "VMDK", CORRUPT_VMDK),
    "VMDK with a table outside": (lambda f: stream_vmdk(directory=[1 << 30]), "VMDK", CORRUPT_VMDK),
    "VMDK with its directory outside": (
        lambda f: stream_vmdk()[:56] + struct.pack("<Q", 1 << 50) + stream_vmdk()[64:],
        "VMDK",
        CORRUPT_VMDK,
    ),
    "VMDK without its footer": (_footer_cut, "VMDK", CORRUPT_VMDK),
    "VMDK whose footer differs": (_footer_differs, "VMDK", CORRUPT_VMDK),
    "VMDK that is a bomb": (lambda f: bomb(), "VMDK", CORRUPT_VMDK),
    "differencing VHD": (lambda f: dynamic_vhd(kind=4), "VHD", BROKEN_VHD),
    "differencing VHD, undeclared": (lambda f: dynamic_vhd(kind=4), None, BROKEN_VHD),
    "fixed VHD with a broken footer": (_vhd_footer_broken, "VHD", BROKEN_VHD),
    "dynamic VHD with differing footers": (_vhd_footers_differ, "VHD", BROKEN_VHD),
    "dynamic VHD cut off": (_cut("dynamic VHD", keep=0.7), "VHD", BROKEN_VHD),
    "fixed VHD cut in the middle": (
        lambda f: made("fixed VHD", f)[: 2 * MIB] + vhd_footer(3 * MIB),
        "VHD",
        BROKEN_VHD,
    ),
    "VHD with a block outside": (
        lambda f: dynamic_vhd(blocks=[1 << 20, 0xFFFFFFFF]),
        "VHD",
        BROKEN_VHD,
    ),
    "VHD that is a bomb": (
        lambda f: dynamic_vhd(size=100 * MIB, blocks=[4] * 50, data=bytes(2 * MIB + 512)),
        "VHD",
        BROKEN_VHD,
    ),
    "VHD with too few blocks": (lambda f: dynamic_vhd(entries=1), "VHD", BROKEN_VHD),
    "VHD with odd blocks": (lambda f: dynamic_vhd(block=3 * MIB), "VHD", BROKEN_VHD),
    "VHD without a disk": (lambda f: vhd_footer(0), "VHD", BROKEN_VHD),
    "VHDX with a parent": (vhdx_with_parent, "VHDX", UNSUPPORTED_VHDX),
    "VHDX with a parent, undeclared": (vhdx_with_parent, None, UNSUPPORTED_VHDX),
    "VHDX signature alone": (lambda f: b"vhdxfile", "VHDX", UNSUPPORTED_VHDX),
    "VHDX cut in the middle": (_cut("dynamic VHDX", keep=0.5), "VHDX", UNSUPPORTED_VHDX),
    "fixed VHDX cut near the end": (_cut("fixed VHDX", keep=0.9), "VHDX", UNSUPPORTED_VHDX),
    "VHDX cut in its header": (_cut("dynamic VHDX", keep=0.01), "VHDX", UNSUPPORTED_VHDX),
    "VHDX with a block outside": (vhdx_block_outside, "VHDX", UNSUPPORTED_VHDX),
    # not what the client said, or nothing that is imported
    "qcow2 as raw": (qcow2, "RAW", WRONG_FORMAT),
    "qcow2 as VMDK": (qcow2, "VMDK", WRONG_FORMAT),
    "qcow2, undeclared": (qcow2, None, WRONG_FORMAT),
    "qcow2 with a backing file": (lambda f: qcow2(f, "/etc/passwd"), "RAW", WRONG_FORMAT),
    "VDI": (lambda f: created(f, "-f", "vdi"), None, WRONG_FORMAT),
    "QED": (lambda f: created(f, "-f", "qed"), "raw", WRONG_FORMAT),
    "Parallels": (lambda f: created(f, "-f", "parallels"), None, WRONG_FORMAT),
    "OVA as OVA": (ova, "OVA", WRONG_FORMAT),
    "OVA, undeclared": (ova, None, WRONG_FORMAT),
    "raw disk as an unknown format": (lambda f: words(MIB), "iso", WRONG_FORMAT),
    "raw disk as VMDK": (lambda f: words(MIB), "VMDK", WRONG_FORMAT),
    "raw disk as VHD": (lambda f: words(MIB), "VHD", WRONG_FORMAT),
    "VMDK as VHD": (lambda f: made("stream VMDK", f), "VHD", WRONG_FORMAT),
    "VHD as raw": (lambda f: made("fixed VHD", f), "RAW", WRONG_FORMAT),
    "VHD as VHDX": (lambda f: made("dynamic VHD", f), "VHDX", WRONG_FORMAT),
    "VHDX as VHD": (lambda f: made("dynamic VHDX", f), "VHD", WRONG_FORMAT),
    "non-stream VMDK as raw": (lambda f: created(f, "-f", "vmdk"), "RAW", WRONG_FORMAT),
    "empty object": (lambda f: b"", "RAW", EMPTY),
    "empty object, undeclared": (lambda f: b"", None, EMPTY),
    # too large
    "VMDK of 16 TiB": (lambda f: stream_vmdk(capacity=16 * TIB // SECTOR), "VMDK", TOO_LARGE),
    "VHD of 16 TiB": (lambda f: dynamic_vhd(size=16 * TIB, block=1 << 30), "VHD", TOO_LARGE),
    "VHDX of 16 TiB": (lambda f: vhdx_of_size(f, 16 * TIB), "VHDX", TOO_LARGE),
}
