"""Guests next to those that can be imported: what is wrong with each, and what the task says.

The rule is the one that fails; the error follows "ClientError: ".
"""

from dataclasses import dataclass, replace
from typing import Final

from converters.guests.judge.rules import Request
from tests.guests import binaries, kernels, loaders
from tests.guests.builders import AnyRecipe
from tests.guests.filesystems import File, directory, link, text
from tests.guests.gallery import GPT, WINDOWS, row
from tests.guests.hives import PRODUCTS
from tests.guests.recipes import Recipe, WindowsRecipe
from tests.guests.ways import ways

ASKED: Final = Request()


@dataclass(frozen=True)
class Case:
    """A guest, what is asked for, and what comes of it."""

    recipe: AnyRecipe
    rule: str  # that fails
    error: str | None = None  # of the task; None: it is only advice
    request: Request = ASKED
    unseen: bool = False  # the rule could not look


DEBIAN: Final = row("debian 12.4 6.1.0-15-amd64 ext4")
RHEL: Final = row("rhel 9.4 5.14.0-427.13.1.el9_4.x86_64 xfs", GPT, "xfs")
RHEL6: Final = row("rhel 6.10 2.6.32-754.el6.x86_64 ext4")
UBUNTU: Final = row("ubuntu 22.04 5.15.0-119-generic ext4")
FEDORA: Final = row("fedora 39 6.5.6-300.fc39.x86_64 btrfs", GPT)
SLES: Final = row("sles 15.5 5.14.21-150500.53-default btrfs")
W2019: Final = WindowsRecipe(PRODUCTS["2019"])

NO_PARTITIONS: Final = "No valid partitions. Not a valid volume."
UNKNOWN: Final = "Unknown OS / Missing OS files."
SEVERAL: Final = "Unsupported configuration - Multiple directories found"
FSTAB: Final = "Invalid configuration - Could not read fstab"
MENUS: Final = "Multiple different grub/menu.lst files found."
BLS: Final = "BLSC-style GRUB found, but unable to detect default kernel"
NO_KERNEL: Final = "Unable to determine kernel version."
KERNEL: Final = "Unsupported kernel version "
INITRD: Final = (
    "We were unable to read your import's initramfs/initrd to determine what drivers your import "
    "requires to run in EC2"
)
LVM: Final = "Unsupported configuration - Logical volume group activation failed"


def having(recipe: Recipe, files: dict[str, File]) -> Recipe:
    """Return a guest with more files, or others."""
    return replace(recipe, extra=(*recipe.extra, *files.items()))


def lacking(recipe: Recipe, *paths: str) -> Recipe:
    """Return a guest without some paths and all below them."""
    return replace(recipe, absent=(*recipe.absent, *paths))


def running(recipe: Recipe, version: str) -> Recipe:
    """Return a guest with another kernel."""
    return replace(recipe, kernel=version)


def _initrd(recipe: Recipe, content: bytes) -> Recipe:
    path = f"/boot/{ways(recipe).initrd.format(recipe.kernel)}"
    return having(recipe, {path: File(content, 0o600)})


_OTHER_MENU: Final = text(
    "set timeout=9\nmenuentry 'Old' {\n linux /boot/vmlinuz-6.1.0-15-amd64\n}\n"
)
_WHOLE: Final = kernels.initrd(DEBIAN, ways(DEBIAN), DEBIAN.kernel)

PARTITIONS: Final = {
    "no partition table, a filesystem on the whole disk": Case(
        DEBIAN.on(table="none"), "partitions", NO_PARTITIONS
    ),
    "a table that counts in sectors of 4096 bytes": Case(
        DEBIAN.on(table="gpt", firmware="uefi", sector=4096), "partitions", NO_PARTITIONS
    ),
    "a wiped table": Case(DEBIAN.on(spoilt=((0, bytes(512)),)), "partitions", NO_PARTITIONS),
    "a volume group that lacks a disk": Case(
        row("rhel 8.9 4.18.0-513.5.1.el8_9.x86_64 xfs", boot="xfs", lvm="missing"),
        "logical-volumes", LVM,
    ),
    "a volume group whose text is garbled": Case(
        row("rhel 7.9 3.10.0-1160.el7.x86_64 xfs", boot="ext4", lvm="whole").on(
            spoilt=(((1 + 48 + 0) * (1 << 20) + 4608, b"\xff" * 200),)
        ),
        "logical-volumes", LVM,
    ),
}  # fmt: skip

