"""StartSnapshot: a snapshot that waits for its blocks, empty or on top of another.

With a parent it begins with the parent's bytes: shared where the filesystem can (reflink), else
copied without the holes. A snapshot is encrypted as its parent is; without one, as it is asked for:

    Encrypted   KmsKeyArn
    not said    no          not encrypted, or by the account's key if that is its default
    no          no          not encrypted, or ValidationException if that is not the default
    no          yes         ValidationException
    yes         no          by the account's key for EBS
    yes         yes         by that key

https://docs.aws.amazon.com/ebs/latest/userguide/ebsapis-using-encryption.html
"""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

from emulator.context import Context
from emulator.key_names import key_name
from emulator.protocol import regions
from emulator.rights.keys import SEALING, may
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding
from emulator.shapes.ebs import StartSnapshotRequest, StartSnapshotResponse, Tag
from state.disks import copying
from state.drafts import Draft, as_of, journal_of
from state.lineage import BLOCK, Blocks
from state.snapshots import Snapshot
from state.store import Tx

actions = Actions()

GIB = 1 << 30
LARGEST = 65536  # GiB
TIMEOUT = 60  # minutes, where the client does not say
MOST_PENDING = 100  # snapshots of an account in a Region: the service's quota
MOST_TAGS = 50
DEFAULT_KEY = "alias/aws/ebs"


@actions
def start_snapshot(ctx: Context, request: StartSnapshotRequest) -> StartSnapshotResponse:
    """Start a snapshot; the same request with the same client token starts only one."""
    tags = checked(request.get("Tags", []))
    check_members(request)
    if (again := earlier(ctx, request)) is not None:
        return shown(again, request)
    parent = None
    if "ParentSnapshotId" in request:
        parent = finding.readable(ctx, request["ParentSnapshotId"])
        if parent.size_gib > request["VolumeSize"]:
            raise errors.volume_smaller_than_parent(parent.size_gib)
    snapshot, draft = begun(ctx, request, parent)
    fill(ctx, snapshot, parent)
    try:
        with ctx.store.begin() as tx:
            if (first := found_by_token(ctx, tx, request)) is None:
                check_number(ctx, tx)
                kept = encrypted(ctx, tx, snapshot, request, parent)
                tx.snapshots.add(kept)
                tx.drafts.add(draft)
                if parent is not None:
                    tx.lineage.add(snapshot.id, parent.id, Blocks())
                tx.tags.put(ctx.account_id, ctx.region, snapshot.id, tags)
                return shown(kept, request)
    except BaseException:
        remove(ctx, snapshot)
        raise
    remove(ctx, snapshot)  # the same request was quicker by another connection
    return shown(first, request)


def check_members(request: StartSnapshotRequest) -> None:
    """Refuse members that do not go together."""
    if request["VolumeSize"] > LARGEST:
        raise errors.volume_too_large(LARGEST)
    if "ParentSnapshotId" in request:
        for name in ("Encrypted", "KmsKeyArn"):
            if name in request:
                raise errors.not_beside_parent(name)
    if "KmsKeyArn" in request and not request.get("Encrypted"):
        raise errors.key_needs_encrypted()


def earlier(ctx: Context, request: StartSnapshotRequest) -> Snapshot | None:
    """Return what the same request has started before."""
    if "ClientToken" not in request:
        return None
    with ctx.store.read() as tx:
        return found_by_token(ctx, tx, request)


def found_by_token(ctx: Context, tx: Tx, request: StartSnapshotRequest) -> Snapshot | None:
    """Find what was started with a client token; ConflictException if it was another request."""
    token = request.get("ClientToken")
    draft = None if token is None else tx.drafts.by_token(ctx.account_id, ctx.region, token)
    if draft is None:
        return None
    if draft.request_digest != digest(request):
        raise errors.token_used()
    return tx.snapshots.get(draft.snapshot_id)


def digest(request: StartSnapshotRequest) -> str:
    """Return what two requests have in common only if they ask for the same."""
    return sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def begun(
    ctx: Context, request: StartSnapshotRequest, parent: Snapshot | None
) -> tuple[Snapshot, Draft]:
    """Make the values of a new snapshot; no row tells of them yet."""
    now = ctx.now()
    timeout = request.get("Timeout", TIMEOUT)
    blob_id = ctx.blobs.new_id()
    snapshot = Snapshot(
        id=ctx.new_id("snap"),
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=now,
        size_gib=request["VolumeSize"],
        size_bytes=request["VolumeSize"] * GIB,
        blob_id=blob_id,
        description=request.get("Description", ""),
        state="pending",
        expires_at=now + timedelta(minutes=timeout),
        encrypted=parent is not None and parent.encrypted,
        kms_key_id=None if parent is None else parent.kms_key_id,
    )
    draft = Draft(
        snapshot_id=snapshot.id,
        account_id=ctx.account_id,
        region=ctx.region,
        timeout=timeout,
        journal_id=journal_of(blob_id),
        client_token=request.get("ClientToken"),
        request_digest=digest(request),
    )
    return snapshot, draft


