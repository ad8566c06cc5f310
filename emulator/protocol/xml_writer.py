"""XML answers, by functions that are compiled once for each structure of a model.

A list of a thousand snapshots has twenty thousand elements, too many to walk the model for each.
For the structure `Tag` the function reads

    def write_0_Tag(value, add):
        get = value.get
        if (v0 := get("Key")) is not None:
            add(f'''<key>{texts[v0]}</key>''')
        …

and `add` collects the pieces of the document. Only names of the model get into the source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from emulator.protocol.responses import ELSEWHERE
from emulator.protocol.scalars import decimal, iso8601, text_of

if TYPE_CHECKING:
    from botocore.model import ServiceModel

Add = Callable[[str], None]
Writer = Callable[[Any, Add], None]
Members = TypeVar("Members")  # a TypedDict

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
REPLACEMENTS: dict[int, str] = {
    # what XML cannot carry at all becomes the replacement character: the answer stays readable
    **dict.fromkeys([*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)], "\ufffd"),
    **{ord("\t"): "\t", ord("\n"): "\n", ord("\r"): "&#13;"},
    **{ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"},
}
TEXTS = {
    "string": "texts[{0}]",
    "integer": "{0}",
    "long": "{0}",
    "boolean": "'true' if {0} else 'false'",
    "float": "decimal({0})",
    "double": "decimal({0})",
    "blob": "text_of('blob', {0})",
    "timestamp": "iso8601({0})",
}  # how a scalar becomes text, as the source of an expression


class Texts(dict[str, str]):
    """How texts are written. Most are asked for again and again, and a look here is cheaper."""

    MOST = 20_000
    LONGEST = 256

    def __missing__(self, text: str) -> str:
        written = escape(text)
        if len(text) <= self.LONGEST:
            if len(self) >= self.MOST:
                self.clear()
            self[text] = written
        return written


class Lasting(dict[str, Any]):
    """The members of a structure that will never change: written once, then remembered."""

    __slots__ = ("text", "writer")

    def __init__(self, members: Mapping[str, Any]) -> None:
        super().__init__(members)
        self.writer: Writer | None = None  # what has written the text
        self.text = ""


def lasting(members: Members) -> Members:
    """Return members as they are, but written no more than once."""
    return cast(Members, Lasting(cast(Mapping[str, Any], members)))


def remember(value: Lasting, write: Writer, tag: str) -> str:
    """Write an element with the members of a lasting structure, for now and later."""
    pieces = [f"<{tag}>"]
    write(value, pieces.append)
    pieces.append(f"</{tag}>")
    value.text = "".join(pieces)
    value.writer = write
    return value.text


def escape(text: str) -> str:
    """Write any text so that it can stand in an element or, quoted, in an attribute."""
    if text.isprintable() and not any(mark in text for mark in '&<>"'):
        return text
    return text.translate(REPLACEMENTS)


def element(name: str, text: str) -> str:
    """Write an element that holds nothing but text."""
    return f"<{name}>{escape(text)}</{name}>"


@cache
def compiler(model: ServiceModel) -> Compiler:
    """Get the compiler of a service's structures."""
    return Compiler()


