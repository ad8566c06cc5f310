"""Snapshots: the disks that imports leave behind."""

from datetime import datetime

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
    encrypted: bool = False
    kms_key_id: str | None = None
    completed_at: datetime | None = None
