"""Snapshots as EBS direct finds them: those of the account, and those shared with it by its number.

    owner                                  reads and writes
    an account with createVolumePermission reads
    everybody, by the group `all`          AccessDeniedException: "EBS direct APIs does not support
                                           public snapshots", says the guide

A row is read once, and again when anything has been written since: every block asks for one, and a
thousand blocks a second ask. To ask whether something was written costs a twentieth of reading.
"""

from collections.abc import Collection, Hashable
from typing import NamedTuple
from weakref import WeakKeyDictionary

from emulator.context import Context
from emulator.rights.keys import OPENING, may
from emulator.services.ebs import errors
from state.disks import Disk, open_raw, open_snapshot
from state.drafts import Draft, as_of
from state.snapshots import Snapshot
from state.store import Store, Tx

MOST = 64  # rows of a store that are remembered


class Row(NamedTuple):
    """A snapshot as the database has it, who else may use it, and its draft if it has one."""

    snapshot: Snapshot
    users: Collection[str]
    draft: Draft | None


KNOWN: WeakKeyDictionary[Store, dict[str, tuple[Hashable, Row]]] = WeakKeyDictionary()


def readable(ctx: Context, snapshot_id: str) -> Snapshot:
    """Return a completed snapshot that the caller may read."""
    return to_read(ctx, row(ctx, snapshot_id))


def readable_at_once(ctx: Context, snapshot_id: str) -> Snapshot | None:
    """Do the same if nobody must be waited for, else return None."""
    if not ctx.store.answers_at_once:
        return None
    found = remembered(ctx, snapshot_id, ctx.store.moment())
    return None if found is None else to_read(ctx, found)


def to_read(ctx: Context, row: Row) -> Snapshot:
    """Return the snapshot of a row, if the caller may read it now."""
    found, users, _ = row
    snapshot_id = found.id
    if found.region != ctx.region:
        raise errors.snapshot_not_found(snapshot_id)
    if ctx.account_id != found.account_id and ctx.account_id not in users:
        raise errors.no_access()
    snapshot = as_of(found, ctx.now())
    if snapshot.state != "completed":
        raise errors.not_completed(snapshot_id, snapshot.state)
    return snapshot


def started(ctx: Context, snapshot_id: str) -> tuple[Snapshot, Draft]:
    """Return a snapshot of the caller as it is now, and its draft."""
    found, _, draft = row(ctx, snapshot_id)
    if found.region != ctx.region:
        raise errors.snapshot_not_found(snapshot_id)
    if ctx.account_id != found.account_id:
        raise errors.no_access()
    snapshot = as_of(found, ctx.now())
    if draft is None:
        if snapshot.state == "pending":
            raise errors.not_started_here(snapshot_id)
        raise errors.not_pending(snapshot_id, snapshot.state)
    return snapshot, draft


def row(ctx: Context, snapshot_id: str) -> Row:
    """Return the row of a snapshot, whoever owns it, wherever; ResourceNotFoundException."""
    moment = ctx.store.moment()  # before reading: what is written in between is not missed
    found = remembered(ctx, snapshot_id, moment)
    if found is None:
        with ctx.store.read() as tx:
            found = read(tx, snapshot_id)
        known = KNOWN.setdefault(ctx.store, {})
        known.pop(snapshot_id, None)
        known[snapshot_id] = (moment, found)
        for oldest in list(known)[:-MOST]:
            known.pop(oldest, None)
    return found


def remembered(ctx: Context, snapshot_id: str, moment: Hashable) -> Row | None:
    """Return the row of a snapshot, if nothing has been written since it was read."""
    then, found = KNOWN.get(ctx.store, {}).get(snapshot_id, (None, None))
    return found if then == moment else None


def read(tx: Tx, snapshot_id: str) -> Row:
    """Read the row of a snapshot; ResourceNotFoundException."""
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None:
        raise errors.snapshot_not_found(snapshot_id)
    users = tx.permissions.of([snapshot_id])[snapshot_id]
    return Row(snapshot, frozenset(users), tx.drafts.get(snapshot_id))


def open_disk(ctx: Context, snapshot: Snapshot) -> Disk:
    """Open the disk of a snapshot that was found; its key is asked now, if it has one."""
    try:
        if not snapshot.encrypted:
            return open_raw(ctx.blobs.path(snapshot.blob_id), snapshot.size_bytes)
        with ctx.store.read() as tx:
            check_key(ctx, tx, snapshot)
            return open_snapshot(tx, ctx.blobs, snapshot, ctx.now())
    except FileNotFoundError:  # deleted since it was found
        raise errors.snapshot_not_found(snapshot.id) from None


def check_key(ctx: Context, tx: Tx, snapshot: Snapshot) -> None:
    """Refuse what an encrypted snapshot's key is needed for, if the caller can't use it now."""
    from state import disk_keys  # with the ciphers, which few servers need

    assert snapshot.kms_key_id, "an encrypted snapshot has a key"
    try:
        key = disk_keys.usable(tx, snapshot.kms_key_id, ctx.now())
    except disk_keys.KeyUnusable as problem:
        if problem.state is None:
            raise errors.key_not_found() from None
        raise errors.key_not_enabled() from None
    if not may(ctx, tx, key, OPENING, {disk_keys.CONTEXT: snapshot.id}):
        raise errors.key_not_accessible()
