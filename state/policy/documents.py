"""Policy documents: JSON becomes values, or a reason why it cannot.

    {"Version": "2012-10-17", "Id": "…", "Statement": STATEMENT or [STATEMENT, …]}

    STATEMENT = {"Sid": "…", "Effect": "Allow" or "Deny",
                 "Principal" or "NotPrincipal": "*" or {"AWS": TEXTS, "Service": TEXTS,
                                                       "Federated": TEXTS, "CanonicalUser": TEXTS},
                 "Action" or "NotAction": TEXTS, "Resource" or "NotResource": TEXTS,
                 "Condition": {"StringLike": {"aws:username": TEXTS}}}
    TEXTS = "…" or ["…", …]

Documents are strangers': they are bounded in size by `MOST`, in depth by what JSON's parser takes,
and nothing here goes deeper than a condition's values. Members of one name are refused, as the
grammar says. The order of the checks is IAM's, as far as it is known, so that of several faults
the one is told that the service would tell.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final, cast, get_args

from state.policy import checks
from state.policy.conditions import OPERATORS
from state.policy.reasons import Fault, Malformed, Use, malformed
from state.policy.statements import (
    Condition,
    Document,
    Effect,
    Principals,
    Quantifier,
    Statement,
    Version,
)

__all__ = ["MOST", "Document", "Malformed", "Use", "parse", "size"]

MOST: Final = 131_072  # characters; what IAM's API takes before its limits are looked at

MEMBERS: Final = frozenset({"Version", "Id", "Statement"})
MEMBERS_OF_STATEMENT: Final = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"}
    | {"Resource", "NotResource", "Condition"}
)
PRINCIPALS: Final = ("AWS", "Service", "Federated", "CanonicalUser")
OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")
SPACE: Final = str.maketrans("", "", " \t\n\r")

Members = Mapping[str, object]


def parse(text: str, use: Use = Use.INLINE, arn: str | None = None) -> Document:
    """Read a document; raises Malformed. A bucket's may be held to the bucket's ARN."""
    members = _members(text, use)
    raw = _raw_statements(members, use)
    version, name = members.get("Version", "2008-10-17"), members.get("Id")
    if version not in get_args(Version):
        raise malformed(use, Fault.UNKNOWN_VERSION)
    if name is not None and not isinstance(name, str):
        raise malformed(use, Fault.SYNTAX)
    statements = tuple(_statement(number, each, use) for number, each in enumerate(raw, 1))
    if use is Use.MANAGED and members.get("Version") != "2012-10-17":
        raise malformed(use, Fault.OLD_VERSION)
    for each in raw:
        if each["Effect"] not in get_args(Effect):
            raise malformed(use, Fault.EFFECT, str(each["Effect"]))
    checks.check(statements, use, arn)
    return Document(statements, cast(Version, version), name)


def size(text: str) -> int:
    """Count characters as IAM's limits do: without white space."""
    return len(text.translate(SPACE))


def _members(text: str, use: Use) -> Members:
    if not text.lstrip().startswith("{"):
        raise malformed(use, Fault.NO_OBJECT)
    if len(text) > MOST:
        raise malformed(use, Fault.SYNTAX)
    try:
        members: Members = json.loads(
            text, object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
        json.dumps(members, ensure_ascii=False).encode()  # halves of surrogate pairs are no text
    except (ValueError, RecursionError) as error:
        raise malformed(use, Fault.NOT_JSON) from error
    _check_names(members, MEMBERS, use)
    return members


def _without_doubles(pairs: list[tuple[str, object]]) -> Members:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _check_names(members: Members, known: frozenset[str], use: Use) -> None:
    for name in members:
        if name not in known:
            raise malformed(use, Fault.UNKNOWN_FIELD, name)


def _raw_statements(members: Members, use: Use) -> Sequence[Members]:
    if "Statement" not in members:
        raise malformed(use, Fault.NO_STATEMENT)
    raw = members["Statement"]
    if isinstance(raw, dict):
        raw = [raw]
    if not raw:
        raise malformed(use, Fault.NO_STATEMENTS)
    if not isinstance(raw, list) or not all(isinstance(each, dict) for each in raw):
        raise malformed(use, Fault.SYNTAX)
    return raw


def _statement(number: int, members: Members, use: Use) -> Statement:
    _check_names(members, MEMBERS_OF_STATEMENT, use)
    for one, other in ("Action", "NotAction"), ("Resource", "NotResource"), PAIR:
        if one in members and other in members:
            raise malformed(use, Fault.SYNTAX)
    sid, effect = members.get("Sid"), members.get("Effect")
    if effect is None:
        raise malformed(use, Fault.NO_EFFECT)
    if not isinstance(effect, str) or not (sid is None or isinstance(sid, str)):
        raise malformed(use, Fault.SYNTAX)
    if effect.capitalize() not in get_args(Effect):
        raise malformed(use, Fault.EFFECT if use is Use.BUCKET else Fault.SYNTAX, effect)
    return Statement(
        number,
        cast(Effect, effect.capitalize()),
        sid,
        _principals(members, "Principal", use),
        _principals(members, "NotPrincipal", use),
        _texts(members, "Action", use),
        _texts(members, "NotAction", use),
        _texts(members, "Resource", use),
        _texts(members, "NotResource", use),
        tuple(_conditions(members.get("Condition", {}), use)),
    )


PAIR: Final = ("Principal", "NotPrincipal")


def _texts(members: Members, name: str, use: Use) -> tuple[str, ...] | None:
    if name not in members:
        return None
    found = members[name]
    values = found if isinstance(found, list) else [found]
    if not all(isinstance(value, str) for value in values):
        raise malformed(use, Fault.SYNTAX)
    return tuple(values)


def _principals(members: Members, name: str, use: Use) -> Principals | None:
    if name not in members:
        return None
    found = members[name]
    if found == "*":
        if use is Use.TRUST:
            raise malformed(use, Fault.EVERYBODY)
        return Principals(anyone=True)
    if not isinstance(found, dict):
        raise malformed(
            use, Fault.PRINCIPAL if isinstance(found, str) else Fault.SYNTAX, str(found)
        )
    _check_names(found, frozenset(PRINCIPALS), use)
    aws, service, federated, canonical = (_texts(found, kind, use) or () for kind in PRINCIPALS)
    named = tuple(text for text in aws if text != "*")
    return Principals(len(named) < len(aws), named, service, federated, canonical)


def _conditions(found: object, use: Use) -> Sequence[Condition]:
    conditions: list[Condition] = []
    if not isinstance(found, dict):
        raise malformed(use, Fault.SYNTAX)
    for name, tests in found.items():
        if not isinstance(tests, dict):
            raise malformed(use, Fault.SYNTAX)
        form = OPERATOR.fullmatch(name)
        quantifier, operator, if_exists = form.groups() if form else (None, "", None)
        if tests and operator not in OPERATORS and (operator != "Null" or if_exists):
            raise malformed(use, Fault.CONDITION, name)
        conditions += (
            Condition(
                operator,
                key.lower(),
                _condition_values(values, use),
                cast("Quantifier | None", quantifier),
                if_exists is not None,
            )
            for key, values in tests.items()
        )
    return conditions


def _condition_values(found: object, use: Use) -> tuple[str, ...]:
    texts: list[str] = []
    for value in found if isinstance(found, list) else [found]:
        if isinstance(value, bool):
            texts.append(str(value).lower())
        elif isinstance(value, str | int | float):
            texts.append(str(value))
        else:
            raise malformed(use, Fault.SYNTAX)
    return tuple(texts)
