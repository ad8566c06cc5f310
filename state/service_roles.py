"""The service role of a task: whether there is one, and whether it has the rights the task needs.

    request   all rights of the task; the task remembers the role that let it begin
    worker    at each step the rights of that step: of the role as it is by then

| mode   | a role that does not exist         | a role that exists |
|--------|------------------------------------|--------------------|
| auto   | is not needed                      | decides            |
| strict | will not do                        | decides            |
| off    | is not needed                      | is not looked at   |

A task that was let in by a role needs that role to its end; one that needed none never asks for
it. What decided is told in the log: each right, and the statement that allowed or denied it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from state.iam import Role
from state.objects import Bucket, Object
from state.store import Tx
from state.tasks import DiskSource, ExportImageWork, ImportImageWork, ImportSnapshotWork, Task

if TYPE_CHECKING:
    from state.policy.service_role import Right

Mode = Literal["auto", "strict", "off"]
Rights = Callable[[Tx, Task, Role, datetime], Iterable["Right"]]
Imports = ImportSnapshotWork | ImportImageWork
Works = Imports | ExportImageWork

log = logging.getLogger(__name__)


class Unfit(Exception):
    """The role of a task will not do."""

    def __init__(self, role_name: str, why: str, action: str | None = None) -> None:
        super().__init__(f"the role {role_name}: {why}")
        self.role_name = role_name
        self.action = action  # the right that is missing; None if the role is


def admitted(tx: Tx, task: Task, mode: Mode, now: datetime) -> Task:
    """Return a new task with the role that lets it begin, if there must be one; Unfit."""
    work = task.work
    if not isinstance(work, Works) or mode == "off":
        return task
    role = tx.roles.get(task.account_id, work.role_name)
    if role is None and mode == "auto":
        log.info("task %s: there is no role %s, and none is needed", task.id, work.role_name)
        return task
    task = task.model_copy(update={"work": work.model_copy(update={"needs_role": True})})
    check(tx, task, to_begin, now)
    return task


def check(tx: Tx, task: Task, rights: Rights, now: datetime) -> None:
    """See that a task's role has some rights now, if it needs a role; Unfit."""
    work = task.work
    if not isinstance(work, Works) or not work.needs_role:
        return
    from state import role_policies
    from state.acls import canonical_id
    from state.policy import service_role

    role = tx.roles.get(task.account_id, work.role_name)
    if role is None:
        log.info("task %s: there is no role %s", task.id, work.role_name)
        raise Unfit(work.role_name, "it does not exist")
    boundary = role_policies.boundary(tx, role)
    kind = f"{work.kind}-task" if isinstance(work, Imports) else "export-image-task"
    verdict = service_role.check(
        service_role.ServiceRole(
            role.account_id,
            role.arn,
            role_policies.trust(role)[0],
            tuple(role_policies.of_role(tx, role)),
            None if boundary is None else tuple(boundary),
            canonical_id(role.account_id),
        ),
        rights(tx, task, role, now),
        f"arn:{role.partition}:vmie:{task.region}:{task.account_id}:{kind}/{task.id}",
    )
    for line in verdict.lines():
        log.info("task %s: %s", task.id, line)
    if verdict.missing is not None:
        raise Unfit(work.role_name, verdict.why, verdict.missing.action)


# what needs which rights -------------------------------------------------------------------------


def to_begin(tx: Tx, task: Task, role: Role, now: datetime) -> Iterator["Right"]:
    """All rights that a task will need."""
    if isinstance(task.work, ExportImageWork):
        yield from to_take(tx, task, role, now)
        yield from to_write(tx, task, role, now)
        return
    yield from to_read(tx, task, role, now)
    yield from to_publish(tx, task, role, now)


