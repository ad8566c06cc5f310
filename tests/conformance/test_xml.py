"""XML: bodies that attack the reader, and answers that clients must be able to read."""

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.protocol import rest
from emulator.protocol.answers import serialize, serialize_error
from emulator.protocol.faults import MalformedXML
from emulator.protocol.models import operation_model
from emulator.protocol.xml_writer import escape

LAUGHS = b"".join(
    b'<!ENTITY a%d "%b">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
)


def delete_objects(body: bytes) -> Any:
    """Read the body of a DeleteObjects."""
    request = rest.RestRequest({"Bucket": "b"}, [("delete", "")], {}, body)
    return rest.parse(operation_model("s3", "DeleteObjects"), request)["Delete"]


def described(**members: Any) -> str:
    """Write one snapshot."""
    operation = operation_model("ec2", "DescribeSnapshots")
    body = serialize(operation, {"Snapshots": [members]}, "0-1").body
    assert isinstance(body, bytes)
    return body.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"no xml",
        b"<Delete>",
        b"<Delete/><Delete/>",
        b"<Other><Object><Key>k</Key></Object></Other>",
        b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        b"<Delete><Object/></Delete>",
        b"<Delete/>",
        b"<Delete><Quiet>maybe</Quiet><Object><Key>k</Key></Object></Delete>",
        b'<!DOCTYPE d [<!ENTITY a0 "ha">' + LAUGHS + b"]><Delete>&a9;</Delete>",
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><Delete>&x;</Delete>',
        b"<a>" * 100_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<Delete>" + b"<a>" * 100 + b"</a>" * 100 + b"</Delete>",
        b"<Delete>" + b"x" * (17 << 20) + b"</Delete>",
        b"\xff\xfe<\x00D\x00",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"<Delete><Object><Key>\x00</Key></Object></Delete>",
    ],
    ids=range(17),
)
def test_a_body_that_is_not_what_it_should_be_is_malformed(body: bytes) -> None:
    started = time.process_time()

    with pytest.raises(MalformedXML):
        delete_objects(body)

    assert time.process_time() - started < 5


def test_prefixes_comments_and_what_is_unknown_do_not_matter() -> None:
    got = delete_objects(
        b'<?xml version="1.0"?><!-- hi --><s:Delete xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/">'
        b"<s:Unknown><s:Key>no</s:Key></s:Unknown> text <s:Object><s:Key> a&amp;<![CDATA[<b>]]> "
        b'</s:Key></s:Object><s:Object a="b"><s:Key>&#xe9;</s:Key></s:Object>'
        b"<s:Quiet> true </s:Quiet></s:Delete>"
    )

    assert got == {"Objects": [{"Key": " a&<b> "}, {"Key": "é"}], "Quiet": True}


@settings(max_examples=100)
@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_any_text_makes_a_readable_answer(text: str) -> None:
    root = ElementTree.fromstring(described(Description=text).encode())

    [found] = [node.text or "" for node in root.iter() if node.tag.endswith("description")]
    assert len(found) == len(text)
    assert escape(found) == escape(text)


def test_an_empty_list_is_written_and_an_absent_one_is_not() -> None:
    assert "<tagSet></tagSet>" in described(Tags=[])
    assert "tagSet" not in described(SnapshotId="snap-1")
    assert "snapshotId" not in described(SnapshotId=None)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
        datetime(2026, 1, 2, 5, 4, 5, 678901, timezone(timedelta(hours=2))),
    ],
)
def test_moments_are_utc_with_milliseconds(moment: datetime) -> None:
    assert "<startTime>2026-01-02T03:04:05.678Z</startTime>" in described(StartTime=moment)


def test_numbers_are_written_as_ec2_does() -> None:
    operation = operation_model("ec2", "ImportSnapshot")
    response = serialize(operation, {"SnapshotTaskDetail": {"DiskImageSize": 0.0}}, "0-1")

    assert isinstance(response.body, bytes)
    assert b"<diskImageSize>0.0</diskImageSize>" in response.body


def test_an_answer_of_ec2_has_its_headers_namespace_and_request_id_first() -> None:
    response = serialize(operation_model("ec2", "DescribeRegions"), {"Regions": []}, "0-1")

    assert response.headers == {
        "Content-Type": "text/xml;charset=UTF-8",
        "Server": "AmazonEC2",
        "x-amzn-RequestId": "0-1",
    }
    assert response.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        b"<requestId>0-1</requestId><regionInfo></regionInfo></DescribeRegionsResponse>"
    )


def test_an_error_of_ec2_is_written_as_ec2_does() -> None:
    response = serialize_error("ec2", "InvalidParameter", "a < b", 400, {}, "0-1")

    assert response.body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b"<Response><Errors><Error><Code>InvalidParameter</Code><Message>a &lt; b</Message></Error>"
        b"</Errors><RequestID>0-1</RequestID></Response>"
    )
