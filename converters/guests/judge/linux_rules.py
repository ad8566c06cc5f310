"""Rules for a Linux: what the import of an image asks of it, in the order in which it decides.

assumed: that the kernel decides and not the point release. The guide names the kernel in its error
and among what it checks; Debian 12.9 with the kernel of Debian 12.4 passes, and a piece of advice
says that it is not in the table.
"""

from typing import Final

from converters import errors
from converters.guests.guest import BootFile, Guest, Kernel, Linux
from converters.guests.judge import rules
from converters.guests.judge.machine_rules import number, unseen, volume_of
from converters.guests.judge.rules import Failed, Outcome, Passed, Request, Rule, Unseen, rule
from converters.guests.judge.systems import Distribution, Release, distribution

ROOTS: Final = ("ext2", "ext3", "ext4", "btrfs", "jfs", "xfs")
LOADERS: Final = {"grub2": "GRUB 2", "grub-legacy": "GRUB legacy"}
TOGETHER: Final = 3  # things that are listed one by one


@rule("distribution", "The distribution is one that the guide lists.", rules.SYSTEMS)
def listed(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a distribution of the table."""
    linux = guest.linux
    if linux is None or linux.distribution is None:
        return None
    known = distribution(linux.distribution)
    if known is None:
        return Failed(
            linux.name or linux.distribution,
            "Move to a distribution that is listed, or import without changes: ImportSnapshot "
            "and RegisterImage.",
            errors.unknown_system(),
        )
    return Passed(known.name)


@rule("root-filesystem", "The root filesystem is ext2, ext3, ext4, XFS, JFS, or Btrfs without "
      "subvolumes.", rules.FILE_SYSTEMS)  # fmt: skip
def root_filesystem(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a filesystem that EC2's import can mount."""
    linux = guest.linux
    if linux is None:
        return None
    volume = volume_of(guest, linux.volume)
    if volume is None or volume.filesystem is None:
        return Unseen(unseen(guest))
    if volume.filesystem not in ROOTS:
        return Failed(
            volume.filesystem,
            "Copy the system to a new disk whose root filesystem is ext4 or XFS.",
            errors.unsupported_root(volume.filesystem),
        )
    if volume.subvolumes:
        names = ", ".join(volume.subvolumes[:TOGETHER])
        more = ", …" if len(volume.subvolumes) > TOGETHER else ""
        return Failed(
            f"btrfs with {number(len(volume.subvolumes), 'subvolume')}: {names}{more}",
            "Copy the system to a filesystem without subvolumes (ext4, XFS); snapshots made by "
            "snapper or timeshift are subvolumes too: btrfs subvolume list /",
            errors.unsupported_root("btrfs with subvolumes"),
        )
    return Passed(volume.filesystem)


@rule("fstab", "/etc/fstab is there and can be read.", rules.LINUX_ERRORS)
def fstab(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a list of filesystems that makes sense."""
    linux = guest.linux
    if linux is None:
        return None
    if linux.fstab_problem:
        return Failed(
            linux.fstab_problem,
            "Write a line for / with the UUID that blkid shows, and check it: findmnt --verify",
            errors.unreadable_fstab(),
        )
    return Passed(number(len(linux.mounts), "entry").replace("entrys", "entries"))


@rule("boot-loader", "The boot loader is GRUB or GRUB 2.", rules.LINUX_CONFIGURATION)
def boot_loader(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a GRUB: nothing else's kernel is found."""
    linux = guest.linux
    if linux is None:
        return None
    loader = linux.boot.loader
    if loader in LOADERS:
        return Passed(LOADERS[loader])
    if loader is None and guest.unseen:
        return Unseen(unseen(guest))
    return Failed(
        loader or "no GRUB was found",
        "Install GRUB 2: grub-install /dev/sda && update-grub (grub2-install and grub2-mkconfig "
        "-o /boot/grub2/grub.cfg on Red Hat's and SUSE's systems).",
        errors.unknown_kernel(),
    )


@rule("boot-menus", "There is one boot configuration: a single grub.cfg, grub.conf or menu.lst.",
      rules.IMAGE_ERRORS)  # fmt: skip
def boot_menus(guest: Guest, request: Request) -> Outcome | None:
    """Refuse several configurations that differ; links and copies of one are one."""
    linux = guest.linux
    if linux is None or not linux.boot.files:
        return None
    menus = [file for file in linux.boot.files if _is_menu(file)]
    if len(menus) > 1:
        return Failed(
            ", ".join(file.path for file in menus[:TOGETHER]),
            f"Keep the one that is used and remove the others, e.g.: rm {menus[-1].path}",
            errors.several_menus(),
        )
    return Passed(menus[0].path if menus else "")


@rule("default-entry", "Of the boot loader's entries (BLS), one is the default.",
      rules.LINUX_ERRORS)  # fmt: skip
def default_entry(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a default among the entries of the Boot Loader Specification."""
    linux = guest.linux
    if linux is None or not linux.boot.bls:
        return None
    if linux.boot.default_found:
        return Passed(_default_title(linux))
    if guest.unseen:
        return Unseen(unseen(guest))
    return Failed(
        "no entry is the default",
        "Set GRUB_DEFAULT=saved in /etc/default/grub, then: grubby --set-default "
        f"/boot/vmlinuz-{_newest(linux) or 'VERSION'}",
        errors.no_default_kernel(),
    )


@rule("default-kernel", "The kernel that starts by default can be found.", rules.LINUX_ERRORS)
def default_kernel(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a kernel."""
    linux = guest.linux
    if linux is None:
        return None
    kernel = started(linux)
    if kernel is not None:
        return Passed(kernel.version)
    if guest.unseen:
        return Unseen(unseen(guest))
    return Failed(
        "no kernel is installed" if not linux.kernels else "no entry of the menu leads to a kernel",
        "Install the distribution's kernel again, and write the menu anew: update-grub, or "
        "grub2-mkconfig -o /boot/grub2/grub.cfg",
        errors.unknown_kernel(),
    )


@rule("kernel", "The kernel is one that the guide lists for the distribution.", rules.SYSTEMS)
def kernel(guest: Guest, request: Request) -> Outcome | None:
    """Compare the kernel that starts by default with the table."""
    linux = guest.linux
    known = distribution(linux.distribution) if linux is not None else None
    if linux is None or known is None or (found := started(linux)) is None:
        return None
    candidates = _rows(known, linux.version)
    if any(row.has_kernel(found.version) for row in candidates):
        return Passed(found.version)
    wanted = ", ".join(
        dict.fromkeys(each for row in candidates for each in (*row.kernels, *row.uek))
    )
    return Failed(
        f"{found.version} on {known.name} {linux.version or ''}".rstrip(),
        f"Start a listed kernel by default ({wanted}): install it, then {_choose(linux)}"
        if wanted
        else f"Upgrade to a release that is listed: {_releases(known)}",
        errors.unsupported_kernel(found.version),
    )


@rule("initrd", "The initial RAM disk of the kernel can be read.", rules.LINUX_ERRORS)
def initrd(guest: Guest, request: Request) -> Outcome | None:
    """Ask for an initramfs: from it the import learns which drivers are missing."""
    linux = guest.linux
    if linux is None or (found := started(linux)) is None:
        return None
    if found.initrd is not None and found.initrd.readable:
        generator = f", made by {found.initrd.generator}" if found.initrd.generator else ""
        return Passed(f"{found.initrd.path}{generator}")
    if found.initrd is None and guest.unseen:
        return Unseen(unseen(guest))
    problem = "there is none"
    if found.initrd is not None:
        problem = f"{found.initrd.path}: {found.initrd.problem or 'it cannot be read'}"
    return Failed(problem, f"Make it anew: {_rebuild(linux, found)}", errors.unreadable_initrd())


FOUND: Final[tuple[Rule, ...]] = (listed,)
RULES: Final[tuple[Rule, ...]] = (
    root_filesystem,
    fstab,
    boot_loader,
    boot_menus,
    default_entry,
    default_kernel,
    kernel,
    initrd,
)


# what several rules ask ---------------------------------------------------------------------------


def started(linux: Linux) -> Kernel | None:
    """Return the kernel that starts by default."""
    return next((kernel for kernel in linux.kernels if kernel.default), None)


def in_table(linux: Linux) -> bool:
    """Tell whether the very version of a distribution is listed."""
    known = distribution(linux.distribution)
    return known is not None and linux.version is not None and bool(known.exactly(linux.version))


def _rows(known: Distribution, version: str | None) -> tuple[Release, ...]:
    """Return the rows whose kernels will do: those of the version, else those of its series."""
    if version is None:
        return known.releases
    return known.exactly(version) or known.nearly(version)


def _releases(known: Distribution) -> str:
    return f"{known.name} {', '.join(each for row in known.releases for each in row.versions)}"


def _is_menu(file: BootFile) -> bool:
    """Tell whether a file is a menu of its own, no stub on the ESP that loads another one."""
    return (
        file.kind in LOADERS
        and file.same_as is None
        and bool(file.entries or file.kernels or file.default)
    )


def _default_title(linux: Linux) -> str:
    found = started(linux)
    return found.version if found is not None else ""


def _newest(linux: Linux) -> str | None:
    return linux.kernels[-1].version if linux.kernels else None


def _choose(linux: Linux) -> str:
    if linux.package_manager == "dpkg":
        return "set GRUB_DEFAULT in /etc/default/grub and run update-grub"
    return "grubby --set-default /boot/vmlinuz-VERSION"


def _rebuild(linux: Linux, found: Kernel) -> str:
    if linux.package_manager == "dpkg":
        return f"update-initramfs -u -k {found.version}"
    if linux.distribution == "sles":
        return f"mkinitrd, or: dracut -f --kver {found.version}"
    return f"dracut -f /boot/initramfs-{found.version}.img {found.version}"
