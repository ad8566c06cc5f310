"""TypedDicts for the members of the actions that are served, from botocore's models.

`python -m emulator.shapes` writes one module for each service of actions.toml; the modules are
committed and never edited by hand. With `--table` it prints the actions for the README instead.

A streamed member is a RequestBody where a request carries it, bytes or a FileBody where an
answer does. Enumerations are plain `str`: a server must also read values that are not in them.
"""

import keyword
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.protocol.models import operation_model, service_model

HERE = Path(__file__).parent
TITLES = {"ec2": "EC2", "s3": "S3", "sts": "STS", "iam": "IAM", "ebs": "EBS direct", "kms": "KMS"}
SCALARS = {
    "string": "str", "character": "str", "integer": "int", "long": "int", "float": "float",
    "double": "float", "boolean": "bool", "timestamp": "datetime", "blob": "bytes",
}  # fmt: skip


def actions() -> dict[str, list[str]]:
    """Read the names of the actions that are served, by service."""
    return tomllib.loads((HERE / "actions.toml").read_text("utf-8"))


def modules() -> dict[str, str]:
    """Write the source of every module, by service."""
    return {service: "\n".join(module(service, names)) for service, names in actions().items()}


def module(service: str, names: list[str]) -> Iterator[str]:
    """Write the lines of one module."""
    found: dict[str, Any] = {}
    streams: dict[str, str] = {}
    for name in names:
        operation = operation_model(service, name)
        shapes: list[Any] = [operation.input_shape, operation.output_shape]
        for shape, stream in zip(shapes, ("RequestBody", "bytes | FileBody"), strict=True):
            collect(shape, found)
            payload = None if shape is None else shape.serialization.get("payload")
            if payload and shape.members[payload].type_name == "blob":
                streams[shape.name] = stream
    body = [line for name in sorted(found) for line in typed_dict(found[name], streams)]
    text = "\n".join(body)
    version = service_model(service).api_version
    yield f'"""{TITLES.get(service, service)} {version}. Generated: see generator.py."""\n'
    yield "from __future__ import annotations\n"
    if "datetime" in text:
        yield "from datetime import datetime"
    yield (
        "from typing import Required, TypedDict"
        if "Required[" in text
        else "from typing import TypedDict"
    )
    if streams:
        kinds = [kind for kind in ("FileBody", "RequestBody") if kind in text]
        yield f"\nfrom emulator.protocol.streams import {', '.join(kinds)}"
    yield text
    yield ""


def collect(shape: Any, found: dict[str, Any]) -> None:
    """Find every structure that can be reached from a shape."""
    match None if shape is None else shape.type_name:
        case "list":
            collect(shape.member, found)
        case "map":
            collect(shape.value, found)
        case "structure" if shape.name not in found:
            found[shape.name] = shape
            for member in shape.members.values():
                collect(member, found)


def typed_dict(shape: Any, streams: Mapping[str, str]) -> Iterator[str]:
    """Write the class of one structure."""
    yield f"\n\nclass {shape.name}(TypedDict, total=False):"
    for name, member in shape.members.items():
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{shape.name}.{name} needs the other syntax of TypedDict")
        kind = type_of(member)
        if name == shape.serialization.get("payload"):
            kind = streams.get(shape.name, kind)
        yield (
            f"    {name}: Required[{kind}]"
            if name in shape.required_members
            else f"    {name}: {kind}"
        )
    if not shape.members:
        yield "    pass"


def type_of(shape: Any) -> str:
    """Name the Python type that holds a value of this shape."""
    match shape.type_name:
        case "list":
            return f"list[{type_of(shape.member)}]"
        case "map":
            return f"dict[{type_of(shape.key)}, {type_of(shape.value)}]"
        case "structure":
            return str(shape.name)
        case type_name:
            return SCALARS[type_name]


def table() -> str:
    """Write the actions that are served as a table in Markdown."""
    lines = ["| service | actions |", "|---|---|"]
    for service, names in actions().items():
        row = " ".join(f"`{name}`" for name in sorted(names))
        lines.append(f"| {TITLES.get(service, service)} | {row} |")
    return "\n".join(lines)
