"""A reader of GRUB 2's language, enough of it to see which entries a grub.cfg makes.

    script    = statement*
    statement = word* ("{" script "}")? (newline | ";")
    if        = "if" statement "then" script ("elif" … | "else" script)? "fi"
    loops and functions are skipped whole

https://www.gnu.org/software/grub/manual/grub/grub.html#Shell_002dlike-scripting

Nothing is run. `set`, assignments and `if [ … ]` are followed with the variables that GRUB has, so
that a default that depends on grubenv is the one GRUB would see. A command as a condition is taken
to succeed. There are no loops, so a script ends after as many steps as it has statements.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from converters.guests.look.entries import ENTRIES, Entry
from converters.guests.look.texts import short

NESTED: Final = 40  # blocks in blocks
STATEMENTS: Final = 100_000  # of one script
VARIABLES: Final = 500  # of one script
VALUE: Final = 4096  # letters of a variable, expanded

# What GRUB 2 sets by itself. The firmware decides grub_platform: BIOS is taken for granted.
BUILTIN: Final = {
    "grub_platform": "pc",
    "grub_cpu": "i386",
    "prefix": "/boot/grub",
    "feature_menuentry_id": "y",
    "feature_timeout_style": "y",
    "feature_default_font_path": "y",
    "feature_platform_search_hint": "y",
    "feature_all_video_module": "y",
    "feature_ntldr": "y",
    "feature_chainloader_bpb": "y",
    "feature_nativedisk_cmd": "y",
    "feature_200_final": "y",
}
LINUX: Final = frozenset({"linux", "linux16", "linuxefi", "kernel"})
INITRD: Final = frozenset({"initrd", "initrd16", "initrdefi"})
MODULES: Final = frozenset({"module", "module2", "xen_linux", "xen_initrd"})

_TOKEN: Final = re.compile(
    r"""(?P<blank>(?:[ \t\r]|\\\r?\n)++)|(?P<end>[\n;])|(?P<brace>[{}])
    |'(?P<single>[^']*+)(?:'|\Z)
    |"(?P<double>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)
    |\$(?:(?P<name>[A-Za-z_0-9?@*\#]\w{0,60}+)|\{(?P<braced>[^}\n]{0,60}+)\})
    |(?P<hash>\#)|\\(?P<escaped>.)|(?P<bare>[^\s;{}'"$\#\\]++)|(?P<any>.)""",
    re.DOTALL | re.VERBOSE,
)
_VARIABLE: Final = re.compile(r"\\([\\\"$])|\$(?:([A-Za-z_0-9?@*#]\w{0,60}+)|\{([^}\n]{0,60}+)\})")
_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w{0,60}+)=(.*)", re.DOTALL)
_REST_OF_LINE: Final = re.compile(r"[^\n]*+")


@dataclass(slots=True)
class Word:
    """A word: pieces of text, and names of variables."""

    pieces: list[tuple[bool, str]] = field(default_factory=list)  # is it a variable's name?
    quoted: bool = False

    def text(self, variables: dict[str, str]) -> str:
        """Return the word with its variables put in."""
        value = ""
        for is_name, piece in self.pieces:
            value += variables.get(piece, "") if is_name else piece
            if len(value) > VALUE:
                break
        return value[:VALUE]


@dataclass(slots=True)
class Statement:
    """A command with its words and, perhaps, a block."""

    words: list[Word] = field(default_factory=list)
    block: "list[Statement] | None" = None
    branches: list["tuple[list[Statement], list[Statement]]"] = field(default_factory=list)


@dataclass(slots=True)
class Script:
    """What a script did: its variables and its menu."""

    variables: dict[str, str]
    written: dict[str, str] = field(default_factory=dict)  # the last text that set a variable
    entries: list[Entry] = field(default_factory=list)
    bls: int | None = None  # blscfg was run after so many entries
    loads: list[str] = field(default_factory=list)  # files that it would go on with
    count: int = 0


def run(text: str, environment: dict[str, str], found: frozenset[str] = frozenset()) -> Script:
    """Return what a grub.cfg does, given grubenv's variables and the files that `-f` finds."""
    script = Script(BUILTIN | {name: value[:VALUE] for name, value in environment.items()})
    _run(_Reader(text).block(0, frozenset()), script, script.entries, None, found)
    return script


class _Reader:
    """Statements from tokens. What is never closed ends with the text."""

    def __init__(self, text: str) -> None:
        self._tokens = _words(text)
        self._next: Word | str | None = next(self._tokens, None)
        self._left = STATEMENTS

    def block(self, depth: int, ends: frozenset[str]) -> list[Statement]:
        """Read statements up to one of the words that end a block; that word stays."""
        statements: list[Statement] = []
        while self._next is not None and self._left > 0:
            if self._next == "\n":
                self._take()
            elif self._next == "}" or _keyword(self._next) in ends:
                if ends:
                    return statements
                self._take()  # one that nothing opened
            else:
                self._left -= 1
                statements.append(self._statement(depth))
        return statements

    def _statement(self, depth: int) -> Statement:
        keyword = _keyword(self._next)
        if depth < NESTED and keyword == "if":
            return self._if(depth)
        if depth < NESTED and keyword in ("for", "while", "until"):
            while self._next not in (None, "\n"):
                self._take()
            self.block(depth + 1, frozenset({"done"}))
            self._take()
            return Statement()
        statement = Statement()
        while self._next not in (None, "\n", "}"):
            if self._next == "{":
                self._take()
                if depth >= NESTED:
                    continue
                statement.block = self.block(depth + 1, frozenset({"}"}))
                self._take()
                break
            assert isinstance(self._next, Word)
            statement.words.append(self._next)
            self._take()
        return statement

    def _if(self, depth: int) -> Statement:
        statement = Statement()
        while _keyword(self._next) in ("if", "elif"):
            self._take()
            condition = self.block(depth + 1, frozenset({"then", "fi"}))
            self._take()
            body = self.block(depth + 1, frozenset({"elif", "else", "fi"}))
            statement.branches.append((condition, body))
        if _keyword(self._next) == "else":
            self._take()
            statement.branches.append(([], self.block(depth + 1, frozenset({"fi"}))))
        self._take()
        return statement

    def _take(self) -> None:
        self._next = next(self._tokens, None)


def _words(text: str) -> Iterator[Word | str]:
    """Yield words, and "\\n", "{" and "}" between them."""
    word: Word | None = None
    here = 0
    while here < len(text):
        token = _TOKEN.match(text, here)
        if token is None:
            break
        here = token.end()
        kind, value = token.lastgroup, token[token.lastgroup or 0]
        if kind == "hash" and word is None:
            rest = _REST_OF_LINE.match(text, here)
            here = rest.end() if rest else here
        elif kind in ("blank", "end", "brace"):
            if word is not None:
                yield word
                word = None
            if kind != "blank":
                yield value if kind == "brace" else "\n"
        else:
            word = word or Word()
            if kind == "double":
                word.pieces += _expansions(value)
            else:
                word.pieces.append((kind in ("name", "braced"), value))
            word.quoted |= kind in ("single", "double", "escaped")
    if word is not None:
        yield word


def _expansions(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the pieces of a text in double quotes."""
    here = 0
    for found in _VARIABLE.finditer(text):
        yield False, text[here : found.start()] + (found[1] or "")
        if found[1] is None:
            yield True, found[2] or found[3] or ""
        here = found.end()
    yield False, text[here:]


def _keyword(token: "Word | str | None") -> str:
    if not isinstance(token, Word) or token.quoted or len(token.pieces) != 1:
        return "}" if token == "}" else ""
    is_name, text = token.pieces[0]
    return "" if is_name else text


def _run(
    statements: list[Statement],
    script: Script,
    menu: list[Entry],
    entry: Entry | None,
    found: frozenset[str],
) -> None:
    for statement in statements:
        if statement.branches:
            for condition, body in statement.branches:
                if _holds(condition, script, found):
                    _run(body, script, menu, entry, found)
                    break
            continue
        words = [word.text(script.variables) for word in statement.words]
        if not words:
            continue
        command = words[0]
        assigned = _ASSIGNED.fullmatch(command) or (
            _ASSIGNED.fullmatch(words[1]) if command == "set" and len(words) > 1 else None
        )
        if command in ("menuentry", "submenu"):
            _add(words, statement.block or [], script, menu, found)
        elif assigned and len(script.variables) < VARIABLES:
            script.variables[assigned[1]] = assigned[2]
            written = statement.words[1 if command == "set" else 0]
            script.written[assigned[1]] = short(_as_written(written).partition("=")[2])
        elif command in ("configfile", "source", ".", "normal") and words[1:]:
            script.loads.append(short(words[1]))
        elif command == "blscfg" and entry is None:
            script.bls = len(menu)
        elif entry is not None:
            _boot(command, words[1:], entry)


def _add(
    words: list[str],
    block: list[Statement],
    script: Script,
    menu: list[Entry],
    found: frozenset[str],
) -> None:
    """Add a menu entry or a submenu to a menu."""
    if script.count >= ENTRIES:
        return
    script.count += 1
    entry = Entry(short(words[1]) if len(words) > 1 else "", submenu=words[0] == "submenu")
    for option, value in pairwise([*words[2:], ""]):
        if option == "--id":
            entry.id = short(value)
        elif option.startswith("--id="):
            entry.id = short(option[5:])
    menu.append(entry)
    inner = Script(dict(script.variables), count=script.count)
    _run(block, inner, entry.entries, entry, found)
    script.count = inner.count


def _boot(command: str, words: list[str], entry: Entry) -> None:
    """Note what an entry starts. Of a hypervisor's modules the first is the kernel."""
    words = [word for word in words if word != "--nounzip"]
    if not words:
        return
    if command in LINUX or (command in MODULES and not entry.kernel):
        entry.kernel = short(words[0])
        entry.arguments = short(" ".join(words[1:]))
    elif command in INITRD | MODULES:
        entry.initrd = short(words[-1])


def _holds(condition: list[Statement], script: Script, found: frozenset[str]) -> bool:
    """Tell whether a condition holds; of several statements the last decides."""
    if not condition:
        return True  # else
    words = [word.text(script.variables) for word in condition[-1].words]
    if not words:
        return True
    if words[0] == "true":
        return True
    if words[0] == "false":
        return False
    if words[0] == "!":
        return not _command(words[1:], found)
    return _command(words, found)


def _command(words: list[str], found: frozenset[str]) -> bool:
    if not words or words[0] not in ("[", "test"):
        return True
    words = words[1:]
    if words and words[-1] == "]":
        words = words[:-1]
    either = False
    both = True
    start = 0
    for position, word in enumerate([*words, "-o"]):
        if word in ("-a", "-o"):
            both = both and _test(words[start:position], found)
            start = position + 1
            if word == "-o":
                either, both = either or both, True
    return either


def _test(words: list[str], found: frozenset[str]) -> bool:
    """Tell whether one test holds: x = y, -n x, -f file, x."""
    if words[:1] == ["!"]:
        return not _test(words[1:], found)
    match words:
        case []:
            return False
        case ["-n", value] | [value]:
            return value != ""
        case ["-z", value]:
            return value == ""
        case ["-f" | "-s" | "-e" | "-d", path]:
            return path.rpartition("/")[2] in found
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, "-eq" | "-ne" | "-lt" | "-gt" | "-le" | "-ge" as how, right]:
            return _compare(left, how, right)
    return True


def _compare(left: str, how: str, right: str) -> bool:
    try:
        one, two = int(left[:18]), int(right[:18])
    except ValueError:
        return False
    return {
        "-eq": one == two,
        "-ne": one != two,
        "-lt": one < two,
        "-gt": one > two,
        "-le": one <= two,
        "-ge": one >= two,
    }[how]


def _as_written(word: Word) -> str:
    return "".join(f"${{{piece}}}" if is_name else piece for is_name, piece in word.pieces)
