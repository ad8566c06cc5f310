"""Rules for machines and for Linux: what passes, what fails and how, and what nobody could see."""

from dataclasses import replace
from typing import Any

import pytest

from converters.guests.guest import (
    Boot,
    BootFile,
    Guest,
    Initrd,
    Linux,
    Mount,
    NetworkFile,
    Table,
    Volume,
)
from converters.guests.judge.rules import Finding, Request
from converters.guests.judge.verdict import Verdict, judge
from tests.guests.found import DISK, VOLUME, client, finding, guest, kernel, linux, windows

UNSEEN = ("0:1: JFS cannot be read here",)


def judged(system: Linux | None = None, **members: Any) -> Verdict:
    return judge(guest(system, **members), Request())


def of(rule: str, system: Linux | None = None, **members: Any) -> Finding:
    return finding(judged(system, **members), rule)


def fails(found: Finding, error: str | None) -> bool:
    """Tell whether a rule failed with a sentence of the service's, and tells what to do."""
    return found.passed is False and found.error == error and bool(found.remedy and found.seen)


# the disks


def test_disks_without_partitions_are_no_volume() -> None:
    bare = Table(disk=0, size=1 << 30, scheme=None, problem="no boot signature")

    found = of("partitions", disks=(bare,))

    assert fails(found, "No valid partitions. Not a valid volume.")
    assert found.seen == "no boot signature"


def test_sectors_of_4096_bytes_are_not_those_of_ebs() -> None:
    found = of("partitions", disks=(replace(DISK, sector=4096),))

    assert fails(found, "No valid partitions. Not a valid volume.")


def test_a_second_disk_may_have_no_partitions() -> None:
    bare = Table(disk=1, size=1 << 30, scheme=None)

    assert of("partitions", disks=(DISK, bare)).passed


def test_disks_that_could_not_be_read_are_not_judged() -> None:
    verdict = judge(Guest(disks=(), unseen=("the reader was killed",)), Request())

    assert verdict.accepted
    assert not verdict.certain
    assert {found.passed for found in verdict.findings if found.blocking} == {None}
    assert (verdict.platform, verdict.usage_operation, verdict.boot_mode) == (None, None, None)


def test_a_volume_group_must_be_whole() -> None:
    half = Volume("0:2", (), "lvm", problem="the volume group vg lacks a physical volume")

    found = of("logical-volumes", volumes=(VOLUME, half))

    assert fails(found, "Unsupported configuration - Logical volume group activation failed")
    assert of("logical-volumes", volumes=(VOLUME, replace(half, problem=None))).passed


# the system


def test_without_a_system_it_is_unknown() -> None:
    verdict = judge(Guest(disks=(DISK,), volumes=(VOLUME,)), Request())

    assert verdict.error == "Unknown OS / Missing OS files."
    assert finding(verdict, "system").remedy


def test_a_system_that_could_not_be_seen_is_not_missing() -> None:
    verdict = judge(Guest(disks=(DISK,), volumes=(VOLUME,), unseen=UNSEEN), Request())

    assert finding(verdict, "system").passed is None
    assert finding(verdict, "system").seen == UNSEEN[0]
    assert verdict.accepted


def test_an_encrypted_root_is_an_unknown_system() -> None:
    locked = replace(VOLUME, filesystem="luks")

    verdict = judge(Guest(disks=(DISK,), volumes=(locked,), unseen=("0:1: LUKS",)), Request())

    assert verdict.error == "Unknown OS / Missing OS files."
    assert "encrypted" in finding(verdict, "system").seen


@pytest.mark.parametrize("kind", ["luks", "bitlocker"])
def test_an_encrypted_volume_is_refused(kind: str) -> None:
    found = of("encryption", volumes=(VOLUME, Volume("0:2", (), kind)))

    assert fails(found, "Unsupported configuration - Encrypted volumes are not supported")


