"""Snapshots: the disks that imports leave behind, copies of them, and what volumes were once.

    pending ──► completed       a worker writes the bytes: a task that nobody is shown
       └──────► error

While a snapshot is pending there is nothing by the name of its blob yet, and its layers tell what
the bytes are made of; but those that a client writes block by block (state.drafts) have their blob.

The bytes of an encrypted snapshot are a LUKS volume, which qemu-img has written into a sparse qcow2
file. Its passphrase is a data key of the KMS key, and is kept sealed by that only.
"""

from datetime import datetime
from typing import Literal

from state.layers import Layer
from state.values import Frozen


class Snapshot(Frozen):
    """A disk as EBS keeps it; its bytes are the blob of the same name as blob_id."""

    id: str
    account_id: str
    region: str
    created_at: datetime
    size_gib: int  # VolumeSize: size_bytes rounded up to GiB
    size_bytes: int  # of the disk itself, exact
    blob_id: str
    description: str = ""
    volume_id: str = "vol-ffffffff"
    state: str = "completed"
    message: str | None = None  # why it is in error
    progress: int = 0  # percent, while it is pending
    layers: tuple[Layer, ...] = ()  # what it is made of, while it is pending; the lowest first
    encrypted: bool = False
    kms_key_id: str | None = None
    sealed: str | None = None  # the passphrase, base64; None: the bytes are the raw disk
    completed_at: datetime | None = None
    expires_at: datetime | None = None  # of one that is written block by block: see state.drafts
    transfer_type: Literal["standard", "time-based"] | None = None  # of a copy
    completion_minutes: int | None = None  # in which a time-based copy was to be done
