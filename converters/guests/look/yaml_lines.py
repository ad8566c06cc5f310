"""A reader for the YAML that netplan files are written in, line by line and with positions.

    network:                       path ("network",)
      ethernets:                   path ("network", "ethernets")
        ens192:
          dhcp4: no                path (…, "ens192", "dhcp4"), value "no"
          addresses: [10.0.0.5/24] path (…, "addresses"), items ("10.0.0.5/24",)
          nameservers:
            search:
            - example.com          path (…, "search"), items ("example.com",)

Block mappings and sequences, flow collections on one or several lines, plain and quoted scalars,
comments: https://yaml.org/spec/1.2.2/. Left out, for netplan files do without: anchors, tags,
block scalars, complex keys, several documents; such a line is read as text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.guests.look.texts import lines

DEPTH: Final = 30  # mappings in mappings
ENTRIES: Final = 20_000  # of one file
FLOW: Final = 64 << 10  # letters of a flow collection

_KEY: Final = re.compile(
    r"""(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)'|([^\s"'#&*!|>%@`{\[\]},?-][^:#]{0,200}?|-[^\s:]{1,200}?))
    [ ]{0,20}:(?:[ \t]+|$)""",
    re.VERBOSE,
)
_DASH: Final = re.compile(r"-(?:[ \t]+|$)")
_SCALAR: Final = re.compile(r"""[ \t]*(?:"((?:[^"\\]|\\.)*+)"|'((?:[^']|'')*+)')""")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#")
_FLOW: Final = re.compile(
    r"""\s++|(?P<mark>[\[\]{},]|:(?=[\s,\]}]|$))|"(?P<double>(?:[^"\\]|\\.)*+)"
    |'(?P<single>(?:[^']|'')*+)'|(?:(?<=\s)|^)\#[^\n]*+
    |(?P<plain>(?:[^\s,\[\]{}:]|:(?![\s,\]}]|$)|[ ](?!\#))++)|(?P<any>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A key, or an item of a sequence, and where it stands."""

    number: int  # from 1
    indent: int  # columns before it
    path: tuple[str, ...]  # keys from the top; "-" for each sequence on the way
    value: str | None = None  # a scalar, its quotes taken off
    items: tuple[tuple[tuple[str, ...], str], ...] = ()  # scalars in a flow collection
    last: int = 0  # number of the last line, where a flow collection goes over several

    def scalars(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield the scalars of this line and the paths to them from the top."""
        if self.value is not None:
            yield self.path, self.value
        for path, value in self.items:
            yield self.path + path, value


def read_lines(text: str) -> tuple[Line, ...]:
    """Return the keys and items of a file, top to bottom."""
    return tuple(_entries(text))


def _entries(text: str) -> Iterator[Line]:
    stack: list[tuple[int, str]] = []  # indent and key of what this line is in
    source = lines(text)
    count = 0
    for number, line in source:
        here = line.lstrip(" ")
        indent = len(line) - len(here)
        if not here.strip() or here.startswith(("#", "---", "...", "%")):
            continue
        rest = here
        while True:
            dash = _DASH.match(rest)
            # A sequence may stand as far left as the key it belongs to.
            while stack and (
                stack[-1][0] > indent
                or (stack[-1][0] == indent and (not dash or stack[-1][1] == "-"))
            ):
                stack.pop()
            if len(stack) >= DEPTH or count >= ENTRIES:
                return
            if dash is None:
                break
            stack.append((indent, "-"))
            indent, rest = indent + dash.end(), rest[dash.end() :]
        path = tuple(key for _, key in stack)
        key = _KEY.match(rest)
        if key:
            name = _unquoted(key[1], key[2], key[3])
            stack.append((indent, name))
            path, rest = (*path, name), rest[key.end() :]
        count += 1
        rest = rest.strip()
        last = number
        if rest.startswith(("[", "{")):
            pieces = [rest]
            depth, size = _depth(pieces[0]), 0
            while depth > 0 and size < FLOW and (more := next(source, None)):
                last = more[0]
                pieces.append(more[1])
                depth += _depth(pieces[-1])
                size += len(pieces[-1])
            rest = "\n".join(pieces)
            yield Line(number, indent, path, None, tuple(_flow(rest)), last)
        else:
            yield Line(number, indent, path, _scalar(rest), (), last)


def _scalar(rest: str) -> str | None:
    quoted = _SCALAR.match(rest)
    if quoted:
        return _unquoted(quoted[1], quoted[2], None)
    return _without_comment(rest).strip() or None


def _without_comment(text: str) -> str:
    comment = _COMMENT.search(text)
    return text[: comment.start()] if comment else text


def _unquoted(double: str | None, single: str | None, plain: str | None) -> str:
    if double is not None:
        return re.sub(r'\\(["\\/])', r"\1", double)
    if single is not None:
        return single.replace("''", "'")
    return (plain or "").strip()


def _depth(text: str) -> int:
    """Return how many more flow collections a text opens than it closes."""
    marks = [token["mark"] for token in _FLOW.finditer(text)]
    return sum((mark in ("[", "{")) - (mark in ("]", "}")) for mark in marks)


def _flow(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the scalars of a flow collection and their paths in it."""
    stack: list[str] = []  # "[" or "{", then the key that is being given a value
    keys: list[str | None] = []
    scalar: str | None = None
    for token in _FLOW.finditer(text):
        mark = token["mark"]
        if mark is None:
            if token["plain"] is not None or token["double"] is not None:
                scalar = _unquoted(token["double"], None, token["plain"])
            elif token["single"] is not None:
                scalar = _unquoted(None, token["single"], None)
            continue
        if mark == ":":
            if keys:
                keys[-1] = scalar
            scalar = None
            continue
        if mark in ("[", "{"):
            if len(stack) >= DEPTH:
                return
            stack.append(mark)
            keys.append(None)
            continue
        if scalar is not None:
            path = tuple(
                "-" if kind == "[" else key or "" for kind, key in zip(stack, keys, strict=True)
            )
            yield path, scalar
            scalar = None
        if keys and stack[-1] == "{":
            keys[-1] = None
        if mark != "," and stack:
            stack.pop()
            keys.pop()
        if not stack:
            return
