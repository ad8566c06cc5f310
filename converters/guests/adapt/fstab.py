"""Changes the text of /etc/fstab so that the guest starts on EC2.

    /dev/sda1        /boot  ext4  defaults          ─►  UUID=…  /boot  ext4  defaults
    /dev/sdq1        /data  xfs   noatime           ─►  /dev/sdq1  /data  xfs  noatime,nofail
    //nas/share      /nas   cifs  credentials=…     ─►  #//nas/share …
    /dev/sdb1  data                                 ─►  #/dev/sdb1  data

Names that don't depend on the order of disks stay: UUID, LABEL, PARTUUID, /dev/mapper and other
names of LVM. If none of the guest's volumes is meant by them, they get nofail too, but the root
never does, and it is never disabled. See fstab(5) and what assumed.py says.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from converters.guests.adapt.assumed import DISK_TYPES, MEMORY_TYPES, NET_TYPES
from converters.guests.adapt.text import Edited, body, ending, is_idle, split
from converters.guests.guest import Guest, Volume
from converters.guests.look.fstab import plain, volume_of

STANDARD: Final = DISK_TYPES | MEMORY_TYPES | NET_TYPES

INVALID: Final = "invalid entries are commented out"
DISABLED: Final = "entries of non-standard types are disabled"
RENAMED: Final = "device names become UUIDs"
NOFAIL: Final = "nofail where no UUID was found"

_FIELD: Final = re.compile(r"[^ \t]+")
_NUMBER: Final = re.compile(r"[-+]?\d+")
_TAG: Final = re.compile(r"[A-Z]+=.")
_STABLE_TAG: Final = re.compile(r"(?:UUID|LABEL|PARTUUID|PARTLABEL)=")
_STABLE_NAME: Final = re.compile(r"/dev/(?:disk/by-(?:uuid|label|partuuid|partlabel)|mapper)/")
# What depends on the order of disks, or on their hardware.
UNSTABLE_NAME: Final = (
    r"/dev/(?:(?:[shv]|xv)d[a-z]{1,3}\d*|(?:nvme\d+n\d+|mmcblk\d+)(?:p\d+)?"
    r"|disk/by-(?:id|path)/[^\s\"']++)"
)
_ROOT_NAME: Final = re.compile(rf"{UNSTABLE_NAME}|/dev/root|ID=.*", re.DOTALL)
_HARDWARE: Final = re.compile(r"/dev/disk/by-(?:id|path)/.*-part([1-9]\d{0,2})", re.DOTALL)
_MARK: Final = "\ufeff"  # a byte order mark, left by an editor of Windows

Find = Callable[[str], Volume | None]


@dataclass(frozen=True, slots=True)
class Devices:
    """What the names of devices mean inside a guest."""

    find: Find  # the volume that a device's name or a tag means
    root: Volume | None = None  # the one that the fstab lies on
    roots: frozenset[str] = frozenset()  # ids of all volumes that hold a root
    partition: Callable[[str], str | None] = lambda volume_id: None  # its PARTUUID

    @classmethod
    def of(cls, guest: Guest) -> "Devices":
        """Return the devices of a guest as it saw them itself."""
        volumes = {volume.id: volume for volume in guest.volumes}
        found: dict[str, Volume | None] = {}

        def find(source: str) -> Volume | None:
            if source not in found:
                named = volume_of(source, guest.volumes, guest.disks)
                hardware = _HARDWARE.fullmatch(source)
                if named is None and hardware and len(guest.disks) == 1:
                    named = f"0:{hardware[1]}"
                found[source] = volumes.get(named) if named else None
            return found[source]

        partitions = {
            f"{table.disk}:{partition.number}": partition.uuid
            for table in guest.disks
            for partition in table.partitions
        }
        if guest.linux is None:
            return cls(find, partition=partitions.get)
        own = guest.linux.volume
        return cls(find, volumes.get(own), frozenset((own, *guest.linux.roots)), partitions.get)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table: its fields, and where they stand in it."""

    fields: tuple[str, ...]  # as written
    ends: tuple[int, ...]  # of each field
    source: str
    point: str

    @property
    def type(self) -> str:
        """The filesystem's type, or several to try."""
        return self.fields[2]

    @property
    def options(self) -> list[str]:
        """The options of the mount; none if they are not written."""
        return self.fields[3].split(",") if len(self.fields) > 3 else []

    @property
    def is_root(self) -> bool:
        """Tell whether it is the root's own entry."""
        return self.point == "/"


