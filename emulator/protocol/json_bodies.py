"""JSON bodies, read and written along a shape: for the `json` and `rest-json` protocols."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

from emulator.protocol.faults import InvalidValue, MalformedJSON, MissingMember
from emulator.protocol.responses import ELSEWHERE
from emulator.protocol.scalars import READERS, decimal, epoch, moment_text, timestamp

LARGEST = 16 << 20
TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "character": str, "boolean": bool, "integer": int, "long": int,
    "float": (int, float), "double": (int, float),
}  # fmt: skip


def read(shape: Any, body: bytes) -> dict[str, Any]:
    """Read a document into the members of a structure.

    Raises MalformedJSON, InvalidValue or MissingMember.
    """
    if len(body) > LARGEST:
        raise MalformedJSON("the document is too large")
    try:
        document = json.loads(body)
        if b"\\u" in body:  # halves of surrogate pairs, which are no text
            json.dumps(document, ensure_ascii=False).encode()
        if not isinstance(document, dict):
            raise MalformedJSON("the document is not an object")
        return structure(shape, document, "")
    except (ValueError, RecursionError) as error:
        raise MalformedJSON(str(error)) from error


def structure(shape: Any, node: Any, path: str) -> dict[str, Any]:
    """Read the members that are present; names that the shape does not have are ignored."""
    if not isinstance(node, dict):
        raise InvalidValue(path, str(node)[:80])
    prefix = f"{path}." if path else ""
    members: dict[str, Any] = {}
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        if node.get(wire_name) is not None and "location" not in member.serialization:
            members[name] = value(member, node[wire_name], prefix + wire_name)
    for name in shape.required_members:
        if name not in members and "location" not in shape.members[name].serialization:
            raise MissingMember(prefix + str(name))
    return members


def value(shape: Any, node: Any, path: str) -> Any:
    """Read a value of any shape."""
    match shape.type_name:
        case "structure" if shape.is_document_type:
            return node
        case "structure":
            return structure(shape, node, path)
        case "list" if isinstance(node, list):
            return [
                None if item is None else value(shape.member, item, f"{path}.{number}.member")
                for number, item in enumerate(node, 1)
            ]
        case "map" if isinstance(node, dict):
            return {
                key: None if item is None else value(shape.value, item, path)
                for key, item in node.items()
            }
        case type_name:
            return scalar(type_name, node, path)


def scalar(type_name: str, node: Any, path: str) -> Any:
    """Read a value that is not made of others."""
    try:
        if type_name == "timestamp":
            return timestamp(node if isinstance(node, str) else repr(node))
        if type_name == "blob" or (type_name in ("float", "double") and isinstance(node, str)):
            return READERS[type_name](node)
        if isinstance(node, TYPES.get(type_name, ())) and (
            type_name == "boolean" or not isinstance(node, bool)
        ):
            return node
    except (ValueError, TypeError, AttributeError):
        pass
    raise InvalidValue(path, str(node)[:80])


def write(shape: Any, members: Mapping[str, Any]) -> bytes:
    """Write the members of a structure as a document."""
    return json.dumps(written(shape, members), separators=(",", ":"), allow_nan=False).encode()


def written(shape: Any, value: Any) -> Any:
    """Give what the json module writes for a value of any shape."""
    match shape.type_name:
        case "structure" if shape.is_document_type:
            return value
        case "structure":
            return {
                member.serialization.get("name", name): written(member, value[name])
                for name, member in shape.members.items()
                if value.get(name) is not None
                and member.serialization.get("location") not in ELSEWHERE
            }
        case _ if value is None:
            return None  # in a list or map that may have gaps
        case "list":
            return [written(shape.member, item) for item in value]
        case "map":
            return {key: written(shape.value, item) for key, item in value.items()}
        case "blob":
            return base64.b64encode(value).decode("ascii")
        case "timestamp":
            style = shape.serialization.get("timestampFormat", "unixTimestamp")
            return epoch(value) if style == "unixTimestamp" else moment_text(value, style)
        case "float" | "double" if not math.isfinite(value):
            return decimal(value)
        case _:
            return value
