"""Changes the text of netplan's YAML files: static addresses become DHCP.

    ethernets:                               ethernets:
      ens160:                                  ens160:
        match:                                   match:
          macaddress: 00:50:56:00:00:01            name: "e*"
                                                   #macaddress: …
        addresses: [10.1.2.3/24]     ─►          dhcp4: true
        routes:                                  #addresses: [10.1.2.3/24]
        - to: default                            #routes:
          via: 10.1.2.1                          #- to: default
                                                 #  via: 10.1.2.1

Lines are changed in place, whether the style is that of blocks or {of: flows}; the renderer and
all else stay. A file with more in it than yaml_text.py understands is left as it is.
https://netplan.readthedocs.io/en/stable/netplan-yaml/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from converters.guests.adapt.interfaces import DHCP, HARDWARE, STACKED, VLAN, stays_inside
from converters.guests.adapt.text import Edited, ending, is_idle, split
from converters.guests.adapt.yaml_text import Flow, Item, Node, TooClever, read

CLEVER: Final = "the file has more in it than can be changed safely ({}) and stays."
STATIC: Final = ("addresses", "gateway4", "gateway6")
GOES: Final = (*STATIC, "nameservers", "routes", "routing-policy", "dhcp4-overrides", "dhcp4")
TIES: Final = ("macaddress", "driver", "path")  # of match: to the old machine's card
KINDS: Final = ("ethernets", "bonds", "bridges", "vlans")
NAME: Final = 'name: "e*"'  # the one Ethernet interface: eth0, ens5
DYNAMIC: Final = "dhcp4: true"
TRUE: Final = ("true", "yes", "on", "y")
EMPTY: Final = ("[]", "{}", "~", "null")


def adapt(text: str) -> Edited:
    """Return a file of netplan's for EC2."""
    try:
        root = read(text)
    except TooClever as problem:
        concerned = any(word in text for word in (*STATIC, *TIES))
        return Edited(text, (), (CLEVER.format(problem),) if concerned else ())
    file = _Rewriting(text)
    network = root.flow.child("network") if root.flow is not None else root.child("network")
    if network is not None and network.flow is not None:
        for item in network.flow.items:
            file.all(item.key, item.flow)
    elif isinstance(network, Node):
        for node in network.children:
            file.all(node.key, node.flow or node)
    return file.edited()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to become of an interface."""

    goes: frozenset[str] = frozenset()  # keys
    dynamic: bool = False
    ties: frozenset[str] = frozenset()  # keys of match that go
    named: bool = False  # match gets a name for them
    unmatched: bool = False  # match goes whole


class _Rewriting:
    """The file while it is changed: pieces of its text that become others."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = split(text)
        self._starts = [0, *accumulate(len(line) for line in self._lines)]
        self._pieces: list[tuple[int, int, str]] = []
        self._reasons: dict[str, None] = {}
        self._left: dict[str, None] = {}
        self._named = False  # one interface goes by the name of all Ethernet ones

    def edited(self) -> Edited:
        """Return the file with all its changes."""
        pieces = []
        here = 0
        for begin, end, piece in sorted(self._pieces, key=lambda piece: piece[:2]):
            pieces += [self._text[here:begin], piece]
            here = end
        after = "".join((*pieces, self._text[here:]))
        return Edited(after, tuple(self._reasons), tuple(self._left))

    def all(self, kind: str, interfaces: Node | Flow | None) -> None:
        """Change all interfaces of a kind."""
        if kind not in KINDS or interfaces is None:
            return
        members = interfaces.children if isinstance(interfaces, Node) else interfaces.items
        for member in members:
            if member.flow is not None:
                self._flow(kind, member.key, member.flow)
            elif isinstance(member, Node):
                self._block(kind, member)

    def _block(self, kind: str, interface: Node) -> None:
        keys = {node.key: self._written(node) for node in interface.children}
        match = interface.child("match")
        ties: Iterable[str] = ()
        if match is not None:
            inner: list[Item] | list[Node] = match.flow.items if match.flow else match.children
            ties = [one.key for one in inner]
        wanted = self._wanted(kind, interface.key, keys, ties)
        gone = [node for node in interface.children if node.key in wanted.goes]
        if wanted.dynamic and gone:
            self._insert(gone[0], DYNAMIC)
        for node in gone:
            self._comment(node)
        if match is None or not wanted.ties:
            return
        if wanted.unmatched:
            self._comment(match)
        elif match.flow is not None:
            self._replace(match.flow, self._match(match.flow, wanted))
        else:
            tied = [node for node in match.children if node.key in wanted.ties]
            if wanted.named:
                self._insert(tied[0], NAME)
            for node in tied:
                self._comment(node)

    def _flow(self, kind: str, name: str, interface: Flow) -> None:
        keys = {item.key: self._text[item.value : item.end] for item in interface.items}
        match = interface.child("match")
        inner = match.flow.items if match is not None and match.flow is not None else []
        wanted = self._wanted(kind, name, keys, [item.key for item in inner])
        if wanted == _Wanted():
            return
        members = []
        for item in interface.items:
            if item is match and item.flow is not None and wanted.ties:
                if not wanted.unmatched:
                    members.append(f"{self._key(item)}{self._match(item.flow, wanted)}")
            elif item.key not in wanted.goes:
                members.append(self._text[item.begin : item.end])
        if wanted.dynamic:
            members.append(DYNAMIC)
        self._replace(interface, "{" + ", ".join(members) + "}")

    def _wanted(
        self, kind: str, name: str, keys: Mapping[str, str], match: Iterable[str]
    ) -> _Wanted:
        """Return what is to become of an interface, and note why."""
        static = any(keys.get(key, "") not in ("", *EMPTY) for key in STATIC)
        inside = kind == "bridges" and keys.get("interfaces", "") in ("", *EMPTY)
        if inside or stays_inside(name):
            return _Wanted()
        if kind == "vlans":
            if static:
                self._left[VLAN.format(name)] = None
            return _Wanted()
        goes = {"macaddress"} & keys.keys()
        ties = set(TIES) & set(match)
        if static:
            goes |= set(GOES) & keys.keys()
            self._reasons[DHCP] = None
            if kind != "ethernets":
                self._left[STACKED.format(name)] = None
        if ties or "macaddress" in keys:
            self._reasons[HARDWARE] = None
        nameless = ties and "name" not in match
        unmatched = bool(nameless and self._named)
        self._named = self._named or bool(nameless)
        if unmatched:
            goes |= {"set-name"} & keys.keys()
        return _Wanted(
            frozenset(goes), static, frozenset(ties), bool(nameless and not unmatched), unmatched
        )

    def _written(self, node: Node) -> str:
        """Return the value of a key; of a block something that isn't empty."""
        inside = self._lines[node.line + 1 : node.end]
        return node.value or ("…" if any(not is_idle(line) for line in inside) else "")

    def _match(self, match: Flow, wanted: _Wanted) -> str:
        members = [
            self._text[item.begin : item.end] for item in match.items if item.key not in wanted.ties
        ]
        return "{" + ", ".join([NAME, *members] if wanted.named else members) + "}"

    def _key(self, item: Item) -> str:
        return self._text[item.begin : item.value]

    def _insert(self, before: Node, text: str) -> None:
        """Write a line before that of a key, as deep as it."""
        start = self._starts[before.line]
        line = self._lines[before.line]
        end = ending(line) or "\n"
        self._pieces.append((start, start, " " * before.indent + text + end))

    def _comment(self, node: Node) -> None:
        for number in range(node.line, node.end):
            if not is_idle(self._lines[number]):
                self._pieces.append((self._starts[number], self._starts[number], "#"))

    def _replace(self, flow: Flow, text: str) -> None:
        if flow.comments:
            self._left[CLEVER.format("there are comments between { and }")] = None
        else:
            self._pieces.append((flow.begin, flow.end, text))