@pytest.mark.parametrize("key", ["arch", "alpine", "almalinux", "opensuse"])
def test_other_distributions_are_unknown_systems(key: str) -> None:
    verdict = judged(linux(key, "3.19", "6.6.7-0-lts"))

    assert verdict.error == "Unknown OS / Missing OS files."
    assert fails(finding(verdict, "distribution"), verdict.error)


SEVERAL = "Unsupported configuration - Multiple directories found"


def test_several_roots_are_refused() -> None:
    assert fails(of("one-system", linux(roots=("0:1", "0:2"))), SEVERAL)


def test_several_etc_are_refused() -> None:
    assert fails(of("one-system", linux(etc_directories=("/etc", "/old/etc"))), SEVERAL)


def test_linux_beside_windows_is_refused() -> None:
    both = replace(guest(), windows=windows(volume="0:2", roots=("0:2",)))

    assert fails(finding(judge(both, Request()), "one-system"), SEVERAL)


# told and found


@pytest.mark.parametrize(
    ("system", "error"),
    [
        (linux(architecture="i386"), "Unsupported architecture i386"),
        (linux(architecture="arm64"), "Unsupported architecture arm64"),
        (windows(architecture="arm64"), "Unsupported architecture arm64"),
        (windows(architecture="i386", build=6002, product="Windows Server (R) 2008"), None),
        (linux(), None),
    ],
)
def test_an_architecture_must_be_one_of_ec2s(system: Linux, error: str | None) -> None:
    assert of("architecture", system).error == error


def test_an_architecture_must_be_the_one_that_was_said() -> None:
    verdict = judge(guest(), Request(architecture="i386"))

    assert fails(
        finding(verdict, "architecture"),
        "The architecture i386 does not match the operating system (x86_64)",
    )


@pytest.mark.parametrize("told", ["Linux", "linux", None])
def test_a_platform_that_is_right_passes(told: str | None) -> None:
    assert judge(guest(), Request(platform=told)).accepted


def test_a_platform_must_be_the_systems() -> None:
    verdict = judge(guest(windows()), Request(platform="Linux"))

    assert verdict.error == "The platform Linux does not match the operating system (Windows)"


# Linux


@pytest.mark.parametrize("filesystem", ["ext2", "ext3", "ext4", "xfs", "jfs", "btrfs"])
def test_root_filesystems_of_the_guide_pass(filesystem: str) -> None:
    assert of("root-filesystem", volumes=(replace(VOLUME, filesystem=filesystem),)).passed


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        (replace(VOLUME, filesystem="reiserfs"), "reiserfs"),
        (replace(VOLUME, filesystem="f2fs"), "f2fs"),
        (replace(VOLUME, filesystem="btrfs", subvolumes=("@", "@home")), "btrfs with subvolumes"),
    ],
)
def test_other_root_filesystems_are_refused(volume: Volume, told: str) -> None:
    error = f"Unsupported configuration - The root file system {told} is not supported"

    assert fails(of("root-filesystem", volumes=(volume,)), error)


@pytest.mark.parametrize("problem", ["missing", "binary, not text", "a directory"])
def test_an_fstab_must_be_readable(problem: str) -> None:
    found = of("fstab", linux(fstab_problem=problem))

    assert fails(found, "Invalid configuration - Could not read fstab")
    assert found.seen == problem


@pytest.mark.parametrize("loader", [None, "syslinux", "systemd-boot", "lilo"])
def test_another_boot_loader_than_grub_hides_the_kernel(loader: str | None) -> None:
    found = of("boot-loader", linux(boot=Boot(loader=loader)))

    assert fails(found, "Unable to determine kernel version.")


def menu(path: str, **members: Any) -> BootFile:
    return replace(BootFile(path, "grub2", "0:1", entries=("Debian",)), **members)


