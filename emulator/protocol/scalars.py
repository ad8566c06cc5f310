"""Scalars as AWS writes them on the wire, in both directions.

boolean     true, false (clients also write True)
timestamp   2026-01-02T03:04:05.000Z in bodies and queries, RFC 7231 in headers,
            seconds since 1970 in JSON; all three are read wherever they stand
double      1.5, NaN, Infinity, -Infinity
blob        base64
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from typing import Any

INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
BITS = {"integer": 31, "long": 63}


def boolean(text: str) -> bool:
    """Read `true` or `false`, whatever the case."""
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError(f"not a boolean: {text}")
    return lowered == "true"


def integer(text: str, bits: int = 31) -> int:
    """Read a signed number of so many bits."""
    if INTEGER.fullmatch(text) is None:
        raise ValueError(f"not a number: {text}")
    number = int(text)
    if not -(1 << bits) <= number < (1 << bits):
        raise ValueError(f"out of range: {text}")
    return number


def double(text: str) -> float:
    """Read a number with a fraction."""
    if text in NOT_FINITE:
        return NOT_FINITE[text]
    if len(text) > 64 or NUMBER.fullmatch(text) is None:
        raise ValueError(f"not a number: {text}")
    return float(text)


def timestamp(text: str) -> datetime:
    """Read a moment in any of the three spellings; a moment without a zone is UTC."""
    try:
        if len(text) <= 64 and NUMBER.fullmatch(text):
            return EPOCH + timedelta(seconds=float(text))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = parsedate_to_datetime(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"not a moment: {text}") from error


def blob(text: str) -> bytes:
    """Read base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "character": str,
    "boolean": boolean,
    "integer": integer,
    "long": lambda text: integer(text, 63),
    "float": double,
    "double": double,
    "timestamp": timestamp,
    "blob": blob,
}  # by type name; each raises ValueError when the text cannot be such a value


@lru_cache(4096)  # writing one costs as much as ten strings, and lists are asked for again
def iso8601(moment: datetime) -> str:
    """Write a moment as EC2 and S3 do: UTC, milliseconds, a trailing Z."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def http_date(moment: datetime) -> str:
    """Write a moment as headers do: `Fri, 02 Jan 2026 03:04:05 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def epoch(moment: datetime) -> float:
    """Write a moment as JSON does: seconds since 1970, whole ones without a fraction.

    Milliseconds are cut off, not rounded, as they are where a moment is text: both are one moment.
    """
    milliseconds = (moment - EPOCH) // timedelta(milliseconds=1)
    return milliseconds / 1000 if milliseconds % 1000 else milliseconds // 1000


def decimal(value: float) -> str:
    """Write a number with a fraction."""
    if math.isfinite(value):
        return repr(float(value))
    return next(name for name, other in NOT_FINITE.items() if repr(other) == repr(value))


def moment_text(moment: datetime, style: str | None) -> str:
    """Write a moment in one of the model's three styles (`timestampFormat`)."""
    match style:
        case "unixTimestamp":
            return str(epoch(moment))
        case "rfc822":
            return http_date(moment)
        case _:
            return iso8601(moment)


def text_of(type_name: str, value: Any, style: str | None = None) -> str:
    """Write a scalar as text; style is a timestamp's."""
    match type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return moment_text(value, style)
        case "float" | "double":
            return decimal(value)
        case "blob":
            return base64.b64encode(value).decode("ascii")
        case _:
            return str(value)
