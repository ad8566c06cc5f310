"""The two protocols that carry parameters as a flat form: `ec2` (EC2) and `query` (IAM, STS).

    DiskContainer.UserBucket.S3Bucket=images     becomes
    {"DiskContainer": {"UserBucket": {"S3Bucket": "images"}}}

First the dotted names are unfolded into a tree, then the tree is read along the operation's
input shape, by readers that are made once for each shape. EC2 differs in four ways: members have
capitalised names (a lower-case first letter is forgiven), lists are always flat, a list never
has the name of its member, and an empty text stands for a member that was not given. Where the
model has become another one since the first tools were written, both ways of writing are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from emulator.protocol.faults import InvalidValue, MalformedQuery, MissingMember, UnknownMember
from emulator.protocol.scalars import READERS

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

Tree = dict[str, Any]  # of texts and of trees
Reader = Callable[[Any, str], Any]  # from a text or tree and its dotted name

MAKING = Lock()  # a reader that is not finished must not be met by another thread
DEPTH = 32  # no request of EC2 nests deeper than 8
COMMON = frozenset({
    "action", "version", "awsaccesskeyid", "signature", "signaturemethod", "signatureversion",
    "timestamp", "expires", "securitytoken",
})  # fmt: skip
# Of these an empty text is a value: a tag without one, an attribute that is cleared, a device that
# is left out.
EMPTY_MEANS_EMPTY = frozenset({
    ("Tag", "Value"), ("AttributeValue", "Value"), ("BlockDeviceMapping", "NoDevice"),
})  # fmt: skip

# Of these a text may also stand within a name of its own: `Monitoring.Enabled=true`.
WITHIN_A_NAME = {("ImportInstanceLaunchSpecification", "Monitoring"): "Enabled"}
# And of these it may stand without the name that it has: `UserData=…` for `UserData.Data=…`.
WITHOUT_A_NAME = {("ImportInstanceLaunchSpecification", "UserData"): "Data"}


def parse(operation: OperationModel, form: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Read the form of one request into the members of the operation's input shape.

    Raises MissingMember, UnknownMember, InvalidValue or MalformedQuery.
    """
    members: dict[str, Any] = reader_of(operation)(unfold(form), "")
    return members


@cache
def reader_of(operation: OperationModel) -> Reader:
    """Get the reader of an operation's requests."""
    if operation.input_shape is None:
        return without_members
    with MAKING:
        return forms(operation.service_model).structure(operation.input_shape)


def without_members(tree: Tree, path: str) -> dict[str, Any]:
    """Read the request of an action that takes no parameters."""
    for name in tree:
        raise UnknownMember(name)
    return {}


def unfold(form: Iterable[tuple[str, str]]) -> Tree:
    """Turn dotted names into nested dictionaries, without the parameters of every request."""
    root: Tree = {}
    for dotted, text in form:
        if dotted.count(".") > DEPTH:
            raise MalformedQuery(f"The parameter {dotted[:80]}… nests too deep.")
        node = root
        *parents, leaf = dotted.split(".")
        if not parents and (leaf.lower() in COMMON or leaf[:6].lower() == "x-amz-"):
            continue
        for parent in parents:
            node = node.setdefault(parent, {})
            if isinstance(node, str):
                raise MalformedQuery(f"The parameter {dotted} is given both whole and in parts.")
        if leaf in node:
            raise MalformedQuery(f"The parameter {dotted} is given more than once.")
        node[leaf] = text
    return root


