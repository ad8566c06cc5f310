"""EC2, IAM and STS: what botocore writes we read, what we write botocore reads."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from emulator.protocol import query
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.models import service_model
from tests.cases import about
from tests.conformance.samples import operations, sample, without_empty

SERVICES = ["ec2", "iam", "sts"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_request_written_by_botocore_is_read_back(service: str) -> None:
    protocol = service_model(service).protocol
    for operation in operations(service):
        sent = without_empty(sample(operation.input_shape))
        with about(operation.name):
            serializer = create_serializer(protocol, include_validation=False)
            form = serializer.serialize_to_request(sent, operation)["body"]

            read = query.parse(operation, parse_qsl(urlencode(form), keep_blank_values=True))

            assert read == sent


@pytest.mark.parametrize("service", SERVICES)
def test_an_answer_is_read_back_by_botocore(service: str) -> None:
    protocol = service_model(service).protocol
    for operation in operations(service):
        sent = without_empty(sample(operation.output_shape))
        with about(operation.name):
            response = serialize(operation, sent, "0000-1111")

            read = create_parser(protocol).parse(
                {
                    "status_code": response.status,
                    "headers": response.headers,
                    "body": response.body,
                },
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
