"""An answer as the gateway sends it, and the headers that every answer of a service has."""

import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.protocol.streams import FileBody

ELSEWHERE = frozenset({"header", "headers", "statusCode"})  # locations outside of the body
Body = bytes | FileBody | AsyncIterator[bytes]


@dataclass(slots=True)
class WireResponse:
    """An answer, ready to be sent; the sender adds Content-Length where it is missing."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Body = b""


Serializer = Callable[[Mapping[str, Any], str], WireResponse]


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


def s3_headers(request_id: str) -> dict[str, str]:
    """List the headers of every answer of S3."""
    return {
        "Server": "AmazonS3",
        "x-amz-request-id": request_id,
        "x-amz-id-2": host_id(request_id),
    }


def json_headers(request_id: str, content_type: str) -> dict[str, str]:
    """List the headers of every answer in JSON."""
    return {"Content-Type": content_type, "x-amzn-RequestId": request_id}


def host_id(request_id: str) -> str:
    """Make up S3's second id of a request, always the same for the same first one."""
    return base64.b64encode(hashlib.sha256(request_id.encode()).digest()).decode("ascii")