def to_read(tx: Tx, task: Task, role: Role, now: datetime) -> Iterator["Right"]:
    """The rights to read what an import is made of: objects, and snapshots."""
    from state.policy import rights

    work = task.work
    if isinstance(work, ImportSnapshotWork):
        yield from of_object(tx, work.source, role, now)
    elif isinstance(work, ImportImageWork):
        for container in work.containers:
            if container.source is not None:
                yield from of_object(tx, container.source, role, now)
        snapshots = [each.snapshot_id for each in work.containers if each.snapshot_id]
        if snapshots:
            yield from rights.to_hand_over(snapshots, task.region, role.partition)


def to_publish(tx: Tx, task: Task, role: Role, now: datetime) -> Iterator["Right"]:
    """The rights to make what an import ends with: snapshots, encrypted ones too, and an image."""
    from state.policy import rights

    work = task.work
    assert isinstance(work, Imports)
    if isinstance(work, ImportImageWork):
        yield from rights.to_make_images(task.region, role.partition)
        yield from rights.to_use_licences(work.license_configurations)
    else:
        yield from rights.to_make_snapshots(task.region, role.partition)
    if work.kms_key_id is not None:
        asked = rights.to_use_key(work.kms_key_id)
        yield from (on_key(tx, right, role, now, "ec2") for right in asked)


def to_take(tx: Tx, task: Task, role: Role, now: datetime) -> Iterator["Right"]:
    """The rights to take the disk of an image."""
    from state.policy import rights
    from state.policy.service_role import Right

    work = task.work
    assert isinstance(work, ExportImageWork)
    yield Right("ec2:DescribeImages", "*")
    image = tx.images.get(work.image_id)
    snapshots = [] if image is None else image.snapshot_ids
    yield from rights.to_hand_over(snapshots, task.region, role.partition)


def to_write(tx: Tx, task: Task, role: Role, now: datetime) -> Iterator["Right"]:
    """The rights to write the object of an export."""
    from state.policy import rights

    work = task.work
    assert isinstance(work, ExportImageWork)
    bucket = tx.buckets.get(work.bucket)
    for right in rights.to_write(work.bucket, work.key, partition=role.partition):
        yield right if bucket is None else on_bucket(right, bucket)


def of_object(tx: Tx, source: DiskSource, role: Role, now: datetime) -> Iterator["Right"]:
    """The rights to read an object; none for one whose Url somebody has signed."""
    from state.policy import rights

    if source.presigned:
        return
    bucket = tx.buckets.get(source.bucket)
    found = tx.objects.get(source.bucket, source.key)
    for right in rights.to_read(source.bucket, [source.key], partition=role.partition):
        yield right if bucket is None else on_bucket(right, bucket, found)
    if bucket is not None and found is not None and found.kms_key_id is not None:
        from state.bucket_access import arn_of

        sealed_with = {**found.kms_context, "aws:s3:arn": arn_of(bucket, found.key)}
        for right in rights.to_decrypt(found.kms_key_id):
            yield on_key(tx, right, role, now, "s3", sealed_with)


def on_bucket(right: "Right", bucket: Bucket, found: Object | None = None) -> "Right":
    """Put what a bucket, and an object in it, have to say into a right on them."""
    from state import bucket_access

    return replace(
        right,
        account_id=bucket_access.owner_of(bucket, found, right.action),
        policies=bucket_access.policies_of(bucket, found, right.action),
    )


def on_key(
    tx: Tx,
    right: "Right",
    role: Role,
    now: datetime,
    via: str,
    sealed_with: Mapping[str, str] | None = None,
) -> "Right":
    """Put what a key has to say into a right on it."""
    from state import key_access
    from state.policy.evaluation import Principal
    from state.policy.service_role import SESSION

    key = tx.keys.get(right.resource.rpartition("/")[2], now)
    if key is None:
        return right
    who = Principal.role(role.arn, SESSION, role.id)
    operation = right.action.partition(":")[2]
    lent = key_access.lends(key_access.grants_of(tx, key), who, operation, sealed_with or {})
    return replace(
        right,
        account_id=key.account_id,
        policies=(key_access.policy(key),),
        context=key_access.context_of(key, who, sealed_with or {}, via),
        grant=None if lent is None else lent.id,
    )
