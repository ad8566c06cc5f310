"""Answers, successes and errors, in the protocol of the service that was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from emulator.protocol import form_answers, rest_answers
from emulator.protocol.responses import (
    Serializer,
    WireResponse,
    ec2_headers,
    host_id,
    json_headers,
    query_headers,
    s3_headers,
)
from emulator.protocol.xml_writer import DECLARATION, element

if TYPE_CHECKING:
    from botocore.model import OperationModel

NO_BODY = (204, 304)  # HTTP forbids one


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
            return form_answers.ec2(operation)
        case "query":
            return form_answers.query(operation)
        case "rest-xml":
            return rest_answers.rest_xml(operation)
        case "rest-json":
            return rest_answers.rest_json(operation)
        case "json":
            return rest_answers.json_rpc(operation)
        case protocol:
            raise NotImplementedError(protocol)


def serialize_error(
    protocol: str,
    code: str,
    message: str,
    status: int,
    members: Mapping[str, str],
    request_id: str,
) -> WireResponse:
    """Write the error document of a protocol; members are further elements of the error.

    The answer to HEAD has no body: that is the sender's part.
    """
    match protocol:
        case "ec2":
            error = xml_error(code, message, members)
            document = (
                f"<Response><Errors>{error}</Errors><RequestID>{request_id}</RequestID></Response>"
            )
            response = WireResponse(status, ec2_headers(request_id), xml(document))
        case "query":
            side = {"Type": "Sender" if status < 500 else "Receiver"}
            document = (
                f"<ErrorResponse>{xml_error(code, message, {**side, **members})}"
                f"<RequestId>{request_id}</RequestId></ErrorResponse>"
            )
            response = WireResponse(status, query_headers(request_id), xml(document))
        case "rest-xml":
            ids = {"RequestId": request_id, "HostId": host_id(request_id)}
            response = WireResponse(status, s3_headers(request_id))
            if status not in NO_BODY:
                response.body = xml(xml_error(code, message, {**members, **ids}))
                response.headers["Content-Type"] = "application/xml"
        case "rest-json":
            response = WireResponse(status, json_headers(request_id, "application/json"))
            response.headers["x-amzn-ErrorType"] = code
            # Where the service's model has a Message, it is spelled so.
            told = members if "Message" in members else {"message": message, **members}
            response.body = json.dumps(told).encode()
        case "json":
            response = WireResponse(status, json_headers(request_id, "application/x-amz-json-1.1"))
            response.body = json.dumps({"__type": code, "message": message, **members}).encode()
        case _:
            raise NotImplementedError(protocol)
    return response


def xml_error(code: str, message: str, members: Mapping[str, str]) -> str:
    """Write the element that all error documents in XML share."""
    error = element("Code", code) + element("Message", message)
    error += "".join(element(name, text) for name, text in members.items())
    return f"<Error>{error}</Error>"


def xml(document: str) -> bytes:
    """Encode a whole document."""
    return (DECLARATION + document).encode()
