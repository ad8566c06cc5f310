"""Answers of the two protocols whose requests are forms: EC2's, and that of IAM and STS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emulator.protocol.responses import Serializer, WireResponse, ec2_headers, query_headers
from emulator.protocol.xml_writer import DECLARATION, compiler

if TYPE_CHECKING:
    from botocore.model import OperationModel


def ec2(operation: OperationModel) -> Serializer:
    """Write `<XResponse><requestId/>…members…</XResponse>`."""
    shape = operation.output_shape
    write = None if shape is None else compiler(operation.service_model).members(shape)
    namespace = str(operation.metadata["xmlNamespace"]).rstrip("/")
    opening = f'{DECLARATION}<{operation.name}Response xmlns="{namespace}/"><requestId>'
    closing = f"</{operation.name}Response>"

    def answer(result: Mapping[str, Any], request_id: str) -> WireResponse:
        pieces = [opening, request_id, "</requestId>"]
        if write is not None:
            write(result, pieces.append)
        else:
            # The model leaves it out, but EC2 says it and older clients look for it.
            pieces.append("<return>true</return>")
        pieces.append(closing)
        return WireResponse(200, ec2_headers(request_id), "".join(pieces).encode())

    return answer


def query(operation: OperationModel) -> Serializer:
    """Write `<XResponse><XResult>…members…</XResult><ResponseMetadata/></XResponse>`."""
    shape = operation.output_shape
    write = None if shape is None else compiler(operation.service_model).members(shape)
    wrapper = None if shape is None else shape.serialization.get("resultWrapper")
    namespace = operation.metadata.get("xmlNamespace", "")
    opening = f'{DECLARATION}<{operation.name}Response xmlns="{namespace}">'
    closing = f"</RequestId></ResponseMetadata></{operation.name}Response>"
    if wrapper:
        opening, closing_wrapper = f"{opening}<{wrapper}>", f"</{wrapper}>"
    else:
        closing_wrapper = ""

    def answer(result: Mapping[str, Any], request_id: str) -> WireResponse:
        pieces = [opening]
        if write is not None:
            write(result, pieces.append)
        pieces += [closing_wrapper, "<ResponseMetadata><RequestId>", request_id, closing]
        return WireResponse(200, query_headers(request_id), "".join(pieces).encode())

    return answer