def adapt(text: str, devices: Devices) -> Edited:
    """Return the table for EC2."""
    reasons: dict[str, None] = {}
    lines = []
    mounted: set[tuple[str, str]] = set()
    for line in split(text):
        changed, reason = _adapted(body(line), devices, mounted)
        lines.append(changed + ending(line))
        if reason:
            reasons[reason] = None
    return Edited("".join(lines), tuple(reasons))


def _adapted(line: str, devices: Devices, mounted: set[tuple[str, str]]) -> tuple[str, str | None]:
    """Return a line, and why it had to be changed."""
    if is_idle(line.removeprefix(_MARK)):
        return line, None
    entry = _entry(line)
    if not entry.is_root:
        if not _is_valid(entry):
            return f"#{line}", INVALID
        if not set(entry.type.split(",")) <= STANDARD:
            return f"#{line}", DISABLED
    elif len(entry.fields) < 3:
        return line, None
    if not _names_device(entry):
        return line, None
    volume = devices.find(entry.source)
    if entry.is_root and _ROOT_NAME.fullmatch(entry.source):
        volume = devices.root or volume
    if _is_twin(entry, volume, mounted):
        return f"#{line}", INVALID
    if volume is not None and _is_stable(entry, volume):
        return line, None
    if volume is not None and volume.uuid:
        begin = line.index(entry.fields[0])
        return f"{line[:begin]}UUID={volume.uuid}{line[entry.ends[0] :]}", RENAMED
    if entry.is_root or "nofail" in entry.options:
        return line, None
    option, end = (",nofail", entry.ends[3]) if entry.options else (" nofail", entry.ends[2])
    return f"{line[:end]}{option}{line[end:]}", NOFAIL


def _entry(line: str) -> Entry:
    """Return the fields of a line, without those that are a comment behind the fourth."""
    found = list(_FIELD.finditer(line, len(_MARK) if line.startswith(_MARK) else 0))
    for number, field in enumerate(found):
        if number > 3 and field[0].startswith("#"):
            del found[number:]
            break
    fields = tuple(field[0] for field in found)
    return Entry(
        fields=fields,
        ends=tuple(field.end() for field in found),
        source=plain(fields[0]),
        point=plain(fields[1]) if len(fields) > 1 else "",
    )


def _is_valid(entry: Entry) -> bool:
    """Tell whether mount takes an entry: a type, a place to go, and numbers where they must be."""
    if len(entry.fields) < 3:
        return False
    goes = entry.point.startswith("/") or entry.type == "swap" or entry.point in ("none", "swap")
    return goes and all(_NUMBER.fullmatch(field) for field in entry.fields[4:6])


def _names_device(entry: Entry) -> bool:
    """Tell whether an entry needs a device or a server, something that could be missing."""
    if entry.type in MEMORY_TYPES or not {"bind", "rbind"}.isdisjoint(entry.options):
        return False
    tagged = _TAG.match(entry.source) is not None
    return tagged or entry.source.startswith("/dev/") or entry.type in NET_TYPES


def _is_twin(entry: Entry, volume: Volume | None, mounted: set[tuple[str, str]]) -> bool:
    """Tell whether an earlier entry mounts the same there; never of the root and of swap."""
    if entry.is_root or not entry.point.startswith("/"):
        return False
    what = f"{volume.id if volume else entry.source} {_subvolume(entry)}"
    if (what, entry.point) in mounted:
        return True
    mounted.add((what, entry.point))
    return False


def _subvolume(entry: Entry) -> str:
    return " ".join(option for option in entry.options if option.startswith("subvol"))


def _is_stable(entry: Entry, volume: Volume) -> bool:
    """Tell whether a name means the same volume on every machine."""
    named = _STABLE_TAG.match(entry.source) or _STABLE_NAME.match(entry.source)
    return named is not None or "/" in volume.id
