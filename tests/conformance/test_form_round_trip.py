"""EC2, IAM and STS: what botocore writes we read, what we write botocore reads."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from emulator.protocol import query
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.models import service_model
from tests.conformance.samples import sample, without_empty

OPERATIONS = [
    pytest.param(service, name, id=f"{service}-{name}")
    for service in ("ec2", "iam", "sts")
    for name in service_model(service).operation_names
]


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_a_request_written_by_botocore_is_read_back(service: str, name: str) -> None:
    operation: Any = service_model(service).operation_model(name)
    sent = without_empty(sample(operation.input_shape))
    serializer = create_serializer(operation.service_model.protocol, include_validation=False)
    form = serializer.serialize_to_request(sent, operation)["body"]

    read = query.parse(operation, parse_qsl(urlencode(form), keep_blank_values=True))

    assert read == sent


@pytest.mark.parametrize(("service", "name"), OPERATIONS)
def test_an_answer_is_read_back_by_botocore(service: str, name: str) -> None:
    operation: Any = service_model(service).operation_model(name)
    sent = without_empty(sample(operation.output_shape))
    response = serialize(operation, sent, "0000-1111")

    parser = create_parser(operation.service_model.protocol)
    read = parser.parse(
        {"status_code": response.status, "headers": response.headers, "body": response.body},
        operation.output_shape,
    )

    assert read.pop("ResponseMetadata")["RequestId"] == "0000-1111"
    assert read == sent


@pytest.mark.parametrize("protocol", ["ec2", "query"])
def test_an_error_is_read_back_by_botocore(protocol: str) -> None:
    response = serialize_error(protocol, "Wrong.Thing", "<no> & 'yes'", 400, {}, "0000-1111")

    parser: Any = create_parser(protocol)
    read = parser.parse(
        {"status_code": response.status, "headers": response.headers, "body": response.body}, None
    )

    assert read["Error"]["Code"] == "Wrong.Thing"
    assert read["Error"]["Message"] == "<no> & 'yes'"
    assert read["ResponseMetadata"]["RequestId"] == "0000-1111"
