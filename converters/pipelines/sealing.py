"""Seals the disks that a task leaves behind, and opens the sealed ones that it reads.

    raw disk ──► LUKS inside of a qcow2 file, in the attempt's folder
       a new passphrase ──► its sealed form, remembered with the phase, later in the snapshot's row

Each time the key is asked as it is at that moment: one that was disabled, or whose deletion was
scheduled, since the task was asked for ends it.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from converters import qemu_img
from converters.errors import ClientError, given_key_not_accessible, key_not_accessible
from converters.pipelines.cores import spread
from converters.stages.to_raw import RawDisk
from state import disk_keys
from state.disk_keys import KeyUnusable
from state.disks.sealed import create
from state.jobs import Attempt
from state.snapshots import Snapshot
from state.store import Tx
from state.tasks import HiddenWork
from state.values import Frozen


class Plain(Frozen):
    """A raw disk, and what its snapshot shall be called and be encrypted with, if it is to be."""

    raw: RawDisk
    snapshot_id: str
    key_arn: str | None


class Kept(Frozen):
    """A file that can become a snapshot's bytes."""

    path: Path
    sealed: str | None = None  # the passphrase; None: the file is the raw disk


class Sealed(Frozen):
    """All disks of a task as they are kept, in their order."""

    disks: tuple[Kept, ...]


def as_they_are(disks: Iterable[Plain]) -> Sealed:
    """Return disks of which none is to be encrypted."""
    return Sealed(disks=tuple(Kept(path=disk.raw.path) for disk in disks))


async def seal(attempt: Attempt, disks: Sequence[Plain], report: Callable[[int], None]) -> Sealed:
    """Encrypt those disks that have a key; ClientError if one can't be used (any more)."""
    kept = list(as_they_are(disks).disks)
    weights = [0 if disk.key_arn is None else max(disk.raw.size, 1) for disk in disks]
    done = [0] * len(disks)

    def show(number: int, percent: int) -> None:
        done[number] = percent * weights[number]
        report(sum(done) // max(sum(weights), 1))

    async def one(number: int, key_arn: str) -> None:
        disk = disks[number]
        passphrase, sealed = await asyncio.to_thread(_new, attempt, key_arn, disk.snapshot_id)
        path = attempt.scratch / f"disk-{number}.sealed"
        await asyncio.to_thread(create, path, disk.raw.size, passphrase)
        await qemu_img.seal(disk.raw.path, path, passphrase, partial(show, number))
        kept[number] = Kept(path=path, sealed=sealed)

    await spread(
        [partial(one, number, disk.key_arn) for number, disk in enumerate(disks) if disk.key_arn]
    )
    return Sealed(disks=tuple(kept))


async def unseal(
    attempt: Attempt, snapshot: Snapshot, source: Path, target: Path, report: Callable[[int], None]
) -> RawDisk:
    """Write the raw disk of an encrypted snapshot, whose bytes are at source; ClientError."""
    passphrase = await asyncio.to_thread(opened, attempt, snapshot)
    await qemu_img.unseal(source, target, snapshot.size_bytes, passphrase, report)
    return RawDisk(target, snapshot.size_bytes)


async def ask(attempt: Attempt, *key_arns: str | None) -> None:
    """Look whether keys can be used; ClientError."""
    if any(key_arns):
        await asyncio.to_thread(_ask, attempt, key_arns)


def check(attempt: Attempt, tx: Tx, key_arns: Iterable[str | None]) -> None:
    """Look whether keys can be used as of a transaction; ClientError."""
    try:
        for key_arn in key_arns:
            if key_arn is not None:
                disk_keys.usable(tx, key_arn, datetime.now(UTC))
    except KeyUnusable as error:
        raise _refusal(attempt) from error


def _ask(attempt: Attempt, key_arns: Iterable[str | None]) -> None:
    with attempt.store.read() as tx:
        check(attempt, tx, key_arns)


def _new(attempt: Attempt, key_arn: str, snapshot_id: str) -> tuple[bytes, str]:
    try:
        with attempt.store.read() as tx:
            return disk_keys.new(tx, key_arn, snapshot_id, datetime.now(UTC))
    except KeyUnusable as error:
        raise _refusal(attempt) from error


def opened(attempt: Attempt, snapshot: Snapshot) -> bytes:
    """Return the passphrase of an encrypted snapshot; ClientError."""
    with attempt.store.read() as tx:
        return passphrase(attempt, tx, snapshot.sealed, snapshot.kms_key_id, snapshot.id)


def passphrase(
    attempt: Attempt, tx: Tx, sealed: str | None, key_arn: str | None, resource_id: str
) -> bytes:
    """Return the passphrase of an encrypted disk, of a snapshot or a volume; ClientError."""
    assert sealed, "a passphrase"
    assert key_arn, "which a key has sealed"
    try:
        return disk_keys.opened(tx, sealed, key_arn, resource_id, datetime.now(UTC))
    except KeyUnusable as error:
        raise _refusal(attempt) from error


def _refusal(attempt: Attempt) -> ClientError:
    """Tell of a key that can't be used: an import in other words than a snapshot or a volume."""
    if isinstance(attempt.task.work, HiddenWork):
        return given_key_not_accessible()
    return key_not_accessible()
