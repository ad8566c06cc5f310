"""Turns the values of guest.py and plan.py into JSON and back, without what pydantic weighs.

A child starts in a fraction of the time that pydantic alone takes to be imported. Members that
are not known are refused, members with a default may be left out.
"""

import dataclasses
import json
import types
from typing import TYPE_CHECKING, TypeVar, Union, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


class Implausible(ValueError):
    """The JSON is not of such a value."""


def to_json(value: "DataclassInstance") -> str:
    """Return a dataclass as JSON."""
    return json.dumps(dataclasses.asdict(value), separators=(",", ":"))


def from_json(kind: type[T], text: str | bytes) -> T:
    """Return the dataclass whose JSON this is; raises Implausible."""
    try:
        made = _made(kind, json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Implausible(f"not a {kind.__name__}: {error}") from error
    assert isinstance(made, kind)
    return made


def _made(kind: object, value: object) -> object:
    """Return a value of a type: a dataclass, a tuple of any length, an optional, a plain one."""
    origin, kinds = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in kinds:
            return None
        return _made(next(one for one in kinds if one is not type(None)), value)
    if origin is tuple:
        if not isinstance(value, list):
            raise Implausible(f"{value!r:.80} is no list")
        return tuple(_made(kinds[0], item) for item in value)
    assert isinstance(kind, type)
    if dataclasses.is_dataclass(kind):
        return _dataclass(kind, value)
    if type(value) is not kind:
        raise Implausible(f"{value!r:.80} is no {kind.__name__}")
    return value


def _dataclass(kind: "type[DataclassInstance]", value: object) -> object:
    hints = get_type_hints(kind)
    if not isinstance(value, dict) or not value.keys() <= hints.keys():
        raise Implausible(f"{value!r:.80} is no {kind.__name__}")
    try:
        return kind(**{name: _made(hints[name], item) for name, item in value.items()})
    except TypeError as error:
        raise Implausible(str(error)) from error
