"""The life of an AMI between registration and deregistration, which is its owner's to direct.

    available ── DisableImage ──► disabled      nobody else may use it, and it can't be shared
        ▲                            │
        └──────── EnableImage ───────┘          who could use it before cannot do so again

    EnableImageDeprecation         from DeprecateAt on others find it by its id alone
    EnableImageDeregistration-     DeregisterImage fails; with a cooldown, for a day after the
      Protection                   protection is switched off, too

The service gives every public AMI a date of deprecation two years after its creation; here only an
owner deprecates.
"""

from datetime import datetime, timedelta

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors
from emulator.services.ec2.images import find_own_image
from emulator.shapes.ec2 import (
    DisableImageDeprecationRequest,
    DisableImageDeprecationResult,
    DisableImageDeregistrationProtectionRequest,
    DisableImageDeregistrationProtectionResult,
    DisableImageRequest,
    DisableImageResult,
    EnableImageDeprecationRequest,
    EnableImageDeprecationResult,
    EnableImageDeregistrationProtectionRequest,
    EnableImageDeregistrationProtectionResult,
    EnableImageRequest,
    EnableImageResult,
)
from state.images import Image
from state.rows.permissions import EVERYBODY
from state.store import Tx

actions = Actions()

COOLDOWN = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
LONGEST_YEARS = 10  # from now until an AMI is deprecated
LONGEST_YEARS_PUBLIC = 2  # from the creation of one that is public

WITH_COOLDOWN = "enabled-with-cooldown"
WITHOUT_COOLDOWN = "enabled-without-cooldown"
UNPROTECTED = "disabled"


@actions
def enable_image_deprecation(
    ctx: Context, request: EnableImageDeprecationRequest
) -> EnableImageDeprecationResult:
    """Deprecate an AMI from a time on."""
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        moment = deprecation_time(ctx, tx, image, request["DeprecateAt"])
        change(tx, image, dry=request.get("DryRun"), deprecated_at=moment)
    return {"Return": True}


@actions
def disable_image_deprecation(
    ctx: Context, request: DisableImageDeprecationRequest
) -> DisableImageDeprecationResult:
    """Take the deprecation of an AMI back."""
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        change(tx, image, dry=request.get("DryRun"), deprecated_at=None)
    return {"Return": True}


@actions
def disable_image(ctx: Context, request: DisableImageRequest) -> DisableImageResult:
    """Let an AMI be used no more, and be shared with nobody."""
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        change(tx, image, dry=request.get("DryRun"), state="disabled")
        tx.permissions.clear(image.id)
    return {"Return": True}


@actions
def enable_image(ctx: Context, request: EnableImageRequest) -> EnableImageResult:
    """Let its owner use an AMI again."""
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        change(tx, image, dry=request.get("DryRun"), state="available")
    return {"Return": True}


@actions
def enable_image_deregistration_protection(
    ctx: Context, request: EnableImageDeregistrationProtectionRequest
) -> EnableImageDeregistrationProtectionResult:
    """Keep an AMI from being deregistered."""
    protection = WITH_COOLDOWN if request.get("WithCooldown") else WITHOUT_COOLDOWN
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        change(
            tx,
            image,
            dry=request.get("DryRun"),
            deregistration_protection=protection,
            protection_ends_at=None,
        )
    return {"Return": "true"}


@actions
def disable_image_deregistration_protection(
    ctx: Context, request: DisableImageDeregistrationProtectionRequest
) -> DisableImageDeregistrationProtectionResult:
    """Let an AMI be deregistered, at once or when it has cooled down."""
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        ends_at = image.protection_ends_at  # switched off twice it cools down no longer
        if image.deregistration_protection == WITH_COOLDOWN:
            ends_at = ctx.now() + COOLDOWN
        change(
            tx,
            image,
            dry=request.get("DryRun"),
            deregistration_protection=UNPROTECTED,
            protection_ends_at=ends_at,
        )
    return {"Return": "true"}


def change(tx: Tx, image: Image, *, dry: bool | None, **members: object) -> None:
    """Give an AMI other members, unless it is only asked whether that would do."""
    if dry:
        raise dry_run()
    tx.images.replace(image.model_copy(update=members))


def deprecation_time(ctx: Context, tx: Tx, image: Image, asked: datetime) -> datetime:
    """Return a time to the nearest minute; it lies ahead, but not too far."""
    latest = years_after(ctx.now(), LONGEST_YEARS)
    if EVERYBODY in tx.permissions.of([image.id])[image.id]:
        latest = years_after(image.created_at, LONGEST_YEARS_PUBLIC)
    if asked < ctx.now():
        raise image_errors.deprecated_in_the_past(asked)
    if asked > latest:
        raise image_errors.deprecated_too_late(asked, latest)
    up = asked + MINUTE / 2
    return up.replace(second=0, microsecond=0)


def years_after(moment: datetime, years: int) -> datetime:
    """Return the same day and time in a later year; for 29 February the day before it."""
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return moment.replace(year=moment.year + years, day=28)
