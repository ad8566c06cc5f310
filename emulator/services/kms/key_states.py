"""What can be done with a key: EnableKey, DisableKey, ScheduleKeyDeletion, CancelKeyDeletion."""

from datetime import timedelta

from emulator.context import Context
from emulator.errors import violations
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding
from emulator.shapes.kms import (
    CancelKeyDeletionRequest,
    CancelKeyDeletionResponse,
    DisableKeyRequest,
    EnableKeyRequest,
    ScheduleKeyDeletionRequest,
    ScheduleKeyDeletionResponse,
)

actions = Actions()

DAYS = range(7, 31)  # between the request and the deletion


@actions
def enable_key(ctx: Context, request: EnableKeyRequest) -> dict[str, object]:
    """Let a key be used again."""
    switch(ctx, request["KeyId"], "EnableKey", enabled=True)
    return {}


@actions
def disable_key(ctx: Context, request: DisableKeyRequest) -> dict[str, object]:
    """Let a key not be used until it is enabled again."""
    switch(ctx, request["KeyId"], "DisableKey", enabled=False)
    return {}


def switch(ctx: Context, text: str, action: str, *, enabled: bool) -> None:
    """Enable or disable a key."""
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, text, action)
        finding.check_stays(key)
        tx.keys.replace(key.model_copy(update={"enabled": enabled}))


@actions
def schedule_key_deletion(
    ctx: Context, request: ScheduleKeyDeletionRequest
) -> ScheduleKeyDeletionResponse:
    """Let a key be gone after some days, 30 if nothing is said; it cannot be used from now on."""
    days = request.get("PendingWindowInDays", DAYS[-1])
    if days not in DAYS:
        bound = f"less than or equal to {DAYS[-1]}"
        if days < DAYS[0]:
            bound = f"greater than or equal to {DAYS[0]}"
        raise violations(
            [
                f"Value '{days}' at 'pendingWindowInDays' failed to satisfy constraint: "
                f"Member must have value {bound}"
            ]
        )
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "ScheduleKeyDeletion")
        finding.check_stays(key)
        deletes_at = ctx.now() + timedelta(days=days)
        going = key.model_copy(update={"deletes_at": deletes_at, "enabled": False})
        tx.keys.replace(going)
    return {
        "KeyId": going.arn,
        "DeletionDate": deletes_at,
        "KeyState": going.state,
        "PendingWindowInDays": days,
    }


@actions
def cancel_key_deletion(
    ctx: Context, request: CancelKeyDeletionRequest
) -> CancelKeyDeletionResponse:
    """Let a key stay; it is disabled then."""
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "CancelKeyDeletion")
        if key.deletes_at is None:
            raise errors.not_pending_deletion(key.arn)
        tx.keys.replace(key.model_copy(update={"deletes_at": None}))
    return {"KeyId": key.arn}
