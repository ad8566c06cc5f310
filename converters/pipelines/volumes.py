"""Volumes as whoever runs a machine on them needs them: the files, and one that may be written to.

volume = await writable(store, blobs, volume_id)      its topmost file may be written to
qemu_img.stack(files(volume, blobs))                  what opens the disk
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from converters import qemu_img
from converters.qemu_img import Stacked
from state import disk_keys
from state.blobs import Blobs
from state.disks.sealed import create
from state.layers import Layer
from state.store import Stale, Store
from state.volumes import Volume

GIB: Final = 1 << 30


class Writable(NamedTuple):
    """A volume, and the passphrase of its sealed files."""

    volume: Volume
    passphrase: bytes | None


async def writable(store: Store, blobs: Blobs, volume_id: str, now: datetime) -> Writable:
    """Return a volume that has a file to write to, as large as it is; made now if need be.

    Raises Stale if there is no such volume, KeyUnusable if it can't be opened. Nobody else may be
    writing to it.
    """
    while True:
        before = await asyncio.to_thread(_read, store, volume_id, now)
        volume, passphrase = before.volume, before.passphrase
        size = volume.shape.size_gib * GIB
        written = volume.written
        if written is not None and written.size >= size:
            return before
        if written is None:
            written = await _made(blobs, size, passphrase)
        else:
            await qemu_img.grow(blobs.path(written.blob_id), size, passphrase)
            written = written.model_copy(update={"size": size})
        changed = volume.model_copy(update={"written": written})
        if await asyncio.to_thread(_keep, store, volume, changed):
            return Writable(changed, passphrase)
        if volume.written is None:  # somebody has changed the volume meanwhile
            blobs.remove(written.blob_id)


def files(volume: Volume, blobs: Blobs) -> Sequence[Stacked]:
    """Return the files of a volume, the lowest first."""
    return [
        Stacked(blobs.path(layer.blob_id), layer.format, layer.sealed) for layer in volume.files
    ]


async def _made(blobs: Blobs, size: int, passphrase: bytes | None) -> Layer:
    path, blob_id = blobs.incoming(), blobs.new_id()
    if passphrase is None:
        await qemu_img.create(path, size)
    else:
        await asyncio.to_thread(create, path, size, passphrase)
    blobs.keep(path, blob_id)
    return Layer(
        blob_id=blob_id,
        size=size,
        format="qcow2",
        sealed=passphrase is not None,
        source_id=blob_id,
    )


def _read(store: Store, volume_id: str, now: datetime) -> Writable:
    """Return a volume and its passphrase; one is made for what is encrypted and has none yet."""
    with store.begin() as tx:
        volume = tx.volumes.get(volume_id)
        if volume is None:
            raise Stale(f"there is no volume {volume_id}")
        if volume.kms_key_id is None:
            return Writable(volume, None)
        if volume.sealed is not None:
            key = volume.kms_key_id
            return Writable(volume, disk_keys.opened(tx, volume.sealed, key, volume.id, now))
        passphrase, sealed = disk_keys.new(tx, volume.kms_key_id, volume.id, now)
        volume = volume.model_copy(update={"sealed": sealed})
        tx.volumes.replace(volume)
        return Writable(volume, passphrase)


def _keep(store: Store, volume: Volume, changed: Volume) -> bool:
    with store.begin() as tx:
        if tx.volumes.get(volume.id) != volume:
            return False
        tx.volumes.replace(changed)
    return True