@pytest.mark.parametrize(
    ("others", "error"),
    [
        ((menu("/boot/grub2/grub.cfg"),), "Multiple different grub/menu.lst files found."),
        (
            (menu("/boot/grub/menu.lst", kind="grub-legacy"),),
            "Multiple different grub/menu.lst files found.",
        ),
        ((menu("/boot/grub2/grub.cfg", same_as="/boot/grub/grub.cfg"),), None),
        ((menu("/boot/efi/EFI/debian/grub.cfg", entries=()),), None),
        ((menu("/boot/efi/EFI/debian/grub.cfg", kind="other"),), None),
        ((menu("/boot/syslinux/syslinux.cfg", kind="syslinux"),), None),
        ((menu("/boot/loader/entries/a.conf", kind="bls"),), None),
        ((), None),
    ],
)
def test_several_menus_are_refused_unless_they_are_one(
    others: tuple[BootFile, ...], error: str | None
) -> None:
    files = (menu("/boot/grub/grub.cfg"), *others)

    found = of("boot-menus", linux(boot=Boot("grub2", files, default_found=True)))

    assert found.error == error


def test_entries_need_a_default() -> None:
    system = linux("rhel", "9.4", "5.14.0-427.el9.x86_64", boot=Boot("grub2", bls=True))

    found = of("default-entry", system)

    assert fails(found, "BLSC-style GRUB found, but unable to detect default kernel")
    assert "5.14.0-427.el9.x86_64" in found.remedy


def test_a_kernel_must_be_found() -> None:
    none = linux(kernels=())
    not_started = linux(started=kernel("6.1.0-17-amd64", default=False))

    for system in (none, not_started):
        assert fails(of("default-kernel", system), "Unable to determine kernel version.")
    assert of("default-kernel", none, unseen=UNSEEN).passed is None


@pytest.mark.parametrize(
    ("key", "version", "started", "accepted"),
    [
        ("debian", "12.4", "6.1.0-17-amd64", True),
        ("debian", "12.9", "6.1.0-30-amd64", True),  # the kernel is listed, the version isn't
        ("debian", "12.4", "6.5.0-0.deb12.4-amd64", False),
        ("debian", "9.13", "4.9.0-19-amd64", False),
        ("debian", "9.13", "4.19.0-0.bpo.19-amd64", False),  # Debian 10's kernel is no help
        ("debian", None, "6.1.0-17-amd64", True),
        ("debian", None, "6.12.0-1-amd64", False),
        ("rhel", "6.0", "2.6.32-71.el6.x86_64", False),
        ("rhel", "6.5", "2.6.32-431.el6.x86_64", True),
        ("rhel", "8.10", "4.18.0-553.el8_10.x86_64", True),
        ("rhel", "10.0", "6.12.0-55.el10.x86_64", False),
        ("centos", "6.10", "2.6.32-754.el6.x86_64", True),
        ("oracle", "8.10", "5.15.0-300.el8uek.x86_64", True),
        ("oracle", "8.9", "5.4.17-2136.el8uek.x86_64", False),
        ("sles", "12.2", "4.40.1-1-default", False),
        ("sles", "15.7", "6.4.0-150700.51-default", True),
        ("ubuntu", "22.04", "5.19.0-32-generic", False),
        ("ubuntu", "22.10", "5.15.0-25-generic", False),
        ("ubuntu", "22.04.3", "5.15.0-25-generic", True),
        ("fedora", "40", "6.8.5-301.fc40.x86_64", False),
    ],
)
def test_the_kernel_decides(key: str, version: str | None, started: str, accepted: bool) -> None:
    found = of("kernel", linux(key, version, started))

    assert found.passed is accepted
    if not accepted:
        assert fails(found, f"Unsupported kernel version {started}")


@pytest.mark.parametrize(
    ("initrd", "told"),
    [
        (None, "there is none"),
        (Initrd("/boot/initrd.img", readable=False, problem="gzip: cut off"), "gzip: cut off"),
    ],
)
def test_an_initrd_must_be_readable(initrd: Initrd | None, told: str) -> None:
    found = of("initrd", linux(started=kernel("6.1.0-17-amd64", initrd=initrd)))

    assert fails(
        found,
        "We were unable to read your import's initramfs/initrd to determine what drivers your "
        "import requires to run in EC2",
    )
    assert told in found.seen


