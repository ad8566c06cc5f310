"""Tasks: the long-running work a client asks for, and the one table that says how it moves.

            ┌─────────┐  ┌────────────┐  ┌────────────┐  ┌──────────┐  ┌─────────┐  ┌────────────┐
    submit ►│ PENDING ├─►│ VALIDATING ├─►│ CONVERTING ├─►│ UPDATING ├─►│ BOOTING ├─►│ PUBLISHING │
            └────┬────┘  └─────┬──────┘  └──┬──┬──────┘  └────┬──┬──┘  └────┬────┘  └──┬─────┬───┘
                 │             │            │  └──────────────│──┴──────────┴────────► │     │
                 │             │            │  (no guest work)│                        │     ▼
                 │             ▼            ▼                 ▼                        │ COMPLETED
                 │       ┌──────────┐ cancel, or an error that ends the task           │
                 │       │ DELETING │◄─────────────────────────────────────────────────┘
                 ▼       └────┬──┬──┘
             CANCELLED ◄──────┘  └──────► FAILED

What comes from a client in parts begins one step before: WAITING until the last one is there, in
nobody's queue and no worker's place; then PENDING, or DELETING if that never happens.

A phase only ever moves on, never back. A worker that dies leaves its task in the phase it was in;
the next attempt runs that phase again under a higher attempt number, which fences off the first.
Nothing of a task is visible to a client before it is COMPLETED. On the wire DELETING is `deleting`,
CANCELLED and FAILED are `deleted`, everything before them is `active`. Of exports DELETING is
`cancelling`, CANCELLED `cancelled`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from state.values import Frozen


class TaskState(StrEnum):
    """Where a task is in its life."""

    WAITING = "waiting"
    PENDING = "pending"
    VALIDATING = "validating"
    CONVERTING = "converting"
    UPDATING = "updating"
    BOOTING = "booting"
    PUBLISHING = "publishing"
    COMPLETED = "completed"
    DELETING = "deleting"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to the task any more."""
        return not TRANSITIONS[self]


TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.WAITING: frozenset({TaskState.PENDING, TaskState.DELETING}),
    TaskState.PENDING: frozenset({TaskState.VALIDATING, TaskState.DELETING, TaskState.CANCELLED}),
    TaskState.VALIDATING: frozenset({TaskState.CONVERTING, TaskState.DELETING}),
    TaskState.CONVERTING: frozenset(
        {TaskState.UPDATING, TaskState.BOOTING, TaskState.PUBLISHING, TaskState.DELETING}
    ),
    TaskState.UPDATING: frozenset({TaskState.BOOTING, TaskState.PUBLISHING, TaskState.DELETING}),
    TaskState.BOOTING: frozenset({TaskState.PUBLISHING, TaskState.DELETING}),
    TaskState.PUBLISHING: frozenset({TaskState.COMPLETED, TaskState.DELETING}),
    TaskState.DELETING: frozenset({TaskState.CANCELLED, TaskState.FAILED}),
    TaskState.COMPLETED: frozenset(),
    TaskState.CANCELLED: frozenset(),
    TaskState.FAILED: frozenset(),
}


# The StatusMessage when it is our fault; what went wrong is in the log. assumed
SERVER_ERROR: Final = "ServerError: an internal error has occurred during conversion."


class IllegalTransition(Exception):
    """A task cannot move from the state it is in to the state asked for."""

    def __init__(self, task_id: str, current: TaskState, wanted: TaskState) -> None:
        super().__init__(f"{task_id}: {current} -> {wanted}")
        self.task_id = task_id
        self.current = current
        self.wanted = wanted


class DiskSource(Frozen):
    """Where the client says a disk is: an object in a bucket, and the Url if that form was used."""

    bucket: str
    key: str
    url: str | None = None
    presigned: bool = False  # somebody has signed the Url: it opens the object by itself


class ImportSnapshotWork(Frozen):
    """Bring one disk image from S3 into a snapshot."""

    kind: Literal["import-snapshot"] = "import-snapshot"
    source: DiskSource
    format: str | None = None  # as the client spelled it; None: find out
    description: str = ""  # DiskContainer.Description or Description
    encrypted: bool = False
    kms_key_id: str | None = None
    role_name: str = "vmimport"
    needs_role: bool = False  # that role let it begin, and must have its rights to the end
    snapshot_tags: dict[str, str] = {}  # TagSpecifications for the snapshot that comes of it


class DiskContainer(Frozen):
    """A disk of an image import, or an OVA with several: an object in S3, or a snapshot."""

    source: DiskSource | None = None
    snapshot_id: str | None = None  # instead of a source
    format: str | None = None  # as the client spelled it; None: find out
    description: str = ""
    device_name: str | None = None  # as the client wishes; None: the next that is free


class ImportImageWork(Frozen):
    """Bring the disks of one virtual machine from S3 into snapshots, and make an AMI of them."""

    kind: Literal["import-image"] = "import-image"
    containers: tuple[DiskContainer, ...]
    architecture: str | None = None  # i386, x86_64; None here and below: not given
    platform: str | None = None  # Linux, Windows
    hypervisor: str | None = None  # xen
    boot_mode: str | None = None  # legacy-bios, uefi, uefi-preferred
    license_type: str | None = None  # AWS, BYOL
    usage_operation: str | None = None  # RunInstances:0002 …
    license_configurations: tuple[str, ...] = ()  # ARNs
    encrypted: bool = False
    kms_key_id: str | None = None
    role_name: str = "vmimport"
    needs_role: bool = False  # that role let it begin, and must have its rights to the end
    image_tags: dict[str, str] = {}
    snapshot_tags: dict[str, str] = {}
    opt_in: bool = False  # the Region is one that an account must ask for first


