"""/etc/fstab as it is adapted: each kind of line, before and after."""

import pytest

from converters.guests.adapt import fstab
from converters.guests.adapt.fstab import DISABLED, INVALID, NOFAIL, RENAMED, Devices
from converters.guests.guest import Guest, Linux, Partition, Table, Volume

ROOT = "11111111-1111-4111-8111-111111111111"
SWAP = "22222222-2222-4222-8222-222222222222"
DATA = "33333333-3333-4333-8333-333333333333"
EFI = "AB12-34CD"

GUEST = Guest(
    disks=(
        Table(
            disk=0,
            size=8 << 30,
            scheme="mbr",
            partitions=(
                Partition(1, 1 << 20, 1 << 30, "83", uuid="0badcafe-01"),
                Partition(2, 1 << 30, 1 << 30, "82", uuid="0badcafe-02"),
                Partition(3, 1 << 31, 1 << 30, "EF", uuid="0badcafe-03"),
                Partition(5, 3 << 30, 1 << 30, "8E", uuid="0badcafe-05"),
            ),
        ),
    ),
    volumes=(
        Volume("0:1", (), "ext4", uuid=ROOT, label="my root"),
        Volume("0:2", (), "swap", uuid=SWAP),
        Volume("0:3", (), "vfat", uuid=EFI),
        Volume("0:5", (), "lvm"),
        Volume("vg-0/data", (), "xfs", uuid=DATA),
    ),
    linux=Linux("0:1"),
)

LINES = [
    # names of devices become UUIDs, and everything else stays in its place
    ("/dev/sda1 / ext4 defaults 1 1", f"UUID={ROOT} / ext4 defaults 1 1"),
    ("\t/dev/hda1\t/\text3\tdefaults\t1\t1", f"\tUUID={ROOT}\t/\text3\tdefaults\t1\t1"),
    ("/dev/xvda2   none   swap   sw   0 0", f"UUID={SWAP}   none   swap   sw   0 0"),
    ("/dev/vda2 swap swap defaults 0 0", f"UUID={SWAP} swap swap defaults 0 0"),
    ("/dev/nvme0n1p3 /boot/efi vfat umask=0077 0 1", f"UUID={EFI} /boot/efi vfat umask=0077 0 1"),
    ("/dev/sda2 none swap", f"UUID={SWAP} none swap"),
    # the root is the filesystem that the table lies on, whatever it is called
    (
        "/dev/disk/by-id/ata-QEMU_HARDDISK_QM00001-part1 / ext4 defaults 1 1",
        f"UUID={ROOT} / ext4 defaults 1 1",
    ),
    ("/dev/sdc7 / ext4 defaults 1 1", f"UUID={ROOT} / ext4 defaults 1 1"),
    (
        "/dev/disk/by-path/pci-0000:00:1f.2-ata-1-part2 swap swap defaults 0 0",
        f"UUID={SWAP} swap swap defaults 0 0",
    ),
    # names that mean the same everywhere stay
    (f"UUID={ROOT} / ext4 defaults 1 1", None),
    (f'UUID="{ROOT}" / ext4 defaults 1 1', None),
    ("LABEL=my\\040root / ext4 defaults 1 1", None),
    ("PARTUUID=0badcafe-03 /boot/efi vfat defaults 0 1", None),
    (f"/dev/disk/by-uuid/{SWAP} none swap sw 0 0", None),
    ("/dev/disk/by-label/my\\x20root / ext4 defaults 1 1", None),
    ("/dev/mapper/vg--0-data /data xfs defaults 0 0", None),
    ("/dev/vg-0/data /data xfs defaults 0 0", None),
    # what is not there may fail, the root never
    ("/dev/sdb1 /data xfs noatime 0 0", "/dev/sdb1 /data xfs noatime,nofail 0 0"),
    ("/dev/sdb1 /data xfs noatime,nofail 0 0", None),
    ("/dev/sdb1 /data xfs", "/dev/sdb1 /data xfs nofail"),
    ("/dev/sda5 /data auto defaults 0 0", "/dev/sda5 /data auto defaults,nofail 0 0"),
    (f"UUID={DATA[:-1]}4 /old ext4 ro 0 2", f"UUID={DATA[:-1]}4 /old ext4 ro,nofail 0 2"),
    ("LABEL=gone /old ext4 ro 0 2", "LABEL=gone /old ext4 ro,nofail 0 2"),
    (
        "/dev/mapper/mpatha-part1 /san ext4 ro 0 2",
        "/dev/mapper/mpatha-part1 /san ext4 ro,nofail 0 2",
    ),
    (
        "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0",
        "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto,nofail 0 0",
    ),
    ("nas:/export /nas nfs4 rw,_netdev 0 0", "nas:/export /nas nfs4 rw,_netdev,nofail 0 0"),
    ("LABEL=gone / ext4 ro 0 1", None),
    ("/dev/mapper/gone / ext4 ro 0 1", None),
    # types that are not standard are disabled, the root never
    (
        "//nas/share /mnt cifs credentials=/root/x 0 0",
        "#//nas/share /mnt cifs credentials=/root/x 0 0",
    ),
    ("//nas/share /mnt smbfs guest 0 0", "#//nas/share /mnt smbfs guest 0 0"),
    ("share /mnt vboxsf defaults 0 0", "#share /mnt vboxsf defaults 0 0"),
    ("me@host:/ /mnt fuse.sshfs defaults 0 0", "#me@host:/ /mnt fuse.sshfs defaults 0 0"),
    ("sshfs#me@host:/ /mnt fuse defaults 0 0", "#sshfs#me@host:/ /mnt fuse defaults 0 0"),
    ("sshfs#me@host:/ /mnt sshfs defaults 0 0", "#sshfs#me@host:/ /mnt sshfs defaults 0 0"),
    (".host:/ /mnt/hgfs vmhgfs defaults 0 0", "#.host:/ /mnt/hgfs vmhgfs defaults 0 0"),
    ("host /mnt 9p trans=virtio 0 0", "#host /mnt 9p trans=virtio 0 0"),
    ("/dev/mapper/pool / zfs defaults 0 0", None),
    # memory, bind mounts and files are nobody's disks
    ("proc /proc proc defaults 0 0", None),
    ("tmpfs /tmp tmpfs size=2G,noexec 0 0", None),
    ("none /dev/shm tmpfs defaults 0 0", None),
    ("devpts /dev/pts devpts gid=5,mode=620 0 0", None),
    ("/srv/www /var/www none bind 0 0", None),
    ("/dev/shm /run/shm ext4 bind 0 0", None),
    ("/swapfile none swap sw 0 0", None),
    ("/images/a.iso /mnt iso9660 loop,ro 0 0", None),
    # what mount would not take is commented out, the root never
    ("/dev/sda1", "#/dev/sda1"),
    ("/dev/sda2 /data", "#/dev/sda2 /data"),
    ("/dev/sda2 data ext4 defaults 0 0", "#/dev/sda2 data ext4 defaults 0 0"),
    ("/dev/sda2 /data ext4 defaults x 0", "#/dev/sda2 /data ext4 defaults x 0"),
    ("/dev/sda2 /data ext4 defaults 0 two", "#/dev/sda2 /data ext4 defaults 0 two"),
    ("<<<<<<< HEAD", "#<<<<<<< HEAD"),
    ("/dev/sda1 /", None),
    # a comment behind an entry, blanks and empty lines
    ("/dev/sdb1 /d xfs ro # old", "/dev/sdb1 /d xfs ro,nofail # old"),
    ("# /dev/sda1 / ext4", None),
    ("   # indented", None),
    ("", None),
    ("  \t ", None),
    ("/dev/sdb1 /my\\040data xfs ro 0 0", "/dev/sdb1 /my\\040data xfs ro,nofail 0 0"),
]


