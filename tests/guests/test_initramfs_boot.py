"""Real kernels unpack what was appended, and real initial RAM disks find their disk by it.

Needs qemu-system-x86, busybox-static, initramfs-tools-core, dracut-core, zstd, cpio, kmod and the
kernel below.

linux-image-cloud-amd64 has virtio as modules and NVMe built in; so a disk on virtio takes the part
of the one that EC2 has and the guest had no driver for.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.initramfs import adapt_initrds, appended, members
from converters.guests.guest import Initrd, Kernel, Linux
from converters.guests.look.cpio import entry, trailer
from converters.guests.look.initrd import read_contents
from converters.guests.tree import Missing, Stat, System
from tests.guests.binaries import compressed
from tests.guests.filesystems import TOOLS

pytestmark = [pytest.mark.guests, pytest.mark.slow, pytest.mark.timeout(900)]

IMAGES: Final = sorted(Path("/boot").glob("vmlinuz-*-cloud-amd64"))
VERSION: Final = IMAGES[-1].name.removeprefix("vmlinuz-") if IMAGES else ""
BUSYBOX: Final = Path("/bin/busybox")
ALERT: Final = "/dev/vda does not exist"
# What a machine need not do that is emulated, and lives for seconds.
SWIFTLY: Final = "quiet mitigations=off nokaslr no_timer_check cryptomgr.notests"
DONE: Final = "BOOT-COMPLETE"


class HostTree:
    """The modules of the kernel that is installed here, and one initial RAM disk below /boot."""

    volume_id = "0:1"

    def __init__(self, initrd: Path) -> None:
        self._initrd = initrd

    def _path(self, path: str) -> Path:
        if path.startswith(("/boot/initrd", "/boot/config")):
            return self._initrd if "initrd" in path else Path(path)
        return (
            Path(path) if path.startswith("/lib/modules") or path in ("/", "/boot") else Path("/x")
        )

    def stat(self, path: str) -> Stat | None:
        where = self._path(path)
        if path == "/lib":
            return Stat("dir")
        if not where.exists():
            return None
        return Stat("dir" if where.is_dir() else "file", where.stat().st_size, 0o600)

    def names(self, path: str) -> list[str]:
        return sorted(each.name for each in self._path(path).iterdir())

    def read(self, path: str, limit: int) -> bytes:
        if not self._path(path).is_file():
            raise Missing(path)
        return self._path(path).read_bytes()[:limit]

    def label(self, path: str) -> bytes | None:
        return None

    def free(self) -> int | None:
        return None


def completed(initrd: Path, folder: Path) -> Path:
    """Return the initial RAM disk with drivers added."""
    folder.mkdir()
    system = System(HostTree(initrd))
    changes = Changes(system, Contents(folder))
    kernel = Kernel(VERSION, initrd=Initrd("/boot/initrd.img", True), default=True)
    adapt_initrds(Linux("0:1", kernels=(kernel,)), system, changes)
    assert "virtio disk" in changes.files[0].reason
    return folder / changes.files[0].content


def booted(initrd: Path, *more: str, until: str = DONE, arguments: str = "") -> str:
    """Boot the kernel on an emulated machine; return what it wrote up to a text, or to its end."""
    command = [
        "qemu-system-x86_64", "-M", "pc,accel=tcg", "-cpu", "max", "-m", "768", "-nodefaults",
        "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(IMAGES[-1]),
        "-initrd", str(initrd), "-append", f"console=ttyS0 panic=-1 {SWIFTLY} {arguments}", *more,
    ]  # fmt: skip
    told = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as machine:
        assert machine.stdout is not None
        for line in machine.stdout:
            told += line
            if until in line:
                break
        machine.kill()
    return told


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root filesystem whose init says that it was reached."""
    folder = tmp_path_factory.mktemp("disk")
    root = folder / "root"
    for name in ("bin", "sbin", "proc", "sys", "dev", "run", "etc", "tmp", "usr", "var"):
        (root / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    (root / "bin/sh").symlink_to("busybox")
    (root / "etc/os-release").write_text("ID=tiny\n")
    init = root / "sbin/init"
    init.write_text(f"#!/bin/busybox sh\n/bin/busybox echo {DONE}\nexec /bin/busybox poweroff -f\n")
    init.chmod(0o755)
    image = folder / "disk.img"
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-d", root, image, "24M"], check=True, env=TOOLS,
        capture_output=True,
    )  # fmt: skip
    return image


def initramfs_tools(folder: Path) -> Path:
    """Make one with initramfs-tools, without virtio."""
    settings = folder / "settings"
    shutil.copytree("/etc/initramfs-tools", settings)
    text = (settings / "initramfs.conf").read_text()
    (settings / "initramfs.conf").write_text(re.sub(r"(?m)^MODULES=.*", "MODULES=list", text))
    made = folder / "initrd.img"
    subprocess.run(
        ["mkinitramfs", "-d", settings, "-o", made, VERSION], check=True, env=TOOLS,
        capture_output=True,
    )  # fmt: skip
    return made


def dracut(folder: Path, modules: str, without: str, packing: str) -> Path:
    """Make one with dracut, without virtio."""
    made = folder / "initrd.img"
    command = [
        "dracut", "-q", "--force", "--no-hostonly", "--conf", "/dev/null", "--confdir", str(folder),
        "-m", f"base kernel-modules rootfs-block udev-rules fs-lib {modules}", "-o", without,
        "--drivers", "dm_mod sd_mod ext4", packing, str(made), VERSION,
    ]  # fmt: skip
    subprocess.run(command, check=True, env=TOOLS, capture_output=True)
    return made


