"""Initial RAM disks get the drivers they lack from the guest's own modules, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.initramfs import adapt_initrds
from converters.guests.adapt.kmod_index import read_index
from converters.guests.guest import Initrd, Kernel, Linux
from converters.guests.look.cpio import entry, trailer
from converters.guests.look.initrd import Contents as Found
from converters.guests.look.initrd import read_contents
from converters.guests.plan import FileChange
from converters.guests.tree import System
from tests.guests.binaries import compressed, cpio, module
from tests.guests.memory import Content, File, Link, MemoryTree

VERSION = "5.14.0-503.el9.x86_64"
IMAGE = f"/boot/initrd.img-{VERSION}"
FOLDER = f"/lib/modules/{VERSION}"
PACKINGS = ("", "gzip", "xz", "lzma", "bzip2", "zstd", "lz4")
MODULES = {  # what there is, and what it needs
    "kernel/drivers/nvme/host/nvme-core.ko": (),
    "kernel/drivers/nvme/host/nvme.ko": ("kernel/drivers/nvme/host/nvme-core.ko",),
    "kernel/drivers/block/xen-blkfront.ko": (),
    "kernel/drivers/ata/libata.ko": ("kernel/drivers/scsi/scsi_mod.ko",),
    "kernel/drivers/ata/ata_piix.ko": (
        "kernel/drivers/ata/libata.ko",
        "kernel/drivers/scsi/scsi_mod.ko",
    ),
    "kernel/drivers/scsi/scsi_mod.ko": (),
    "kernel/drivers/scsi/sd_mod.ko": ("kernel/drivers/scsi/scsi_mod.ko",),
    "kernel/drivers/net/ena.ko": (),
    "kernel/drivers/net/xen-netfront.ko": (),
}
BUILTIN = "kernel/drivers/virtio/virtio_pci.ko\nkernel/drivers/block/virtio_blk.ko\n"
SCSI = "kernel/drivers/scsi/scsi_mod.ko"
INITRAMFS_TOOLS = {
    "init": b"#!/bin/sh\n",
    "conf/initramfs.conf": b"",
    "conf/modules": b"loop\n",
    f"usr/lib/modules/{VERSION}/{SCSI}": module("scsi_mod", VERSION),
    f"usr/lib/modules/{VERSION}/modules.dep": f"{SCSI}:\n".encode(),
    f"usr/lib/modules/{VERSION}/modules.alias": b"alias scsi:* scsi_mod\n",
}
DRACUT = {
    "init": b"\x7fELF",
    "usr/lib/dracut/hooks/pre-udev/30-x.sh": b"",
    "usr/lib/dracut/dracut-057": b"",
    f"usr/lib/modules/{VERSION}/modules.dep": b"",
}


def linked(files: Mapping[str, bytes]) -> bytes:
    """An archive in which lib leads to usr/lib, as on merged systems."""
    return entry("lib", 0o120777, b"usr/lib") + cpio(files)


def guest_files(initrd: bytes, suffix: str = "", builtin: str = BUILTIN) -> dict[str, Content]:
    how = {"": "", ".xz": "xz", ".zst": "zstd", ".gz": "gzip"}[suffix]
    files: dict[str, Content] = {IMAGE: File(initrd, 0o600, label="system_u:object_r:boot_t:s0")}
    lines, aliases = [], ["# Aliases", "alias xen:vbd xen_blkfront", "alias pci:v1d2* e1000"]
    for path, needs in MODULES.items():
        name = Path(path).stem
        files[f"{FOLDER}/{path}{suffix}"] = compressed(module(name, VERSION), how)
        lines.append(f"{path}{suffix}: {' '.join(need + suffix for need in needs)}")
        aliases.append(f"alias pci:x-{name}* {name}")
    files[f"{FOLDER}/modules.dep"] = "\n".join(lines)
    files[f"{FOLDER}/modules.alias"] = "\n".join(aliases)
    files[f"{FOLDER}/modules.builtin"] = builtin
    return files


def planned(
    tmp_path: Path, files: Mapping[str, Content], free: int | None = None, path: str = IMAGE
) -> tuple[list[FileChange], list[str]]:
    """Return the changes and what was left out, for one kernel."""
    system = System(MemoryTree(files, free=free))
    changes = Changes(system, Contents(tmp_path))
    kernel = Kernel(VERSION, initrd=Initrd(path, True), default=True)
    adapt_initrds(Linux("0:1", kernels=(kernel,)), system, changes)
    return changes.files, changes.left_out


def new(tmp_path: Path, files: Mapping[str, Content]) -> Found:
    """Return the new initial RAM disk, unpacked."""
    changes, left = planned(tmp_path, files)
    assert left == []
    (change,) = changes
    contents = read_contents(IMAGE, [(tmp_path / change.content).read_bytes()])
    assert contents.initrd.readable, contents.initrd.problem
    assert contents.initrd.problem is None
    return contents


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_was_there_stays_and_drivers_follow(tmp_path: Path, packing: str) -> None:
    old = compressed(linked(INITRAMFS_TOOLS), packing) + bytes(256)

    (change,), left = planned(tmp_path, guest_files(old))

    bytes_now = (tmp_path / change.content).read_bytes()
    before, after = read_contents("", [old]), read_contents("", [bytes_now])
    assert left == []
    assert bytes_now.startswith(old.rstrip(b"\0"))
    assert (change.path, change.kept, change.mode) == (
        IMAGE,
        f"/boot/.initrd.img-{VERSION}.vmimport",
        0o600,
    )
    assert change.label == "system_u:object_r:boot_t:s0"
    assert change.reason == "drivers are added for: NVMe, Xen disk, ATA disk, SCSI disk"
    assert before.initrd.modules == ("scsi_mod",)
    assert after.initrd.readable, after.initrd.problem
    assert set(after.initrd.modules) == {
        "ata_piix", "libata", "nvme", "nvme_core", "scsi_mod", "sd_mod", "xen_blkfront"
    }  # fmt: skip
    assert after.text("conf/modules") == b"loop\nnvme\nata_piix\nsd_mod\n"
    assert before.files.items() - after.files.items() == {
        (path, before.files[path])
        for path in before.files
        if path.endswith(("conf/modules", "modules.dep", "modules.alias"))
    }


def test_modprobe_finds_them_by_name_and_by_device(tmp_path: Path) -> None:
    contents = new(tmp_path, guest_files(linked(INITRAMFS_TOOLS)))

    dependencies = contents.text(f"lib/modules/{VERSION}/modules.dep.bin")
    aliases = contents.text(f"lib/modules/{VERSION}/modules.alias.bin")
    text = contents.text(f"lib/modules/{VERSION}/modules.dep")
    assert dependencies is not None
    assert aliases is not None
    found = {each.key: each.value for each in read_index(dependencies)}
    assert found["scsi_mod"] == f"{SCSI}:"
    assert (
        found["ata_piix"] == f"kernel/drivers/ata/ata_piix.ko: kernel/drivers/ata/libata.ko {SCSI}"
    )
    assert text is not None
    assert set(text.decode().splitlines()) == set(found.values())
    assert {(each.key, each.value) for each in read_index(aliases)} == {
        ("scsi:*", "scsi_mod"),
        ("xen:vbd", "xen_blkfront"),
        ("pci:x_nvme*", "nvme"),
        ("pci:x_nvme_core*", "nvme_core"),
        ("pci:x_xen_blkfront*", "xen_blkfront"),
        ("pci:x_libata*", "libata"),
        ("pci:x_ata_piix*", "ata_piix"),
        ("pci:x_sd_mod*", "sd_mod"),
    }


@pytest.mark.parametrize("suffix", [".xz", ".zst", ".gz"])
def test_packed_modules_are_unpacked(tmp_path: Path, suffix: str) -> None:
    contents = new(tmp_path, guest_files(linked(INITRAMFS_TOOLS), suffix))

    where = f"usr/lib/modules/{VERSION}/kernel/drivers/nvme/host/nvme.ko"
    assert contents.files[where].size == len(module("nvme", VERSION))
    text = contents.text(f"lib/modules/{VERSION}/modules.dep") or b""
    assert b"host/nvme.ko: kernel/drivers/nvme/host/nvme-core.ko\n" in text
    assert suffix.encode() not in text


def test_dracut_with_systemd_reads_a_list(tmp_path: Path) -> None:
    files = {**DRACUT, "usr/lib/systemd/systemd-modules-load": b"\x7fELF"}

    contents = new(tmp_path, guest_files(cpio(files)))

    assert contents.files["etc/modules-load.d"].kind == "dir"
    assert contents.files["etc/modules-load.d/vmimport.conf"].size == len(
        "nvme\nata_piix\nsd_mod\n"
    )


@pytest.mark.parametrize(
    ("files", "hook"),
    [
        (DRACUT, "usr/lib/dracut/hooks/pre-udev/01-vmimport.sh"),
        ({"init": b"", "lib/dracut/dracut-049": b""}, "lib/dracut/hooks/pre-udev/01-vmimport.sh"),
        ({"init": b"", "dracut-004": b"", "pre-udev/x.sh": b""}, "pre-udev/01-vmimport.sh"),
    ],
)
def test_dracut_without_systemd_gets_a_hook(
    tmp_path: Path, files: dict[str, bytes], hook: str
) -> None:
    contents = new(tmp_path, guest_files(cpio(files)))

    assert contents.files[hook].size > 100
    assert "nvme" in contents.initrd.modules


def test_red_hats_mkinitrd_gets_lines_with_insmod(tmp_path: Path) -> None:
    init = b"#!/bin/nash\nmount -t proc /proc /proc\ninsmod /lib/jbd.ko\ninsmod /lib/mptspi.ko\nx\n"
    files = {"init": init, "lib/jbd.ko": b"\x7fELF", "lib/mptspi.ko": b"\x7fELF"}

    contents = new(tmp_path, guest_files(cpio(files)))

    lines = (contents.text("init") or b"").decode().split("\n")
    assert [line.split("/")[-1] for line in lines if line.startswith("insmod")] == [
        "jbd.ko", "mptspi.ko", "nvme_core.ko", "nvme.ko", "xen_blkfront.ko", "scsi_mod.ko",
        "libata.ko", "ata_piix.ko", "sd_mod.ko",
    ]  # fmt: skip
    assert lines[-2:] == ["x", ""]
    assert "lib/nvme_core.ko" in contents.files


def test_suses_mkinitrd_gets_names_in_its_list(tmp_path: Path) -> None:
    files = {
        "init": b"#!/bin/bash\n",
        "config/start.sh": b"rootdev=''\nRESOLVED_INITRD_MODULES='mptspi ext3'\n",
        "run_all.sh": b"[ \"$RESOLVED_INITRD_MODULES\" ] || RESOLVED_INITRD_MODULES='ext3'\n",
        f"lib/modules/{VERSION}/modules.dep": f"{FOLDER}/updates/a.ko:\n".encode(),
    }

    contents = new(tmp_path, guest_files(cpio(files)))

    assert b"RESOLVED_INITRD_MODULES='nvme ata_piix sd_mod mptspi ext3'" in (
        contents.text("config/start.sh") or b""
    )
    assert b"|| RESOLVED_INITRD_MODULES='nvme ata_piix sd_mod ext3'" in (
        contents.text("run_all.sh") or b""
    )
    text = contents.text(f"lib/modules/{VERSION}/modules.dep") or b""
    assert f"\n{FOLDER}/kernel/drivers/nvme/host/nvme.ko: {FOLDER}/kernel".encode() in text


def test_mkinitcpio_gets_names_in_its_settings(tmp_path: Path) -> None:
    files = {"init": b"#!/bin/sh\n", "init_functions": b"", "config": b'MODULES="ext4"\n'}

    contents = new(tmp_path, guest_files(cpio(files)))

    assert contents.text("config") == b'MODULES="ext4"\n\nMODULES="$MODULES nvme ata_piix sd_mod"\n'


def test_what_is_there_or_built_in_is_not_added(tmp_path: Path) -> None:
    have = {f"lib/modules/{VERSION}/{path}.zst": b"x" for path in MODULES}

    assert planned(tmp_path, guest_files(cpio(INITRAMFS_TOOLS | have))) == ([], [])


def test_an_old_kernels_configuration_says_what_is_built_in(tmp_path: Path) -> None:
    files = guest_files(cpio(INITRAMFS_TOOLS), builtin="")
    del files[f"{FOLDER}/modules.builtin"]
    files[f"/boot/config-{VERSION}"] = (
        "CONFIG_BLK_DEV_NVME=y\nCONFIG_XEN_BLKDEV_FRONTEND=m\nCONFIG_ATA_PIIX=y\n"
    )

    assert set(new(tmp_path, files).initrd.modules) == {"scsi_mod", "sd_mod", "xen_blkfront"}


def test_a_file_with_other_names_is_not_written_through(tmp_path: Path) -> None:
    def shared(name: str) -> bytes:
        data = bytearray(entry(name, 0o100644, b"alias scsi:* scsi_mod\n" if name > "y" else b""))
        data[6:14], data[38:46] = b"00000007", b"00000002"
        return bytes(data)

    base = f"usr/lib/modules/{VERSION}"
    archive = cpio({"init": b"", "conf/initramfs.conf": b"", f"{base}/modules.dep": b""})
    twin = shared(f"{base}/modules.alias") + shared("zz") + trailer()

    (change,), _ = planned(tmp_path, guest_files(archive + twin))

    bytes_now = (tmp_path / change.content).read_bytes()
    first = bytes_now.index(entry(f"{base}/modules.alias", 0o120777, b"/"))
    assert bytes_now.index(f"{base}/modules.alias\0".encode(), first + 200) > first


def test_it_is_found_through_links_and_other_kernels_are_completed_too(tmp_path: Path) -> None:
    files = guest_files(cpio(INITRAMFS_TOOLS))
    files["/initrd.img"] = Link(IMAGE.removeprefix("/"))
    other = "5.14.0-1"
    for path, content in tuple(files.items()):
        if path.startswith("/lib/modules"):
            files[path.replace(VERSION, other)] = content
    files["/boot/other"] = cpio(
        {path.replace(VERSION, other): data for path, data in INITRAMFS_TOOLS.items()}
    )
    system = System(MemoryTree(files))
    changes = Changes(system, Contents(tmp_path))
    kernel = Kernel(VERSION, initrd=Initrd("/initrd.img", True), default=True)
    second = replace(kernel, version=other, initrd=Initrd("/boot/other", True), default=False)

    adapt_initrds(Linux("0:1", kernels=(second, kernel)), system, changes)

    assert [change.path for change in changes.files] == [IMAGE, "/boot/other"]
    assert changes.left_out == []


def test_room_is_counted_for_all_of_them(tmp_path: Path) -> None:
    files = guest_files(cpio(INITRAMFS_TOOLS | {"large": bytes(2 << 20)}))
    files["/boot/other"] = files[IMAGE]
    system = System(MemoryTree(files, free=5 << 20))
    changes = Changes(system, Contents(tmp_path))
    kernel = Kernel(VERSION, initrd=Initrd(IMAGE, True), default=True)
    second = replace(kernel, initrd=Initrd("/boot/other", True), default=False)

    adapt_initrds(Linux("0:1", kernels=(kernel, second)), system, changes)

    assert [change.path for change in changes.files] == [IMAGE]
    assert changes.left_out == [
        "/boot/other stays without drivers for EC2: there is no room for another one of 2 MiB "
        "beside it."
    ]


@pytest.mark.parametrize(
    ("initrd", "free", "problem"),
    [
        (b"#!/bin/sh", None, "it is neither an archive nor packed in a way that Linux knows"),
        (compressed(cpio(INITRAMFS_TOOLS), "gzip")[:-20], None, "the gzip data is cut short"),
        (cpio({"init": b"\x7fELF"}), None, "it is not known how it loads modules"),
        (cpio({"init": b"#!/bin/nash\n"}), None, "it has no script that loads modules"),
        (cpio(INITRAMFS_TOOLS), 1 << 20, "there is no room for another one of 0 MiB beside it"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_it_alone(
    tmp_path: Path, initrd: bytes, free: int | None, problem: str
) -> None:
    assert planned(tmp_path, guest_files(initrd), free) == (
        [],
        [f"{IMAGE} stays without drivers for EC2: {problem}."],
    )


def test_a_kernel_without_drivers_is_told(tmp_path: Path) -> None:
    files: dict[str, Content] = {IMAGE: cpio(INITRAMFS_TOOLS)}

    changes, left = planned(tmp_path, files)

    assert changes == []
    assert left[0] == (
        f"Kernel {VERSION} has no NVMe driver: EBS volumes are NVMe devices on Nitro instances."
    )
    assert len(left) == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "../../../etc/nvme.ko:",
        "/etc/nvme.ko:",
        "kernel/a;reboot/nvme.ko:",
        "kernel/nvme.ko: kernel/$(reboot).ko kernel/nvme.ko",
        "kernel/nvme.ko: " + "kernel/nvme.ko " * 5000,
        "kernel/nvme.ko.xz:",
    ],
)
def test_hostile_tables_of_modules_do_no_harm(tmp_path: Path, line: str) -> None:
    files = guest_files(cpio(INITRAMFS_TOOLS))
    files[f"{FOLDER}/modules.dep"] = line
    files[f"{FOLDER}/kernel/nvme.ko"] = module("nvme", VERSION)
    if line.endswith(".xz:"):
        files[f"{FOLDER}/kernel/nvme.ko.xz"] = compressed(bytes(60 << 20), "xz")
    files["/etc/nvme.ko"] = module("nvme", VERSION)

    changes, left = planned(tmp_path, files)

    for change in changes:
        contents = read_contents("", [(tmp_path / change.content).read_bytes()])
        assert contents.text("conf/modules") == b"loop\nnvme\n"
        assert f"usr/lib/modules/{VERSION}/kernel/nvme.ko" in contents.files
        assert not any("reboot" in path or "etc/nvme" in path for path in contents.files)
    assert changes or any("stays without drivers" in sentence for sentence in left)


def test_a_version_that_is_a_path_is_refused(tmp_path: Path) -> None:
    system = System(MemoryTree(guest_files(cpio(INITRAMFS_TOOLS))))
    changes = Changes(system, Contents(tmp_path))
    kernel = Kernel("../../etc", initrd=Initrd(IMAGE, True), default=True)

    adapt_initrds(Linux("0:1", kernels=(kernel,)), system, changes)

    assert (changes.files, len(changes.left_out)) == ([], 1)