class Compiler:
    """Compiles the writers of one model's structures, as they are asked for."""

    def __init__(self) -> None:
        self.functions: dict[str, Any] = {
            "texts": Texts(), "escape": escape, "iso8601": iso8601, "decimal": decimal,
            "text_of": text_of, "Lasting": Lasting, "remember": remember,
        }  # fmt: skip
        self.names: dict[str, str] = {}  # of functions, by the name of the shape
        self.waiting: list[Any] = []
        self.compiling = Lock()

    def members(self, shape: Any) -> Writer:
        """Get the function that writes the members of a structure, one element for each."""
        with self.compiling:
            name = self.function_name(shape)
            self.compile()
            function: Writer = self.functions[name]
            return function

    def root(self, shape: Any, tag: str, namespace: str = "") -> Writer:
        """Get a function that writes a structure as the root of a document."""
        members = self.members(shape)
        attributes: Writer | None = self.functions.get(f"attributes_{self.names[shape.name]}")
        opening = f'<{tag} xmlns="{namespace}"' if namespace else f"<{tag}{prefix_of(shape)}"

        def write(value: Any, add: Add) -> None:
            add(opening)
            if attributes is not None:
                attributes(value, add)
            add(">")
            members(value, add)
            add(f"</{tag}>")

        return write

    def compile(self) -> None:
        """Compile the functions that have a name but no body yet."""
        source: list[str] = []
        while self.waiting:
            source += self.source(self.waiting.pop())
        if source:
            exec("\n".join(source), self.functions)

    def function_name(self, shape: Any) -> str:
        """Name the function of a structure; a new one is put on the list to be compiled."""
        if shape.name not in self.names:
            self.names[shape.name] = f"write_{len(self.names)}_{shape.name}"
            self.waiting.append(shape)
        return self.names[shape.name]

    def source(self, shape: Any) -> Iterator[str]:
        """Write the source of a structure's function, and of a second one for its attributes."""
        name = self.function_name(shape)
        attributes = []
        yield f"def {name}(value, add):"
        yield " get = value.get"
        for member_name, member in shape.members.items():
            if member.serialization.get("location") in ELSEWHERE:
                continue
            if member.serialization.get("xmlAttribute"):
                attributes.append((member_name, member))
                continue
            tag = member.serialization.get("name", member_name)
            yield f" if (v0 := get({member_name!r})) is not None:"
            yield from self.value(member, tag, 0, "  ")
        if attributes:
            yield f"def attributes_{name}(value, add):"
            for member_name, member in attributes:
                yield f" if (v0 := value.get({member_name!r})) is not None:"
                yield f"  add(' {member.serialization['name']}=\"' + escape(v0) + '\"')"

    def value(self, shape: Any, tag: str, depth: int, indent: str) -> Iterator[str]:
        """Write the source that adds the value in variable v<depth> as elements called tag."""
        match shape.type_name:
            case "structure":
                yield from self.structure(shape, tag, depth, indent)
            case "list":
                yield from self.list(shape, tag, depth, indent)
            case "map":
                yield from self.map(shape, tag, depth, indent)
            case type_name:
                text = TEXTS.get(type_name, TEXTS["string"])
                if style := shape.serialization.get("timestampFormat"):
                    text = f"text_of('timestamp', {{0}}, {style!r})"
                text = text.format(f"v{depth}")
                yield f'{indent}add(f"""<{tag}{prefix_of(shape)}>{{{text}}}</{tag}>""")'

    def structure(self, shape: Any, tag: str, depth: int, indent: str) -> Iterator[str]:
        """Write the source for a structure: its attributes and its members."""
        name = self.function_name(shape)
        if has_attributes(shape):
            yield f"{indent}add('<{tag}{prefix_of(shape)}')"
            yield f"{indent}attributes_{name}(v{depth}, add)"
            yield f"{indent}add('>')"
        else:
            yield f"{indent}add('<{tag}{prefix_of(shape)}>')"
        yield f"{indent}{name}(v{depth}, add)"
        yield f"{indent}add('</{tag}>')"

    def list(self, shape: Any, tag: str, depth: int, indent: str) -> Iterator[str]:
        """Write the source for a list; an empty one that is not flat still has its element."""
        flat = shape.serialization.get("flattened")
        item = tag if flat else shape.member.serialization.get("name", "member")
        if not flat:
            yield f"{indent}add('<{tag}{prefix_of(shape)}>')"
        each = f"v{depth + 1}"
        yield f"{indent}for {each} in v{depth}:"
        if is_plain(shape.member):
            write = self.function_name(shape.member)
            yield f"{indent} if {each}.__class__ is Lasting:"
            yield f"{indent}  add({each}.text if {each}.writer is {write}"
            yield f"{indent}      else remember({each}, {write}, {item!r}))"
            yield f"{indent}  continue"
        yield from self.value(shape.member, item, depth + 1, f"{indent} ")
        if not flat:
            yield f"{indent}add('</{tag}>')"

    def map(self, shape: Any, tag: str, depth: int, indent: str) -> Iterator[str]:
        """Write the source for a map: an entry with key and value for each pair."""
        flat = shape.serialization.get("flattened")
        entry = tag if flat else "entry"
        if not flat:
            yield f"{indent}add('<{tag}{prefix_of(shape)}>')"
        yield f"{indent}for v{depth + 1}, v{depth + 2} in v{depth}.items():"
        yield f"{indent} add('<{entry}>')"
        key, value = (side.serialization.get("name") for side in (shape.key, shape.value))
        yield from self.value(shape.key, key or "key", depth + 1, f"{indent} ")
        yield from self.value(shape.value, value or "value", depth + 2, f"{indent} ")
        yield f"{indent} add('</{entry}>')"
        if not flat:
            yield f"{indent}add('</{tag}>')"


def has_attributes(shape: Any) -> bool:
    """Tell whether some members of a structure are attributes of its element."""
    return any(member.serialization.get("xmlAttribute") for member in shape.members.values())


def is_plain(shape: Any) -> bool:
    """Tell whether a shape is a structure whose element has neither attributes nor namespace."""
    return shape.type_name == "structure" and not has_attributes(shape) and not prefix_of(shape)


def prefix_of(shape: Any) -> str:
    """Write the namespace that the model puts on an element, such as xsi for a Grantee."""
    namespace = shape.serialization.get("xmlNamespace")
    if not namespace:
        return ""
    uri = namespace if isinstance(namespace, str) else namespace["uri"]
    prefix = "" if isinstance(namespace, str) else namespace.get("prefix", "")
    return f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"'
