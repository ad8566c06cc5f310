"""The two REST protocols: members travel in the path, the query, headers and the body.

`rest-xml` (S3) and `rest-json` (EBS direct) differ only in how a body is spelled.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from emulator.protocol import json_bodies, routes, xml_reader
from emulator.protocol.faults import InvalidValue, MalformedBody, MissingMember
from emulator.protocol.scalars import READERS, timestamp
from emulator.protocol.streams import RequestBody

if TYPE_CHECKING:
    from botocore.model import OperationModel

Query = Iterable[tuple[str, str]]
HEADER_ITEM = re.compile(r'(?:^|,)\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=,|$)|([^,]*))')


@dataclass(slots=True)
class RestRequest:
    """A request, taken apart; header names are lower-case.

    The body is a RequestBody if `streams` says that the action takes one, else all its bytes.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    query: Query = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | RequestBody | AsyncIterator[bytes] = b""


def match(
    service: str, method: str, path: str, query: Query, headers: Mapping[str, str]
) -> tuple[OperationModel, dict[str, str]]:
    """Find the action that a request means, and the labels in its path.

    The path is as it was sent, with its escapes. Raises NoRoute or InvalidValue.
    """
    return routes.match(service, method, path, dict(query), headers)


def streams(operation: OperationModel) -> bool:
    """Tell whether an action takes its body as it arrives."""
    return bool(operation.has_streaming_input)


def parse(operation: OperationModel, request: RestRequest) -> dict[str, Any]:
    """Gather the members of the input shape from wherever they travel.

    Raises MissingMember, InvalidValue, MalformedXML or MalformedJSON.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    members = body_members(operation, shape, request.body)
    query: dict[str, list[str]] = {}
    for name, text in request.query:
        query.setdefault(name, []).append(text)
    place = placement(operation)
    for label, (name, read) in place.labels.items():
        if label in request.labels:
            members[name] = read(label, request.labels[label])
    for parameter, texts in query.items():
        if parameter in place.query:
            name, read, repeated = place.query[parameter]
            found = [read(parameter, text) for text in texts]
            members[name] = found if repeated else found[0]
        elif place.query_map is not None and parameter not in place.fixed:
            name, repeated = place.query_map
            members.setdefault(name, {})[parameter] = texts if repeated else texts[0]
    for header, (name, read) in place.headers.items():
        if header in request.headers:
            members[name] = read(header, request.headers[header])
    for prefix, name in place.header_maps.items():
        start = len(prefix)
        if pairs := {k[start:]: v for k, v in request.headers.items() if k.startswith(prefix)}:
            members[name] = pairs
    for name in shape.required_members:
        if name not in members:
            raise MissingMember(shape.members[name].serialization.get("name", name))
    return members


@dataclass(slots=True)
class Placement:
    """Where the members of an input shape travel: wire name → member's name and reader."""

    fixed: set[str]
    labels: dict[str, tuple[str, Callable[[str, str], Any]]] = field(default_factory=dict)
    query: dict[str, tuple[str, Callable[[str, str], Any], bool]] = field(default_factory=dict)
    query_map: tuple[str, bool] | None = None
    headers: dict[str, tuple[str, Callable[[str, str], Any]]] = field(default_factory=dict)
    header_maps: dict[str, str] = field(default_factory=dict)


@cache
def placement(operation: OperationModel) -> Placement:
    """Read from the model where the members travel."""
    uri = str(operation.http["requestUri"])
    place = Placement({part.partition("=")[0] for part in uri.partition("?")[2].split("&")})
    shape: Any = operation.input_shape
    for name, member in shape.members.items():
        wire_name = member.serialization.get("name", name)
        match member.serialization.get("location"), member.type_name:
            case "uri", _:
                place.labels[wire_name] = name, reader(member)
            case "querystring", "map":
                place.query_map = name, member.value.type_name == "list"
            case "querystring", "list":
                place.query[wire_name] = name, reader(member.member), True
            case "querystring", _:
                place.query[wire_name] = name, reader(member), False
            case "header", "list":
                place.headers[wire_name.lower()] = name, list_reader(member.member)
            case "header", _:
                place.headers[wire_name.lower()] = name, reader(member)
            case "headers", _:
                place.header_maps[wire_name.lower()] = name
    return place


def reader(shape: Any) -> Callable[[str, str], Any]:
    """Make the reader of a scalar that stands in the path, the query or a header."""
    convert = READERS[shape.type_name]
    if shape.serialization.get("jsonvalue"):
        convert = json_value

    def read(name: str, text: str) -> Any:
        try:
            return convert(text)
        except ValueError as error:
            raise InvalidValue(name, text) from error

    return read


def json_value(text: str) -> Any:
    """Read a header that carries JSON in base64."""
    return json.loads(base64.b64decode(text, validate=True))


def list_reader(shape: Any) -> Callable[[str, str], Any]:
    """Make the reader of a header with several values, split at the commas between them."""
    read_item = reader(shape)

    def read(name: str, text: str) -> Any:
        if shape.type_name == "timestamp":  # "Mon, 16 Dec 2019 23:48:18 GMT" has a comma itself
            parts = text.split(",")
            if len(parts) > 1 and all(len(part.strip()) == 3 for part in parts[::2]):
                parts = [",".join(parts[at : at + 2]) for at in range(0, len(parts), 2)]
            return [timestamp(part.strip()) for part in parts]
        return [read_item(name, item) for item in header_items(text)]

    return read


def header_items(text: str) -> list[str]:
    """Split a header's list; an item in double quotes may hold commas."""
    if not text.strip():
        return []
    return [
        re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2].strip()
        for found in HEADER_ITEM.finditer(text)
    ]


def body_members(operation: OperationModel, shape: Any, body: Any) -> dict[str, Any]:
    """Read the members that travel in the body; a streamed one is handed on as it is."""
    payload = shape.serialization.get("payload")
    if payload is None:
        in_body = any("location" not in m.serialization for m in shape.members.values())
        return document(operation, shape, body) if in_body and body else {}
    member = shape.members[payload]
    if member.type_name == "blob":
        return {payload: body} if body != b"" or operation.has_streaming_input else {}
    if not body:
        return {}
    if member.type_name == "string":
        try:
            return {payload: body.decode()}
        except UnicodeDecodeError as error:
            raise MalformedBody("the body is not UTF-8") from error
    if member.type_name == "structure" and member.is_document_type:
        return {payload: json.loads(body)}
    own_name = operation.service_model.shape_for(member.name).serialization.get("name", member.name)
    roots = {own_name, member.serialization.get("name", payload)}
    return {payload: document(operation, member, body, roots)}


def document(
    operation: OperationModel, shape: Any, body: bytes, roots: Collection[str] = ()
) -> dict[str, Any]:
    """Read a body that is one document in the spelling of the service."""
    if operation.service_model.protocol == "rest-xml":
        return xml_reader.read(operation.service_model, shape, body, roots)
    return json_bodies.read(shape, body)
