"""botocore's service models, each loaded when it is first needed.

Importing botocore takes a quarter of a second and EC2's model a tenth, so neither happens at
import: a server that has printed its ready line calls `warm` in a thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from emulator.protocol.faults import UnknownAction

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel


@cache
def loader() -> Any:
    """Get a loader of the data files that botocore ships, and of no others."""
    from botocore.loaders import Loader

    return Loader(
        extra_search_paths=[Loader.BUILTIN_DATA_PATH],
        include_default_search_paths=False,  # ~/.aws/models must not change what we serve
    )


@cache
def service_model(service: str) -> ServiceModel:
    """Load the newest model of a service."""
    from botocore.model import ServiceModel

    return ServiceModel(loader().load_service_model(service, "service-2"), service)


@cache
def operation_names(service: str) -> frozenset[str]:
    """List the names of a service's operations."""
    return frozenset(service_model(service).operation_names)


def operation_model(service: str, action: str) -> OperationModel:
    """Find an operation; UnknownAction if the service has none of that name."""
    if action not in operation_names(service):
        raise UnknownAction(action)
    return service_model(service).operation_model(action)


def warm(services: Iterable[str]) -> None:
    """Load models ahead of the first request for them."""
    for service in services:
        service_model(service)
