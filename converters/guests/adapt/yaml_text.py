"""Where the keys of a plain YAML file stand in its text: enough of YAML to change it in place.

    network:                       Node network, lines 0–5
      ethernets:                     Node ethernets, lines 1–5
        eth0:                          Node eth0, lines 2–5
          addresses:                     Node addresses, lines 3–4
          - 10.0.0.1/24
          match: {name: eth*}            Node match, with a Flow

Block mappings, lists and flow collections are understood. Anchors, tags, block texts, texts over
several lines, several documents and tabs are not: TooClever is raised, for whoever changes such a
file in place could break it. https://yaml.org/spec/1.2.2/
"""

import re
from dataclasses import dataclass, field
from typing import Final

from converters.guests.adapt.text import body, is_idle, split

DEPTH: Final = 30  # collections in collections

_KEY: Final = re.compile(
    r" *(\"[^\"\\]*\"|'[^']*'|[A-Za-z0-9_][\w.+@/*-]*)[ ]*:(?:[ ]+|\Z)", re.ASCII
)
_DASHES: Final = re.compile(r" *(?:-(?:[ ]+|\Z))+")
_SCALAR: Final = re.compile(r"(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+'|[^\"'].*+|)[ ]*+(?:#.*+)?")
_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+'", re.DOTALL)
_PLAIN: Final = re.compile(
    r"(?:[^\s,:\[\]{}#\"']|:(?![\s,\[\]{}]|\Z)|(?<=\S)[#\"']|[ ]+(?![\s#]))++"
)
_BLANK: Final = re.compile(r"\s++")
_COMMENT: Final = re.compile(r"#[^\n]*+")
_CLEVER: Final = tuple("&*!|>%@`?")


class TooClever(Exception):
    """The file uses something that is not understood here."""


@dataclass(slots=True)
class Flow:
    """A flow collection: [a, b] or {a: b}; begin and end are places in the file's text."""

    begin: int
    end: int
    is_map: bool
    items: "list[Item]" = field(default_factory=list)
    comments: bool = False  # there are some inside

    def child(self, key: str) -> "Item | None":
        """Return what a key stands for."""
        return next((item for item in reversed(self.items) if item.key == key), None)


@dataclass(slots=True)
class Item:
    """An item of a flow collection, with a key if that is a mapping."""

    key: str
    begin: int
    end: int
    value: int  # where its value begins
    flow: Flow | None = None


@dataclass(slots=True)
class Node:
    """A key of a block mapping."""

    key: str
    indent: int
    line: int
    value: str = ""  # as written, without a comment
    end: int = 0  # the line behind the last one
    flow: Flow | None = None
    children: "list[Node]" = field(default_factory=list)

    def child(self, key: str) -> "Node | None":
        """Return what a key stands for; the last one if it is there twice."""
        return next((node for node in reversed(self.children) if node.key == key), None)


def read(text: str) -> Node:
    """Return a node of no key with those of the file below it; raises TooClever."""
    return _Blocks(text).read()


class _Blocks:
    """A reader of block mappings, line by line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = split(text)
        self._root = Node("", -1, 0, end=len(self._lines))
        self._stack = [self._root]
        self._busy = 0  # up to here in the text a flow collection goes
        self._number = 0
        self._begin = 0  # of the line in the text

    def read(self) -> Node:
        """Read all lines."""
        for number, line in enumerate(self._lines):
            self._number = number
            content = body(line)
            end = self._begin + len(line)
            if self._busy <= self._begin and not is_idle(content):
                if not self._root.children and content.rstrip() == "---":
                    self._begin = end
                    continue
                self._line(content)
            if self._begin < self._busy <= end and not is_idle(self._text[self._busy : end]):
                raise self._clever()
            for node in self._stack:
                node.end = self._number + 1
            self._begin = end
        return self._root

    def _line(self, content: str) -> None:
        indent = len(content) - len(content.lstrip(" "))
        dashes = _DASHES.match(content)
        inner = dashes.end() if dashes else 0
        key = _KEY.match(content, inner)
        value = key.end() if key else inner
        if self._root.flow is not None:
            raise self._clever()
        if not self._root.children and content[indent] == "{":
            self._root.flow = self._flow(indent)  # JSON, which YAML is too
            return
        if not (dashes or key) or content[value : value + 1] in _CLEVER:
            raise self._clever()
        while self._stack[-1].indent > indent or (self._stack[-1].indent == indent and not dashes):
            self._stack.pop()
        flow = None
        if content[value : value + 1] in ("[", "{"):
            flow = self._flow(value)
        elif not _SCALAR.fullmatch(content, value):
            raise self._clever()  # a text that goes over lines
        above = self._stack[-1]
        if above.value or len(self._stack) > DEPTH:
            raise self._clever()
        if key and not dashes:
            written = _value(content[value:])
            node = Node(key[1].strip("\"'"), indent, self._number, written, flow=flow)
            above.children.append(node)
            self._stack.append(node)

    def _flow(self, column: int) -> Flow:
        flow = _Flows(self._text).read(self._begin + column)
        self._busy = flow.end
        return flow

    def _clever(self) -> TooClever:
        return TooClever(f"line {self._number + 1}")


def _value(text: str) -> str:
    """Return a value without the comment behind it."""
    quoted = _QUOTED.match(text)
    if quoted:
        return quoted[0]
    return re.split(r"(?:^|[ ]+)#", text, maxsplit=1)[0].rstrip()


class _Flows:
    """A reader of flow collections."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._here = 0

    def read(self, begin: int, depth: int = 0) -> Flow:
        """Read the collection that begins here."""
        if depth > DEPTH:
            raise TooClever("too deep")
        self._here = begin + 1
        flow = Flow(begin, begin, self._text[begin] == "{")
        close = "}" if flow.is_map else "]"
        while True:
            flow.comments |= self._skip()
            letter = self._text[self._here : self._here + 1]
            if letter == close:
                self._here += 1
                flow.end = self._here
                return flow
            if letter == ",":
                self._here += 1
            else:
                flow.items.append(self._item(flow, depth))

    def _item(self, flow: Flow, depth: int) -> Item:
        item = Item("", self._here, self._here, self._here)
        if self._text[self._here : self._here + 1] not in ("[", "{"):
            item.key = self._scalar().strip("\"'")
            item.end = self._here
            flow.comments |= self._skip()
            if self._text[self._here : self._here + 1] != ":":
                return item
            self._here += 1
            flow.comments |= self._skip()
            item.value = item.end = self._here
        if self._text[self._here : self._here + 1] in ("[", "{"):
            item.flow = self.read(self._here, depth + 1)
            flow.comments |= item.flow.comments
        elif self._text[self._here : self._here + 1] not in (",", "]", "}"):
            self._scalar()
        else:
            return item  # a key of nothing
        item.end = self._here
        return item

    def _scalar(self) -> str:
        found = _QUOTED.match(self._text, self._here) or _PLAIN.match(self._text, self._here)
        if found is None or found[0][0] in _CLEVER:
            raise TooClever("an unusual text between brackets")
        self._here = found.end()
        return found[0]

    def _skip(self) -> bool:
        """Go over blanks and comments; tell whether there was a comment."""
        comments = False
        while found := _BLANK.match(self._text, self._here) or (
            _COMMENT.match(self._text, self._here)
            if self._text[self._here - 1 : self._here] in (" ", "\t", "\n")
            else None
        ):
            comments |= found[0].startswith("#")
            self._here = found.end()
        return comments
