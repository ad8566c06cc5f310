"""Who asks, as policies see it; and what their conditions may ask about any request."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.context import Context
from state.store import Tx

if TYPE_CHECKING:
    from state.callers import Caller

Values = Mapping[str, str | Sequence[str]]


class Asked(NamedTuple):
    """An action on a resource, and what a message calls that; None: nothing."""

    action: str
    resource: str = "*"
    shown: str | None = None
    context: Values = {}


def caller_of(tx: Tx, ctx: Context) -> "Caller":
    """Return who asks, and what that one may."""
    from state import callers  # with all of policies, which most requests never need

    if ctx.session is not None:
        return callers.of_session(tx, ctx.session)
    return callers.of_account(ctx.account_id, ctx.region)


def surroundings(ctx: Context) -> dict[str, str | Sequence[str]]:
    """Return what is known of any request."""
    now = ctx.now().astimezone(UTC)
    values: dict[str, str | Sequence[str]] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": str(ctx.secure).lower(),
        "aws:RequestedRegion": ctx.region,
    }
    if ctx.address:
        values["aws:SourceIp"] = ctx.address
    if "user-agent" in ctx.headers:
        values["aws:UserAgent"] = ctx.headers["user-agent"]
    return values


def of_tags(tags: Sequence[Mapping[str, Any]]) -> dict[str, str | Sequence[str]]:
    """Return what conditions may ask about the tags of a request."""
    values: dict[str, str | Sequence[str]] = {
        f"aws:RequestTag/{tag['Key']}": str(tag.get("Value") or "") for tag in tags if "Key" in tag
    }
    if values:
        values["aws:TagKeys"] = [str(tag["Key"]) for tag in tags if "Key" in tag]
    return values


def of_resource(tags: Mapping[str, str], *prefixes: str) -> dict[str, str | Sequence[str]]:
    """Return what conditions may ask about the tags that a resource has."""
    return {
        f"{prefix}:ResourceTag/{key}": value
        for prefix in ("aws", *prefixes)
        for key, value in tags.items()
    }
