"""What the AMI of an import is: as was found on its disks, else as the client has told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from state.images import BlockDevice, Image
from state.licences import USAGES, WINDOWS, usage_operation
from state.snapshots import Snapshot
from state.tasks import GuestSummary, ImportImageWork, Task

ARCHITECTURE: Final = "x86_64"  # where the client has not said; an AMI must have one
DESCRIPTION: Final = "AWS-VMImport service"
LONGEST_DESCRIPTION: Final = 255  # characters; RegisterImage takes no more
ROOT: Final = "/dev/sda1"
UNKNOWN: Final = "/dev/sde"  # of the first disk where no system was identified
# One more than 20 disks need: a wish may take one of these from them.
OTHERS: Final = [f"/dev/sd{letter}" for letter in "fghijklmnopqrstuvwxyz"]


def device_names(wishes: Sequence[str | None], root: str = ROOT) -> list[str]:
    """Return the names of disks: as wished, else root's for the first and what is free."""
    taken = {wish.removeprefix("/dev/") for wish in wishes if wish}
    names = [root, *OTHERS] if wishes[0] is None else OTHERS
    free = (name for name in names if name.removeprefix("/dev/") not in taken)
    return [wish or next(free) for wish in wishes]


def told_guest(work: ImportImageWork) -> GuestSummary:
    """Return what is known of the system on the disks."""
    operation = work.usage_operation or usage_operation(work.platform, work.license_type)
    usage = USAGES[operation]
    told = work.platform or work.usage_operation or usage.platform == WINDOWS
    return GuestSummary(
        architecture=work.architecture or ARCHITECTURE,
        platform=usage.platform if told else None,
        license_type=usage.license_type if told else work.license_type,
        usage_operation=operation,
        boot_mode=work.boot_mode,
    )


def imported_image(
    task: Task,
    image_id: str,
    guest: GuestSummary,
    disks: Sequence[tuple[str, Snapshot]],
    now: datetime,
    system: str | None = None,
) -> Image:
    """Return the AMI that an import leaves behind, of snapshots by their device names.

    system says what was found on them: "Linux - Debian 12.4 - 6.1.0-17-amd64".
    """
    what = system or guest.platform
    description = f"{DESCRIPTION}: {what}" if what else DESCRIPTION
    operation = guest.usage_operation or usage_operation(guest.platform, guest.license_type)
    return Image(
        id=image_id,
        account_id=task.account_id,
        region=task.region,
        created_at=now,
        name=task.id,
        location=f"{task.account_id}/{task.id}",
        description=description[:LONGEST_DESCRIPTION],
        devices=tuple(
            BlockDevice(
                device_name=name,
                snapshot_id=snapshot.id,
                volume_size=snapshot.size_gib,
                delete_on_termination=False,
                encrypted=snapshot.encrypted,
                kms_key_id=snapshot.kms_key_id,
            )
            for name, snapshot in disks
        ),
        root_device_name=disks[0][0],
        architecture=guest.architecture or ARCHITECTURE,
        platform="windows" if guest.platform == WINDOWS else None,
        usage_operation=operation,
        platform_details=USAGES[operation].platform_details,
        boot_mode=guest.boot_mode,
        task_id=task.id,
    )
