"""Tiny guests that really start: this machine's kernel, busybox, GRUB; half a second to make.

    BIOS   MBR │ GRUB's core before the first partition │ ext4
    UEFI   GPT │ FAT with EFI/BOOT/BOOTX64.EFI (GRUB)   │ ext4

To vmie they are a Debian 12. They start in four to six seconds of an emulated processor.
"""

import fcntl
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests import tools
from converters.guests.write import microroot
from tests.guests import filesystems, tables
from tests.guests.filesystems import MIB, File, link, run, text
from tests.guests.tables import Piece

UUID: Final = "0c0c0c0c-1111-4222-8333-444444444444"
NOBODY: Final = "dead1111-0000-4000-8000-000000000000"
MODULES: Final = (
    "virtio_pci", "virtio_blk", "virtio_net", "ata_piix", "ata_generic", "sd_mod", "button",
    "evdev", "efivarfs",
)  # fmt: skip
GRUB: Final = (
    "ext2", "fat", "part_msdos", "part_gpt", "normal", "search", "search_fs_uuid", "serial",
    "terminal", "linux", "configfile", "echo", "test", "minicmd",
)  # fmt: skip
BOOT: Final = Path("/usr/lib/grub/i386-pc/boot.img")
# What an emulated processor need not do.
QUICK: Final = "mitigations=off tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests"
SYSTEM_PROGRAMS: Final = (
    "init",
    "getty",
    "ifup",
    "ifdown",
    "udhcpc",
    "poweroff",
    "reboot",
    "acpid",
)
PROGRAMS: Final = (
    "sh", "mount", "umount", "hostname", "echo", "cat", "sed", "grep", "mkdir", "ip", "sleep",
    "run-parts", "login", "dmesg", "mv", "rm", "ls", "true", "test", "ping", "wget", "dd", "sync",
)  # fmt: skip

INITIAL: Final = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /root /sbin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
PATH=/bin
for name in $(cat /order); do insmod /lib/modules/$name; done 2>/dev/null
for word in $(cat /proc/cmdline); do case $word in root=*) root=${word#root=};; esac; done
tries=0
while [ $tries -lt 10 ]; do
  case $root in UUID=*) device=$(findfs $root 2>/dev/null);; *) [ -b $root ] && device=$root;; esac
  [ -n "$device" ] && break
  tries=$((tries+1)); usleep 200000
done
[ -n "$device" ] || { echo "ALERT!  $root does not exist.  Dropping to a shell!"; exec sh; }
mount -o ro $device /root || exec sh
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /sbin/init
"""
START: Final = """#!/bin/sh
export PATH=/sbin:/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs run /run
mount -o remount,rw /; hostname tiny; dmesg -n 1
echo "Welcome to a tiny guest!"
while read spec point type options rest; do
  case "$spec" in ''|'#'*) continue;; esac
  [ "$point" = / ] && continue
  case ",$options," in *,noauto,*|*,nofail,*) continue;; esac
  mkdir -p $point
  mount -t $type $spec $point 2>/dev/null && continue
  echo "Failed to mount $point"
  echo "You are in emergency mode."
  exec sh </dev/console >/dev/console 2>&1
done < /etc/fstab
acpid -d >/dev/null 2>&1 &
ifup -a
"""
POWER_BUTTON: Final = "#!/bin/sh\nexec poweroff\n"
LEASED: Final = """#!/bin/sh
case $1 in
  bound|renew)
    ip addr flush dev $interface; ip addr add $ip/${mask:-24} dev $interface
    [ -n "$router" ] && ip route add default via $router
    echo "dhcp: $ip via $router, names $dns, host $hostname";;
  deconfig) ip link set $interface up;;
esac
"""
TABLE: Final = """::sysinit:/etc/start
ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100
tty1::respawn:/sbin/getty 38400 tty1 linux
"""
RELEASE: Final = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
"""
PACKAGES: Final = "Package: busybox\nStatus: install ok installed\nVersion: 1:1.35.0\n\n"
DHCP: Final = "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n"
STATIC: Final = (
    "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n"
    "  address 10.11.12.13\n  netmask 255.255.255.0\n  gateway 10.11.12.1\n"
)
GOOD_FSTAB: Final = f"UUID={UUID} / ext4 defaults 0 1\n"
FOREIGN_FSTAB: Final = f"{GOOD_FSTAB}//server/share /mnt/share cifs guest 0 0\n"


@dataclass(frozen=True, slots=True)
class Tiny:
    """A tiny guest, and what is wrong with it."""

    name: str
    uefi: bool = False
    loader: bool = True  # else the boot sector has no code, or there is no BOOTX64.EFI
    damaged: bool = False  # GRUB's core is
    kernel: bool = True
    initrd: bool = True  # else the menu names none
    root: str = UUID  # that the kernel is told
    init: bool = True
    fstab: str = GOOD_FSTAB
    network: str = DHCP
    serial: bool = True  # the consoles are on the serial port, too
    then: str = ""  # what it does when it is on the network


