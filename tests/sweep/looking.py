"""Every action that only looks, and all that it can be asked: with names from answers."""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.response import StreamingBody

from emulator import shapes
from tests.conformance.samples import sample
from tests.house import House, client

LOOKING = re.compile(r"(Describe|Get|Head|List)[A-Z]")
SERVED: dict[str, set[str]] = {
    service: set(actions)
    for service, actions in tomllib.loads(
        (Path(shapes.__file__).parent / "actions.toml").read_text(encoding="utf-8")
    ).items()
}
LONG = 8  # characters of a text that is surely somebody's
MOST = 3  # values of one name that are tried

Names = Mapping[str, set[str]]


def actions() -> list[tuple[str, str]]:
    """Every action that looks, with its service."""
    return [
        (service, action)
        for service, names in SERVED.items()
        for action in sorted(names)
        if LOOKING.match(action)
    ]


def ask(house: House, service: str, action: str, request: Mapping[str, Any]) -> Any:
    """Do what a client does; return the answer, or the error as one."""
    caller = client(service, house.endpoint, house.account_id, "us-east-1")
    method = {
        caller.meta.method_to_api_mapping[name]: name for name in caller.meta.method_to_api_mapping
    }[action]
    try:
        answer = getattr(caller, method)(**request)
    except ParamValidationError:
        return {}
    except ClientError as error:
        answer = error.response
    answer = {name: value for name, value in answer.items() if name != "ResponseMetadata"} | {
        "headers": {
            name: text
            for name, text in answer["ResponseMetadata"]["HTTPHeaders"].items()
            if name not in ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "date")
        }
    }
    return {
        name: value.read().decode(errors="replace") if isinstance(value, StreamingBody) else value
        for name, value in answer.items()
    }


def requests(
    house: House, service: str, action: str, names: Names, *, whole: bool = True
) -> Iterator[dict[str, Any]]:
    """Ask with as little as must be, then with one more of what there are names for."""
    caller = client(service, house.endpoint, house.account_id, "us-east-1")
    shape = caller.meta.service_model.operation_model(action).input_shape
    if shape is None:
        yield {}
        return
    least: list[dict[str, Any]] = [{}]
    for name in shape.required_members:
        values = list(values_of(name, shape.members[name], names))
        values = values or [sample(shape.members[name])]
        least = [{**request, name: value} for request in least for value in values]
    yield from least
    if not whole:
        return
    for name, member in shape.members.items():
        if name not in shape.required_members:
            for value in values_of(name, member, names):
                yield {**least[0], name: value}


def values_of(name: str, shape: Any, names: Names) -> Iterator[Any]:
    """Give what a member can be: all that is enumerated, or what answers have called so."""
    if shape.type_name == "list" and shape.member.type_name == "string":
        known = names.get(name) or names.get(name.removesuffix("s")) or set()
        yield from ([each] for each in sorted(known)[:MOST])
    elif shape.type_name == "integer":
        yield 0
    elif shape.type_name == "string" and shape.enum:
        yield from shape.enum
    elif shape.type_name == "string":
        yield from sorted(names.get(name, ()))[:MOST]


def look(house: House, seeds: Names) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Look at everything of one's own, until nothing new is found.

    Returns the texts in the answers by the names of their members, and all by action.
    """
    names: dict[str, set[str]] = defaultdict(
        set, {name: set(known) for name, known in seeds.items()}
    )
    seen: dict[str, set[str]] = defaultdict(set)
    for whole in (False, True):  # answers name what others are asked for
        for service, action in actions():
            for request in list(requests(house, service, action, names, whole=whole)):
                answer = ask(house, service, action, request)
                for name, text in () if "Error" in answer else texts(answer):
                    if name not in seeds:
                        names[name].add(text)
                    seen[f"{service}:{action}"].add(text)
    return names, seen


def texts(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Give every text in an answer with the name of its member; of a list, the singular."""
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from texts(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, name.removesuffix("s"))
    elif isinstance(value, str):
        yield name, value


def told(answer: object, secret: set[str], request: Mapping[str, Any]) -> set[str]:
    """Return the secrets that stand in an answer, but for those that were asked with."""
    said, asked = json.dumps(answer, default=str), json.dumps(request, default=str)
    return {each for each in secret if json.dumps(each)[1:-1] in said and each not in asked}
