r"""The canonical request of Signature Version 4, from the request line and headers as they arrived.

    METHOD \n PATH \n QUERY \n name:value\n… \n name;name \n HASH

What is escaped otherwise is the same: everything is unescaped and escaped again as AWS prescribes.
S3 takes the path as it is and escapes it once; for all other services it is tidied, and what came
escaped is escaped once more.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes

from emulator.incoming import Incoming

EMPTY = sha256().hexdigest()


def request(incoming: Incoming, service: str, signed: Sequence[str], payload: str) -> bytes:
    """Write the canonical request; signed names its headers, payload is the body's hash."""
    path = s3_path(incoming.path) if service == "s3" else tidy_path(incoming.path)
    names = sorted(signed)
    lines = (
        incoming.method.encode(),
        path.encode(),
        query(incoming.query_string).encode(),
        header_lines(incoming.header_list, names),
        ";".join(names).encode("latin-1"),
        payload.encode("latin-1"),
    )
    return b"\n".join(lines)


def s3_path(path: str) -> str:
    """Escape a path of S3."""
    return quote(unquote_to_bytes(path.encode("latin-1")), safe="/")


def tidy_path(path: str) -> str:
    """Take dots and doubled slashes out of a path, escape it once more than it is."""
    if not path.startswith("/"):  # nothing that a client would sign
        return quote(path)
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in ("", "."):
            kept.append(part)
    tidied = "/" + "/".join(kept)
    if kept and path.endswith("/"):
        tidied += "/"
    return quote(tidied.encode("latin-1"), safe="/~")


def query(raw: bytes) -> str:
    """Write a query in order, without the signature that stands in it."""
    parts = (part.partition(b"=") for part in raw.split(b"&") if part)
    pairs = sorted((again(name), again(value)) for name, _, value in parts)
    return "&".join(f"{name}={value}" for name, value in pairs if name != "X-Amz-Signature")


def again(text: bytes) -> str:
    """Escape a name or value as AWS does."""
    return quote(unquote_to_bytes(text.replace(b"+", b" ")), safe="")


def header_lines(headers: Iterable[tuple[bytes, bytes]], names: Iterable[str]) -> bytes:
    """Write a line for each of some headers; one that came more than once has all its values."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(b" ".join(value.split()))
    return b"".join(
        b"%s:%s\n" % (name, b",".join(found.get(name, ())))
        for name in (each.encode("latin-1") for each in names)
    )
