"""What a client says of the virtual machine that it imports: its system, licence and boot mode.

    LicenseType     AWS: the licence is replaced by one that is paid with the instance
                    BYOL: the machine keeps the one that it has
    UsageOperation  what running the machine is charged as, SQL Server included

Only one of the two may be named, and it must fit the Platform if that is named too. Whether it
fits the system that is found on the disks is for the task to see. That licence configurations
exist is taken on trust.
"""

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from emulator.errors import missing_parameter
from emulator.services.ec2 import errors, task_errors
from emulator.shapes.ec2 import ImageDiskContainer, ImportImageRequest
from state.licences import AWS, BYOL, LINUX, USAGES, WINDOWS

ARCHITECTURES = ("i386", "x86_64")
# The model has uefi-preferred, its text says that imports do not support it; no error is known.
BOOT_MODES = ("legacy-bios", "uefi", "uefi-preferred")
HYPERVISORS = ("xen",)
LICENSE_TYPES = (AWS, BYOL)
PLATFORMS = (LINUX, WINDOWS)

LICENSE_CONFIGURATION = re.compile(
    r"arn:aws[a-z-]*:license-manager:[a-z0-9-]+:\d{12}:license-configuration:lic-[0-9A-Za-z]+"
)


class Machine(NamedTuple):
    """What is said, None where nothing is; the members of ImportImageWork of the same names."""

    architecture: str | None
    platform: str | None
    hypervisor: str | None
    boot_mode: str | None
    license_type: str | None
    usage_operation: str | None
    license_configurations: tuple[str, ...]


def checked(request: ImportImageRequest) -> Machine:
    """Return what a request says of its machine; InvalidParameter for what cannot be."""
    machine = Machine(
        architecture=one_of(ARCHITECTURES, "architecture", request.get("Architecture")),
        platform=any_case(PLATFORMS, "platform", request.get("Platform")),
        hypervisor=one_of(HYPERVISORS, "hypervisor", request.get("Hypervisor")),
        boot_mode=one_of(BOOT_MODES, "boot-mode", request.get("BootMode")),
        license_type=any_case(LICENSE_TYPES, "license-type", request.get("LicenseType")),
        usage_operation=one_of(USAGES, "usage-operation", request.get("UsageOperation")),
        license_configurations=license_configurations(request),
    )
    check_licence(machine)
    check_boot_mode(machine, request.get("DiskContainers", ()))
    return machine


def check_licence(machine: Machine) -> None:
    """Refuse two licences, and one that the Platform cannot have."""
    if machine.license_type is not None and machine.usage_operation is not None:
        raise errors.not_together("LicenseType", "UsageOperation")
    if machine.platform is None:
        return
    if machine.platform == LINUX and machine.license_type == AWS:
        raise task_errors.licence_does_not_fit("LicenseType", AWS, LINUX)
    operation = machine.usage_operation
    if operation is not None and USAGES[operation].platform != machine.platform:
        raise task_errors.licence_does_not_fit("UsageOperation", operation, machine.platform)


def check_boot_mode(machine: Machine, containers: Iterable[ImageDiskContainer]) -> None:
    """Refuse UEFI on snapshots of no Platform, as the user guide says; the error is assumed."""
    on_uefi = machine.boot_mode in ("uefi", "uefi-preferred")
    if on_uefi and machine.platform is None and any("SnapshotId" in each for each in containers):
        raise errors.requires("BootMode", "Platform")


def license_configurations(request: ImportImageRequest) -> tuple[str, ...]:
    """Return the ARNs of LicenseSpecifications."""
    arns = []
    for number, each in enumerate(request.get("LicenseSpecifications", ()), 1):
        arn = each.get("LicenseConfigurationArn")
        if arn is None:
            raise missing_parameter(f"LicenseSpecifications.{number}.LicenseConfigurationArn")
        if not LICENSE_CONFIGURATION.fullmatch(arn):
            raise errors.invalid_format("license-configuration-arn", arn)
        arns.append(arn)
    return tuple(arns)


def one_of(values: Collection[str], name: str, given: str | None) -> str | None:
    """Return a value as it is given; InvalidParameter if it is none of those there are.

    Clients have seen `architecture` in that sentence; the other names in it are assumed.
    """
    if given is not None and given not in values:
        raise errors.invalid_format(name, given)
    return given


def any_case(values: Collection[str], name: str, given: str | None) -> str | None:
    """Return the one of the values that is meant: the guide writes `aws`, Packer `linux`."""
    if given is None:
        return None
    spelled = {value.lower(): value for value in values}
    if given.lower() not in spelled:
        raise errors.invalid_format(name, given)
    return spelled[given.lower()]
