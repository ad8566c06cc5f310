"""Answers, successes and errors, in the protocol of the service that was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from emulator.protocol.streams import FileBody
from emulator.protocol.xml_writer import DECLARATION, compiler, element

if TYPE_CHECKING:
    from botocore.model import OperationModel

Body = bytes | FileBody | AsyncIterator[bytes]
Serializer = Callable[[Mapping[str, Any], str], "WireResponse"]


@dataclass(slots=True)
class WireResponse:
    """An answer, ready to be sent; the sender adds Content-Length."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = b""


def serialize(
    operation: OperationModel, result: Mapping[str, Any], request_id: str
) -> WireResponse:
    """Write the answer to a request that succeeded."""
    return serializer(operation)(result, request_id)


@cache
def serializer(operation: OperationModel) -> Serializer:
    """Get the function that writes the answers of an operation."""
    match operation.service_model.protocol:
        case "ec2":
            return ec2(operation)
        case "query":
            return query(operation)
        case protocol:
            raise NotImplementedError(protocol)


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
        pieces.append(closing)
        return WireResponse(200, ec2_headers(request_id), "".join(pieces).encode())

    return answer


def query(operation: OperationModel) -> Serializer:
    """Write `<XResponse><XResult>…members…</XResult><ResponseMetadata/></XResponse>`."""
    shape = operation.output_shape
    write = None if shape is None else compiler(operation.service_model).members(shape)
    wrapper = None if shape is None else shape.serialization.get("resultWrapper")
    opening = (
        f'{DECLARATION}<{operation.name}Response xmlns="{operation.metadata["xmlNamespace"]}">'
    )
    closing = f"</RequestId></ResponseMetadata></{operation.name}Response>"

    def answer(result: Mapping[str, Any], request_id: str) -> WireResponse:
        pieces = [opening]
        if wrapper:
            pieces.append(f"<{wrapper}>")
        if write is not None:
            write(result, pieces.append)
        if wrapper:
            pieces.append(f"</{wrapper}>")
        pieces += ["<ResponseMetadata><RequestId>", request_id, closing]
        return WireResponse(200, query_headers(request_id), "".join(pieces).encode())

    return answer


def serialize_error(
    protocol: str,
    code: str,
    message: str,
    status: int,
    members: Mapping[str, str],
    request_id: str,
) -> WireResponse:
    """Write the error document of a protocol; members are further elements of the error."""
    error = element("Code", code) + element("Message", message)
    error += "".join(element(name, text) for name, text in members.items())
    match protocol:
        case "ec2":
            document = (
                f"<Response><Errors><Error>{error}</Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>"
            )
            headers = ec2_headers(request_id)
        case "query":
            side = "Sender" if status < 500 else "Receiver"
            document = (
                f"<ErrorResponse><Error><Type>{side}</Type>{error}</Error>"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            headers = query_headers(request_id)
        case _:
            raise NotImplementedError(protocol)
    return WireResponse(status, headers, (DECLARATION + document).encode())


def ec2_headers(request_id: str) -> dict[str, str]:
    """List the headers of every answer of EC2."""
    return {
        "Content-Type": "text/xml;charset=UTF-8",
        "Server": "AmazonEC2",
        "x-amzn-RequestId": request_id,
    }


def query_headers(request_id: str) -> dict[str, str]:
    """List the headers of every answer of IAM and STS."""
    return {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
