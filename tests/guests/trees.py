"""The files of a Linux: what a reader looks at, as its distribution and version would have it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tests.guests import binaries
from tests.guests.filesystems import File, directory, link, text
from tests.guests.recipes import Recipe

FOREIGN = "deadbeef-0000-4000-8000-000000000000"  # UUID of a disk that did not come along
SELINUX = "system_u:object_r:%s_t:s0"
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


def linux(recipe: Recipe, places: Places) -> dict[str, File]:
    """Return all files of a Linux, /boot among them."""
    how = ways(recipe)
    files: dict[str, File] = {}
    for name in ("proc", "sys", "dev", "run", "tmp", "home", "root", "mnt", "media", "srv", "opt",
                 "boot", "var/log", "var/lib", "var/tmp", "usr/share", "data"):  # fmt: skip
        files[f"/{name}"] = directory(0o1777 if name.endswith("tmp") else 0o755)
    usr = "/usr" if how.merged else ""
    for name in ("bin", "sbin", "lib", "lib64"):
        files[f"/{name}"] = link(f"usr/{name}") if how.merged else directory()
        files[f"/usr/{name}"] = directory()
    program = File(_program(recipe.architecture), 0o755)
    for name in ("bin/bash", "bin/sh", "bin/ls", "bin/mount", "sbin/init", "sbin/ip"):
        files[f"{usr}/{name}"] = program
    files["/usr/bin/ssh"] = files["/usr/sbin/sshd"] = files["/usr/bin/env"] = program
    files |= _identity(recipe)
    files["/etc/fstab"] = text(
        fstab(recipe, places), label=SELINUX % "etc" if _secure(recipe) else None
    )
    if _secure(recipe):
        files["/etc/selinux/config"] = text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    files |= _kernels(recipe, how, usr)
    files |= _boot(recipe, how, places)
    files |= _network(recipe, how)
    files |= _packages(how, recipe)
    files |= dict(recipe.extra)
    for path in recipe.absent:
        files = {
            here: file
            for here, file in files.items()
            if here != path and not here.startswith(path + "/")
        }
    return files


@lru_cache
def _program(architecture: str) -> bytes:
    return binaries.elf(architecture, 3, {".text": b"\xc3" * 64})


def _secure(recipe: Recipe) -> bool:
    return recipe.distribution in ("rhel", "centos", "rocky", "ol", "fedora")


# who it is ---------------------------------------------------------------------------------------

NAMES = {
    "debian": "Debian GNU/Linux", "ubuntu": "Ubuntu", "rhel": "Red Hat Enterprise Linux",
    "centos": "CentOS Linux", "rocky": "Rocky Linux", "ol": "Oracle Linux Server",
    "fedora": "Fedora Linux", "sles": "SLES", "amzn": "Amazon Linux",
}  # fmt: skip
CODENAMES = {
    "6": "squeeze", "7": "wheezy", "10": "buster", "11": "bullseye", "12": "bookworm",
    "12.04": "precise", "14.04": "trusty", "16.04": "xenial", "18.04": "bionic", "20.04": "focal",
    "22.04": "jammy", "24.04": "noble",
}  # fmt: skip


def _identity(recipe: Recipe) -> dict[str, File]:
    """The release files that the version really had."""
    distribution, version = recipe.distribution, recipe.version
    at, name = number(version), NAMES.get(recipe.distribution, recipe.distribution.title())
    files = {
        "/etc/hostname": text("guest\n"),
        "/etc/passwd": text(
            "root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n"
        ),
        "/etc/group": text("root:x:0:\nann:x:1000:\n"),
        "/etc/shadow": text("root:*:19000:0:99999:7:::\n", 0o600),
        "/etc/ssh/sshd_config": text("PermitRootLogin no\n", 0o600),
        "/home/ann/.ssh/authorized_keys": File(
            b"ssh-ed25519 AAAAC3Nz ann@example\n", 0o600, 1000, 1000
        ),
    }
    match distribution:
        case "debian":
            files["/etc/debian_version"] = text(version + "\n")
            major = version.split(".")[0]
            if at >= (7,):
                code = CODENAMES.get(major, "sid")
                files |= _os_release(f"{name} {major} ({code})", name, "debian", major, "")
        case "ubuntu":
            code = CODENAMES.get(version, "utopic")
            long_term = " LTS" if at[0] % 2 == 0 and at[1] == 4 else ""
            pretty = f"Ubuntu {version}{long_term}"
            files["/etc/debian_version"] = text("sid\n")
            files["/etc/lsb-release"] = text(
                f"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE={version}\nDISTRIB_CODENAME={code}\n"
                f'DISTRIB_DESCRIPTION="{pretty}"\n'
            )
            files |= _os_release(pretty, name, "ubuntu", version, "debian")
        case "sles":
            pack = f" SP{at[1]}" if len(at) > 1 and at[1] else ""
            if at < (15,):
                level = at[1] if len(at) > 1 else 0
                files["/etc/SuSE-release"] = text(
                    f"SUSE Linux Enterprise Server {at[0]} (x86_64)\nVERSION = {at[0]}\n"
                    f"PATCHLEVEL = {level}\n"
                )
            if at >= (11, 4):
                pretty = f"SUSE Linux Enterprise Server {at[0]}{pack}"
                files |= _os_release(pretty, name, "sles", version, "suse")
        case "fedora":
            files["/etc/fedora-release"] = text(f"Fedora release {version} (Nought)\n")
            files["/etc/redhat-release"] = files["/etc/system-release"] = link("fedora-release")
            files |= _os_release(f"Fedora Linux {version}", name, "fedora", version, "")
        case "amzn":
            pretty = f"Amazon Linux {version}"
            files["/etc/system-release"] = text(f"Amazon Linux release {version} (Karoo)\n")
            files |= _os_release(pretty, name, "amzn", version, "centos rhel fedora")
        case "rhel" | "centos" | "rocky" | "ol":
            files |= _red_hat(recipe, name, at)
        case _:
            files |= _os_release(f"{name} {version}", name, distribution, version, "")
    return files


def _red_hat(recipe: Recipe, name: str, at: tuple[int, ...]) -> dict[str, File]:
    version, edition = recipe.version, " Server" if at < (8,) else ""
    told = {
        "rhel": f"Red Hat Enterprise Linux{edition} release {version} (Maipo)",
        "centos": f"CentOS{' Linux' if at >= (7,) else ''} release {version} (Final)",
        "rocky": f"Rocky Linux release {version} (Blue Onyx)",
        "ol": f"Oracle Linux Server release {version}",
    }[recipe.distribution]
    stream = recipe.distribution == "centos" and at >= (9,)
    if stream:
        name, told = "CentOS Stream", f"CentOS Stream release {version}"
    files = {"/etc/redhat-release": text(told + "\n")}
    if recipe.distribution == "ol":
        files["/etc/oracle-release"] = text(told + "\n")
        files["/etc/redhat-release"] = text(f"Red Hat Enterprise Linux release {version} (Maipo)\n")
    if recipe.distribution in ("centos", "rocky"):
        files[f"/etc/{recipe.distribution}-release"] = text(told + "\n")
        files["/etc/redhat-release"] = link(f"{recipe.distribution}-release")
    if at >= (7,):
        shown = version.split(".")[0] if recipe.distribution == "centos" else version
        like = {"rhel": "fedora", "ol": "fedora"}.get(recipe.distribution, "rhel fedora")
        files |= _os_release(f"{name} {shown}", name, recipe.distribution, shown, like)
    return files


def _os_release(pretty: str, name: str, own: str, version: str, like: str) -> dict[str, File]:
    lines = [f'PRETTY_NAME="{pretty}"', f'NAME="{name}"', f'VERSION_ID="{version}"']
    lines += [f'VERSION="{version}"', f"ID={own}" if own == "debian" else f'ID="{own}"']
    lines += [f'ID_LIKE="{like}"'] if like else []
    return {
        "/usr/lib/os-release": text("\n".join(lines) + "\n"),
        "/etc/os-release": link("../usr/lib/os-release"),
    }


# fstab, network, packages ------------------------------------------------------------------------


def fstab(recipe: Recipe, places: Places) -> str:
    """The lines of fstab; "devices": with all that a conversion has to repair."""
    kind = {"xfs4": "xfs"}.get(recipe.filesystem, recipe.filesystem)
    untidy = recipe.fstab == "devices"
    root = places.device if untidy or recipe.lvm else f"UUID={places.root}"
    lines = ["# /etc/fstab: static file system information.", f"{root} / {kind} defaults 0 1"]
    if places.boot:
        lines.append(f"UUID={places.boot}\t/boot\t{recipe.boot}\tdefaults\t0 2")
    if places.esp:
        serial = f"{places.esp[:4]}-{places.esp[4:]}"
        lines.append(f"UUID={serial} /boot/efi vfat umask=0077 0 1")
    if places.swap:
        lines.append(f"UUID={places.swap} none swap sw 0 0")
    if untidy:
        lines.append(f"UUID={FOREIGN} /data ext4 defaults 0 2")
        lines.append("//files.example/share /mnt/share cifs guest,uid=1000 0 0")
        lines.append("/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0")
    return "\n".join(lines) + "\n"


def _network(recipe: Recipe, how: Ways) -> dict[str, File]:
    """An interface with an address of its own, or with DHCP."""
    static, name = recipe.network == "static", "ens192" if how.predictable else "eth0"
    match how.network:
        case "ifupdown":
            lines = f"auto lo\niface lo inet loopback\n\nauto {name}\niface {name} inet "
            lines += (
                "static\n\taddress 192.168.1.5\n\tnetmask 255.255.255.0\n\tgateway 192.168.1.1\n"
                if static
                else "dhcp\n"
            )
            return {"/etc/network/interfaces": text(lines)}
        case "netplan":
            lines = f"network:\n  version: 2\n  ethernets:\n    {name}:\n"
            lines += (
                "      addresses: [192.168.1.5/24]\n      routes:\n        - to: default\n"
                "          via: 192.168.1.1\n      nameservers:\n        addresses: [192.168.1.1]\n"
                if static
                else "      dhcp4: true\n"
            )
            return {"/etc/netplan/00-installer-config.yaml": text(lines, 0o600)}
        case "ifcfg":
            lines = f"TYPE=Ethernet\nNAME={name}\nDEVICE={name}\nONBOOT=yes\n"
            lines += (
                "BOOTPROTO=none\nIPADDR=192.168.1.5\nPREFIX=24\nGATEWAY=192.168.1.1\nDNS1=192.168.1.1\n"
                "HWADDR=00:50:56:00:00:05\n"
                if static
                else "BOOTPROTO=dhcp\n"
            )
            label = SELINUX % "net_conf" if _secure(recipe) else None
            return {
                f"/etc/sysconfig/network-scripts/ifcfg-{name}": text(lines, label=label),
                "/etc/sysconfig/network-scripts/ifcfg-lo": text("DEVICE=lo\nIPADDR=127.0.0.1\n"),
                "/etc/sysconfig/network": text("NETWORKING=yes\n"),
            }
        case "ifcfg-suse":
            lines = "BOOTPROTO='static'\nSTARTMODE='auto'\nIPADDR='192.168.1.5/24'\n"
            return {
                f"/etc/sysconfig/network/ifcfg-{name}": text(
                    lines if static else "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n"
                ),
                "/etc/sysconfig/network/routes": text("default 192.168.1.1 - -\n"),
            }
        case "networkmanager":
            method = "manual\naddress1=192.168.1.5/24,192.168.1.1" if static else "auto"
            lines = f"[connection]\nid={name}\ntype=ethernet\ninterface-name={name}\n\n"
            lines += f"[ipv4]\nmethod={method}\n\n[ipv6]\nmethod=auto\n"
            return {
                f"/etc/NetworkManager/system-connections/{name}.nmconnection": text(lines, 0o600)
            }
        case "networkd":
            lines = f"[Match]\nName={name}\n\n[Network]\n"
            lines += "Address=192.168.1.5/24\nGateway=192.168.1.1\n" if static else "DHCP=yes\n"
            return {f"/etc/systemd/network/10-{name}.network": text(lines)}
    raise ValueError(how.network)


def _packages(how: Ways, recipe: Recipe) -> dict[str, File]:
    if how.packages == "dpkg":
        status = (
            "Package: base-files\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n"
        )
        return {"/var/lib/dpkg/status": text(status)}
    return {"/var/lib/rpm/Packages": File(b"\0\0\0\0" * 64)}


# kernels -----------------------------------------------------------------------------------------


def _kernels(recipe: Recipe, how: Ways, usr: str) -> dict[str, File]:
    """Images, modules and initial RAM disks."""
    files: dict[str, File] = {}
    label = SELINUX % "boot" if _secure(recipe) else None
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


# the boot loader ---------------------------------------------------------------------------------


def _boot(recipe: Recipe, how: Ways, places: Places) -> dict[str, File]:
    """The boot loader's files below /boot; those of the EFI system partition are in esp()."""
    kernels = (recipe.kernel, *recipe.other_kernels)
    prefix = "" if places.boot else "/boot"
    device = places.boot or places.root
    root = places.device if recipe.lvm or how.loader == "grub-legacy" else f"UUID={places.root}"
    arguments = f"root={root} ro quiet"
    folder = f"/boot/{how.grub}"
    default = text('GRUB_DEFAULT=0\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=""\n')
    if how.loader == "grub-legacy":
        return _legacy(recipe, how, prefix, arguments)
    entries = ""
    if how.loader == "grub2":
        for version in kernels:
            title = f"{NAMES.get(recipe.distribution, recipe.distribution)}, with Linux {version}"
            entries += (
                f"menuentry '{title}' --class os $menuentry_id_option 'gnulinux-{version}' {{\n"
                f"\tinsmod gzio\n\tsearch --no-floppy --fs-uuid --set=root {device}\n"
                f"\tlinux\t{prefix}/vmlinuz-{version} {arguments}\n"
                f"\tinitrd\t{prefix}/{how.initrd.format(version)}\n}}\n"
            )
    else:
        entries = "insmod blscfg\nblscfg\n"
    config = (
        "#\n# DO NOT EDIT THIS FILE\n#\n### BEGIN /etc/grub.d/00_header ###\n"
        "if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n"
        'if [ "${next_entry}" ] ; then\n   set default="${next_entry}"\n   set next_entry=\n'
        '   save_env next_entry\nelse\n   set default="%s"\nfi\n'
        "if [ x$feature_timeout_style = xy ] ; then\n  set timeout_style=menu\n  set timeout=5\n"
        "else\n  set timeout=5\nfi\n### END /etc/grub.d/00_header ###\n"
        f"search --no-floppy --fs-uuid --set=root {device}\n{entries}"
    ) % ("${saved_entry}" if how.loader == "bls" else "0")
    files = {f"{folder}/grub.cfg": text(config, 0o600), "/etc/default/grub": default}
    if how.loader == "bls":
        machine = "0123456789abcdef0123456789abcdef"
        saved = f"saved_entry={machine}-{recipe.kernel}\n"
        files[f"{folder}/grubenv"] = File(_environment(saved))
        for version in kernels:
            files[f"/boot/loader/entries/{machine}-{version}.conf"] = text(
                f"title {NAMES.get(recipe.distribution, '')} ({version})\nversion {version}\n"
                f"linux {prefix}/vmlinuz-{version}\ninitrd {prefix}/{how.initrd.format(version)}\n"
                f"options {arguments}\ngrub_users $grub_users\ngrub_class kernel\n"
            )
    return files


