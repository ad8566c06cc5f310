"""The disks of a machine that runs: volumes, as rows say which and how large, and where to write.

    row                         what is done by QMP                             then the row says
    attaching                   object-add, blockdev-add, device_add            attached
    detaching                   device_del; the guest lets go, DEVICE_DELETED   (gone)
      … and it does not         nothing; it may still                           busy
      … and it is forced        what it still writes goes into a file that      (gone)
                                nobody keeps
    `written` is another file   blockdev-add, blockdev-snapshot: of all disks   held: the new one
                                whose rows say so, at the same moment
    larger than the disk        block_resize                                    as large as it is

The files of a volume get second names in two folders: those that are only read, and those that are
written to. QEMU sees no others, and can't write to the first.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.boot.machine import (
    ON_FIRST_BUS,
    Disk,
    DiskModel,
    attached,
    device_of,
    node,
    secret_of,
)
from converters.boot.monitor import Monitor, Refused
from converters.pipelines.volumes import GIB, writable
from converters.qemu_img import Stacked
from state import machines
from state.blobs import Blobs
from state.disk_keys import KeyUnusable
from state.disks.sealed import create
from state.layers import Layer
from state.store import Store
from state.volumes import Attachment, Volume

PATIENCE: Final = 10.0  # seconds for a guest to let a disk go
FORCED: Final = 2.0  # … if it is not really asked

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Plugged:
    """A volume in a machine."""

    volume_id: str
    disk: Disk
    size: int  # bytes
    blob_id: str  # of the file that is written to
    nodes: list[str] = field(default_factory=list)  # that were named by us, the topmost last
    until: float | None = None  # it is to be let go by then
    lost: bool = False  # what is written to it is nobody's

    @property
    def name(self) -> str:
        """What it is called."""
        return self.disk.name


class Disks:
    """All the disks of one machine."""

    def __init__(self, store: Store, blobs: Blobs, instance_id: str, folder: Path) -> None:
        self.read = folder / "files"
        self.written = folder / "run"
        self._store = store
        self._blobs = blobs
        self._instance_id = instance_id
        self._plugged: dict[str, Plugged] = {}
        self._counted = 0
        for each in (self.read, self.written):
            each.mkdir(parents=True)

    async def take(self, volume_id: str) -> Disk:
        """Take a volume to write to it; raises Stale if it is gone, KeyUnusable."""
        while True:
            now = datetime.now(UTC)
            found = await writable(self._store, self._blobs, volume_id, self.read, now)
            if await asyncio.to_thread(self._hold, found.volume):
                break
        top = self._top(found.volume)
        self._counted += 1
        again = f".{self._counted}" if volume_id in self._plugged else ""
        disk = Disk((*found.files[:-1], top), f"{volume_id}{again}", found.passphrase)
        assert found.volume.written
        self._plugged[volume_id] = Plugged(
            volume_id, disk, found.volume.written.size, found.volume.written.blob_id, [disk.name]
        )
        return disk

    async def follow(
        self,
        monitor: Monitor,
        model: DiskModel,
        volumes: Iterable[tuple[Volume, Attachment]],
        *,
        still: bool = False,
    ) -> None:
        """Bring the disks to what rows say of them; still: all but where they are written to."""
        frozen = []
        for volume, attachment in volumes:
            plugged = self._plugged.get(volume.id)
            if attachment.state == "attaching":
                if plugged is None or plugged.lost:
                    await self._plug(monitor, model, volume.id)
                elif plugged.until is None:
                    await asyncio.to_thread(self._say_attached, volume.id)
            elif plugged is None or plugged.lost:
                continue
            elif attachment.state == "detaching":
                await self._unplug(monitor, plugged, forced=attachment.forced)
            if plugged is not None and not plugged.lost:
                if _is_frozen(volume, plugged):
                    frozen.append(plugged)
                elif volume.shape.size_gib * GIB > plugged.size:
                    await self._grow(monitor, plugged, volume.shape.size_gib * GIB)

        if frozen and not still:
            await self._switch(monitor, frozen)

    def frozen(self, volumes: Iterable[tuple[Volume, Attachment]]) -> bool:
        """Tell whether what is written to has become a snapshot's, and is to be another file."""
        return any(
            not plugged.lost and _is_frozen(volume, plugged)
            for volume, _ in volumes
            if (plugged := self._plugged.get(volume.id)) is not None
        )

    async def gone(self, monitor: Monitor, device: str) -> None:
        """A guest has let a disk go."""
        for plugged in list(self._plugged.values()):
            if device_of(plugged.name) == device:
                await self._clear(monitor, plugged)
                if self._plugged.get(plugged.volume_id) is plugged:
                    del self._plugged[plugged.volume_id]
                if not plugged.lost:
                    await asyncio.to_thread(self._say_detached, plugged.volume_id)
                    log.info("volume %s is unplugged from %s", *self._names(plugged))

    # one step each --------------------------------------------------------------------------------

    async def _plug(self, monitor: Monitor, model: DiskModel, volume_id: str) -> None:
        try:
            disk = await self.take(volume_id)
        except (KeyUnusable, qemu_img.Failed) as error:
            log.warning("volume %s can't be opened for %s: %s", volume_id, self._instance_id, error)
            await asyncio.to_thread(self._say_detached, volume_id)
            return
        plugged = self._plugged[volume_id]
        plugs = model if model in ("virtio", "nvme") else "virtio"
        try:
            if disk.passphrase is not None:
                await monitor.ask(
                    "object-add",
                    **{"qom-type": "secret", "id": secret_of(disk.name)},
                    data=disk.passphrase.decode(),
                )
            await monitor.ask("blockdev-add", **node(disk.name, disk.name, disk.files))
            try:
                await monitor.ask("device_add", **attached(plugs, disk.name))
            except Refused:  # that bus is full
                await monitor.ask("device_add", **attached(plugs, disk.name, ON_FIRST_BUS))
        except Refused as refused:
            log.warning("volume %s is not plugged into %s: %s", *self._names(plugged), refused)
            await self._clear(monitor, plugged)
            del self._plugged[volume_id]
            await asyncio.to_thread(self._say_detached, volume_id)
            return
        await asyncio.to_thread(self._say_attached, volume_id)
        log.info("volume %s is plugged into %s", *self._names(plugged))

    async def _unplug(self, monitor: Monitor, plugged: Plugged, *, forced: bool) -> None:
        now = time.monotonic()
        if plugged.until is None:
            plugged.until = now + (FORCED if forced else PATIENCE)
            try:
                await monitor.ask("device_del", id=device_of(plugged.name))
            except Refused as refused:  # it is being let go already
                log.debug("volume %s in %s: %s", *self._names(plugged), refused)
        elif now >= plugged.until:
            if forced:
                await self._lose(monitor, plugged)
            else:
                plugged.until = None  # it is asked again, once that is wished again
                await asyncio.to_thread(self._say_stuck, plugged.volume_id)

    async def _lose(self, monitor: Monitor, plugged: Plugged) -> None:
        """Have what a guest still writes to a disk go where nobody will look for it."""
        path = self.written / f"lost-{self._counted}"
        self._counted += 1
        sealed = plugged.disk.passphrase is not None
        if plugged.disk.passphrase is None:
            await qemu_img.create(path, plugged.size)
        else:
            await asyncio.to_thread(create, path, plugged.size, plugged.disk.passphrase)
        await self._lay(monitor, [(plugged, Stacked(path, "qcow2", sealed))])
        plugged.lost = True
        await asyncio.to_thread(self._say_detached, plugged.volume_id)
        log.info("volume %s is torn out of %s", *self._names(plugged))

    async def _switch(self, monitor: Monitor, frozen: Iterable[Plugged]) -> None:
        """Go on in other files: those that were written to are snapshots' now."""
        now = datetime.now(UTC)
        found: list[tuple[Plugged, Layer, Stacked]] = []
        for plugged in frozen:
            taken = await writable(self._store, self._blobs, plugged.volume_id, self.read, now)
            written = taken.volume.written
            assert written
            # If not, what was read of the rows is older than the last switch.
            if written.blob_id != plugged.blob_id:
                found.append((plugged, written, self._top(taken.volume)))
        await self._lay(monitor, [(plugged, top) for plugged, _, top in found])
        for plugged, written, _ in found:
            plugged.blob_id = written.blob_id
            await asyncio.to_thread(self._say_written, plugged.volume_id, written.blob_id)
        for plugged, written, _ in found:
            if written.size > plugged.size:
                top = plugged.nodes[-1]
                await monitor.ask("block_resize", **{"node-name": top}, size=written.size)
                plugged.size = written.size

    async def _grow(self, monitor: Monitor, plugged: Plugged, size: int) -> None:
        await monitor.ask("block_resize", **{"node-name": plugged.nodes[-1]}, size=size)
        plugged.size = size
        await asyncio.to_thread(self._say_grown, plugged.volume_id, plugged.blob_id, size)

    async def _lay(self, monitor: Monitor, tops: Sequence[tuple[Plugged, Stacked]]) -> None:
        """Lay a file upon those of each disk, to be written to from one moment on."""
        added: list[tuple[Plugged, str]] = []
        try:
            for plugged, top in tops:
                self._counted += 1
                name = f"{plugged.volume_id}.{self._counted}"
                await monitor.ask("blockdev-add", **node(name, plugged.name, (top,)))
                added.append((plugged, name))
            actions = [
                {
                    "type": "blockdev-snapshot",
                    "data": {"node": plugged.nodes[-1], "overlay": name},
                }
                for plugged, name in added
            ]
            await monitor.ask("transaction", actions=actions)
        except Refused:
            for _, name in added:
                await _tried(monitor, "blockdev-del", **{"node-name": name})
            raise
        for plugged, name in added:
            plugged.nodes.append(name)

    async def _clear(self, monitor: Monitor, plugged: Plugged) -> None:
        """Forget what a disk was made of, as far as it was made."""
        for name in reversed(plugged.nodes):
            await _tried(monitor, "blockdev-del", **{"node-name": name})
        if plugged.disk.passphrase is not None:
            await _tried(monitor, "object-del", id=secret_of(plugged.name))

    def _top(self, volume: Volume) -> Stacked:
        """Give the file that is written to its name in the folder of those."""
        written = volume.written
        assert written
        path = self.written / written.blob_id
        path.unlink(missing_ok=True)
        self._blobs.link(written.blob_id, path)
        return Stacked(path, written.format, written.sealed)

    def _names(self, plugged: Plugged) -> tuple[str, str]:
        return plugged.volume_id, self._instance_id

    # what rows are told ---------------------------------------------------------------------------

    def _hold(self, volume: Volume) -> bool:
        """Say that a file is written to; False if it has just become a snapshot's."""
        with self._store.begin() as tx:
            found = tx.volumes.get(volume.id)
            if found is None or found.written is None or found.written != volume.written:
                return False
            machines.writes(tx, volume.id, found.written.blob_id)
            return True

    def _say_attached(self, volume_id: str) -> None:
        with self._store.begin() as tx:
            machines.attached(tx, volume_id, self._instance_id)

    def _say_detached(self, volume_id: str) -> None:
        with self._store.begin() as tx:
            machines.detached(tx, volume_id, self._instance_id)

    def _say_stuck(self, volume_id: str) -> None:
        with self._store.begin() as tx:
            machines.stuck(tx, volume_id, self._instance_id)

    def _say_written(self, volume_id: str, blob_id: str) -> None:
        with self._store.begin() as tx:
            machines.writes(tx, volume_id, blob_id)

    def _say_grown(self, volume_id: str, blob_id: str, size: int) -> None:
        with self._store.begin() as tx:
            volume = tx.volumes.get(volume_id)
            if volume is None:
                return

            def grown(layer: Layer) -> Layer:
                return layer.model_copy(update={"size": size} if layer.blob_id == blob_id else {})

            # A snapshot may have frozen it by now: the file is as large all the same.
            changes: dict[str, object] = {"layers": tuple(map(grown, volume.layers))}
            if volume.written is not None:
                changes["written"] = grown(volume.written)
            tx.volumes.replace(volume.model_copy(update=changes))


def _is_frozen(volume: Volume, plugged: Plugged) -> bool:
    """Tell whether a disk is to be written to another file than it is."""
    return volume.written is None or volume.written.blob_id != plugged.blob_id


async def _tried(monitor: Monitor, command: str, **arguments: object) -> None:
    try:
        await monitor.ask(command, **arguments)
    except Refused as refused:
        log.debug("%s: %s", command, refused)