def test_what_the_guest_calls_itself_is_shown_cut_and_printable() -> None:
    found = of("kernel", linux(started="6.1\x1b[31m" + "9" * 500))

    assert found.error is not None
    assert "\x1b" not in found.error
    assert len(found.error) < 200


# advice


@pytest.mark.parametrize(
    ("rule", "system"),
    [
        ("version", linux(version="12.9")),
        ("ssh", linux(ssh_server=False)),
        ("addresses", linux(network=(NetworkFile("/etc/netplan/a.yaml", "netplan", static=True),))),
        ("interface-names", linux(predictable_names=True)),
        ("device-names", linux(mounts=(Mount(1, "/dev/sda1", "/", "ext4", "defaults", "0:1"),))),
        ("guest-tools", linux(guest_tools=("open-vm-tools",))),
        ("nitro-drivers", linux(started=kernel("6.1.0-17-amd64", modules=("ena",)))),
        ("room", linux(free=10 << 20)),
    ],
)
def test_advice_blocks_nothing(rule: str, system: Linux) -> None:
    verdict = judged(system)

    assert verdict.accepted
    assert fails(finding(verdict, rule), None)
    assert not finding(verdict, rule).blocking
    assert finding(judged(), rule).passed


@pytest.mark.parametrize(
    "source", ["UUID=1", "LABEL=root", "/dev/mapper/vg-root", "/dev/vg/root", "/dev/disk/by-uuid/1"]
)
def test_names_that_stay_are_no_matter(source: str) -> None:
    mounts = (Mount(1, source, "/", "ext4", "defaults", "0:1"),)

    assert of("device-names", linux(mounts=mounts)).passed


def test_drivers_may_be_built_in_or_in_the_initrd() -> None:
    initrd = Initrd("/boot/initrd", readable=True, modules=("nvme",))

    found = of(
        "nitro-drivers",
        linux(started=kernel("6.1.0-17-amd64", modules=(), builtin=("ena",), initrd=initrd)),
    )

    assert found.passed


def test_a_system_on_the_second_disk_would_not_start() -> None:
    away = replace(VOLUME, extents=(replace(VOLUME.extents[0], disk=1),))

    found = of("root-disk", disks=(DISK, replace(DISK, disk=1)), volumes=(away,))

    assert fails(found, "Unknown OS / Missing OS files.")


# licences


@pytest.mark.parametrize(
    ("system", "request_", "error"),
    [
        (linux(), Request(license_type="BYOL"), None),
        (linux(), Request(license_type="AWS"), "The license type AWS is not supported for Linux"),
        (windows(), Request(license_type="AWS"), None),
        (windows(), Request(license_type="BYOL"), None),
        (
            client(),
            Request(license_type="AWS"),
            "The license type AWS is not supported for Windows 10",
        ),
        (client(), Request(license_type="BYOL"), None),
        (
            linux(),
            Request(
                usage_operation="RunInstances:0002", usage_platform="Windows", usage_license="AWS"
            ),
            "The usage operation RunInstances:0002 is not supported for Linux",
        ),
        (
            linux(),
            Request(
                usage_operation="RunInstances:0100", usage_platform="Linux", usage_license="AWS"
            ),
            None,
        ),
        (
            windows(),
            Request(usage_operation="RunInstances", usage_platform="Linux", usage_license="BYOL"),
            "The usage operation RunInstances is not supported for Windows Server 2019",
        ),
        (
            client(),
            Request(
                usage_operation="RunInstances:0002", usage_platform="Windows", usage_license="AWS"
            ),
            "The usage operation RunInstances:0002 is not supported for Windows 10",
        ),
    ],
)
def test_a_licence_must_fit_the_system(system: Linux, request_: Request, error: str | None) -> None:
    found = finding(judge(guest(system), request_), "licence")

    assert found.error == error
    assert found.passed is (error is None)
