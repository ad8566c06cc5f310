"""A value for any shape, so that a test can speak about every action at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from emulator.protocol.models import service_model

TEXT = 'a & <b> ]]> "q" \'é\n\t日'
PLAIN = "plain-1"
SCALARS: dict[str, Any] = {
    "string": TEXT,
    "character": "x",
    "integer": -7,
    "long": 2**40,
    "float": 1.5,
    "double": -2.25,
    "boolean": False,
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "blob": b"\x00\xff\xfe",
}


def operations(service: str) -> Iterator[Any]:
    """Walk through the models of all actions of a service."""
    model = service_model(service)
    for name in model.operation_names:
        yield model.operation_model(name)


def sample(shape: Any, depth: int = 9) -> Any:
    """Fill a shape, every member of it; recursive shapes stop at depth."""
    match None if shape is None else shape.type_name:
        case None:
            return {}
        case "structure" if shape.is_document_type:
            return {"free": [1, "form"]}
        case "structure" if shape.is_tagged_union:
            name, member = next(iter(shape.members.items()))
            return {name: sample(member, depth - 1)} if depth else {}
        case "structure":
            return {
                name: sample(member, depth - 1)
                for name, member in shape.members.items()
                if depth or member.type_name not in ("structure", "list", "map")
            }
        case "list":
            return [sample(shape.member, depth - 1) for _ in range(2)] if depth else []
        case "map":
            return {sample_key(shape.key): sample(shape.value, depth - 1)} if depth else {}
        case type_name:
            return shape.enum[0] if getattr(shape, "enum", None) else SCALARS[type_name]


def sample_key(shape: Any) -> str:
    """Give a key for a map."""
    return str(shape.enum[0]) if getattr(shape, "enum", None) else "k"


def without_empty(value: Any) -> Any:
    """Drop empty lists, maps and structures: most protocols can't say them."""
    if isinstance(value, dict):
        members = {name: without_empty(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member not in ({}, [])}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value