def dracut_plain(folder: Path) -> Path:
    return dracut(folder, "", "systemd dracut-systemd systemd-initrd", "--gzip")


def dracut_systemd(folder: Path) -> Path:
    return dracut(folder, "systemd systemd-initrd dracut-systemd", "plymouth", "--zstd")


@pytest.mark.parametrize(
    ("make", "lister"),
    [
        (initramfs_tools, "lsinitramfs"),
        (dracut_plain, "lsinitrd"),
        (dracut_systemd, "lsinitrd"),
    ],
)
def test_a_guest_that_lacked_the_driver_boots(
    make: Callable[[Path], Path], lister: str, disk: Path, tmp_path: Path
) -> None:
    assert IMAGES, "needs linux-image-cloud-amd64"
    drive = ("-drive", f"file={disk},if=virtio,format=raw,snapshot=on")
    arguments = "root=/dev/vda rw rootdelay=2"
    before = make(tmp_path)

    after = completed(before, tmp_path / "plan")

    listed = [
        subprocess.run([lister, str(each)], check=True, env=TOOLS, capture_output=True, text=True)
        for each in (before, after)
    ]
    assert len(listed[0].stdout.splitlines()) > 100
    assert listed[0].stdout.splitlines()[3:] == listed[1].stdout.splitlines()[3:]
    assert listed[0].stderr == listed[1].stderr
    shown = shown_dependencies(before, after, tmp_path / "unpacked")
    assert [path.rpartition("/")[2] for path in shown] == [
        "virtio_ring.ko", "virtio.ko", "virtio_blk.ko"
    ]  # fmt: skip
    if make is initramfs_tools:
        assert ALERT in booted(before, *drive, until=ALERT, arguments=arguments)
    assert DONE in booted(after, *drive, arguments=arguments)


def shown_dependencies(before: Path, after: Path, folder: Path) -> list[str]:
    """Return what kmod would load for virtio_blk in the unpacked tree."""
    folder.mkdir()
    old, new = before.read_bytes(), after.read_bytes()
    assert new.startswith(old)
    for part in (old, new[len(old) :]):
        program = "zstd" if part.startswith(b"\x28\xb5\x2f\xfd") else "gzip"
        archive = subprocess.run(
            [program, "-dcq"], input=part, check=True, capture_output=True
        ).stdout
        command = ["cpio", "-idu", "--quiet", "--no-preserve-owner"]
        subprocess.run(command, cwd=folder, input=archive, check=True, capture_output=True)
    command = ["modprobe", "--show-depends", "-d", str(folder), "-S", VERSION, "virtio_blk"]
    found = subprocess.run(command, check=True, env=TOOLS, capture_output=True, text=True)
    return [line.split()[1] for line in found.stdout.splitlines()]


def test_linux_unpacks_what_was_appended(tmp_path: Path) -> None:
    """Two names of one file stay apart, and what is added goes where the links lead.

    One machine unpacks one of each packing, each with a folder of its own; LZ4 ends with the file.
    """
    assert IMAGES, "needs linux-image-cloud-amd64"
    packings = ["plain", "gzip", "xz", "lzma", "bzip2", "zstd", "lz4"]
    script = "#!/bin/busybox sh\n"
    for packing in packings:
        names = " ".join(
            f"/{packing}/{name}" for name in ("one", "two", "lib/three", "four", "five")
        )
        script += f"/bin/busybox echo {packing} IS $(/bin/busybox cat {names} 2>&1).\n"
    script += "/bin/busybox echo ALL\n/bin/busybox poweroff -f\n"
    programs = [
        *(entry(name, 0o40755) for name in ("bin", "dev")),
        entry("bin/busybox", 0o100755, BUSYBOX.read_bytes()),
        entry("init", 0o100755, script.encode()),
    ]
    initrd = tmp_path / "initrd.img"
    with initrd.open("wb") as file:
        for packing in packings:
            file.write(b"".join(completed_by_hand(packing, programs)))
            file.write(bytes(-file.tell() % 4))
            programs = []

    told = booted(initrd, until="ALL")

    said = re.findall(r"(\w+) IS (\w+)\.", told)
    assert said == [(packing, "12345") for packing in packings], told


def completed_by_hand(packing: str, programs: list[bytes]) -> Iterator[bytes | memoryview]:
    """Yield an initial RAM disk with a folder of files, of which some are replaced at its end."""
    first = b"".join(
        [
            *programs,
            *(entry(f"{packing}{name}", 0o40755) for name in ("", "/usr", "/usr/lib")),
            entry(f"{packing}/lib", 0o120777, b"usr/lib"),
            entry(f"{packing}/two", 0o100644, b"old"),
            shared(f"{packing}/four", b""),
            shared(f"{packing}/five", b"5"),
            trailer(),
        ]
    )
    old = compressed(first + bytes(-len(first) % 512), "" if packing == "plain" else packing)
    contents = read_contents("", [old])
    files = {"one": b"1", "two": b"2", "lib/three": b"3", "four": b"4"}
    new = {f"{packing}/{name}": data for name, data in files.items()}
    yield from appended(old, contents, b"".join(members(contents, new)))


def shared(name: str, data: bytes) -> bytes:
    """A member that is one of two names of a file."""
    made = bytearray(entry(name, 0o100644, data))
    made[6:14], made[38:46] = b"00000007", b"00000002"
    return bytes(made)
