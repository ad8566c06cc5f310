"""Instance types: how large a machine is, and what it can be started with.

The table is `instance_types.toml`; it is read when somebody first asks.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

from state.values import Frozen

TABLE: Final = Path(__file__).with_suffix(".toml")

Support = Literal["unsupported", "supported", "required", "default"]


class InstanceType(Frozen):
    """A kind of machine; ranges are what is always there, and the most for a while."""

    name: str
    vcpus: int
    memory_mib: int
    architectures: tuple[str, ...]
    boot_modes: tuple[str, ...]
    hypervisor: Literal["xen", "nitro"]
    network: str
    interfaces: int
    addresses: int  # IPv4 addresses of an interface
    addresses_ipv6: int
    ena: Support
    ebs_optimized: Support
    nvme: Support
    cores: int | None = None
    threads: int | None = None  # of a core
    valid_cores: tuple[int, ...] = ()
    valid_threads: tuple[int, ...] = ()
    processor: str | None = None  # its maker
    ghz: float | None = None
    processor_features: tuple[str, ...] = ()
    virtualization: tuple[str, ...] = ("hvm",)
    root_devices: tuple[str, ...] = ("ebs",)
    usage: tuple[str, ...] = ("on-demand", "spot")
    placement: tuple[str, ...] = ("cluster", "partition", "spread")
    current: bool = False
    free_tier: bool = False
    burstable: bool = False
    dedicated_hosts: bool = True
    hibernation: bool = False
    recovery: bool = True
    enclaves: bool = False
    tpm: bool = False
    reboot_migration: bool = False
    encryption_in_transit: bool = False
    gbps: tuple[float, float] | None = None  # of the network
    ebs_mbps: tuple[int, int] | None = None  # megabits
    ebs_iops: tuple[int, int] | None = None
    ebs_attachments: int | None = None
    ebs_attachment_limit: Literal["shared", "dedicated"] = "shared"
    ebs_encryption: bool = True
    disks: tuple[int, int] | None = None  # instance store: how many, and GB of each
    disk_type: Literal["ssd", "hdd"] | None = None
    disk_nvme: bool = False
    disk_encryption: bool = False


@cache
def all_types() -> dict[str, InstanceType]:
    """Return every instance type by its name, in the order of the table."""
    families = tomllib.loads(TABLE.read_text("utf-8"))
    return {
        (name := f"{family}.{size}"): InstanceType(name=name, **{**common, **own})
        for family, common in families.items()
        for size, own in common.pop("types").items()
    }
