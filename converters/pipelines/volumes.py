"""Volumes as whoever runs a machine on them needs them: files, of which the topmost may be written.

    volume, passphrase, files = await writable(store, blobs, volume_id, folder, now)
    qemu_img.stack(files)                                    what opens the disk

The files get second names in a folder of the machine's own: the bytes of a finished snapshot may
take the place of the volume's layers at any time. A snapshot freezes what was written: whoever is
writing then must go on in another file, which `writable` makes.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from pathlib import Path
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
    """A volume, the passphrase of its sealed files, and the files, the lowest first."""

    volume: Volume
    passphrase: bytes | None
    files: tuple[Stacked, ...]


async def writable(
    store: Store, blobs: Blobs, volume_id: str, folder: Path, now: datetime
) -> Writable:
    """Return a volume that has a file to write to, as large as it is; made now if need be.

    Raises Stale if there is no such volume, KeyUnusable if it can't be opened. Nobody else may be
    writing to it.
    """
    while True:
        volume, passphrase = await asyncio.to_thread(_read, store, volume_id, now)
        size = volume.shape.size_gib * GIB
        written = volume.written
        if written is not None and written.size >= size:
            with suppress(FileNotFoundError):  # its layers have just been replaced
                return Writable(
                    volume, passphrase, await asyncio.to_thread(_held, volume, blobs, folder)
                )
            continue
        if written is None:
            written = await _made(blobs, size, passphrase)
        else:
            await qemu_img.grow(blobs.path(written.blob_id), size, passphrase)
            written = written.model_copy(update={"size": size})
        changed = volume.model_copy(update={"written": written})
        kept = await asyncio.to_thread(_keep, store, volume, changed)
        if not kept and volume.written is None:  # somebody has changed the volume meanwhile
            blobs.remove(written.blob_id)


def _held(volume: Volume, blobs: Blobs, folder: Path) -> tuple[Stacked, ...]:
    """Give the files of a volume second names in a folder; FileNotFoundError."""
    files = []
    for layer in volume.files:
        path = folder / layer.blob_id
        if not path.exists():
            blobs.link(layer.blob_id, path)
        files.append(Stacked(path, layer.format, layer.sealed))
    return tuple(files)


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


def _read(store: Store, volume_id: str, now: datetime) -> tuple[Volume, bytes | None]:
    """Return a volume and its passphrase; one is made for what is encrypted and has none yet."""
    with store.begin() as tx:
        volume = tx.volumes.get(volume_id)
        if volume is None:
            raise Stale(f"there is no volume {volume_id}")
        if volume.kms_key_id is None:
            return volume, None
        if volume.sealed is not None:
            key = volume.kms_key_id
            return volume, disk_keys.opened(tx, volume.sealed, key, volume.id, now)
        passphrase, sealed = disk_keys.new(tx, volume.kms_key_id, volume.id, now)
        volume = volume.model_copy(update={"sealed": sealed})
        tx.volumes.replace(volume)
        return volume, passphrase


def _keep(store: Store, volume: Volume, changed: Volume) -> bool:
    with store.begin() as tx:
        if tx.volumes.get(volume.id) != volume:
            return False
        tx.volumes.replace(changed)
    return True
