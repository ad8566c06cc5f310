"""AMIs: who may see which, and DescribeImages.

    an account sees             unless they are                   then only with
    its own AMIs                disabled                          IncludeDisabled
    those shared or public      past their deprecation time       IncludeDeprecated, or by their ids

Of an AMI of another it sees no tags; an id of one that it may not use is left out of the answer. A
deregistered AMI is forgotten at once, where the service goes on to show it for some time.
"""

from collections.abc import Iterable
from datetime import datetime

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, paging
from emulator.services.ec2.filters import Test, all_of
from emulator.services.ec2.image_rows import FILTERS, Row, image_row
from emulator.services.ec2.permissions import accounts
from emulator.services.ec2.remembered import Remembered
from emulator.shapes.ec2 import DescribeImagesRequest, DescribeImagesResult
from state.images import Image
from state.rows.permissions import EVERYBODY
from state.store import Numbered, Tx

actions = Actions()

LARGEST_PAGE = 1000  # assumed, as is that a page may be as small as one
ALIASES = frozenset({"amazon", "aws-backup-vault", "aws-marketplace"})  # owners of nothing here

WHOLE_LISTS = Remembered[list[Numbered[Row]]]()


@actions
def describe_images(ctx: Context, request: DescribeImagesRequest) -> DescribeImagesResult:
    """List AMIs that the account may use: those named, or all that are asked for."""
    named = list(dict.fromkeys(request.get("ImageIds") or ()))
    ids.check_image_ids(named)
    page = paging.page(
        "DescribeImages",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=1,
        largest=LARGEST_PAGE,
    )
    test = asked_for(ctx, request)
    if request.get("DryRun"):
        raise dry_run()
    rows, next_token = paging.take(page, lambda after, limit: fetch(ctx, named, after, limit), test)
    result: DescribeImagesResult = {"Images": [row.shape for row in rows]}
    if next_token:
        result["NextToken"] = next_token
    return result


# what other modules need -------------------------------------------------------------------------


def find_image(ctx: Context, tx: Tx, image_id: str) -> Image:
    """Return an AMI that the account may use in the Region.

    Raises InvalidAMIID.Malformed, InvalidAMIID.NotFound, and AuthFailure for one not shared.
    """
    image = any_image(ctx, tx, image_id)
    if image.account_id != ctx.account_id:
        users = tx.permissions.of([image_id])[image_id]
        if not {ctx.account_id, EVERYBODY}.intersection(users):
            raise errors.image_not_usable(image_id)
    return image


def find_own_image(ctx: Context, tx: Tx, image_id: str) -> Image:
    """Return an AMI of the account in the Region.

    Raises InvalidAMIID.Malformed, InvalidAMIID.NotFound, and AuthFailure for another's.
    """
    image = any_image(ctx, tx, image_id)
    if image.account_id != ctx.account_id:
        raise errors.image_not_owned(image_id)
    return image


def any_image(ctx: Context, tx: Tx, image_id: str) -> Image:
    """Return an AMI in the Region, whoever owns it."""
    ids.check_image_ids([image_id])
    image = tx.images.get(image_id)
    if image is None or image.region != ctx.region:
        raise errors.image_not_found(image_id)
    return image


# what is asked for -------------------------------------------------------------------------------


def asked_for(ctx: Context, request: DescribeImagesRequest) -> Test[Row] | None:
    """Return what tells whether an AMI that the account may use is to be listed."""
    me, now = ctx.account_id, ctx.now()
    owners = accounts(me, request.get("Owners", ()), ALIASES)
    users = accounts(me, request.get("ExecutableUsers", ()), {EVERYBODY})
    tests = [FILTERS.test(request.get("Filters"))]
    if owners:
        tests.append(lambda row: row.image.account_id in owners)
    if users:
        tests.append(lambda row: not users.isdisjoint(row.users))
    if not request.get("IncludeDisabled"):
        tests.append(lambda row: row.image.state != "disabled")
    if not request.get("IncludeDeprecated") and not request.get("ImageIds"):
        tests.append(lambda row: row.image.account_id == me or not is_deprecated(row.image, now))
    return all_of(tests)


def is_deprecated(image: Image, now: datetime) -> bool:
    """Tell whether an AMI's deprecation time has passed."""
    return image.deprecated_at is not None and image.deprecated_at <= now


# what is there -----------------------------------------------------------------------------------


def fetch(ctx: Context, named: list[str], after: int, limit: int | None) -> list[Numbered[Row]]:
    """Return the AMIs that the account may use in the Region: those named, a part, or all."""
    if named or after or limit is not None:
        return read(ctx, named, after, limit)
    key = (ctx.account_id, ctx.region)
    return WHOLE_LISTS.get(ctx.store, key, lambda: read(ctx, [], 0, None))


def read(ctx: Context, named: list[str], after: int, limit: int | None) -> list[Numbered[Row]]:
    """Return the same from the store."""
    with ctx.store.read() as tx:
        found = tx.images.usable(
            ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
        )
        if named:
            check_exist(ctx, tx, set(named).difference(image.id for _, image in found))
        image_ids = [image.id for _, image in found]
        tags = tx.tags.of(image_ids)
        users = tx.permissions.of(image_ids)
    return [
        Numbered(sequence, image_row(ctx.account_id, image, tags[image.id], users[image.id]))
        for sequence, image in found
    ]


def check_exist(ctx: Context, tx: Tx, missing: Iterable[str]) -> None:
    """Refuse ids of no AMI in the Region; one that the account may not use is only left out."""
    found = {image_id: tx.images.get(image_id) for image_id in sorted(missing)}
    unknown = [each for each, image in found.items() if image is None or image.region != ctx.region]
    if unknown:
        raise errors.image_not_found(*unknown)
