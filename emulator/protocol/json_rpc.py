"""The `json` protocol: every action is a POST to "/", named by the X-Amz-Target header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.protocol import json_bodies

if TYPE_CHECKING:
    from botocore.model import OperationModel


def action(target: str) -> str:
    """Name the action of an X-Amz-Target header such as `TrentService.CreateKey`."""
    return target.rpartition(".")[2]


def parse(operation: OperationModel, body: bytes) -> dict[str, Any]:
    """Read a body into the members of the input shape.

    Raises MissingMember, InvalidValue or MalformedJSON.
    """
    shape = operation.input_shape
    return {} if shape is None else json_bodies.read(shape, body or b"{}")