SYSTEM: Final = {
    "an empty root": Case(
        lacking(DEBIAN, "/etc", "/usr", "/boot", "/lib", "/bin", "/sbin", "/lib64"),
        "system", UNKNOWN,
    ),
    "no release file": Case(
        lacking(DEBIAN, "/etc/os-release", "/usr/lib/os-release", "/etc/debian_version",
                "/var/lib/dpkg"),
        "system", UNKNOWN,
    ),
    "a distribution that is not listed": Case(
        row("arch 2024.1.1 6.6.10-arch1-1 ext4"), "distribution", UNKNOWN
    ),
    "a version that is not listed": Case(
        row("debian 9.13 4.9.0-19-amd64 ext4"), "kernel",
        "Unsupported kernel version 4.9.0-19-amd64",
    ),
    "one minor version off": Case(row("rhel 9.7 5.14.0-611.el9_7.x86_64 xfs"), "version"),
    "an encrypted root": Case(
        replace(DEBIAN, filesystem="luks", boot="ext4"), "system", UNKNOWN
    ),
    "Linux twice": Case(replace(DEBIAN, second=UBUNTU), "one-system", SEVERAL),
    "Linux and Windows": Case(replace(DEBIAN, second=W2019), "one-system", SEVERAL),
    "two /etc": Case(
        having(DEBIAN, {
            "/old-root/etc/os-release": text('ID=debian\nVERSION_ID="11"\nNAME="Debian"\n'),
            "/old-root/etc/fstab": text("/dev/sda9 / ext4 defaults 0 1\n"),
            "/old-root/etc/passwd": text("root:x:0:0:root:/root:/bin/sh\n"),
            "/old-root/bin/sh": File(binaries.elf(), 0o755),
            "/old-root/usr/lib/os-release": text("ID=debian\n"),
        }),
        "one-system", SEVERAL,
    ),
    "an encrypted data volume": Case(
        DEBIAN.on(more=("luks",)), "encryption",
        "Unsupported configuration - Encrypted volumes are not supported",
    ),
}  # fmt: skip

ARCHITECTURE: Final = {
    "ARM": Case(
        replace(row("debian 12.4 6.1.0-15-arm64 ext4", GPT), architecture="arm64"),
        "architecture", "Unsupported architecture arm64",
    ),
    "32 bits": Case(
        replace(row("debian 7.8 3.2.0-4-686-pae ext4"), architecture="i386"),
        "architecture", "Unsupported architecture i386",
    ),
    "Linux, though Windows was asked for": Case(
        DEBIAN, "platform", "The platform Windows does not match the operating system (Linux)",
        Request(platform="Windows"),
    ),
    "x86_64, though i386 was asked for": Case(
        DEBIAN, "architecture",
        "The architecture i386 does not match the operating system (x86_64)",
        Request(architecture="i386"),
    ),
}  # fmt: skip

ROOT: Final = {
    "JFS": Case(replace(DEBIAN, filesystem="jfs"), "system", None, unseen=True),
    "Btrfs with SUSE's subvolumes": Case(
        replace(SLES, filesystem="btrfs-suse"), "root-filesystem",
        "Unsupported configuration - The root file system btrfs with subvolumes is not supported",
    ),
    "Btrfs with Fedora's subvolumes": Case(
        replace(FEDORA, filesystem="btrfs-fedora"), "root-filesystem",
        "Unsupported configuration - The root file system btrfs with subvolumes is not supported",
    ),
    "no fstab": Case(lacking(DEBIAN, "/etc/fstab"), "fstab", FSTAB),
    "a binary fstab": Case(
        having(DEBIAN, {"/etc/fstab": File(bytes(range(256)) * 8)}), "fstab", FSTAB
    ),
    "an fstab that is a directory": Case(
        having(DEBIAN, {"/etc/fstab": directory()}), "fstab", FSTAB
    ),
    "an fstab that is a link to nowhere": Case(
        having(DEBIAN, {"/etc/fstab": link("/nowhere/fstab")}), "fstab", FSTAB
    ),
}  # fmt: skip

BOOT: Final = {
    "two grub.cfg": Case(
        having(DEBIAN, {"/boot/grub2/grub.cfg": _OTHER_MENU}), "boot-menus", MENUS
    ),
    "GRUB and GRUB 2": Case(
        having(DEBIAN, {"/boot/grub/menu.lst": text(
            "default 0\ntitle Old\nkernel /boot/vmlinuz-6.1.0-15-amd64 root=/dev/sda1\n")}),
        "boot-menus", MENUS,
    ),
    "entries, and none of them the default": Case(
        having(RHEL, {"/boot/grub2/grubenv": File(loaders.environment("saved_entry=gone-5.14\n"))}),
        "default-entry", BLS,
    ),
    "no entries": Case(lacking(RHEL, "/boot/loader/entries"), "default-entry", BLS),
    "no boot loader": Case(
        lacking(DEBIAN, "/boot/grub", "/etc/default/grub"), "boot-loader", NO_KERNEL
    ),
    "no kernel": Case(
        lacking(DEBIAN, "/boot/vmlinuz-6.1.0-15-amd64", "/vmlinuz", "/usr/lib/modules"),
        "default-kernel", NO_KERNEL,
    ),
}  # fmt: skip


