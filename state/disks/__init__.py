"""Disks: the bytes of snapshots as whoever reads them means them, however they are kept.

with closing(open_snapshot(tx, blobs, snapshot, now)) as disk:
    for begin, end in disk.data():
        disk.read(begin, end - begin)
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from state.blobs import Blobs
from state.disks.raw import open_raw
from state.snapshots import Snapshot
from state.store import Tx

__all__ = ["Disk", "open_raw", "open_snapshot"]


class Disk(Protocol):
    """A disk that is open for reading; any number of threads may read it at once."""

    size: int  # bytes

    def read(self, offset: int, length: int) -> bytes:
        """Return so many bytes; what lies behind the end of the disk is zeros."""

    def data(self, offset: int = 0) -> Iterator[tuple[int, int]]:
        """Yield begin and end of what may hold other than zeros, from an offset on, in order."""

    def close(self) -> None:
        """Let go of the disk."""


def open_snapshot(tx: Tx, blobs: Blobs, snapshot: Snapshot, now: datetime) -> Disk:
    """Open the disk of a snapshot; FileNotFoundError if its bytes were removed meanwhile.

    The key of an encrypted one is asked now: KeyUnusable.
    """
    path = blobs.path(snapshot.blob_id)
    if snapshot.sealed is None:
        return open_raw(path, snapshot.size_bytes)
    from state import disk_keys  # with the ciphers, which few disks need
    from state.disks.sealed import open_sealed

    assert snapshot.kms_key_id, "a sealed disk has a key"
    passphrase = disk_keys.opened(tx, snapshot.sealed, snapshot.kms_key_id, snapshot.id, now)
    return open_sealed(path, snapshot.size_bytes, passphrase)
