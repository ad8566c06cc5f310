"""S3, EBS direct and KMS: what botocore writes we read, what we write botocore reads."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from emulator.protocol import json_rpc, rest
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.routes import SHADOWED
from tests.cases import about
from tests.conformance.samples import PLAIN, operations, sample, without_empty

REST = ["s3", "ebs"]
UNSAYABLE = {
    "SelectObjectContent": "it answers with a stream of events, another framing",
    "GetBucketNotification": "two of its members share one element; it is deprecated",
}


def prepared(shape: Any) -> dict[str, Any]:
    """Fill a shape with values that can stand where its members travel."""
    members: dict[str, Any] = without_empty(sample(shape))
    for name, value in list(members.items()):
        member = shape.members[name]
        place = member.serialization.get("location")
        if place == "headers":
            members[name] = {"k": PLAIN}
        elif place in ("header", "uri") and member.type_name == "list":
            members[name] = [PLAIN, "b"] if member.member.type_name == "string" else value
        elif place in ("header", "uri") and member.type_name == "string":
            members[name] = {"Key": "a dir/k+ %é\n", "Bucket": "bucket"}.get(
                name, value if getattr(member, "enum", None) else PLAIN
            )
        elif name == shape.serialization.get("payload") and member.type_name == "blob":
            members[name] = b"the bytes"
        elif place == "statusCode":
            members[name] = 200
    return members


def route(operation: Any, sent: dict[str, Any]) -> tuple[Any, rest.RestRequest]:
    """Let botocore write a request and find out which action it means."""
    protocol = operation.service_model.protocol
    wire = create_serializer(protocol, include_validation=False).serialize_to_request(
        sent, operation
    )
    path, _, fixed = wire["url_path"].partition("?")
    query = parse_qsl(
        "&".join([fixed, urlencode(wire["query_string"], doseq=True), "x-id=Any", "junk"]),
        keep_blank_values=True,
    )
    headers = {name.lower(): str(text) for name, text in wire["headers"].items()}
    service = operation.service_model.service_name
    found, labels = rest.match(service, wire["method"], path, query, headers)
    return found, rest.RestRequest(labels, query, headers, wire["body"])


@pytest.mark.parametrize("service", REST)
def test_a_request_written_by_botocore_is_read_back(service: str) -> None:
    for operation in operations(service):
        sent = prepared(operation.input_shape)
        with about(operation.name):
            found, request = route(operation, sent)

            if operation.name in SHADOWED:
                assert found.http == operation.http or found.name == "ListBuckets"
                continue
            assert found.name == operation.name
            assert without_empty(rest.parse(operation, request)) == sent


@pytest.mark.parametrize("service", REST)
def test_an_answer_is_read_back_by_botocore(service: str) -> None:
    for operation in operations(service):
        if operation.name not in UNSAYABLE:
            with about(operation.name):
                the_answer_is_read_back(operation)


def the_answer_is_read_back(operation: Any) -> None:
    """Check that botocore reads what we answer."""
    sent = {} if operation.output_shape is None else prepared(operation.output_shape)

    response = serialize(operation, sent, "0000-1111")

    body: Any = response.body
    parser: Any = create_parser(operation.service_model.protocol)
    headers = {name.lower(): text for name, text in response.headers.items()}
    if operation.name == "GetBucketLocation":
        assert sent["LocationConstraint"] in body.decode()  # botocore reads it by hand
        return
    read = parser.parse(
        {"status_code": response.status, "headers": Headers(headers), "body": body},
        operation.output_shape,
    )
    assert read.pop("ResponseMetadata")["RequestId"] == "0000-1111"
    payload = operation.output_shape and operation.output_shape.serialization.get("payload")
    if payload and isinstance(sent.get(payload), bytes):
        sent[payload] = sent[payload].decode()
    if operation.http["method"] == "HEAD":
        assert body == b""
    for member, shape in (operation.output_shape.members if operation.output_shape else {}).items():
        if shape.serialization.get("location") == "headers":
            read[member] = {"k": read[member].get("k")}
    assert without_empty(read) == sent


class Headers(dict[str, str]):
    """Headers by any spelling of their names, as botocore has them."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


def test_a_json_request_written_by_botocore_is_read_back() -> None:
    for operation in operations("kms"):
        sent = sample(operation.input_shape)
        with about(operation.name):
            serializer = create_serializer("json", include_validation=False)
            wire = serializer.serialize_to_request(sent, operation)

            assert json_rpc.action(wire["headers"]["X-Amz-Target"]) == operation.name
            assert json_rpc.parse(operation, wire["body"]) == sent


def test_a_json_answer_is_read_back_by_botocore() -> None:
    parser: Any = create_parser("json")
    for operation in operations("kms"):
        sent = sample(operation.output_shape)
        with about(operation.name):
            response = serialize(operation, sent, "0000-1111")

            headers = {name.lower(): text for name, text in response.headers.items()}
            read = parser.parse(
                {"status_code": response.status, "headers": headers, "body": response.body},
                operation.output_shape,
            )
            assert read.pop("ResponseMetadata")["RequestId"] == "0000-1111"
            assert read == sent


@pytest.mark.parametrize("protocol", ["rest-xml", "rest-json", "json"])
def test_an_error_is_read_back_by_botocore(protocol: str) -> None:
    response = serialize_error(protocol, "NoSuchThing", "<no> é", 404, {"Key": "a&b"}, "0-1")

    parser: Any = create_parser(protocol)
    headers = {name.lower(): text for name, text in response.headers.items()}
    read = parser.parse({"status_code": 404, "headers": headers, "body": response.body}, None)

    assert read["Error"]["Code"] == "NoSuchThing"
    assert read["Error"]["Message"] == "<no> é"
    assert read["ResponseMetadata"]["RequestId"] == "0-1"