class ExportImageWork(Frozen):
    """Write the disk of an AMI into a bucket, as an object of its own."""

    kind: Literal["export-image"] = "export-image"
    image_id: str
    disk_format: str  # VMDK, VHD, RAW
    bucket: str
    prefix: str = ""
    key: str  # prefix, the task's id, and the format as an extension
    role_name: str = "vmimport"
    needs_role: bool = False  # that role let it begin, and must have its rights to the end


class ExportInstanceWork(Frozen):
    """Write the disk of an instance into a bucket, or an OVA with a machine that has it."""

    kind: Literal["export-instance"] = "export-instance"
    instance_id: str
    volume_id: str
    # The topmost of the volume's layers at that moment, by its source_id; empty: there is none.
    layer_id: str = ""
    environment: str  # vmware, citrix, microsoft
    container_format: str | None = None  # ova
    disk_format: str  # VMDK, VHD
    bucket: str
    prefix: str = ""
    key: str  # prefix, the task's id, and the format as an extension
    label: str  # what the machine in the OVA is called


class HiddenWork(Frozen):
    """Write the bytes of something that is there already: work that no list of tasks shows.

    The task has the id `work_of(…)` of what it is for, is no part of anybody's quota, and puts that
    in error when it fails.
    """


class SnapshotWork(HiddenWork):
    """Write the bytes of a pending snapshot, which shows the task's progress."""

    snapshot_id: str


class SnapshotVolumeWork(SnapshotWork):
    """Make a snapshot's bytes of the layers of a volume that was written to."""

    kind: Literal["snapshot-volume"] = "snapshot-volume"
    volume_id: str
    written: int = 1  # how many of the topmost layers were written since the snapshot before


class SealSnapshotWork(SnapshotWork):
    """Make a snapshot's bytes of its one layer, a raw disk, by encrypting that."""

    kind: Literal["seal-snapshot"] = "seal-snapshot"


class SealVolumeWork(HiddenWork):
    """Encrypt the lowest layer of a volume, which is that of an unencrypted snapshot."""

    kind: Literal["seal-volume"] = "seal-volume"
    volume_id: str


def work_of(resource_id: str) -> str:
    """Return the id of the task that writes the bytes of a snapshot or a volume."""
    return f"work-{resource_id}"


class PartedDisk(Frozen):
    """A disk image that a client uploads in parts, which a manifest names."""

    format: str  # RAW, VHD, VMDK
    told_bytes: int  # what the client has said of its size
    manifest_url: str  # presigned, and so a secret
    volume_gib: int
    zone: str  # of the volume
    description: str = ""
    kms_key_id: str | None = None  # where the account has everything new encrypted


class ImportVolumeWork(Frozen):
    """Bring a disk image that comes in parts into a volume."""

    kind: Literal["import-volume"] = "import-volume"
    disk: PartedDisk
    expires_at: datetime  # the last moment for the last part


class ImportInstanceWork(Frozen):
    """Bring the boot disk of a virtual machine, which comes in parts, into a stopped instance."""

    kind: Literal["import-instance"] = "import-instance"
    disk: PartedDisk
    expires_at: datetime
    instance_id: str  # it is there from the beginning, without a volume
    platform: str  # Linux, Windows
    architecture: str | None = None
    opt_in: bool = False  # the Region is one that an account must ask for first


Work = Annotated[
    ImportSnapshotWork
    | ImportImageWork
    | ExportImageWork
    | ExportInstanceWork
    | SnapshotVolumeWork
    | SealSnapshotWork
    | SealVolumeWork
    | ImportVolumeWork
    | ImportInstanceWork,
    Field(discriminator="kind"),
]


class GuestSummary(Frozen):
    """What is known of the system on the disks: as the client said, later as it was found."""

    architecture: str | None = None
    platform: str | None = None  # Linux, Windows
    license_type: str | None = None  # AWS, BYOL
    usage_operation: str | None = None
    boot_mode: str | None = None


class DiskProgress(Frozen):
    """What is known of one disk of a task so far."""

    container: int = 0  # which of the work's containers it is from
    format: str | None = None  # as detected: VMDK, VHD, VHDX, RAW
    size_bytes: int = 0  # of the disk file in S3, or inside the OVA
    progress: int = 0  # percent
    status: str = "active"
    snapshot_id: str | None = None
    device_name: str | None = None
    brought: int = 0  # bytes, of a disk that comes in parts
    checksum: str | None = None  # of all parts, once they are there
    volume_id: str | None = None


class Task(Frozen):
    """One piece of work, how far it has come and what came of it."""

    id: str
    account_id: str
    region: str
    created_at: datetime
    work: Work
    description: str = ""
    client_token: str | None = None
    request_digest: str = ""  # of the parameters that came with client_token
    state: TaskState = TaskState.PENDING
    attempt: int = 0  # fencing token: raised each time a worker starts a phase
    progress: int = 0  # percent
    message: str = "pending"  # StatusMessage while the task is active
    error: str | None = None  # StatusMessage once it has failed: "ClientError: …"
    disks: tuple[DiskProgress, ...] = ()
    guest: GuestSummary | None = None  # None: not looked at yet
    image_id: str | None = None  # the AMI, once it is there
    finished_at: datetime | None = None
    holder: str | None = None  # the worker that looks for the parts of a task that is WAITING

    @property
    def disk(self) -> DiskProgress:
        """What is known of its one disk so far."""
        return self.disks[0] if self.disks else DiskProgress()

    def moved(self, state: TaskState, **changes: object) -> "Task":
        """Return this task in another state; IllegalTransition if it cannot go there."""
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransition(self.id, self.state, state)
        return self.model_copy(update={"state": state, **changes})
