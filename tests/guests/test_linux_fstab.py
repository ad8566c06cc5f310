"""A guest's fstab: readable or not, and which volume a line means."""

import pytest

from converters.guests.guest import Extent, Partition, Table, Volume
from converters.guests.look.fstab import read_fstab, read_mounts, volume_of
from tests.guests.memory import Broken, Content, Dir, Giant, Link, Other, memory

DEBIAN = """# /etc/fstab: static file system information.
#
# <file system> <mount point>   <type>  <options>       <dump>  <pass>
# / was on /dev/sda1 during installation
UUID=6d0c0de1-2a3b-4c5d-8e9f-0123456789ab /               ext4    errors=remount-ro 0       1
UUID=9f1c2d3e-0000-4000-8000-00000000beef none            swap    sw              0       0
/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0
"""
RHEL = """
#
# /etc/fstab
# Created by anaconda on Tue Mar 12 09:21:33 2024
#
/dev/mapper/rhel_db--1-root /                       xfs     defaults        0 0
UUID=0b00747e-1111-4222-8333-444444444444 /boot                   xfs     defaults        0 0
UUID=A1B2-C3D4          /boot/efi               vfat    umask=0077,shortname=winnt 0 2
/dev/mapper/rhel_db--1-swap none                    swap    defaults        0 0
tmpfs                   /dev/shm                tmpfs   defaults        0 0
nas:/export/home        /home                   nfs     _netdev         0 0
//nas/share             /mnt/share              cifs    credentials=/root/.smb 0 0
"""

UNREADABLE: list[tuple[str, Content | None, str]] = [
    ("missing", None, "missing"),
    ("a directory", Dir(), "a directory"),
    ("a device", Other(), "no regular file"),
    ("a link that leads nowhere", Link("/etc/fstab.real"), "a symbolic link that leads nowhere"),
    ("a link into a folder that is not there", Link("/no/fstab"), "a symbolic link that leads"),
    ("a link to itself", Link("fstab"), "too many symbolic links"),
    ("gigantic", Giant(1 << 40), "too large: 1099511627776 bytes"),
    ("just too large", "#" * (1 << 20) + "\n", "too large"),
    ("binary", b"\x7fELF\x02\x01\x01\0\0\0", "binary"),
    ("zeros", bytes(512), "binary"),
    ("UTF-16", DEBIAN.encode("utf-16"), "UTF-16"),
    ("UTF-16 without a mark", DEBIAN.encode("utf-16-le"), "binary"),
    ("broken", Broken(), "broken"),
    ("prose", "nonsense\n\n# or\nwords\n", "no line of it is an entry"),
]


@pytest.mark.parametrize(
    ("content", "problem"), [u[1:] for u in UNREADABLE], ids=[u[0] for u in UNREADABLE]
)
def test_what_is_no_fstab_is_said(content: Content | None, problem: str) -> None:
    files: dict[str, Content] = {"/etc": Dir()} if content is None else {"/etc/fstab": content}

    found, _ = read_fstab(memory(files))

    assert found is not None
    assert problem in found


def test_a_guest_without_etc_has_no_fstab() -> None:
    assert read_fstab(memory({"/bin": Dir()}))[0] == "missing"


@pytest.mark.parametrize(
    "content",
    [
        DEBIAN,
        RHEL,
        RHEL.replace("\n", "\r\n"),
        "",
        "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n",
        "LABEL=/ / ext3 defaults 1 1",
        b"# d\xe9marrage\nLABEL=/ / ext3\n",
        b"\xef\xbb\xbfLABEL=/ / ext3\n",
    ],
)
def test_what_mount_reads_is_readable(content: Content) -> None:
    assert read_fstab(memory({"/etc/fstab": content}))[0] is None


def test_a_fstab_may_be_a_link_inside_the_guest() -> None:
    files: dict[str, Content] = {"/etc/fstab": Link("/config/fstab"), "/config/fstab": DEBIAN}

    problem, text = read_fstab(memory(files))

    assert problem is None
    assert text == DEBIAN


