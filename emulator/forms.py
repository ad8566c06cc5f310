"""Query strings and forms, taken apart strictly: what is not UTF-8 or badly escaped is refused."""

import re
from urllib.parse import unquote_to_bytes

BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Malformed(ValueError):
    """A query string or form that cannot be read; the text says why."""


def pairs(raw: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query string or form, in order."""
    if b"%" in raw and (broken := BROKEN_ESCAPE.search(raw)):
        shown = raw[broken.start() : broken.start() + 3].decode("ascii", "replace")
        raise Malformed(f"'{shown}' is not an escape sequence.")
    try:
        return [
            (text(name), text(value))
            for name, _, value in (part.partition(b"=") for part in raw.split(b"&") if part)
        ]
    except UnicodeDecodeError:
        raise Malformed("it is not UTF-8.") from None


def text(raw: bytes) -> str:
    """Undo the escapes of one name or value."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode()
