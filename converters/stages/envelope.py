"""OVF descriptors as trees of XML, in which every version's elements go by the same names.

    OVF 1, 2    <ovf:DiskSection>, <VirtualSystem>, …
    OVF 0.9     <Section xsi:type="ovf:DiskSection_Type">, <Content xsi:type="ovf:VirtualSystem_T…">

Namespaces are not looked at: makers have used a dozen, and a parser that puts a long one in front
of every name makes gigabytes of a small descriptor. There are no entities, as a DOCTYPE is refused.
"""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from converters.errors import unreadable_descriptor

LARGEST: Final = 2 << 20  # bytes; those with texts in many languages have a tenth of it
PIECE: Final = 16 << 10  # bytes parsed in one go, in which no other thread has a turn
TYPED: Final = ("Section", "Content")


def read(descriptor: bytes) -> Element:
    """Return the envelope; ClientError."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse  # it could declare entities
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        for begin in range(0, len(descriptor), PIECE):
            parser.Parse(descriptor[begin : begin + PIECE])
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        raise unreadable_descriptor() from None
    root = builder.close()
    if kind(root) != "Envelope":
        raise unreadable_descriptor()
    return root


def kind(element: Element) -> str:
    """Return what an element is, by its name or, in OVF 0.9, by its type."""
    name = local(element.tag)
    if name in TYPED:
        return (attribute(element, "type") or "").rpartition(":")[2].removesuffix("_Type")
    return name


def attribute(element: Element, name: str) -> str | None:
    """Return an attribute; None as well if it is empty."""
    for key, value in element.items():
        if local(key) == name and not key.startswith("xmlns:"):
            return value.strip() or None
    return None


def children(parent: Element, *kinds: str) -> Iterator[Element]:
    """Return the elements of some kinds right below one."""
    return (element for element in parent if kind(element) in kinds)


def within(parent: Element, section: str, name: str) -> Iterator[Element]:
    """Return the elements of a kind in the sections of a kind."""
    return (element for each in children(parent, section) for element in children(each, name))


def local(name: str) -> str:
    """Drop the prefix of a name."""
    return name.rpartition(":")[2]


def _refuse(*_: object) -> None:
    raise ValueError("a DOCTYPE")
