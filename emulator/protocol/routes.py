"""Which action a REST request means, told from the model alone.

First the path: of the templates that match, the one with the most fixed text. Then the query:
of the actions of that path, the one with the most parameters of its own URI in the request
(`?uploads`, `?list-type=2`). At last what its members require: UploadPart asks for partNumber
and uploadId, CopyObject for a header, PutObject for neither; where there is one action only, what
it requires is not asked here, so that whoever forgets it is told. Everything else in a query is
ignored: clients write `?x-id=PutObject` and much more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from emulator.protocol.faults import InvalidValue, NoRoute
from emulator.protocol.models import service_model

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

LABEL = re.compile(r"\{(\w+)(\+?)\}")
# Of two actions with the same route the model has an outdated one, or one for directory buckets.
SHADOWED = frozenset({
    "GetBucketLifecycle", "GetBucketNotification", "ListDirectoryBuckets", "PutBucketLifecycle",
    "PutBucketNotification",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Route:
    """What a request must look like to mean an action."""

    operation: OperationModel
    fixed: Mapping[str, str]  # parameters in the URI; an empty value stands for any
    query: frozenset[str]  # parameters that members require
    headers: frozenset[str]  # headers that members require, lower-case

    def fits(
        self, query: Mapping[str, str], headers: Collection[str], *, alone: bool
    ) -> tuple[int, int] | None:
        """Say how well a request fits, None if it does not."""
        for name, value in self.fixed.items():
            if name not in query or value not in ("", query[name]):
                return None
        complete = self.query <= query.keys() and self.headers.issubset(headers)
        if not (complete or self.fixed or alone):
            return None
        return len(self.fixed), len(self.query) + len(self.headers) if complete else -1


@dataclass(frozen=True, slots=True)
class Template:
    """The routes of one method and path."""

    pattern: re.Pattern[str]
    weight: int  # how much of the path is fixed text
    routes: tuple[Route, ...]


def match(
    service: str,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Collection[str],
) -> tuple[OperationModel, dict[str, str]]:
    """Find the action that a request means, and the labels in its path.

    The path is as it was sent, with its escapes; headers are lower-case names.
    Raises NoRoute, or InvalidValue for a label that is not UTF-8.
    """
    return match_model(service_model(service), method, path, query, headers)


def match_model(
    model: ServiceModel,
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Collection[str],
) -> tuple[OperationModel, dict[str, str]]:
    """Do the same for a model."""
    for template in templates(model).get(method, ()):
        found = template.pattern.fullmatch(path)
        if found is None:
            continue
        alone = len(template.routes) == 1
        fitting = [
            (fit, route)
            for route in template.routes
            if (fit := route.fits(query, headers, alone=alone)) is not None
        ]
        if fitting:
            _, route = max(fitting, key=lambda pair: pair[0])
            return route.operation, {
                name: label(name, text) for name, text in found.groupdict().items()
            }
    raise NoRoute(method, path)


def label(name: str, text: str) -> str:
    """Undo the escapes of a label."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidValue(name, text) from error


@cache
def templates(model: ServiceModel) -> dict[str, list[Template]]:
    """Read the routes of a service by method, those with the most fixed text first."""
    found: dict[tuple[str, str], list[Route]] = {}
    for name in model.operation_names:
        if name not in SHADOWED:
            operation = model.operation_model(name)
            path, _, fixed = operation.http["requestUri"].partition("?")
            found.setdefault((operation.http["method"], path), []).append(route(operation, fixed))
    by_method: dict[str, list[Template]] = {}
    for (method, path), routes in found.items():
        weight = len(LABEL.sub("", path))
        template = Template(pattern(path), weight, tuple(routes))
        by_method.setdefault(method, []).append(template)
    for entries in by_method.values():
        entries.sort(key=lambda template: template.weight, reverse=True)
    return by_method


def route(operation: OperationModel, fixed: str) -> Route:
    """Read one operation's route from its URI and its required members."""
    shape: Any = operation.input_shape
    required = () if shape is None else shape.required_members
    places = [shape.members[name].serialization for name in required]
    return Route(
        operation,
        dict(parse_qsl(fixed, keep_blank_values=True)),
        frozenset(place["name"] for place in places if place.get("location") == "querystring"),
        frozenset(place["name"].lower() for place in places if place.get("location") == "header"),
    )


def pattern(path: str) -> re.Pattern[str]:
    """Turn the template of a path into a regular expression; `{Key+}` takes slashes too."""
    source = ""
    end = 0
    for found in LABEL.finditer(path):
        source += re.escape(path[end : found.start()])
        source += f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})"
        end = found.end()
    return re.compile(source + re.escape(path[end:]) + "/?", re.DOTALL)
