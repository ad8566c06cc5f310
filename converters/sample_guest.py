"""The files of a sample guest: what makes a folder a Debian 12 as far as looking into it goes.

Nothing in it runs: the kernel is a header with a version, the programs are headers of programs.
It has what guests from elsewhere have: device names in fstab, a share, an address of its own.
"""

import gzip
import struct
from pathlib import Path
from typing import Final

KERNEL: Final = "6.1.0-17-amd64"
MODULES: Final = ("nvme", "nvme-core", "ena", "xen-blkfront", "xen-netfront")

TEXTS: Final = {
    "etc/os-release": """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
ID=debian
""",
    "etc/debian_version": "12.4\n",
    "etc/hostname": "demo\n",
    "etc/fstab": """# A machine that has seen another hypervisor.
/dev/sda1  /           ext4    errors=remount-ro  0 1
/dev/sdb1  /data       ext4    defaults           0 2
//nas/home /mnt/home   cifs    guest              0 0
shared     /mnt/shared vboxsf  defaults           0 0
""",
    "etc/network/interfaces": """auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 192.168.1.5/24
    gateway 192.168.1.1
""",
    "etc/default/grub": "GRUB_DEFAULT=0\nGRUB_TIMEOUT=30\n",
    "boot/grub/grub.cfg": f"""set default="0"
set timeout=30
menuentry 'Debian GNU/Linux' {{
    linux /boot/vmlinuz-{KERNEL} root=/dev/sda1 ro net.ifnames=0
    initrd /boot/initrd.img-{KERNEL}
}}
""",
    "var/lib/dpkg/status": "Package: openssh-server\nStatus: install ok installed\n\n",
}
PROGRAMS: Final = ("bin/sh", "bin/ls", "sbin/init", "usr/bin/env", "usr/sbin/sshd")


def write(root: Path) -> None:
    """Write the files of the guest into an empty folder."""
    modules = f"lib/modules/{KERNEL}"
    names = [f"kernel/drivers/{name}.ko" for name in MODULES]
    files = {
        **{path: text.encode() for path, text in TEXTS.items()},
        **dict.fromkeys(PROGRAMS, _program()),
        **{f"{modules}/{name}": _program() for name in names},
        f"{modules}/modules.dep": "".join(f"{name}:\n" for name in names).encode(),
        f"boot/vmlinuz-{KERNEL}": _kernel(),
        f"boot/initrd.img-{KERNEL}": gzip.compress(
            _cpio({f"{modules}/{name}": _program() for name in names} | {"conf/modules": b""})
        ),
    }
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for path in PROGRAMS:
        (root / path).chmod(0o755)


def _program() -> bytes:
    """Return the header of a program for x86-64; elf(5)."""
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    return identity + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 0, 64, 0, 0)


def _kernel() -> bytes:
    """Return the header of a kernel for x86-64; Documentation/arch/x86/boot.rst of Linux."""
    image = bytearray(8192)
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<HIHH", image, 0x206, 0x020F, 0, 0x1000, 0x1000 - 0x200)
    image[0x211] = 1  # loaded high
    struct.pack_into("<H", image, 0x236, 1)  # runs in 64 bits
    version = f"{KERNEL} (vmie) #1 SMP\0".encode()
    image[0x1000 : 0x1000 + len(version)] = version
    return bytes(image)


def _cpio(files: dict[str, bytes]) -> bytes:
    """Return an archive as kernels read it; Documentation/driver-api/early-userspace of Linux."""
    archive = bytearray()
    for number, (path, content) in enumerate({**files, "TRAILER!!!": b""}.items(), 1):
        name = path.encode() + b"\0"
        numbers = [number, 0o100644, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        archive += b"070701" + b"".join(b"%08X" % each for each in numbers) + name
        archive += bytes(-len(archive) % 4) + content
        archive += bytes(-len(archive) % 4)
    return bytes(archive)
