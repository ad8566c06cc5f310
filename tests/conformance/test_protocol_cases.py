"""AWS's own cases for its protocols, read from the server's side.

An input case says which request a client writes for given parameters: we must read the
parameters from the request. An output case says what a client reads from an answer: botocore
must read that from the answer we write.
"""

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

import pytest
from botocore.model import ServiceModel
from botocore.parsers import create_parser

from emulator.protocol import json_rpc, query, rest, routes
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.responses import WireResponse
from tests.cases import about
from tests.conformance.test_rest_round_trip import Headers

CASES = Path(__file__).parents[3] / "shared" / "protocol-tests"
FILES = {
    "ec2": "ec2", "query": "query", "rest-xml": "rest-xml", "rest-json": "rest-json",
    "json": "json", "json_1_0": "json",
}  # fmt: skip

LEFT_OUT = {
    "BodyWithXmlName": "botocore's shapes hand their own names on to members; no service has such",
    "SDKAppliedContentEncoding": "says that a client compresses, but not what it sends",
    "SDKAppend": "says that a client compresses, but not what it sends",
    "RestJsonHostWithPath": "the path in front is that of the client's endpoint",
}  # by the beginning of the id
MISREAD = {
    "Ec2XmlLists": "of flattened lists botocore reads the name of the item",
    "QueryXmlLists": "of flattened lists botocore reads the name of the item",
    "XmlLists": "of flattened lists botocore reads the name of the item",
    "RestXmlHttpPayloadWithUnsetUnion": "botocore reads no union from an empty body",
    "RestJsonHttpPayloadWithUnsetUnion": "botocore reads no union from an empty body",
    "InputAndOutputWithTimestampHeaders": "botocore splits dates at their commas",
    "RestJsonInputAndOutputWithTimestampHeaders": "botocore splits dates at their commas",
    "RestJsonInputAndOutputWithQuotedStringHeaders": "botocore splits quoted texts at commas",
}  # in these cases our answer is compared with AWS's own
TOKEN = "00000000-0000-4000-8000-000000000000"  # what a client makes up in the cases


pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"there is no {CASES}")


