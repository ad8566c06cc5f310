"""What a policy document says, as values."""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["Allow", "Deny"]
Quantifier = Literal["ForAllValues", "ForAnyValue"]
Version = Literal["2008-10-17", "2012-10-17"]

VARIABLES_SINCE: Version = "2012-10-17"
MOST_SHOWN = 1000  # characters of a client's


def shown(text: str) -> str:
    """Return a client's text as it may stand in a log line or a sentence: short, on one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:MOST_SHOWN])


@dataclass(frozen=True, slots=True)
class Principals:
    """Whom a statement is about."""

    anyone: bool = False
    aws: tuple[str, ...] = ()  # account numbers, ARNs, unique ids
    service: tuple[str, ...] = ()
    federated: tuple[str, ...] = ()
    canonical: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key, with the values it is compared with."""

    operator: str  # StringEquals; without what stands before and after it
    key: str  # in lower case
    values: tuple[str, ...]
    quantifier: Quantifier | None = None
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement; of each pair exactly one is there, or none where its use wants none."""

    number: int  # from 1
    effect: Effect
    sid: str | None = None
    principals: Principals | None = None
    not_principals: Principals | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        """As the log names it."""
        name = f' ("{shown(self.sid)}")' if self.sid else ""
        return f"statement {self.number}{name}"


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document."""

    statements: tuple[Statement, ...]
    version: Version = "2008-10-17"  # of the language; what a document without one is in
    id: str | None = None

    @property
    def has_variables(self) -> bool:
        """Whether `${…}` is a variable in it, and not just letters."""
        return self.version >= VARIABLES_SINCE
