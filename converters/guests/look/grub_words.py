"""Words and statements of GRUB 2's language, nothing of what they mean.

    script    = statement*
    statement = word* ("{" script "}")? (newline | ";")
    if        = "if" script "then" script ("elif" … | "else" script)? "fi"
    loops are skipped whole

https://www.gnu.org/software/grub/manual/grub/grub.html#Shell_002dlike-scripting
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

NESTED: Final = 40  # blocks in blocks
STATEMENTS: Final = 100_000  # of one script
VALUE: Final = 4096  # letters of a word, its variables put in

_TOKEN: Final = re.compile(
    r"""(?P<blank>(?:[ \t\r]|\\\r?\n)++)|(?P<end>[\n;])|(?P<brace>[{}])
    |'(?P<single>[^']*+)(?:'|\Z)
    |"(?P<double>(?:[^"\\]|\\.)*+)(?:"|\\?\Z)
    |\$(?:(?P<name>[A-Za-z_0-9?@*\#]\w{0,60}+)|\{(?P<braced>[^}\n]{0,60}+)\})
    |(?P<hash>\#)|\\(?P<escaped>.)|(?P<bare>[^\s;{}'"$\#\\]++)|(?P<any>.)""",
    re.DOTALL | re.VERBOSE,
)
_VARIABLE: Final = re.compile(r"\\([\\\"$])|\$(?:([A-Za-z_0-9?@*#]\w{0,60}+)|\{([^}\n]{0,60}+)\})")
_REST_OF_LINE: Final = re.compile(r"[^\n]*+")


@dataclass(slots=True)
class Word:
    """A word: pieces of text, and names of variables."""

    pieces: list[tuple[bool, str]] = field(default_factory=list)  # is it a variable's name?
    quoted: bool = False

    def expanded(self, variables: dict[str, str]) -> str:
        """Return the word with its variables put in."""
        value = ""
        for is_name, piece in self.pieces:
            value += variables.get(piece, "") if is_name else piece
            if len(value) > VALUE:
                break
        return value[:VALUE]

    def written(self) -> str:
        """Return the word as it was written, without quotes."""
        return "".join(f"${{{piece}}}" if is_name else piece for is_name, piece in self.pieces)


@dataclass(slots=True)
class Statement:
    """A command with its words and, perhaps, a block."""

    words: list[Word] = field(default_factory=list)
    block: "list[Statement] | None" = None
    branches: list["tuple[list[Statement], list[Statement]]"] = field(default_factory=list)

    def expanded(self, variables: dict[str, str]) -> list[str]:
        """Return the words with their variables put in; without quotes one may become several."""
        words: list[str] = []
        for word in self.words:
            text = word.expanded(variables)
            if word.quoted or not any(is_name for is_name, _ in word.pieces):
                words.append(text)
            else:
                words += text.split()
        return words


def statements(text: str) -> list[Statement]:
    """Return the statements of a script; what is never closed ends with the text."""
    return _Reader(text).block(0, frozenset())


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
