"""Policy documents for tests, written shortly."""

import json
from typing import Any

from state.policy.documents import Document, Use, parse
from state.policy.evaluation import Policy

ANY = "arn:aws:s3:::bucket/*"


def statement(effect: str, action: str | list[str], resource: object = None, **more: Any) -> Any:
    """A statement; what is None is left out."""
    members = {"Effect": effect, "Action": action, "Resource": resource, **more}
    return {name: value for name, value in members.items() if value is not None}


def allow(action: str | list[str], resource: object = "*", **more: Any) -> Any:
    """A statement that allows."""
    return statement("Allow", action, resource, **more)


def deny(action: str | list[str], resource: object = "*", **more: Any) -> Any:
    """A statement that denies."""
    return statement("Deny", action, resource, **more)


def text(*statements: Any, version: str | None = "2012-10-17", **more: Any) -> str:
    """The text of a document."""
    members = {} if version is None else {"Version": version}
    return json.dumps({**members, **more, "Statement": list(statements)})


def document(*statements: Any, use: Use = Use.INLINE, version: str = "2012-10-17") -> Document:
    """A document."""
    return parse(text(*statements, version=version), use)


def policy(*statements: Any, use: Use = Use.INLINE, version: str = "2012-10-17") -> Policy:
    """A policy; its name is its use."""
    return Policy(f"the {use} policy", document(*statements, use=use, version=version))