def _kernel(recipe: Recipe, version: str) -> Case:
    return Case(running(recipe, version), "kernel", KERNEL + version)


KERNELS: Final = {
    "a backport": _kernel(DEBIAN, "6.5.0-0.deb12.4-amd64"),
    "one version off": _kernel(UBUNTU, "5.16.0-119-generic"),
    "the next system's kernel": _kernel(UBUNTU, "6.8.0-31-generic"),
    "RHEL 6.0's kernel": _kernel(RHEL6, "2.6.32-71.el6.x86_64"),
    "a mainline kernel": _kernel(RHEL, "6.9.1-1.el9.elrepo.x86_64"),
    "4.40 is not 4.4": _kernel(row("sles 12.2 4.4.21-69-default btrfs"), "4.40.1-1-default"),
    "an UEK where the table has none": _kernel(
        row("ol 8.0 4.18.0-80.el8.x86_64 xfs"), "5.4.17-2136.el8uek.x86_64"
    ),
    "the default of two kernels": Case(
        replace(running(UBUNTU, "6.8.0-31-generic"), other_kernels=("5.15.0-119-generic",)),
        "kernel", KERNEL + "6.8.0-31-generic",
    ),
}  # fmt: skip

INITRDS: Final = {
    "no initrd": Case(lacking(DEBIAN, f"/boot/initrd.img-{DEBIAN.kernel}"), "initrd", INITRD),
    "an initrd cut off": Case(_initrd(DEBIAN, _WHOLE[: len(_WHOLE) // 2]), "initrd", INITRD),
    "an initrd of zeros": Case(_initrd(DEBIAN, bytes(100_000)), "initrd", INITRD),
    "an empty initrd": Case(_initrd(UBUNTU, b""), "initrd", INITRD),
    "an initrd of rubbish": Case(_initrd(RHEL, bytes(range(256)) * 64), "initrd", INITRD),
    "gzip of something else": Case(
        _initrd(UBUNTU, binaries.compressed(b"this is no archive" * 99, "gzip")), "initrd", INITRD
    ),
}

LICENCES: Final = {
    "Linux with AWS's licence": Case(
        DEBIAN, "licence", "The license type AWS is not supported for Linux",
        Request(license_type="AWS"),
    ),
    "Windows 10 with AWS's licence": Case(
        WINDOWS["10 UEFI"], "licence", "The license type AWS is not supported for Windows 10",
        Request(license_type="AWS"),
    ),
    "a BIOS disk, though UEFI was asked for": Case(
        DEBIAN, "boot-mode", "The disk image can not be booted in the boot mode uefi",
        Request(boot_mode="uefi"),
    ),
    "UEFI without the fallback loader": Case(
        lacking(RHEL, "/boot/efi/EFI/BOOT"), "fallback-loader",
        "Unsupported configuration - BOOTX64.EFI was not found on the EFI system partition",
    ),
    "UEFI from a snapshot without a platform": Case(
        RHEL, "snapshot-platform",
        "The platform must be specified when a UEFI image is imported from a snapshot",
        Request(from_snapshot=True),
    ),
}  # fmt: skip

WINDOWS_CASES: Final = {
    "Nano Server": Case(WindowsRecipe(PRODUCTS["2016-nano"]), "windows-edition", UNKNOWN),
    "Essentials": Case(WindowsRecipe(PRODUCTS["2019-essentials"]), "windows-edition", UNKNOWN),
    "1903": Case(WindowsRecipe(PRODUCTS["1903"]), "windows-edition", UNKNOWN),
    "Windows XP": Case(WindowsRecipe(PRODUCTS["xp"]), "windows-edition", UNKNOWN),
    "Windows Vista": Case(WindowsRecipe(PRODUCTS["vista"]), "windows-edition", UNKNOWN),
    "Server 2003 without a service pack": Case(
        WindowsRecipe(PRODUCTS["2003-sp0"]), "windows-edition", UNKNOWN
    ),
    "Windows 10 IoT": Case(WindowsRecipe(PRODUCTS["10-iot"], GPT), "windows-edition", UNKNOWN),
    "Windows 8.1 Home": Case(WindowsRecipe(PRODUCTS["8.1-home"]), "windows-edition", UNKNOWN),
    "German Windows 10": Case(
        WindowsRecipe(PRODUCTS["10"].but(language="0407", languages=("de-DE",)), GPT),
        "windows-language",
        "Unsupported configuration - The language de-DE is not supported",
    ),
    "Server 2008 R2 with 32 bits": Case(
        WindowsRecipe(PRODUCTS["2008r2"].but(architecture="x86")), "windows-bits",
        "Unsupported architecture i386",
    ),
    "Windows on ARM": Case(
        WindowsRecipe(PRODUCTS["11"].but(architecture="ARM64"), GPT), "architecture",
        "Unsupported architecture arm64",
    ),
    "the Hyper-V role": Case(
        WindowsRecipe(PRODUCTS["2019"], system={"ControlSet001\\Services\\vmms": {
            "Start": 2, "Type": 16}}),
        "hyper-v-role", "Unsupported configuration - The Hyper-V role is installed",
    ),
    "less than 6 GiB free": Case(
        WindowsRecipe(PRODUCTS["2019"], size=5 << 30), "windows-room",
        "Unsupported configuration - There is not enough free space on the root volume",
    ),
    "Windows 11 on a BIOS disk": Case(
        WindowsRecipe(PRODUCTS["11"]), "boot-mode",
        "The disk image can not be booted in the boot mode legacy-bios",
    ),
    "2022 in China": Case(
        WINDOWS["2022 UEFI"], "windows-region",
        "Windows Server 2022 is not supported in the Region cn-north-1",
        Request(region="cn-north-1"),
    ),
    "2008 in a Region to opt in to": Case(
        WINDOWS["2008"], "windows-bits",
        "Windows Server 2008 is not supported in the Region af-south-1",
        Request(region="af-south-1", opt_in=True),
    ),
    "BitLocker beside it": Case(
        W2019.on(more=("bitlocker",)), "encryption",
        "Unsupported configuration - Encrypted volumes are not supported",
    ),
    "no .NET Framework": Case(
        replace(W2019, software={"Microsoft\\NET Framework Setup\\NDP\\v4\\Full": {"Install": 0}}),
        "dot-net",
        "Booter Networking failure/instance not reachable. Please retry after installation of "
        ".Net framework 3.5 SP1 or greater.",
    ),
    "a Japanese Windows": Case(
        WindowsRecipe(PRODUCTS["2019"].but(language="0411", languages=("ja-JP",))),
        "windows-language", "Unsupported configuration - The language ja-JP is not supported",
    ),
    "a garbled registry": Case(
        replace(W2019, extra=(("/Windows/System32/config/SOFTWARE", File(b"regf" + bytes(5000))),)),
        "windows-registry", UNKNOWN,
    ),
    "no registry": Case(
        replace(W2019, absent=("/Windows/System32/config",)), "windows-registry", UNKNOWN
    ),
}  # fmt: skip

_CONTROL: Final = "ControlSet001\\Control"

ADVICE: Final = {
    "static addresses": Case(DEBIAN, "addresses"),
    "predictable names of interfaces": Case(UBUNTU, "interface-names"),
    "devices named in fstab": Case(DEBIAN, "device-names"),
    "no SSH": Case(lacking(DEBIAN, "/usr/sbin/sshd", "/etc/ssh"), "ssh"),
    "VMware's tools": Case(
        having(DEBIAN, {
            "/usr/bin/vmtoolsd": File(binaries.elf(), 0o755),
            "/var/lib/dpkg/status": text(
                "Package: open-vm-tools\nStatus: install ok installed\nArchitecture: amd64\n"
                "Version: 2:12.2.0-1\n\n"
            ),
        }),
        "guest-tools",
    ),
    "GRUB for BIOS and for UEFI": Case(DEBIAN.on(table="gpt", firmware="both"), "one-firmware"),
    "neither NVMe nor ENA": Case(row("rhel 5.11 2.6.18-398.el5 ext3"), "nitro-drivers"),
    "EMS": Case(replace(W2019, ems=True), "emergency-services"),
    "a local clock": Case(
        replace(W2019, system={f"{_CONTROL}\\TimeZoneInformation": {"RealTimeIsUniversal": 0}}),
        "universal-time",
    ),
    "a page file that grows": Case(
        replace(W2019, system={f"{_CONTROL}\\Session Manager\\Memory Management": {
            "PagingFiles": ("?:\\pagefile.sys",)}}),
        "page-file",
    ),
    "Remote Desktop off": Case(
        replace(W2019, system={f"{_CONTROL}\\Terminal Server": {"fDenyTSConnections": 1}}),
        "remote-desktop",
    ),
    "German beside English": Case(
        WindowsRecipe(PRODUCTS["2019"].but(languages=("en-US", "de-DE"))), "english"
    ),
}  # fmt: skip
