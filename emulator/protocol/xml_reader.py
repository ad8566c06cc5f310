"""XML request bodies, read along a shape by readers that are made once for each structure.

xmltodict turns the document into dictionaries with entities off; prefixes and namespaces are
dropped, elements that the shape does not have are ignored. Everything that is wrong with a
body is MalformedXML, as it is in S3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from xml.parsers.expat import ExpatError

import xmltodict

from emulator.protocol.faults import MalformedXML
from emulator.protocol.scalars import READERS

if TYPE_CHECKING:
    from botocore.model import ServiceModel

Reader = Callable[[Any], Any]

MAKING = Lock()  # a reader that is not finished must not be met by another thread
LARGEST = 16 << 20  # 1,000 keys to delete or 10,000 parts with checksums are below 6 MiB
DEEPEST = 64


def read(
    model: ServiceModel, shape: Any, body: bytes, roots: Collection[str] = ()
) -> dict[str, Any]:
    """Read a document into the members of a structure; MalformedXML if it isn't one.

    With `roots` the root element must have one of these names.
    """
    name, content = document(body)
    if roots and name not in roots:
        raise MalformedXML(f"the root element is {name}")
    with MAKING:
        reader = readers(model).structure(shape)
    members: dict[str, Any] = reader(content)
    return members


def document(body: bytes) -> tuple[str, Any]:
    """Return the name of the root element and its content."""
    if len(body) > LARGEST:
        raise MalformedXML("the document is too large")
    try:
        [(name, content)] = xmltodict.parse(
            body,
            disable_entities=True,
            strip_whitespace=False,  # keys of objects may begin or end with spaces
            postprocessor=shallow,
        ).items()
    except (ExpatError, ValueError) as error:
        raise MalformedXML(str(error)) from error
    return local(name), content


def shallow(path: list[Any], key: str, value: Any) -> tuple[str, Any]:
    """Refuse a document that nests deeper than any that means something."""
    if len(path) > DEEPEST:
        raise ValueError("the document nests too deep")
    return key, value


def local(name: str) -> str:
    """Drop the prefix of a name."""
    return name.rpartition(":")[2]


@cache
def readers(model: ServiceModel) -> Readers:
    """Get the readers of a service; they are made as its actions are called."""
    return Readers()


class Readers:
    """The readers of a model's shapes; each takes what xmltodict made of an element."""

    def __init__(self) -> None:
        self.structures: dict[str, Reader] = {}

    def reader(self, shape: Any) -> Reader:
        """Make the reader of any shape."""
        match shape.type_name:
            case "structure":
                return self.structure(shape)
            case "list":
                return self.list(shape)
            case "map":
                return self.map(shape)
            case type_name:
                return scalar(type_name)

    def structure(self, shape: Any) -> Reader:
        """Make the reader of a structure, once."""
        if shape.name in self.structures:
            return self.structures[shape.name]
        fields: dict[str, tuple[str, Reader, bool]] = {}  # by element; "@name" for attributes
        required = list(shape.required_members)

        def read(node: Any) -> dict[str, Any]:
            members: dict[str, Any] = {}
            for key, child in node.items() if isinstance(node, dict) else ():
                field = fields.get("@" + local(key[1:]) if key[0] == "@" else local(key))
                if field is not None:
                    name, reader, repeated = field
                    if repeated:
                        child = child if isinstance(child, list) else [child]
                    elif isinstance(child, list):
                        raise MalformedXML(f"{key} is given more than once")
                    members[name] = reader(child)
            for name in required:
                if name not in members:
                    raise MalformedXML(f"{name} is missing")
            return members

        self.structures[shape.name] = read  # before its members: shapes may be recursive
        for name, member in shape.members.items():
            if "location" in member.serialization:
                required = [other for other in required if other != name]
                continue
            flat = bool(member.serialization.get("flattened"))
            element = member.serialization.get("name", name)
            if member.serialization.get("xmlAttribute"):
                element = "@" + local(element)
            fields[element] = (name, self.reader(member), flat)
        return read

    def list(self, shape: Any) -> Reader:
        """Make the reader of a list: of the items themselves where it is flattened."""
        item = self.reader(shape.member)
        if shape.serialization.get("flattened"):
            return lambda nodes: [item(node) for node in nodes]
        name = shape.member.serialization.get("name", "member")
        return lambda node: [item(child) for child in children(node, name)]

    def map(self, shape: Any) -> Reader:
        """Make the reader of a map: of the entries themselves where it is flattened."""
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        key, value = self.reader(shape.key), self.reader(shape.value)

        def read(entries: list[Any]) -> dict[str, Any]:
            pairs: dict[str, Any] = {}
            for entry in entries:
                keys, values = children(entry, key_name), children(entry, value_name)
                if len(keys) != 1 or len(values) != 1:
                    raise MalformedXML(f"an entry has not one {key_name} and one {value_name}")
                pairs[key(keys[0])] = value(values[0])
            return pairs

        if shape.serialization.get("flattened"):
            return read
        return lambda node: read(children(node, "entry"))


def scalar(type_name: str) -> Reader:
    """Make the reader of a text."""
    convert = READERS[type_name]

    def read(node: Any) -> Any:
        text = (node.get("#text") if isinstance(node, dict) else node) or ""
        if isinstance(text, list):
            raise MalformedXML("a text is given more than once")
        try:
            return convert(text if type_name == "string" else text.strip())
        except ValueError as error:
            raise MalformedXML(str(error)) from error

    return read


def children(node: Any, name: str) -> list[Any]:
    """List the elements of a name inside an element."""
    found: list[Any] = []
    for key, child in node.items() if isinstance(node, dict) else ():
        if local(key) == name and key[0] not in "@#":
            found += child if isinstance(child, list) else [child]
    return found
