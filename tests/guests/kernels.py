"""Kernels, their modules and initial RAM disks."""

from functools import lru_cache

from tests.guests import binaries
from tests.guests.filesystems import File, link, text
from tests.guests.recipes import Recipe
from tests.guests.ways import SELINUX, Ways, number, secure

VMWARE = {  # what a guest of VMware has in its initrd: path below drivers, what it needs
    "message/fusion/mptbase": (),
    "message/fusion/mptspi": ("mptbase",),
    "scsi/vmw_pvscsi": (),
    "ata/libahci": (),
    "ata/ahci": ("libahci",),
}
EC2 = {  # what it needs to start there
    "nvme/host/nvme-core": (),
    "nvme/host/nvme": ("nvme-core",),
    "net/ethernet/amazon/ena/ena": (),
    "block/xen-blkfront": (),
    "net/xen-netfront": (),
    "virtio/virtio_ring": (),
    "virtio/virtio": (),
    "virtio/virtio_pci": ("virtio_ring", "virtio"),
    "block/virtio_blk": ("virtio_ring", "virtio"),
    "net/virtio_net": ("virtio_ring", "virtio"),
}


def kernels(recipe: Recipe, how: Ways, usr: str) -> dict[str, File]:
    """Images, modules and initial RAM disks."""
    files: dict[str, File] = {}
    label = SELINUX % "boot" if secure(recipe) else None
    for version in (recipe.kernel, *recipe.other_kernels):
        image = File(binaries.kernel(version, recipe.architecture), 0o755, label=label)
        files[f"/boot/vmlinuz-{version}"] = image
        files[f"/boot/config-{version}"] = text("CONFIG_64BIT=y\nCONFIG_BLK_DEV_NVME=m\n")
        files[f"/boot/System.map-{version}"] = text("ffffffff81000000 T _text\n", 0o600)
        files[f"/boot/{how.initrd.format(version)}"] = File(
            initrd(recipe, how, version), 0o600, label=label
        )
        files |= modules(version, f"{usr}/lib/modules/{version}", how.suffix, recipe.architecture)
    if recipe.distribution == "sles":
        files["/boot/vmlinuz"] = link(f"vmlinuz-{recipe.kernel}")
        files["/boot/initrd"] = link(how.initrd.format(recipe.kernel))
    if recipe.distribution in ("debian", "ubuntu"):
        where = "boot/" if recipe.distribution == "debian" else ""
        files["/vmlinuz" if where else "/boot/vmlinuz"] = link(f"{where}vmlinuz-{recipe.kernel}")
        files["/initrd.img" if where else "/boot/initrd.img"] = link(
            f"{where}initrd.img-{recipe.kernel}"
        )
    return files


def known(version: str) -> dict[str, tuple[str, ...]]:
    """Return the drivers that a kernel of that version came with."""
    drivers = VMWARE | EC2
    old = number(version.split("-")[0])
    if old < (3, 10):
        for name in ("net/ethernet/amazon/ena/ena", "nvme/host/nvme-core", "nvme/host/nvme"):
            drivers = {path: needs for path, needs in drivers.items() if path != name}
    return drivers


def modules(version: str, folder: str, suffix: str, architecture: str) -> dict[str, File]:
    """The modules of a kernel with what depmod(8) writes."""
    kind = {"": "", ".xz": "xz", ".zst": "zstd", ".gz": "gzip"}[suffix]
    drivers = known(version)
    paths = {path.rpartition("/")[2]: f"kernel/drivers/{path}.ko{suffix}" for path in drivers}
    files, dependencies = {}, []
    for path, needs in drivers.items():
        name = path.rpartition("/")[2]
        content = _module(name, version, architecture, needs, kind)
        files[f"{folder}/{paths[name]}"] = File(content)
        dependencies.append(f"{paths[name]}: {' '.join(paths[need] for need in needs)}".rstrip())
    files[f"{folder}/modules.dep"] = text("\n".join(dependencies) + "\n")
    files[f"{folder}/modules.order"] = text("\n".join(paths.values()) + "\n")
    files[f"{folder}/modules.builtin"] = text(
        "kernel/fs/ext4/ext4.ko\nkernel/drivers/scsi/sd_mod.ko\n"
    )
    files[f"{folder}/modules.alias"] = text("alias pci:v00001D0Fd0000EC20* ena\n")
    return files


@lru_cache(maxsize=4096)
def _module(name: str, version: str, architecture: str, needs: tuple[str, ...], kind: str) -> bytes:
    return binaries.compressed(binaries.module(name, version, architecture, needs), kind)


def initrd(recipe: Recipe, how: Ways, version: str) -> bytes:
    """The initial RAM disk of a kernel as its generator would make it."""
    drivers = VMWARE | EC2 if recipe.drivers else VMWARE
    inside = {path: needs for path, needs in known(version).items() if path in drivers}
    program = binaries.elf(recipe.architecture)
    files: dict[str, bytes] = {"init": b"#!/bin/sh\nexec switch_root /sysroot /sbin/init\n"}
    base = f"lib/modules/{version}"
    match how.generator:
        case "dracut":
            base = f"usr/lib/modules/{version}" if how.merged else base
            files |= {
                "usr/bin/bash": program,
                "usr/lib/initrd-release": b"NAME=dracut\nID=dracut\n",
                "lib/dracut/dracut-056" if not how.merged else "usr/lib/dracut/dracut-056": b"",
                "usr/lib/dracut/modules.txt": b"bash\nkernel-modules\nrootfs-block\n",
                "etc/cmdline.d/.keep": b"",
            }
        case "initramfs-tools":
            base = f"usr/lib/modules/{version}" if how.merged else base
            files |= {
                "bin/busybox": program,
                "conf/initramfs.conf": b"MODULES=dep\nBUSYBOX=auto\n",
                "conf/arch.conf": b"DPKG_ARCH=amd64\n",
                "conf/modules": b"",
                "scripts/functions": b"# -*- shell-script -*-\n",
                "scripts/init-top/ORDER": b"",
            }
        case "mkinitrd":
            files["init"] = b"#!/bin/nash\nmkrootdev -t ext3 -o defaults,ro sda1\nswitchroot\n"
            files["bin/nash"] = program
    lines = []
    for path, needs in inside.items():
        name = path.rpartition("/")[2]
        content = _module(name, version, recipe.architecture, needs, "")
        if how.generator == "mkinitrd" and recipe.distribution != "sles":
            files[f"lib/{name}.ko"] = content
            continue
        files[f"{base}/kernel/drivers/{path}.ko"] = content
        lines.append(f"kernel/drivers/{path}.ko:")
    files[f"{base}/modules.dep"] = ("\n".join(lines) + "\n").encode()
    return binaries.initrd(
        files, how.compression, early=how.compression == "zstd" or how.loader == "bls"
    )