VOLUMES = (
    Volume("0:1", (Extent(0, 0, 1),), "ext4", "6d0c0de1-2a3b-4c5d-8e9f-0123456789ab", "/"),
    Volume("0:2", (Extent(0, 0, 1),), "xfs", "0b00747e-1111-4222-8333-444444444444", "bo ot"),
    Volume("0:5", (Extent(0, 0, 1),), "vfat", "A1B2-C3D4", "ESP"),
    Volume("rhel_db-1/root", (Extent(0, 0, 1),), "xfs", "77777777-1111-4222-8333-444444444444"),
    Volume("rhel_db-1/swap", (Extent(0, 0, 1),), "swap"),
    Volume("1", (Extent(1, 0, 1),), "ext4", "88888888-1111-4222-8333-444444444444", "data"),
)
TABLES = (
    Table(
        0, 1 << 30, "gpt",
        partitions=(
            Partition(1, 0, 1, "", uuid="aaaaaaaa-1111-4222-8333-444444444444", name="root"),
            Partition(2, 0, 1, "", uuid="0badcafe-02"),
        ),
    ),
    Table(1, 1 << 30, None),
)  # fmt: skip
MEANT = [
    ("UUID=6d0c0de1-2a3b-4c5d-8e9f-0123456789ab", "0:1"),
    ("UUID=6D0C0DE1-2A3B-4C5D-8E9F-0123456789AB", "0:1"),
    ('UUID="6d0c0de1-2a3b-4c5d-8e9f-0123456789ab"', "0:1"),
    ("UUID=a1b2-c3d4", "0:5"),
    ("UUID=", None),
    ("UUID=ffffffff-2a3b-4c5d-8e9f-0123456789ab", None),
    ("LABEL=/", "0:1"),
    ("LABEL=data", "1"),
    ("LABEL=", None),
    ("PARTUUID=AAAAAAAA-1111-4222-8333-444444444444", "0:1"),
    ("PARTUUID=0badcafe-02", "0:2"),
    ("PARTLABEL=root", "0:1"),
    ("/dev/disk/by-uuid/A1B2-C3D4", "0:5"),
    ("/dev/disk/by-label/bo\\x20ot", "0:2"),
    ("/dev/disk/by-partuuid/0badcafe-02", "0:2"),
    ("/dev/disk/by-partlabel/root", "0:1"),
    ("/dev/disk/by-id/scsi-36000c29-part1", None),
    ("/dev/sda1", "0:1"),
    ("/dev/hda2", "0:2"),
    ("/dev/vda5", "0:5"),
    ("/dev/xvda3", None),
    ("/dev/sdb", "1"),
    ("/dev/sdb1", None),
    ("/dev/sdc1", None),
    ("/dev/nvme0n1p1", "0:1"),
    ("/dev/nvme1n1", "1"),
    ("/dev/mmcblk0p2", "0:2"),
    ("/dev/mapper/rhel_db--1-root", "rhel_db-1/root"),
    ("/dev/rhel_db-1/swap", "rhel_db-1/swap"),
    ("/dev/disk/by-id/dm-name-rhel_db--1-root", "rhel_db-1/root"),
    ("/dev/mapper/rhel_db-1-root", None),
    ("/dev/md0", None),
    ("//nas/share", None),
]  # fmt: skip


@pytest.mark.parametrize(("source", "volume"), MEANT)
def test_a_source_means_a_volume(source: str, volume: str | None) -> None:
    assert volume_of(source, VOLUMES, TABLES) == volume


def test_entries_have_lines_and_volumes() -> None:
    mounts = read_mounts(RHEL, VOLUMES, TABLES)

    assert [(mount.line, mount.point, mount.type, mount.volume) for mount in mounts] == [
        (6, "/", "xfs", "rhel_db-1/root"),
        (7, "/boot", "xfs", "0:2"),
        (8, "/boot/efi", "vfat", "0:5"),
        (9, "none", "swap", "rhel_db-1/swap"),
        (11, "/home", "nfs", None),
        (12, "/mnt/share", "cifs", None),
    ]
    assert mounts[2].options == "umask=0077,shortname=winnt"


def test_an_entry_may_be_short_or_have_blanks_in_its_fields() -> None:
    text = "LABEL=bo\\040ot /mnt/my\\040disk\n/dev/sda1\n   LABEL=/\t/\text4\tro\n"

    mounts = read_mounts(text, VOLUMES, TABLES)

    assert [(mount.line, mount.source, mount.point, mount.type) for mount in mounts] == [
        (1, "LABEL=bo ot", "/mnt/my disk", "auto"),
        (3, "LABEL=/", "/", "ext4"),
    ]
    assert mounts[0].volume == "0:2"


def test_what_names_nothing_that_could_be_lost_is_left_out() -> None:
    text = """proc /proc proc defaults 0 0
none /dev/pts devpts gid=5 0 0
/swap.img none swap sw 0 0
/srv/data /data none bind 0 0
/iso/disk.iso /mnt iso9660 loop 0 0
devpts /dev/pts devpts gid=5,mode=620 0 0
"""

    assert read_mounts(text, VOLUMES, TABLES) == ()


def test_no_more_entries_are_kept_than_a_guest_holds() -> None:
    assert len(read_mounts("/dev/sda1 / ext4\n" * 100_000, (), ())) == 2000