def _environment(lines: str) -> bytes:
    """A grubenv: 1024 bytes, filled up with #."""
    return f"# GRUB Environment Block\n{lines}".encode().ljust(1024, b"#")


def _legacy(recipe: Recipe, how: Ways, prefix: str, arguments: str) -> dict[str, File]:
    lines = ["default=0", "timeout=5", "hiddenmenu"]
    for version in (recipe.kernel, *recipe.other_kernels):
        lines += [f"title Linux ({version})", "\troot (hd0,0)"]
        lines += [f"\tkernel {prefix}/vmlinuz-{version} {arguments}"]
        lines += [f"\tinitrd {prefix}/{how.initrd.format(version)}"]
    config = text("\n".join(lines) + "\n", 0o600)
    stage = {"/boot/grub/stage2": File(b"\xea\x70\x22\0\0\0\x03\x02" + bytes(512))}
    if recipe.distribution == "sles":
        return {"/boot/grub/menu.lst": config, **stage}
    return {
        "/boot/grub/grub.conf": config,
        "/boot/grub/menu.lst": link("./grub.conf"),
        "/etc/grub.conf": link("../boot/grub/grub.conf"),
        **stage,
    }


def esp(recipe: Recipe, places: Places) -> dict[str, File]:
    """The files of the EFI system partition; without a fallback when the recipe says so."""
    how = ways(recipe)
    loader = File(binaries.pe("x86_64" if recipe.architecture != "arm64" else "arm64", 10))
    stub = f"search.fs_uuid {places.boot or places.root} root\n"
    stub += f"set prefix=($root){'' if places.boot else '/boot'}/{how.grub}\n"
    stub += "configfile $prefix/grub.cfg\n"
    files = {
        f"/EFI/{how.vendor}/shimx64.efi": loader,
        f"/EFI/{how.vendor}/grubx64.efi": loader,
        f"/EFI/{how.vendor}/grub.cfg": text(stub),
        "/EFI/BOOT/BOOTX64.EFI": loader,
    }
    return without(files, (path.removeprefix("/boot/efi") for path in recipe.absent))


def without(files: dict[str, File], absent: Iterable[str]) -> dict[str, File]:
    """Leave out some paths with all below them."""
    gone = tuple(absent)
    return {
        path: file
        for path, file in files.items()
        if not any(path == one or path.startswith(one + "/") for one in gone if one)
    }
