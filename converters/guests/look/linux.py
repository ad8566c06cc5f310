"""Puts together everything that can be read from a Linux root filesystem."""

from collections.abc import Sequence
from dataclasses import replace

from converters.guests.guest import LIST, Linux, Table, Volume
from converters.guests.look import elf, software
from converters.guests.look.boot import read_boot
from converters.guests.look.distribution import read_distribution
from converters.guests.look.fstab import read_fstab, read_mounts
from converters.guests.look.kernels import read_kernels
from converters.guests.look.network import predictable_names, read_network
from converters.guests.tree import System, Tree, Unreadable


def look_linux(
    system: System,
    root_volume: str,
    volumes: Sequence[Volume] = (),
    tables: Sequence[Table] = (),
    others: Sequence[Tree] = (),
) -> Linux:
    """Return what a Linux is, from its filesystems alone; whatever is broken is left out.

    Whether there are other roots, or several /etc, is for those to say who see all volumes.
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
        free=_free(system),
    )


def _free(system: System) -> int | None:
    try:
        return system.root.free()
    except Unreadable:
        return None
