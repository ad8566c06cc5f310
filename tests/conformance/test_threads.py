"""Readers and writers are made when they are first needed, by whichever thread needs them."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from botocore.model import ServiceModel

from emulator.protocol import query, rest
from emulator.protocol.answers import serialize
from emulator.protocol.models import loader
from tests.conformance.samples import sample, without_empty

THREADS = 8


def together(work: Callable[[], Any]) -> list[Any]:
    """Do the same in several threads at the same moment."""
    barrier = Barrier(THREADS)

    def one(_: int) -> Any:
        barrier.wait()
        return work()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, range(THREADS)))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("attempt", range(5))
def test_a_reader_is_never_met_unfinished(attempt: int) -> None:
    ec2: Any = ServiceModel(loader().load_service_model("ec2", "service-2"), "ec2")
    operation = ec2.operation_model("RunInstances")
    form = [("MaxCount", "1"), ("MinCount", "1"), ("NetworkInterface.1.SubnetId", "s"),
            ("TagSpecification.1.Tag.1.Key", "k"), ("Placement.Tenancy", "default")]  # fmt: skip

    got = together(lambda: query.parse(operation, form))

    assert got == [got[0]] * THREADS
    assert got[0]["NetworkInterfaces"] == [{"SubnetId": "s"}]


@pytest.mark.parametrize("attempt", range(5))
def test_a_writer_is_never_met_unfinished(attempt: int) -> None:
    ec2: Any = ServiceModel(loader().load_service_model("ec2", "service-2"), "ec2")
    operation = ec2.operation_model("DescribeInstances")
    result = without_empty(sample(operation.output_shape))

    got = together(lambda: serialize(operation, result, "0-1").body)

    assert got == [got[0]] * THREADS


@pytest.mark.parametrize("attempt", range(5))
def test_an_xml_reader_is_never_met_unfinished(attempt: int) -> None:
    s3: Any = ServiceModel(loader().load_service_model("s3", "service-2"), "s3")
    operation = s3.operation_model("DeleteObjects")
    body = b"<Delete><Object><Key>k</Key></Object></Delete>"
    request = rest.RestRequest({"Bucket": "b"}, [], {}, body)

    got = together(lambda: rest.parse(operation, request)["Delete"])

    assert got == [{"Objects": [{"Key": "k"}]}] * THREADS
