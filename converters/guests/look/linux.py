"""Puts together everything that can be read from a Linux root filesystem."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from converters.guests.guest import LIST, Linux, Table, Volume
from converters.guests.look import elf, software
from converters.guests.look.boot import read_boot
from converters.guests.look.distribution import read_distribution
from converters.guests.look.fstab import read_fstab, read_mounts
from converters.guests.look.kernels import read_kernels
from converters.guests.look.network import predictable_names, read_network
from converters.guests.look.texts import is_dir, is_file, names
from converters.guests.tree import System, Tree, Unreadable

FOLDERS: Final = 1000  # at the top of the root filesystem that are looked into
SYSTEMS_OWN: Final = frozenset({"dev", "proc", "sys", "run", "tmp", "usr", "etc", "snap"})


def look_linux(
    system: System,
    root_volume: str,
    volumes: Sequence[Volume] = (),
    tables: Sequence[Table] = (),
    others: Sequence[Tree] = (),
) -> Linux:
    """Return what a Linux is, from its filesystems alone; whatever is broken is left out.

    Others are filesystems of the same disks that its fstab does not mount: an EFI system
    partition, or another system with a boot menu of its own.
    """
    said = read_distribution(system)
    problem, text = read_fstab(system)
    found = read_boot(system, others)
    kernels = read_kernels(system, found)
    network = read_network(system)
    return Linux(
        volume=root_volume,
        distribution=said.key,
        name=said.name,
        version=said.version,
        source=said.source,
        architecture=elf.architecture(system, (one.architecture for one in kernels)),
        kernels=kernels,
        boot=replace(found.boot, files=found.boot.files[:LIST]),
        fstab_problem=problem,
        mounts=read_mounts(text, volumes, tables),
        network=network,
        predictable_names=predictable_names(network, found.boot.arguments),
        cloud_init=software.has_cloud_init(system),
        guest_tools=software.guest_tools(system),
        package_manager=software.package_manager(system),
        ssh_server=software.has_ssh_server(system),
        selinux=software.selinux(system, found.boot.arguments),
        roots=(root_volume,),
        etc_directories=etc_directories(system),
        free=_free(system),
    )


def etc_directories(system: System) -> tuple[str, ...]:
    """Return the paths of all /etc when there are several: /etc, /old/etc.

    assumed: one counts as another /etc if it has a fstab and stands one directory deep.
    """
    found = [
        f"/{name}/etc"
        for name in names(system, "/")[:FOLDERS]
        if name not in SYSTEMS_OWN and _is_other_root(system, name)
    ]
    return ("/etc", *found) if found else ()


def _is_other_root(system: System, name: str) -> bool:
    try:
        top = system.stat(f"/{name}", follow=False)
    except Unreadable:
        return False
    if top is None or top.kind != "dir" or not is_dir(system, f"/{name}/etc"):
        return False
    return is_file(system, f"/{name}/etc/fstab")


def _free(system: System) -> int | None:
    try:
        return system.root.free()
    except Unreadable:
        return None
