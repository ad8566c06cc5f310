"""A real Debian 12, made by mmdebstrap from Debian's own registry: a root and an EFI partition.

Its initial RAM disk is made by its own tools, with hardly any drivers in it, as on a machine of
another kind.
"""

import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.guests import filesystems, tables
from tests.guests.filesystems import MIB, File, run
from tests.guests.tables import Piece

MIRROR = "http://deb.debian.org/debian"
PACKAGES = (
    "systemd-sysv", "udev", "ifupdown", "isc-dhcp-client", "iproute2", "kmod", "initramfs-tools",
    "linux-image-cloud-amd64", "grub-efi-amd64-bin", "openssh-server", "netbase", "zstd",
)  # fmt: skip
UUID = "0a0a0a0a-1111-4222-8333-444444444444"
LOADER = "usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"

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
}
MENU = """\
set default=0
set timeout=5
search --no-floppy --fs-uuid --set=root {uuid}
menuentry 'Debian GNU/Linux' {{
  linux /boot/vmlinuz-{kernel} root=UUID={uuid} ro net.ifnames=0 quiet
  initrd /boot/initrd.img-{kernel}
}}
"""


@dataclass(frozen=True)
class Debian:
    """What its disks are made of."""

    root: Path  # an image of ext4
    esp: Path  # an image of the EFI system partition
    kernel: str

    def disk(self, target: Path, firmware: str) -> Path:
        """Make a disk for BIOS or for UEFI; the root filesystem is the same on both."""
        if firmware == "BIOS":
            return tables.mbr(target, [Piece(self.root, bootable=True)])
        return tables.gpt(target, [Piece(self.esp, 0xEF), Piece(self.root)])


def debian(folder: Path) -> Debian:
    """Make it in a folder: minutes, and network."""
    archive, root = folder / "root.tar", folder / "root"
    left_out = [f"path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    place = "$1/etc/initramfs-tools/conf.d"
    few = f"mkdir -p {place}; echo MODULES=list > {place}/few"
    command = ["mmdebstrap", "--variant=minbase", "--skip=check/empty", "--quiet"]
    command += [f"--include={','.join(PACKAGES)}", f"--setup-hook={few}"]
    command += [f"--dpkgopt={option}" for option in left_out]
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
    [image] = (root / "boot").glob("vmlinuz-*")
    kernel = image.name.removeprefix("vmlinuz-")
    menu = MENU.format(uuid=UUID, kernel=kernel)
    for name, content in {**CONFIGURATION, "boot/grub/grub.cfg": menu}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    target = folder / "root.ext4"
    with target.open("wb") as file:
        file.truncate(1024 * MIB)
    run("mke2fs", "-q", "-t", "ext4", "-U", UUID, "-d", root, target)
    loader = File((root / LOADER).read_bytes())
    esp = filesystems.fat(folder / "esp", {"/EFI/BOOT/BOOTX64.EFI": loader})
    shutil.rmtree(root)
    return Debian(target, esp, kernel)
