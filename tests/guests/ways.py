"""How each distribution does things, version by version."""

from dataclasses import dataclass

from tests.guests.recipes import Recipe

SELINUX = "system_u:object_r:%s_t:s0"


@dataclass(frozen=True, slots=True)
class Places:
    """The UUIDs that go into fstab and the boot loader's files."""

    root: str
    boot: str | None = None  # of a /boot of its own
    esp: str | None = None
    swap: str | None = None
    device: str = "/dev/sda1"  # of the root


@dataclass(frozen=True, slots=True)
class Ways:
    """How a distribution does things in a version."""

    loader: str
    grub: str  # directory below /boot
    vendor: str  # directory on the EFI system partition
    initrd: str
    generator: str
    compression: str
    suffix: str  # of modules: "", ".xz", ".zst"
    network: str
    packages: str
    merged: bool  # /lib and /bin are links into /usr
    predictable: bool


def number(version: str) -> tuple[int, ...]:
    """Return "9.4" as (9, 4)."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def ways(recipe: Recipe) -> Ways:
    """Return how a recipe's distribution does things, and what the recipe changes."""
    at = number(recipe.version)
    own = _ways(recipe.distribution, at)
    return Ways(
        recipe.loader or own.loader, own.grub if recipe.loader is None else _grub(recipe, own),
        own.vendor, own.initrd, recipe.generator or own.generator,
        own.compression if recipe.compression is None else recipe.compression,
        own.suffix, own.network, own.packages, own.merged, own.predictable,
    )  # fmt: skip


def _grub(recipe: Recipe, own: Ways) -> str:
    return "grub" if recipe.loader == "grub-legacy" else own.grub


def _ways(distribution: str, at: tuple[int, ...]) -> Ways:
    match distribution:
        case "debian":
            zstd = "zstd" if at >= (12,) else "gzip"
            new = at >= (9,)
            return Ways("grub2", "grub", "debian", "initrd.img-{}", "initramfs-tools", zstd, "",
                        "ifupdown", "dpkg", at >= (10,), new)  # fmt: skip
        case "ubuntu":
            how = "zstd" if at >= (21, 10) else "lz4" if at >= (19, 10) else "gzip"
            network = "netplan" if at >= (17, 10) else "ifupdown"
            suffix = ".zst" if at >= (24,) else ""
            return Ways("grub2", "grub", "ubuntu", "initrd.img-{}", "initramfs-tools", how, suffix,
                        network, "dpkg", at >= (19, 4), at >= (15, 10))  # fmt: skip
        case "sles":
            old = at < (12,)
            how = "gzip" if old else "zstd" if at >= (15, 4) else "xz"
            suffix = ".zst" if at >= (15, 4) else ".xz" if at >= (15, 3) else ""
            return Ways("grub-legacy" if old else "grub2", "grub" if old else "grub2", "sles",
                        "initrd-{}", "mkinitrd" if old else "dracut", how, suffix,
                        "ifcfg-suse", "rpm", False, False)  # fmt: skip
        case "fedora":
            new = at >= (30,)
            return Ways("bls" if new else "grub2", "grub2", "fedora", "initramfs-{}.img", "dracut",
                        "zstd" if new else "gzip", ".xz" if new else "",
                        "networkmanager" if new else "ifcfg", "rpm", True, True)  # fmt: skip
        case "amzn":
            new = at >= (2023,)
            return Ways("bls" if new else "grub2", "grub2", "amzn", "initramfs-{}.img", "dracut",
                        "zstd" if new else "gzip", "", "networkd" if new else "ifcfg", "rpm",
                        True, new)  # fmt: skip
    vendor = {"rhel": "redhat", "ol": "redhat"}.get(distribution, distribution)
    if at < (7,):
        initrd, maker = (
            ("initrd-{}.img", "mkinitrd") if at < (6,) else ("initramfs-{}.img", "dracut")
        )
        return Ways("grub-legacy", "grub", vendor, initrd, maker, "gzip", "", "ifcfg", "rpm", False,
                    False)  # fmt: skip
    loader = "bls" if at >= (8,) else "grub2"
    network = "networkmanager" if at >= (9,) else "ifcfg"
    return Ways(loader, "grub2", vendor, "initramfs-{}.img", "dracut", "gzip", ".xz", network,
                "rpm", True, True)  # fmt: skip


def secure(recipe: Recipe) -> bool:
    return recipe.distribution in ("rhel", "centos", "rocky", "ol", "fedora")


NAMES = {
    "debian": "Debian GNU/Linux", "ubuntu": "Ubuntu", "rhel": "Red Hat Enterprise Linux",
    "centos": "CentOS Linux", "rocky": "Rocky Linux", "ol": "Oracle Linux Server",
    "fedora": "Fedora Linux", "sles": "SLES", "amzn": "Amazon Linux",
}  # fmt: skip