def fill(ctx: Context, snapshot: Snapshot, parent: Snapshot | None) -> None:
    """Make the files of a new snapshot: its parent's bytes, or nothing, and an empty journal."""
    arriving = ctx.blobs.incoming()
    if parent is None:
        arriving.touch()
    else:
        with closing(finding.open_disk(ctx, parent)) as disk:
            copying.copy(disk, arriving)
    ctx.blobs.keep(arriving, snapshot.blob_id)
    arriving = ctx.blobs.incoming()
    arriving.touch()
    ctx.blobs.keep(arriving, journal_of(snapshot.blob_id))


def remove(ctx: Context, snapshot: Snapshot) -> None:
    """Remove the files of a snapshot that has not come into being."""
    ctx.blobs.remove(snapshot.blob_id)
    ctx.blobs.remove(journal_of(snapshot.blob_id))


def check_number(ctx: Context, tx: Tx) -> None:
    """Refuse more pending snapshots than an account may have."""
    drafts = tx.drafts.open_of(ctx.account_id, ctx.region)
    if len(drafts) < MOST_PENDING:
        return
    snapshots = (tx.snapshots.get(draft.snapshot_id) for draft in drafts)
    pending = [each for each in snapshots if each and as_of(each, ctx.now()).state == "pending"]
    if len(pending) >= MOST_PENDING:
        raise errors.too_many_pending(MOST_PENDING)


def encrypted(
    ctx: Context,
    tx: Tx,
    snapshot: Snapshot,
    request: StartSnapshotRequest,
    parent: Snapshot | None,
) -> Snapshot:
    """Return a snapshot with its key, if it is to have one: asked for, or by default."""
    settings = tx.accounts.get(ctx.account_id, ctx.region)
    wanted = request.get("Encrypted", settings.ebs_encryption)
    if settings.ebs_encryption and not (wanted if parent is None else parent.encrypted):
        raise errors.must_be_encrypted()
    if parent is not None or not wanted:
        return snapshot
    key = request.get("KmsKeyArn") or settings.ebs_key
    return snapshot.model_copy(update={"encrypted": True, "kms_key_id": key_arn(ctx, tx, key)})


def key_arn(ctx: Context, tx: Tx, wanted: str | None) -> str:
    """Return the ARN of the key to encrypt with: the one wanted, or the account's for EBS."""
    if wanted is None:
        from state.managed_keys import managed_key  # with the ciphers, which few servers need

        partition = regions.partition(ctx.region)
        now = ctx.now()
        return managed_key(tx, ctx.account_id, ctx.region, DEFAULT_KEY, partition, now).arn
    name = key_name(wanted, ctx.account_id, ctx.region)
    if name is None or name.key_id is None:
        raise errors.key_not_found()
    if (name.account_id, name.region) != (ctx.account_id, ctx.region):
        raise errors.key_not_accessible()
    key = tx.keys.get(name.key_id, ctx.now())
    if key is None or key.arn != wanted:
        raise errors.key_not_found()
    if key.state != "Enabled":
        raise errors.key_not_enabled()
    if not may(ctx, tx, key, SEALING):
        raise errors.key_not_accessible()
    return key.arn


def checked(tags: list[Tag]) -> Mapping[str, str]:
    """Return tags by key; ValidationException for what no resource can have."""
    found: dict[str, str] = {}
    for tag in tags:
        key = tag.get("Key", "")
        if not key:
            raise errors.tag_invalid("The key of a tag must not be empty.")
        if key.lower().startswith("aws:"):
            raise errors.tag_invalid("Tag keys that start with aws: are reserved.")
        if key in found:
            raise errors.tag_invalid("A tag key must not occur twice.")
        found[key] = tag.get("Value", "")
    if len(found) > MOST_TAGS:
        raise errors.tag_invalid(f"A snapshot can have {MOST_TAGS} tags at most.")
    return found


def shown(snapshot: Snapshot, request: StartSnapshotRequest) -> StartSnapshotResponse:
    """Return the answer to a request that has started a snapshot."""
    answer: StartSnapshotResponse = {
        "SnapshotId": snapshot.id,
        "OwnerId": snapshot.account_id,
        "Status": "pending",  # so it was, and the answer is the same each time
        "StartTime": snapshot.created_at,
        "VolumeSize": snapshot.size_gib,
        "BlockSize": BLOCK,
    }
    if snapshot.description:
        answer["Description"] = snapshot.description
    if "Tags" in request:
        answer["Tags"] = request["Tags"]
    if "ParentSnapshotId" in request:
        answer["ParentSnapshotId"] = request["ParentSnapshotId"]
    if snapshot.kms_key_id is not None:
        answer["KmsKeyArn"] = snapshot.kms_key_id
    return answer