@pytest.mark.parametrize(("before", "after"), LINES, ids=[line[0] for line in LINES])
@pytest.mark.parametrize("ending", ["\n", "\r\n", ""], ids=["LF", "CRLF", "none"])
def test_a_line_becomes(before: str, after: str | None, ending: str) -> None:
    edited = fstab.adapt(before + ending, Devices.of(GUEST))

    assert edited.text == (before if after is None else after) + ending
    assert bool(edited.reasons) == (after is not None)


def test_a_whole_table_says_why_it_was_changed() -> None:
    before = (
        "# /etc/fstab: made by the installer\n"
        "/dev/sda1  /      ext4  errors=remount-ro  0 1\n"
        "/dev/sdb1  /data  xfs   defaults           0 2\n"
        "//a/b      /nas   cifs  guest              0 0\n"
        "nonsense\n"
    )

    edited = fstab.adapt(before, Devices.of(GUEST))

    assert edited.text == (
        "# /etc/fstab: made by the installer\n"
        f"UUID={ROOT}  /      ext4  errors=remount-ro  0 1\n"
        "/dev/sdb1  /data  xfs   defaults,nofail           0 2\n"
        "#//a/b      /nas   cifs  guest              0 0\n"
        "#nonsense\n"
    )
    assert edited.reasons == (RENAMED, NOFAIL, DISABLED, INVALID)


def test_the_second_of_two_mounts_of_the_same_goes() -> None:
    before = (
        f"UUID={EFI} /boot/efi vfat defaults 0 2\n"
        "/dev/sda3 /boot/efi vfat defaults 0 2\n"
        "/dev/sda1 / ext4 defaults 0 1\n"
        "/dev/sda1 / ext4 defaults 0 1\n"
        "/dev/sda2 none swap sw 0 0\n"
        "/dev/sda2 none swap sw 0 0\n"
    )

    after = fstab.adapt(before, Devices.of(GUEST)).text

    assert after.splitlines()[:2] == [
        f"UUID={EFI} /boot/efi vfat defaults 0 2",
        "#/dev/sda3 /boot/efi vfat defaults 0 2",
    ]
    assert "#" not in after.partition("#/dev/sda3")[2]


def test_subvolumes_of_one_filesystem_are_no_twins() -> None:
    before = f"UUID={DATA} /a btrfs subvol=a 0 0\nUUID={DATA} /a btrfs subvol=b 0 0\n"

    assert fstab.adapt(before, Devices.of(GUEST)).text == before


def test_with_several_disks_hardware_tells_nothing() -> None:
    second = Table(disk=1, size=1 << 30, scheme="mbr", partitions=(Partition(1, 0, 1, "83"),))
    guest = Guest((*GUEST.disks, second), (*GUEST.volumes, Volume("1:1", (), "xfs", uuid=DATA)))
    before = "/dev/disk/by-id/scsi-0abc-part1 /data xfs ro 0 0\n/dev/sdb1 /more xfs ro 0 0\n"

    after = fstab.adapt(before, Devices.of(guest)).text

    assert after == (
        f"/dev/disk/by-id/scsi-0abc-part1 /data xfs ro,nofail 0 0\nUUID={DATA} /more xfs ro 0 0\n"
    )


def test_a_byte_order_mark_and_other_bytes_stay() -> None:
    before = "\ufeff# caf\udce9\n/dev/sda2 /caf\udce9 ext4 ro 0 0\n"

    after = fstab.adapt(before, Devices.of(GUEST)).text

    assert after == f"\ufeff# caf\udce9\nUUID={SWAP} /caf\udce9 ext4 ro 0 0\n"
