"""What a volume begins with: the filesystem's name, UUID and label, as blkid prints them.

Each probe is given a source and answers None if it is not its own. The order is blkid's: what wraps
something else (a RAID member, LVM, an encrypted volume) before what could stand inside it.
https://github.com/util-linux/util-linux/tree/master/libblkid/src/superblocks
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from converters.guests.look.sources import Source


@dataclass(frozen=True, slots=True)
class Superblock:
    """What stands on a volume."""

    filesystem: str
    uuid: str | None = None
    label: str = ""


def probe(source: Source) -> Superblock | None:
    """Return what stands on a volume, None if nothing that is known does."""
    for own in PROBES:
        found = own(source)
        if found is not None:
            return found
    return None


def _linux_raid(source: Source) -> Superblock | None:
    # https://raid.wiki.kernel.org/index.php/RAID_superblock_formats
    sectors = source.size // 512
    for at in (0, 4096, ((sectors - 16) & ~7) * 512):  # 1.1, 1.2, 1.0
        head = source.read_at(at, 64)
        if head[:8] == struct.pack("<II", 0xA92B4EFC, 1):
            return Superblock("linux_raid_member", uuid(head[16:32]), _text(head[32:64]))
    head = source.read_at((source.size & ~0xFFFF) - 65536, 64)  # 0.90
    if head[:4] == struct.pack("<I", 0xA92B4EFC) and len(head) == 64:
        # the UUID is four numbers, the first of them apart from the others
        own = b"".join(head[4 * word : 4 * word + 4][::-1] for word in (5, 13, 14, 15))
        return Superblock("linux_raid_member", uuid(own))
    return None


def _lvm(source: Source) -> Superblock | None:
    for at in range(0, 2048, 512):
        head = source.read_at(at, 64)
        if head[:8] == b"LABELONE" and head[24:32] == b"LVM2 001":
            return Superblock("lvm", lvm_uuid(head[32:64]))
    return None


def lvm_uuid(letters: bytes) -> str:
    """Return an LVM id as LVM prints it: 6-4-4-4-4-4-6 letters."""
    text = letters.decode("ascii", "replace")
    return "-".join(text[at:end] for at, end in pairwise(_CUTS))


_CUTS: Final = (0, 6, 10, 14, 18, 22, 26, 32)


def _luks(source: Source) -> Superblock | None:
    # https://gitlab.com/cryptsetup/cryptsetup/-/wikis/Specification
    head = source.read_at(0, 512)
    if head[:6] != b"LUKS\xba\xbe":
        return None
    label = _text(head[24:72]) if head[6:8] == b"\0\2" else ""
    return Superblock("luks", _text(head[168:208]) or None, label)


def _bitlocker(source: Source) -> Superblock | None:
    # https://github.com/libyal/libbde/blob/main/documentation/
    head = source.read_at(0, 512)
    known = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")  # BitLocker To Go
    if head[3:11] == b"-FVE-FS-" or (head[3:11] == b"MSWIN4.1" and head[424:440] == known):
        return Superblock("bitlocker")
    return None


def _xfs(source: Source) -> Superblock | None:
    head = source.read_at(0, 512)
    if head[:4] != b"XFSB" or len(head) < 512:
        return None
    return Superblock("xfs", uuid(head[32:48]), _text(head[108:120]))


def _ext(source: Source) -> Superblock | None:
    # https://www.kernel.org/doc/html/latest/filesystems/ext4/super.html
    head = source.read_at(1024, 1024)
    if head[56:58] != b"\x53\xef" or len(head) < 1024:
        return None
    compatible, incompatible, read_only = struct.unpack_from("<III", head, 92)
    journal = compatible & 0x4
    if incompatible & 0x8:
        name = "jbd"  # a journal of another filesystem, on a device of its own
    elif read_only & ~0x7 or incompatible & ~0x16:
        name = "ext4"
    elif journal:
        name = "ext3"
    else:
        name = "ext4" if incompatible & 0x4 else "ext2"
    return Superblock(name, uuid(head[104:120]), _text(head[120:136]))


def _btrfs(source: Source) -> Superblock | None:
    head = source.read_at(65536, 1024)
    if head[64:72] != b"_BHRfS_M":
        return None
    return Superblock("btrfs", uuid(head[32:48]), _text(head[299:555]))


def _jfs(source: Source) -> Superblock | None:
    head = source.read_at(32768, 256)
    if head[:4] != b"JFS1":
        return None
    return Superblock("jfs", uuid(head[136:152]), _text(head[152:168]))


def _ntfs(source: Source) -> Superblock | None:
    head = source.read_at(0, 512)
    if head[3:11] != b"NTFS    " or len(head) < 512:
        return None
    (serial,) = struct.unpack_from("<Q", head, 72)
    return Superblock("ntfs", f"{serial:016X}", _ntfs_label(source, head))


def _ntfs_label(source: Source, head: bytes) -> str:
    """Return the name in the fourth record of the MFT ($Volume)."""
    bytes_each, sectors, start = *struct.unpack_from("<HB", head, 11), head[48:56]
    cluster = bytes_each * (sectors if sectors < 129 else 1 << (256 - sectors))
    (shift,) = struct.unpack_from("<b", head, 64)
    size = shift * cluster if shift > 0 else 1 << min(-shift, 16)
    if not 512 <= size <= 65536:
        return ""
    record = bytearray(source.read_at(int.from_bytes(start, "little") * cluster + 3 * size, size))
    if record[:4] != b"FILE" or len(record) < size:
        return ""
    fixups, count, at = *struct.unpack_from("<HH", record, 4), 0
    for number in range(1, min(count, size // 512 + 1)):  # the last two bytes of each sector
        record[number * 512 - 2 : number * 512] = record[fixups + 2 * number :][:2]
    (at,) = struct.unpack_from("<H", record, 20)
    while 16 <= at <= size - 24:
        kind, length = struct.unpack_from("<II", record, at)
        if kind == 0x60:
            name, offset = struct.unpack_from("<IH", record, at + 16)
            return record[at + offset :][: min(name, 512)].decode("utf-16le", "replace")
        if length < 16:
            break
        at += length
    return ""


def _exfat(source: Source) -> Superblock | None:
    head = source.read_at(0, 512)
    if head[3:11] != b"EXFAT   " or len(head) < 512:
        return None
    return Superblock("exfat", _serial(head[100:104]))


def _vfat(source: Source) -> Superblock | None:
    head = source.read_at(0, 512)
    if len(head) < 512 or head[510:] != b"\x55\xaa":
        return None
    sector, each, reserved, fats, roots = struct.unpack_from("<HBHBH", head, 11)
    if sector not in (512, 1024, 2048, 4096) or not each or each & (each - 1):
        return None
    if not reserved or not 1 <= fats <= 4 or head[21] not in (0xF0, *range(0xF8, 0x100)):
        return None
    (long,) = struct.unpack_from("<I", head, 36)
    (short,) = struct.unpack_from("<H", head, 22)
    at = (reserved + fats * (short or long)) * sector  # the root directory, or the first cluster
    if short:
        serial, label, size = head[39:43], head[43:54], roots * 32
        signed = head[38] in (0x28, 0x29)
    else:
        (cluster,) = struct.unpack_from("<I", head, 44)
        at += max(cluster - 2, 0) * each * sector
        serial, label, size = head[67:71], head[71:82], each * sector
        signed = head[66] in (0x28, 0x29)
    written = _fat_label(source.read_at(at, min(size, 65536)))
    if written is None and signed and label != b"NO NAME    ":
        written = label
    own = _serial(serial) if signed else None
    return Superblock("vfat", own, (written or b"").decode("latin-1").strip(" \0"))


def _fat_label(directory: bytes) -> bytes | None:
    for at in range(0, len(directory) - 31, 32):
        if directory[at] == 0:
            return None
        if directory[at] != 0xE5 and directory[at + 11] & 0x3F == 0x08:
            return directory[at : at + 11]
    return None


def _swap(source: Source) -> Superblock | None:
    for page in (4096, 8192, 16384, 32768, 65536):
        magic = source.read_at(page - 10, 10)
        if magic == b"SWAPSPACE2":
            head = source.read_at(1024, 64)
            return Superblock("swap", uuid(head[12:28]), _text(head[28:44]))
        if magic in (b"SWAP-SPACE", b"S1SUSPEND\0", b"S2SUSPEND\0"):
            return Superblock("swap")
    return None


def _zfs(source: Source) -> Superblock | None:
    # https://www.giis.co.in/Zfs_ondiskformat.pdf: a ring of uberblocks in each label
    ring = source.read_at(128 << 10, 128 << 10)
    magics = (struct.pack("<Q", 0x00BAB10C), struct.pack(">Q", 0x00BAB10C))
    if any(ring[at : at + 8] in magics for at in range(0, len(ring), 1024)):
        return Superblock("zfs_member")
    return None


_MAGICS: Final = (  # where, what, whose: filesystems of which only the name matters
    (0, b"\0\0\0ReFS\0", "refs", 3),
    (0, b"hsqs", "squashfs", 0),
    (32769, b"CD001", "iso9660", 0),
    (65588, b"ReIsErFs", "reiserfs", 0),
    (65588, b"ReIsEr2Fs", "reiserfs", 0),
    (65588, b"ReIsEr3Fs", "reiserfs", 0),
    (1024, b"\x10\x20\xf5\xf2", "f2fs", 0),
    (1024, b"H+\0\4", "hfsplus", 0),
    (32, b"NXSB", "apfs", 0),
    (1 << 20, b"\x0d\xd0\x01\xc0", "vmfs", 0),
    (65536 + 1372, b"\x19\x01\x54\x19", "ufs", 0),
    (8192 + 1372, b"\x19\x01\x54\x19", "ufs", 0),
)


def _others(source: Source) -> Superblock | None:
    for at, magic, name, skipped in _MAGICS:
        if source.read_at(at + skipped, len(magic) - skipped) == magic[skipped:]:
            return Superblock(name)
    return None


def uuid(value: bytes) -> str | None:
    """Return a UUID as text, None of zeros.

    Python's module for them takes longer to start than all of this.
    """
    if len(value) != 16 or value == bytes(16):
        return None
    text = value.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _serial(value: bytes) -> str | None:
    number = int.from_bytes(value, "little")
    return f"{number >> 16:04X}-{number & 0xFFFF:04X}" if number else None


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("utf-8", "replace").rstrip()


PROBES: Final[tuple[Callable[[Source], Superblock | None], ...]] = (
    _linux_raid,
    _lvm,
    _luks,
    _bitlocker,
    _ntfs,
    _exfat,
    _xfs,
    _btrfs,
    _ext,
    _vfat,
    _jfs,
    _swap,
    _zfs,
    _others,
)