def cases(side: str, file: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Walk through the cases of one side, with the model that each is about."""
    for suite in json.loads((CASES / side / f"{file}.json").read_text("utf-8")):
        for case in suite["cases"]:
            if not case["id"].startswith(tuple(LEFT_OUT)):
                yield suite, case


def operation_of(suite: dict[str, Any], case: dict[str, Any]) -> Any:
    """Make the model of the one operation that a case is about."""
    given = case["given"]
    if suite["metadata"]["protocol"] == "query" and "output" in given:  # as in every real model
        given = {**given, "output": {**given["output"], "resultWrapper": f"{given['name']}Result"}}
    model = ServiceModel(
        {
            "metadata": {"xmlNamespace": "", **suite["metadata"]},
            "shapes": suite["shapes"],
            "operations": {given["name"]: given},
        },
        "cases",
    )
    return model.operation_model(given["name"])


def typed(shape: Any, value: Any) -> Any:
    """Give the parameters of a case the types that our side has for them."""
    match shape.type_name:
        case _ if shape.serialization.get("jsonvalue") and "location" in shape.serialization:
            return json.loads(value)
        case "structure" if shape.is_document_type:
            return value
        case "structure":
            return {
                name: typed(shape.members[name], item)
                for name, item in value.items()
                if item is not None
            }
        case "list":
            return [typed(shape.member, item) for item in value]
        case "map":
            return {key: typed(shape.value, item) for key, item in value.items()}
        case "timestamp":
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        case "blob":
            return value.encode()
        case "float" | "double":
            return float(value)
        case _:
            return value


def comparable(value: Any) -> Any:
    """Spell out what is no finite number, and drop what most protocols can't say."""
    match value:
        case dict():
            members = {key: comparable(item) for key, item in value.items()}
            return {key: item for key, item in members.items() if item not in ({}, [])}
        case list():
            return [comparable(item) for item in value]
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def as_sent(shape: Any, members: dict[str, Any]) -> dict[str, Any]:
    """Change the parameters of a case as the client that sends them does."""
    for name, member in shape.members.items():
        if member.metadata.get("idempotencyToken"):
            members.setdefault(name, TOKEN)
        if member.serialization.get("location") == "querystring" and member.type_name == "map":
            named = {other.serialization.get("name") for other in shape.members.values()}
            members[name] = {k: v for k, v in members.get(name, {}).items() if k not in named}
    return members


@pytest.mark.parametrize("file", FILES)
def test_requests_are_read(file: str) -> None:
    for suite, case in cases("input", file):
        with about(case["id"]):
            the_request_is_read(FILES[file], suite, case)


@pytest.mark.parametrize("file", FILES)
def test_answers_are_read_by_botocore(file: str) -> None:
    for suite, case in cases("output", file):
        with about(case["id"]):
            the_answer_is_read(FILES[file], suite, case)


def the_request_is_read(protocol: str, suite: dict[str, Any], case: dict[str, Any]) -> None:
    """Check that we read the parameters of a case from its request."""
    operation = operation_of(suite, case)
    wire = case["serialized"]
    path, _, parameters = wire["uri"].partition("?")
    pairs = parse_qsl(parameters, keep_blank_values=True)
    headers = {name.lower(): text for name, text in wire.get("headers", {}).items()}
    body = wire.get("body", "").encode()

    if protocol in ("ec2", "query"):
        read = query.parse(operation, parse_qsl(body.decode(), keep_blank_values=True))
    elif protocol == "json":
        assert json_rpc.action(headers.get("x-amz-target", operation.name)) == operation.name
        read = json_rpc.parse(operation, body)
    else:
        model = operation.service_model
        found, labels = routes.match_model(model, wire["method"], path, dict(pairs), headers)
        assert found.name == operation.name
        read = rest.parse(operation, rest.RestRequest(labels, pairs, headers, body))

    shape = operation.input_shape
    expected = {} if shape is None else as_sent(shape, typed(shape, case["params"]))
    if b"" in read.values():
        expected.setdefault(shape.serialization["payload"], b"")  # a body is never absent
    assert comparable(read) == comparable(expected)


def the_answer_is_read(protocol: str, suite: dict[str, Any], case: dict[str, Any]) -> None:
    """Check that botocore reads the result of a case from our answer."""
    operation = operation_of(suite, case)
    shape = operation.output_shape
    if "errorCode" in case:
        the_error_is_read(protocol, case)
        return
    result = {} if shape is None else typed(shape, case["result"])

    response = serialize(operation, result, "0-1")

    if case["id"] in MISREAD:
        the_answer_is_the_same(response, case["response"])
        return
    read = parsed(protocol, response, shape)
    assert read.pop("ResponseMetadata")["RequestId"] == "0-1"
    for name, member in {} if shape is None else shape.members.items():
        if name == shape.serialization.get("payload") and member.type_name == "blob":
            result[name] = result.get(name, b"").decode()  # botocore decodes what is no stream
        if member.serialization.get("location") == "headers":
            read[name] = {k: v for k, v in read[name].items() if k in result.get(name, {})}
    assert comparable(read) == comparable(result)


def the_error_is_read(protocol: str, case: dict[str, Any]) -> None:
    """Check that botocore reads the code and message of an error."""
    code, message = case["errorCode"], case.get("errorMessage") or ""
    status = case["response"]["status_code"]

    response = serialize_error(protocol, code, message, status, {}, "0-1")

    error = parsed(protocol, response, None)["Error"]
    assert (error["Code"], error["Message"] or "") == (code, message)


def the_answer_is_the_same(response: WireResponse, expected: dict[str, Any]) -> None:
    """Check that an answer is that of the case."""
    assert response.status == expected["status_code"]
    for name, text in expected.get("headers", {}).items():
        if name.startswith("X-"):
            assert response.headers[name] == text.replace(", ", ",").replace(",16", ", 16")
    if body := expected.get("body"):
        assert isinstance(response.body, bytes)
        assert elements(ElementTree.fromstring(response.body)) == elements(
            ElementTree.fromstring(body)
        )
    elif "body" in expected:
        assert response.body == b""


def elements(node: ElementTree.Element) -> Any:
    """Compare elements by their local names and texts."""
    if node.tag.endswith(("requestId", "ResponseMetadata")):
        return None
    text = (node.text or "").strip().replace(".000Z", "Z")
    return node.tag.partition("}")[2] or node.tag, text, [
        found for child in node if (found := elements(child))
    ]  # fmt: skip


def parsed(protocol: str, response: WireResponse, shape: Any) -> Any:
    """Let botocore read an answer."""
    parser: Any = create_parser(protocol)
    headers = Headers({name.lower(): text for name, text in response.headers.items()})
    return parser.parse(
        {"status_code": response.status, "headers": headers, "body": response.body}, shape
    )
