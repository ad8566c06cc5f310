"""Answers whose members travel in the status, in headers and in the body: REST and JSON."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emulator.protocol import json_bodies
from emulator.protocol.responses import (
    ELSEWHERE,
    Body,
    Serializer,
    WireResponse,
    json_headers,
    query_headers,
    s3_headers,
)
from emulator.protocol.scalars import text_of
from emulator.protocol.xml_writer import DECLARATION, Writer, compiler, element

if TYPE_CHECKING:
    from botocore.model import OperationModel

S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
S3_ROOTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}  # the root elements that the model does not tell
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
Write = Callable[[Mapping[str, Any]], Body]  # writes the body of an answer


def rest_xml(operation: OperationModel) -> Serializer:
    """Write an answer of S3."""
    shape: Any = operation.output_shape
    s3 = operation.service_model.service_name == "s3"
    headers = s3_headers if s3 else query_headers
    body, content_type = body_writer(operation, shape, xml_document, "application/xml")
    if s3 and operation.name == "GetBucketLocation":
        body = bucket_location
    return answers(operation, shape, headers, body, content_type)


def rest_json(operation: OperationModel) -> Serializer:
    """Write an answer of EBS direct."""
    shape: Any = operation.output_shape
    body, content_type = body_writer(operation, shape, json_document, "application/json")

    def headers(request_id: str) -> dict[str, str]:
        return {"x-amzn-RequestId": request_id}

    return answers(operation, shape, headers, body, content_type)


def json_rpc(operation: OperationModel) -> Serializer:
    """Write an answer of the `json` protocol."""
    shape = operation.output_shape
    content_type = f"application/x-amz-json-{operation.metadata.get('jsonVersion', '1.1')}"

    def answer(result: Mapping[str, Any], request_id: str) -> WireResponse:
        body = b"{}" if shape is None else json_bodies.write(shape, result)
        return WireResponse(200, json_headers(request_id, content_type), body)

    return answer


# The status of an answer where the service has another than its model says.
NOT_IN_MODEL = {"PutBucketPolicy": 204}


def answers(
    operation: OperationModel,
    shape: Any,
    headers: Callable[[str], dict[str, str]],
    body: Write | None,
    content_type: str,
) -> Serializer:
    """Put together the function that writes the answers of an operation."""
    status = NOT_IN_MODEL.get(operation.name) or int(operation.http.get("responseCode", 200))
    head = operation.http.get("method") == "HEAD"
    fields = {} if shape is None else header_members(shape)

    def answer(result: Mapping[str, Any], request_id: str) -> WireResponse:
        response = WireResponse(status, headers(request_id))
        for name, value in result.items():  # fewer than the shape has
            if value is None or name not in fields:
                continue
            place, wire_name, member = fields[name]
            if place == "statusCode":
                response.status = value
            elif place == "headers":
                for key, text in value.items():
                    response.headers[wire_name + key] = wire_text(text)
            else:
                response.headers[wire_name] = wire_text(header_text(member, value))
        if result.get("ContentRange") is not None:
            response.status = 206  # the model knows only one status for each operation
        if body is not None and not head:
            response.body = body(result)
            if response.body != b"":
                response.headers.setdefault("Content-Type", content_type)
        return response

    return answer


def header_members(shape: Any) -> dict[str, tuple[str, str, Any]]:
    """Return the members that travel outside of the body, by name: place, name there, shape."""
    return {
        name: (place, member.serialization.get("name", name), member)
        for name, member in shape.members.items()
        if (place := member.serialization.get("location")) in ELSEWHERE
    }


def header_text(shape: Any, value: Any) -> str:
    """Write a header's value."""
    if shape.type_name == "list":
        return ",".join(quoted(shape.member, item) for item in value)
    if shape.serialization.get("jsonvalue"):
        text = json.dumps(value, separators=(",", ":"))
        return base64.b64encode(text.encode()).decode("ascii")
    style = shape.serialization.get("timestampFormat", "rfc822")
    return text_of(shape.type_name, value, style)


def quoted(shape: Any, item: Any) -> str:
    """Write an item of a header's list: in quotes if it has a comma or a quote."""
    text = header_text(shape, item)
    if shape.type_name != "string" or not ("," in text or '"' in text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def wire_text(text: str) -> str:
    """Make a text safe to stand in a header: no line breaks, and UTF-8 behind Latin-1."""
    if not text.isascii():
        try:
            text.encode("latin-1")
        except UnicodeEncodeError:
            text = text.encode("utf-8", "replace").decode("latin-1")
    return CONTROL.sub(" ", text)


def body_writer(
    operation: OperationModel,
    shape: Any,
    document: Callable[[OperationModel, Any, str | None], Write],
    content_type: str,
) -> tuple[Write | None, str]:
    """Get the function that writes the body of an answer, and its type where it has no other."""
    if shape is None:
        return None, content_type
    payload = shape.serialization.get("payload")
    if payload is None:
        in_body = any(
            member.serialization.get("location") not in ELSEWHERE
            for member in shape.members.values()
        )
        return (document(operation, shape, None) if in_body else None), content_type
    member = shape.members[payload]
    if member.type_name == "structure":
        write = document(operation, member, member.serialization.get("name", payload))
        return lambda result: write(result[payload]) if result.get(payload) is not None else b"", (
            content_type
        )
    if member.type_name == "blob":
        return lambda result: result.get(payload, b""), "binary/octet-stream"
    return lambda result: result.get(payload, "").encode(), "text/plain"


def json_document(operation: OperationModel, shape: Any, root: str | None) -> Write:
    """Get the function that writes a structure as a document in JSON."""
    return lambda value: json_bodies.write(shape, value)


def xml_document(operation: OperationModel, shape: Any, root: str | None) -> Write:
    """Get the function that writes a structure as a document in XML."""
    namespace = str(operation.metadata.get("xmlNamespace", ""))
    name = root or str(shape.serialization.get("name", shape.name))
    if operation.service_model.service_name == "s3":
        namespace = S3_NAMESPACE
        name = root or S3_ROOTS.get(operation.name, name)
    write: Writer = compiler(operation.service_model).root(shape, name, namespace)

    def body(value: Mapping[str, Any]) -> bytes:
        pieces = [DECLARATION]
        write(value, pieces.append)
        return "".join(pieces).encode()

    return body


def bucket_location(result: Mapping[str, Any]) -> bytes:
    """Write the one answer whose only member is the text of the root element."""
    location = element("LocationConstraint", result.get("LocationConstraint") or "")
    location = location.replace(">", f' xmlns="{S3_NAMESPACE}">', 1)
    return (DECLARATION + location).encode()
