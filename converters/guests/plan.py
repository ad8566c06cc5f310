"""What is to be changed on the disks of a guest, and what was: values between plan and writing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that gets new content. Its original stays beside it under another name."""

    volume: str  # id of the volume, as in Guest.volumes
    path: str  # in that filesystem
    shown: str  # in the guest: "/boot/grub2/grub.cfg", "C:\\Windows\\Panther\\unattend.xml"
    content: str  # name of the file with the new bytes, in the folder of the plan
    reason: str  # a short sentence: "static addresses become DHCP"
    kept: str | None = None  # path of the original afterwards; None: the file is new
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    label: str | None = None  # SELinux's, as text; of the original, else of the directory
    directories: tuple[str, ...] = ()  # that must be made first, outermost first
    diff: str = ""  # unified, for people; empty for what is not text
    subvolume: str | None = None  # of Btrfs, from which path counts; None: the default one


@dataclass(frozen=True, slots=True)
class SectorChange:
    """Bytes of a disk outside any filesystem: its partition table."""

    disk: int
    offset: int  # bytes
    content: str  # name of the file with the new bytes, in the folder of the plan
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be changed, in order. Contents are files in the plan's own folder."""

    files: tuple[FileChange, ...] = ()
    sectors: tuple[SectorChange, ...] = ()
    boot_mode: str | None = None  # what the disk starts with once this is done
    left_out: tuple[str, ...] = ()  # what should be changed and can't be, a sentence each
