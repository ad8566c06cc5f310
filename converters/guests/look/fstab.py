"""The guest's fstab: whether it can be read, and which volume each of its lines means.

    source            point   type   options    dump pass
    UUID=7d0c…        /       xfs    defaults   0    0

Fields are separated by blanks; a blank inside a field is written as \\040. See fstab(5).
"""

import re
from collections.abc import Sequence
from typing import Final

from converters.guests.guest import LIST, Mount, Table, Volume
from converters.guests.look.texts import CONFIG, lines, short
from converters.guests.tree import Missing, System, Unreadable

FSTAB: Final = "/etc/fstab"

# Filesystems that the kernel makes up: such a line names nothing that could be missing.
PSEUDO: Final = frozenset({
    "proc", "sysfs", "tmpfs", "devtmpfs", "devpts", "debugfs", "securityfs", "cgroup", "cgroup2",
    "usbfs", "usbdevfs", "tracefs", "configfs", "fusectl", "mqueue", "hugetlbfs", "ramfs", "rootfs",
    "binfmt_misc", "pstore", "bpf", "efivarfs", "selinuxfs", "rpc_pipefs", "nfsd", "autofs",
    "overlay", "aufs", "none", "ignore",
})  # fmt: skip

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_OCTAL: Final = re.compile(r"\\([0-3][0-7][0-7])")
_TAG: Final = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)", re.DOTALL)
_BY: Final = re.compile(r"/dev/disk/by-(uuid|label|partuuid|partlabel)/(.*)", re.DOTALL)
_HEX: Final = re.compile(r"\\x([0-9a-fA-F]{2})")
_LETTERED: Final = re.compile(r"/dev/(?:s|h|v|xv)d([a-z])(\d{1,3})?")
_NUMBERED: Final = re.compile(r"/dev/(?:nvme(\d{1,2})n1|mmcblk(\d{1,2}))(?:p(\d{1,3}))?")


def read_fstab(system: System) -> tuple[str | None, str]:
    """Return why the fstab cannot be read (None: it can) and its text.

    assumed: one that is empty or all comments can be read; one larger than CONFIG, or with control
    characters, cannot.
    """
    try:
        place = system.place(FSTAB)
        if place.stat is None:
            link = system.stat(FSTAB, follow=False)
            return ("missing" if link is None else "a symbolic link that leads nowhere"), ""
        if place.stat.kind != "file":
            kind = {"dir": "a directory", "other": "no regular file"}
            return kind.get(place.stat.kind, "no regular file"), ""
        if place.stat.size > CONFIG:
            return f"too large: {place.stat.size} bytes", ""
        content = system.read(FSTAB, CONFIG)
    except Missing:
        return "missing" if _is_missing(system) else "a symbolic link that leads nowhere", ""
    except Unreadable as problem:
        return short(str(problem)), ""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "not UTF-8 but UTF-16", ""
    if _CONTROL.search(content):
        return "binary, not text", ""
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    written = [line for _, line in lines(text) if line.strip() and not _comment(line)]
    if written and not any(len(line.split()) > 1 for line in written):
        return "no line of it is an entry", text
    return None, text


def read_mounts(text: str, volumes: Sequence[Volume], tables: Sequence[Table]) -> tuple[Mount, ...]:
    """Return the entries of a fstab that name a device or a server.

    Made-up filesystems, swap files, loops and bind mounts are left out: they name nothing that
    could be lost with a disk.
    """
    mounts = []
    for number, line in lines(text):
        fields = line.split(maxsplit=4)
        if len(fields) < 2 or _comment(line):
            continue
        source, point = plain(fields[0]), plain(fields[1])
        kind = fields[2] if len(fields) > 2 else "auto"
        if _inside(source, kind):
            continue
        options = fields[3] if len(fields) > 3 else "defaults"
        volume = volume_of(source, volumes, tables)
        mounts.append(
            Mount(number, short(source), short(point), short(kind), short(options), volume)
        )
        if len(mounts) == LIST:
            break
    return tuple(mounts)


def volume_of(source: str, volumes: Sequence[Volume], tables: Sequence[Table]) -> str | None:
    """Return the id of the volume that a device's name or tag means; None: not among these."""
    ids = {volume.id for volume in volumes}
    tag = _TAG.fullmatch(source)
    by = _BY.fullmatch(source)
    if tag or by:
        name = tag[1] if tag else by[1].upper() if by else ""
        value = tag[2].strip("\"'") if tag else _unhex(by[2]) if by else ""
        return _tagged(name, value, volumes, tables)
    for volume in volumes:
        if "/" in volume.id and source in _logical_names(volume.id):
            return volume.id
    disk, partition = _device(source)
    if disk is None:
        return None
    there = f"{disk}:{partition}" if partition else str(disk)
    return there if there in ids else None


def _tagged(
    name: str, value: str, volumes: Sequence[Volume], tables: Sequence[Table]
) -> str | None:
    if not value:
        return None
    if name in ("UUID", "LABEL"):
        for volume in volumes:
            if name == "UUID" and (volume.uuid or "").casefold() == value.casefold():
                return volume.id
            if name == "LABEL" and volume.label == value:
                return volume.id
        return None
    for table in tables:
        for part in table.partitions:
            uuid = name == "PARTUUID" and (part.uuid or "").casefold() == value.casefold()
            if uuid or (name == "PARTLABEL" and part.name == value):
                return f"{table.disk}:{part.number}"
    return None


def _logical_names(identity: str) -> tuple[str, str, str]:
    """Return the names of a logical volume: two dashes in the mapper's stand for one."""
    group, _, volume = identity.partition("/")
    mapped = f"{group.replace('-', '--')}-{volume.replace('-', '--')}"
    return f"/dev/{identity}", f"/dev/mapper/{mapped}", f"/dev/disk/by-id/dm-name-{mapped}"


def _device(source: str) -> tuple[int | None, int | None]:
    """Return which disk and partition a kernel's name means, if the disks keep their order."""
    lettered = _LETTERED.fullmatch(source)
    if lettered:
        return ord(lettered[1]) - ord("a"), int(lettered[2]) if lettered[2] else None
    numbered = _NUMBERED.fullmatch(source)
    if numbered:
        return int(numbered[1] or numbered[2]), int(numbered[3]) if numbered[3] else None
    return None, None


def _inside(source: str, kind: str) -> bool:
    if source.startswith("/") and not source.startswith(("/dev/", "//")):
        return True  # a file or directory of the guest
    return kind in PSEUDO and not source.startswith("/dev/") and not _TAG.fullmatch(source)


def _comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def plain(field: str) -> str:
    """Return a field with \\040 and the like as the letters that they stand for."""
    return _OCTAL.sub(lambda code: chr(int(code[1], 8)), field)


def _unhex(name: str) -> str:
    """Undo what udev does to letters of a label that a name cannot have: \\x20."""
    return _HEX.sub(lambda code: chr(int(code[1], 16)), name)


def _is_missing(system: System) -> bool:
    try:
        return system.stat(FSTAB, follow=False) is None
    except Unreadable:
        return False
