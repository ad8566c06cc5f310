"""What is peculiar to S3 on the wire: routes, roots, headers, statuses and streams."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from botocore.parsers import create_parser

from emulator.protocol import rest
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.faults import InvalidValue, MissingMember, NoRoute
from emulator.protocol.models import operation_model
from emulator.protocol.responses import WireResponse
from emulator.protocol.streams import FileBody, RequestBody


def routed(method: str, target: str, **headers: str) -> tuple[str, dict[str, str]]:
    """Find the action that a request means."""
    path, _, text = target.partition("?")
    query = [(k, v) for k, _, v in (part.partition("=") for part in text.split("&") if part)]
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    operation, labels = rest.match("s3", method, path, query, names)
    return operation.name, labels


def answer(action: str, **members: Any) -> WireResponse:
    """Write an answer."""
    return serialize(operation_model("s3", action), members, "0-1")


@pytest.mark.parametrize(
    ("method", "target", "action"),
    [
        ("GET", "/", "ListBuckets"),
        ("GET", "/?x-id=ListBuckets", "ListBuckets"),
        ("PUT", "/b", "CreateBucket"),
        ("PUT", "/b/", "CreateBucket"),
        ("HEAD", "/b", "HeadBucket"),
        ("DELETE", "/b", "DeleteBucket"),
        ("GET", "/b", "ListObjects"),
        ("GET", "/b?prefix=a&junk", "ListObjects"),
        ("GET", "/b?list-type=1", "ListObjects"),
        ("GET", "/b/?list-type=2&prefix=", "ListObjectsV2"),
        ("GET", "/b?location", "GetBucketLocation"),
        ("GET", "/b?location=", "GetBucketLocation"),
        ("GET", "/b?uploads", "ListMultipartUploads"),
        ("GET", "/b?tagging", "GetBucketTagging"),
        ("GET", "/b?versioning", "GetBucketVersioning"),
        ("GET", "/b?acl", "GetBucketAcl"),
        ("GET", "/b?analytics", "ListBucketAnalyticsConfigurations"),
        ("GET", "/b?analytics&id=1", "GetBucketAnalyticsConfiguration"),
        ("POST", "/b?delete", "DeleteObjects"),
        ("GET", "/b/k", "GetObject"),
        ("GET", "/b/k?partNumber=1", "GetObject"),
        ("GET", "/b/k?uploadId=u", "ListParts"),
        ("GET", "/b/k?attributes", "GetObjectAttributes"),
        ("GET", "/b/k?tagging", "GetObjectTagging"),
        ("HEAD", "/b/k", "HeadObject"),
        ("PUT", "/b/k", "PutObject"),
        ("PUT", "/b/k?progressbar_label=x&x-id=UploadPart", "PutObject"),
        ("PUT", "/b/k?partNumber=1&uploadId=u", "UploadPart"),
        ("POST", "/b/k?uploads", "CreateMultipartUpload"),
        ("POST", "/b/k?uploads=", "CreateMultipartUpload"),
        ("POST", "/b/k?uploadId=u", "CompleteMultipartUpload"),
        ("DELETE", "/b/k?uploadId=u", "AbortMultipartUpload"),
        ("DELETE", "/b/k", "DeleteObject"),
        ("DELETE", "/b/k?versionId=1", "DeleteObject"),
    ],
)
def test_a_request_means_an_action(method: str, target: str, action: str) -> None:
    assert routed(method, target)[0] == action


def test_a_copy_is_told_by_its_header() -> None:
    assert routed("PUT", "/b/k", x_amz_copy_source="/a/b")[0] == "CopyObject"
    part = routed("PUT", "/b/k?partNumber=1&uploadId=u", x_amz_copy_source="/a/b")
    assert part[0] == "UploadPartCopy"


@pytest.mark.parametrize(("method", "target"), [("POST", "/b/k"), ("PATCH", "/b"), ("PUT", "/")])
def test_what_no_action_answers_to_has_no_route(method: str, target: str) -> None:
    with pytest.raises(NoRoute):
        routed(method, target)


@pytest.mark.parametrize(
    ("path", "bucket", "key"),
    [
        ("/b/a/b//c", "b", "a/b//c"),
        ("/b//leading", "b", "/leading"),
        ("/Import_Bucket/a%20b+c%2Fd", "Import_Bucket", "a b+c/d"),
        ("/b/%E6%97%A5%0A", "b", "日\n"),
        ("/b/..", "b", ".."),
    ],
)
def test_the_path_gives_bucket_and_key(path: str, bucket: str, key: str) -> None:
    assert routed("GET", path)[1] == {"Bucket": bucket, "Key": key}


def test_a_key_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidValue):
        routed("GET", "/b/%ff")


def test_a_required_header_that_is_missing_is_named() -> None:
    request = rest.RestRequest({"Bucket": "b", "Key": "k"}, [("attributes", "")])

    with pytest.raises(MissingMember) as fault:
        rest.parse(operation_model("s3", "GetObjectAttributes"), request)

    assert fault.value.name == "x-amz-object-attributes"


def test_a_streamed_body_is_handed_on_as_it_is() -> None:
    async def nothing() -> AsyncIterator[bytes]:
        yield b""

    body = RequestBody(nothing())
    operation = operation_model("s3", "PutObject")
    request = rest.RestRequest(
        {"Bucket": "b", "Key": "k"}, [], {"x-amz-meta-a": "1", "content-length": "3"}, body
    )

    got = rest.parse(operation, request)

    assert rest.streams(operation)
    assert not rest.streams(operation_model("s3", "DeleteObjects"))
    assert got["Body"] is body
    assert got["Metadata"] == {"a": "1"}
    assert got["ContentLength"] == 3


def test_a_file_goes_out_as_it_is_and_a_range_is_partial_content() -> None:
    file = FileBody(BytesIO(b"abcdef"), 2, 3)

    whole = answer("GetObject", Body=file, ContentLength=3)
    part = answer("GetObject", Body=file, ContentLength=3, ContentRange="bytes 2-4/6")

    assert (whole.status, part.status) == (200, 206)
    assert part.body is file
    assert part.headers["Content-Range"] == "bytes 2-4/6"
    assert part.headers["Content-Type"] == "binary/octet-stream"


def test_head_has_headers_and_no_body() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    response = answer("HeadObject", ContentLength=5, LastModified=moment, Metadata={"a": "b"})

    assert response.body == b""
    assert response.headers["Content-Length"] == "5"
    assert response.headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
    assert response.headers["x-amz-meta-a"] == "b"


def test_a_header_cannot_be_broken_into_two() -> None:
    response = answer("GetObject", Body=b"", ContentDisposition="a\r\nX-Evil: 1\x00", Metadata={})

    assert response.headers["Content-Disposition"] == "a  X-Evil: 1 "


def test_a_header_carries_any_text_as_utf_8() -> None:
    response = answer("GetObject", Body=b"", ContentDisposition='filename="日.img"')

    text = response.headers["Content-Disposition"].encode("latin-1").decode()
    assert text == 'filename="日.img"'


@pytest.mark.parametrize(("location", "text"), [("eu-west-1", "eu-west-1"), (None, "")])
def test_the_location_is_the_text_of_the_root(location: str | None, text: str) -> None:
    members = {} if location is None else {"LocationConstraint": location}

    response = answer("GetBucketLocation", **members)

    assert (
        response.body
        == (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"{text}</LocationConstraint>"
        ).encode()
    )


@pytest.mark.parametrize(
    ("action", "root"),
    [
        ("ListBuckets", "ListAllMyBucketsResult"),
        ("ListObjects", "ListBucketResult"),
        ("ListObjectsV2", "ListBucketResult"),
        ("ListMultipartUploads", "ListMultipartUploadsResult"),
        ("ListParts", "ListPartsResult"),
        ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
        ("CompleteMultipartUpload", "CompleteMultipartUploadResult"),
        ("DeleteObjects", "DeleteResult"),
        ("GetBucketTagging", "Tagging"),
        ("GetObjectTagging", "Tagging"),
    ],
)
def test_the_root_of_an_answer_has_the_name_that_s3_gives_it(action: str, root: str) -> None:
    response = answer(action)

    assert isinstance(response.body, bytes)
    assert f'<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'.encode() in response.body
    assert response.headers["Content-Type"] == "application/xml"


def test_a_copy_answers_with_its_result() -> None:
    response = answer("CopyObject", CopyObjectResult={"ETag": '"e"'})

    assert isinstance(response.body, bytes)
    assert b"<CopyObjectResult xmlns=" in response.body
    assert b"<ETag>&quot;e&quot;</ETag>" in response.body or b'<ETag>"e"</ETag>' in response.body


def test_a_grantee_has_its_type_as_an_attribute() -> None:
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": "1"}, "Permission": "FULL_CONTROL"}

    response = answer("GetBucketAcl", Grants=[grant])

    assert isinstance(response.body, bytes)
    assert (
        b'<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">'
        b"<ID>1</ID></Grantee>"
    ) in response.body


@pytest.mark.parametrize("action", ["DeleteBucket", "DeleteObject", "AbortMultipartUpload"])
def test_what_is_gone_answers_without_content(action: str) -> None:
    response = answer(action)

    assert (response.status, response.body) == (204, b"")
    assert "Content-Type" not in response.headers


def test_an_error_has_its_members_and_both_ids() -> None:
    response = serialize_error("rest-xml", "NoSuchKey", "No.", 404, {"Key": "a&b"}, "0-1")

    parser: Any = create_parser("rest-xml")
    read = parser.parse({"status_code": 404, "headers": {}, "body": response.body}, None)
    assert read["Error"] == {"Code": "NoSuchKey", "Message": "No.", "Key": "a&b"}
    assert isinstance(response.body, bytes)
    assert b"<RequestId>0-1</RequestId><HostId>" in response.body
    assert response.headers["x-amz-request-id"] == "0-1"


def test_not_modified_has_no_body() -> None:
    assert serialize_error("rest-xml", "NotModified", "", 304, {}, "0-1").body == b""