class Tinies:
    """Makes tiny guests in a folder, each only once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def disk(self, tiny: Tiny) -> Path:
        """Return the disk of a guest. It is shared: nobody may write to it."""
        target = self.folder / f"{tiny.name}.raw"
        with (self.folder / f"{tiny.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
                    made(tiny, Path(scratch)).rename(target)
        return target


def made(tiny: Tiny, scratch: Path) -> Path:
    """Make the disk of a guest in a folder."""
    kernel = tools.kernel()
    assert kernel, "needs linux-image-cloud-amd64"
    root = filesystems.ext(scratch / "root", files(tiny, kernel), size=40 * MIB, uuid=UUID)
    target = scratch / "disk.raw"
    if tiny.uefi:
        early = f"search.fs_uuid {UUID} root\nset prefix=($root)/boot/grub\n"
        early += "configfile ($root)/boot/grub/grub.cfg\n"
        image = grub(scratch, "x86_64-efi", GRUB, early)
        inside = {"/EFI/BOOT/BOOTX64.EFI": File(image.read_bytes())} if tiny.loader else {}
        esp = filesystems.fat(scratch / "esp", inside, size=8 * MIB)
        return tables.gpt(target, [Piece(esp, 0xEF, name="EFI"), Piece(root, name="root")])
    tables.mbr(target, [Piece(root, bootable=True)], code=False)
    if tiny.loader:
        core = bytearray(grub(scratch, "i386-pc", (*GRUB, "biosdisk")).read_bytes())
        if tiny.damaged:
            core[512:] = bytes(len(core) - 512)
        with target.open("r+b") as disk:
            disk.write(BOOT.read_bytes()[:440])
            disk.seek(512)
            disk.write(core)
    return target


def grub(scratch: Path, form: str, modules: tuple[str, ...], early: str = "") -> Path:
    """Make GRUB's image: the core that is before the first partition, or a program of UEFI."""
    image, script = scratch / f"grub.{form}", scratch / "early.cfg"
    command = ["grub-mkimage", "-O", form, "-o", str(image)]
    if early:
        script.write_text(early)
        command += ["-c", str(script)]
    prefix = "/boot/grub" if early else "(hd0,msdos1)/boot/grub"
    run(*command, "-p", prefix, *modules)
    return image


def files(tiny: Tiny, kernel: tools.Kernel) -> dict[str, File]:
    """Return what is on the root filesystem."""
    busybox = tools.find("busybox")
    assert busybox, "needs busybox-static"
    version, modules = kernel.release, microroot.modules(kernel, MODULES)
    drivers = f"/lib/modules/{version}"
    found = {
        "/bin/busybox": File(busybox.read_bytes(), 0o755),
        "/etc/os-release": text(RELEASE),
        "/etc/debian_version": text("12.12\n"),
        "/etc/passwd": text("root::0:0:root:/root:/bin/sh\n"),
        "/etc/group": text("root:x:0:\n"),
        "/etc/inittab": text(TABLE),
        "/etc/start": text(START + tiny.then, 0o755),
        "/etc/acpi/PWRF/00000080": text(POWER_BUTTON, 0o755),
        "/etc/fstab": text(tiny.fstab),
        "/etc/network/interfaces": text(tiny.network),
        "/etc/udhcpc/default.script": text(LEASED, 0o755),
        "/etc/default/grub": text("GRUB_DEFAULT=0\nGRUB_TIMEOUT=0\n"),
        "/var/lib/dpkg/status": text(PACKAGES),
        "/boot/grub/grub.cfg": text(menu(tiny, version)),
        f"/boot/initrd.img-{version}": File(initial(modules, busybox, version)),
        f"{drivers}/modules.builtin": File((kernel.modules / "modules.builtin").read_bytes()),
        f"{drivers}/modules.dep": text("".join(f"kernel/{name}:\n" for name in modules)),
    }
    found |= {f"{drivers}/kernel/{name}": File(content) for name, content in modules.items()}
    if tiny.kernel:
        found[f"/boot/vmlinuz-{version}"] = File(kernel.image.read_bytes())
    folders = ("dev", "proc", "sys", "tmp", "run", "root", "mnt", "home", "usr/bin", "var")
    found["/var/run"] = link("/run")  # or a second start would find its network on already
    scripts = ("if-up.d", "if-down.d", "if-pre-up.d", "if-post-down.d")
    for name in (*folders, *(f"etc/network/{script}" for script in scripts)):
        found[f"/{name}"] = filesystems.directory()
    for place, names in (("bin", PROGRAMS), ("sbin", SYSTEM_PROGRAMS)):
        found |= {f"/{place}/{name}": link("/bin/busybox") for name in names}
    if not tiny.init:
        del found["/sbin/init"], found["/bin/sh"]
    return found


def menu(tiny: Tiny, version: str) -> str:
    """Return GRUB's menu."""
    lines = ["set default=0", "set timeout=0"]
    consoles = ""
    if tiny.serial:
        consoles = "console=tty0 console=ttyS0,115200"
        lines += ["serial --unit=0 --speed=115200", "terminal_output console serial"]
    arguments = f"root=UUID={tiny.root} ro net.ifnames=0 {consoles} {QUICK}"
    return "\n".join(
        [
            *lines,
            "menuentry 'Debian' {",
            f" search --no-floppy --fs-uuid --set=root {UUID}",
            f" linux /boot/vmlinuz-{version} {arguments}",
            f" initrd /boot/initrd.img-{version}" if tiny.initrd else "",
            "}\n",
        ]
    )


def initial(modules: dict[str, bytes], busybox: Path, version: str) -> bytes:
    """Return the initial RAM disk, not packed."""
    folder = f"{version}/kernel"
    contents = {"/init": INITIAL.encode(), "/bin/busybox": busybox.read_bytes()}
    contents |= {f"/lib/modules/{folder}/{name}": content for name, content in modules.items()}
    contents["/order"] = "".join(f"{folder}/{name}\n" for name in modules).encode()
    return microroot.archive(contents)


def missing() -> list[str]:
    """Return what is not on this machine and these guests need."""
    needed = ("qemu-system-x86_64", "busybox", "mke2fs", "grub-mkimage", "mcopy")
    return [name for name in needed if tools.find(name) is None and shutil.which(name) is None]