class Forms:
    """The readers of a service's shapes, by the rules of the `query` protocol."""

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
                return scalar(READERS[type_name])

    def structure(self, shape: Any) -> Reader:
        """Make the reader of a structure, once; it complains of members unknown or missing."""
        if shape.name in self.structures:
            return self.structures[shape.name]
        fields: dict[str, tuple[str, Reader, bool]] = {}
        required: list[tuple[str, str]] = []

        def read(node: Any, path: str) -> dict[str, Any]:
            if isinstance(node, str):
                if node:
                    raise InvalidValue(path, node)
                node = {}
            prefix = f"{path}." if path else ""
            members: dict[str, Any] = {}
            for key, child in node.items():
                field = fields.get(key) or fields.get(self.forgiven(key))
                if field is None:
                    raise UnknownMember(prefix + key)
                name, reader, skip_empty = field
                if not (skip_empty and child == ""):
                    if name in members:
                        raise MalformedQuery(f"The parameter {prefix}{key} is given twice.")
                    members[name] = reader(child, prefix + key)
            for name, wire_name in required:
                if name not in members:
                    raise MissingMember(prefix + wire_name)
            return members

        self.structures[shape.name] = read  # before its members: shapes may be recursive
        for name, member in shape.members.items():
            wire_name = self.wire_name(name, member)
            skip_empty = self.skips_empty(shape.name, name)
            fields[wire_name] = (name, self.member(shape.name, name, member), skip_empty)
        required += [(name, self.wire_name(name, shape.members[name]))
                     for name in shape.required_members]  # fmt: skip
        return read

    def list(self, shape: Any) -> Reader:
        """Make the reader of a list; gaps in its numbers are closed."""
        item = self.reader(shape.member)
        level = self.item_level(shape)

        def read(node: Any, path: str) -> list[Any]:
            if isinstance(node, str):
                if node:
                    raise InvalidValue(path, node)
                return []  # the query protocol's way to write an empty list
            if level is not None:
                path, node = f"{path}.{level}", descend(node, level, path)
            return [item(child, f"{path}.{key}") for key, child in numbered(node, path)]

        return read

    def map(self, shape: Any) -> Reader:
        """Make the reader of `Name.entry.1.key=…&Name.entry.1.value=…`."""
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        key_reader, value_reader = self.reader(shape.key), self.reader(shape.value)
        level = None if shape.serialization.get("flattened") else "entry"

        def read(node: Any, path: str) -> dict[str, Any]:
            if isinstance(node, str):
                if node:
                    raise InvalidValue(path, node)
                return {}
            if level is not None:
                path, node = f"{path}.{level}", descend(node, level, path)
            pairs: dict[str, Any] = {}
            for number, entry in numbered(node, path):
                where = f"{path}.{number}"
                if isinstance(entry, str):
                    raise InvalidValue(where, entry)
                for name in (key_name, value_name):
                    if name not in entry:
                        raise MissingMember(f"{where}.{name}")
                key = key_reader(entry[key_name], f"{where}.{key_name}")
                pairs[key] = value_reader(entry[value_name], f"{where}.{value_name}")
            return pairs

        return read

    def member(self, structure: str, name: str, shape: Any) -> Reader:
        """Make the reader of a member."""
        return self.reader(shape)

    def wire_name(self, name: str, member: Any) -> str:
        """Name a member as the client writes it."""
        return str(member.serialization.get("name", name))

    def item_level(self, shape: Any) -> str | None:
        """Name the level between a list and its numbers: `Name.member.1=…`."""
        if shape.serialization.get("flattened"):
            return None
        return str(shape.member.serialization.get("name", "member"))

    def forgiven(self, key: str) -> str:
        """Say what a client may have meant by a name that the shape does not have."""
        return key

    def skips_empty(self, structure: str, name: str) -> bool:
        """Tell whether an empty text means that the member was not given."""
        return False


class Ec2Forms(Forms):
    """The same by EC2's rules."""

    def member(self, structure: str, name: str, shape: Any) -> Reader:
        """Make the reader of a member, which older tools may have written in another way."""
        reader = self.reader(shape)
        within = WITHIN_A_NAME.get((structure, name))
        without = WITHOUT_A_NAME.get((structure, name))
        if within is None and without is None:
            return reader

        def read(node: Any, path: str) -> Any:
            if without is not None and isinstance(node, str):
                node = {without: node}
            elif within is not None and isinstance(node, dict) and list(node) == [within]:
                node = node[within]
            return reader(node, path)

        return read

    def wire_name(self, name: str, member: Any) -> str:
        """Prefer queryName, then locationName with a capital, then the member's own name."""
        query_name = member.serialization.get("queryName")
        return str(query_name or self.forgiven(member.serialization.get("name", name)))

    def item_level(self, shape: Any) -> str | None:
        """EC2's lists are flat: `Name.1=…`."""
        return None

    def forgiven(self, key: str) -> str:
        """Older clients write `conversionTaskId.1`."""
        return key[:1].upper() + key[1:]

    def skips_empty(self, structure: str, name: str) -> bool:
        """Nearly every empty text, with few exceptions."""
        return (structure, name) not in EMPTY_MEANS_EMPTY


@cache
def forms(model: ServiceModel) -> Forms:
    """Get the readers of a service; they are made as its actions are called."""
    return Ec2Forms() if model.protocol == "ec2" else Forms()


def scalar(convert: Callable[[str], Any]) -> Reader:
    """Make the reader of a text."""

    def read(node: Any, path: str) -> Any:
        if not isinstance(node, str):
            raise UnknownMember(f"{path}.{next(iter(node))}")
        if "\0" in node:  # no parameter means anything by it, and PostgreSQL cannot keep it
            raise InvalidValue(path, node)
        try:
            return convert(node)
        except ValueError as error:
            raise InvalidValue(path, node) from error

    return read


def descend(node: Tree, level: str, path: str) -> Any:
    """Step over the level between a list or map and its numbers."""
    for key in node:
        if key != level:
            raise UnknownMember(f"{path}.{key}")
    child = node[level]
    if isinstance(child, str):
        raise InvalidValue(f"{path}.{level}", child)
    return child


def numbered(node: Tree, path: str) -> list[tuple[str, Any]]:
    """Order the children of a node by the numbers that are their names."""
    if len(node) == 1 and "1" in node:
        return list(node.items())
    for key in node:
        if not (key.isascii() and key.isdigit() and len(key) <= 10):
            raise UnknownMember(f"{path}.{key}")
    return sorted(node.items(), key=lambda child: int(child[0]))
