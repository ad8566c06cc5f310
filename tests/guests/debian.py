"""A real Debian 12, made by mmdebstrap from Debian's own registry: a root and an EFI partition.

    BIOS   MBR │ GRUB's core before the first partition                             │ ext4
    UEFI   GPT │ FAT with EFI/BOOT/BOOTX64.EFI, Debian's own GRUB, and its stub menu │ ext4

Its initial RAM disk is made by its own tools, with hardly any drivers in it, as on a machine of
another kind. Whoever starts it at Amazon meets cloud-init and an SSH server.
"""

import fcntl
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.guests import filesystems, tables
from tests.guests.filesystems import MIB, File, run, text
from tests.guests.tables import Piece

MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    "systemd-sysv", "udev", "ifupdown", "isc-dhcp-client", "iproute2", "kmod", "initramfs-tools",
    "linux-image-cloud-amd64", "grub-efi-amd64-bin", "openssh-server", "netbase", "zstd",
    "grub-pc-bin", "cloud-init", "dbus",
)  # fmt: skip
UUID = "0a0a0a0a-1111-4222-8333-444444444444"
LOADER = "usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"
PARTS = "usr/lib/grub/i386-pc"
GRUB = (
    "biosdisk", "part_msdos", "ext2", "normal", "search", "search_fs_uuid", "linux", "configfile",
)  # fmt: skip

CONFIGURATION = {
    "etc/fstab": f"""\
# /etc/fstab: static file system information.
UUID={UUID} / ext4 errors=remount-ro 0 1
UUID=deadbeef-0000-4000-8000-000000000000 /data ext4 defaults 0 2
//fileserver/share /mnt/share cifs guest,_netdev 0 0
hostshare /mnt/vbox vboxsf defaults 0 0
/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0
""",
    "etc/network/interfaces": """\
auto lo
iface lo inet loopback
auto eth0
iface eth0 inet static
    address 10.11.12.13/24
    gateway 10.11.12.1
""",
    "etc/default/grub": 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="net.ifnames=0"\n',
    "etc/hostname": "guest\n",
    "etc/machine-id": "0d0d0d0d111142228333444444444444\n",
    # What cloud-init need not do, either: every module takes an emulated processor a second.
    "etc/cloud/cloud.cfg.d/99_quick.cfg": """\
datasource_list: [Ec2]
ssh_genkeytypes: [ed25519]
cloud_init_modules: [set_hostname, users-groups, ssh]
cloud_final_modules: [scripts-user, final-message]
""",
}
MASKED = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
    "e2scrub_reap.service", "fstrim.timer", "getty-static.service", "cloud-config.service",
    "cloud-init-hotplugd.socket",
)  # fmt: skip
STUB = f"""\
search.fs_uuid {UUID} root
set prefix=($root)/boot/grub
configfile $prefix/grub.cfg
"""
CONSOLES = "console=tty0 console=ttyS0,115200"
# What an emulated processor need not do.
QUICK = (
    "mitigations=off tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests "
    "modprobe.blacklist=kvm,kvm_amd,kvm_intel,powernow_k8,aesni_intel,ghash_clmulni_intel"
)
MENU = """\
set default=0
set timeout=5
search --no-floppy --fs-uuid --set=root {uuid}
menuentry 'Debian GNU/Linux' {{
  linux /boot/vmlinuz-{kernel} root=UUID={uuid} ro net.ifnames=0 {more}
  initrd /boot/initrd.img-{kernel}
}}
"""


@dataclass(frozen=True)
class Debian:
    """What its disks are made of."""

    root: Path  # an image of ext4
    esp: Path  # an image of the EFI system partition
    boot: Path  # GRUB's first sector
    core: Path  # GRUB's rest, for the sectors after that
    kernel: str

    def disk(self, target: Path, firmware: str) -> Path:
        """Make a disk for BIOS or for UEFI; the root filesystem is the same on both."""
        if firmware == "BIOS":
            tables.mbr(target, [Piece(self.root, bootable=True)], code=False)
            with target.open("r+b") as disk:
                disk.write(self.boot.read_bytes()[:440])
                disk.seek(512)
                disk.write(self.core.read_bytes())
            return target
        return tables.gpt(target, [Piece(self.esp, 0xEF), Piece(self.root)])


def debian(folder: Path) -> Debian:
    """Make it in a folder, once for all who ask: a minute or two, and network."""
    folder.mkdir(parents=True, exist_ok=True)
    release = folder / "release"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not release.exists():
            release.write_text(_made(folder))
    return Debian(
        root=folder / "root.ext4",
        esp=folder / "esp",
        boot=folder / "boot.img",
        core=folder / "core.img",
        kernel=release.read_text(),
    )


def _made(folder: Path) -> str:
    """Make the pieces of its disks in a folder; return its kernel's release."""
    root = folder / "root"
    shutil.rmtree(root, ignore_errors=True)  # of an attempt that failed
    _unpacked(folder / "root.tar", root)
    [image] = (root / "boot").glob("vmlinuz-*")
    kernel = image.name.removeprefix("vmlinuz-")
    menu = MENU.format(uuid=UUID, kernel=kernel, more=f"{CONSOLES} {QUICK}")
    for name, content in {**CONFIGURATION, "boot/grub/grub.cfg": menu}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    for name in MASKED:
        (root / "etc/systemd/system" / name).symlink_to("/dev/null")
    target = folder / "root.ext4"
    with target.open("wb") as file:
        file.truncate(1024 * MIB)
    run("mke2fs", "-q", "-F", "-t", "ext4", "-U", UUID, "-d", root, target)
    loader = File((root / LOADER).read_bytes())
    inside = {"/EFI/BOOT/BOOTX64.EFI": loader, "/EFI/debian/grub.cfg": text(STUB)}
    filesystems.fat(folder / "esp", inside)
    shutil.copy(root / PARTS / "boot.img", folder / "boot.img")
    prefix = ("-p", "(hd0,msdos1)/boot/grub")
    core = folder / "core.img"
    run("grub-mkimage", "-O", "i386-pc", "-d", root / PARTS, "-o", core, *prefix, *GRUB)
    shutil.rmtree(root)
    return kernel


def _unpacked(archive: Path, root: Path) -> None:
    """Have Debian's packages installed into a folder."""
    left_out = [f"path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    place = "$1/etc/initramfs-tools/conf.d"
    few = f"mkdir -p {place}; echo MODULES=list > {place}/few"
    command = ["mmdebstrap", "--variant=minbase", "--skip=check/empty", "--quiet"]
    command += [f"--include={','.join(PACKAGES)}", f"--setup-hook={few}"]
    command += [f"--dpkgopt={option}" for option in (*left_out, "force-unsafe-io")]
    done = subprocess.run(
        [*command, "bookworm", str(archive), MIRROR],
        env=filesystems.TOOLS, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    root.mkdir()
    with tarfile.open(archive) as tar:
        members = [member for member in tar if not member.isdev()]
        tar.extractall(root, members, filter="fully_trusted")
    archive.unlink()
