"""How requests arrive: request lines, hosts, bodies and signatures of clients old and new."""

import re
import secrets
import socket
import time
from urllib.parse import quote

import httpx
import pytest

from tests.house import House
from tests.wire.sockets import Wire, signed

FORM = "application/x-www-form-urlencoded; charset=utf-8"
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


@pytest.fixture
def wire(house: House) -> Wire:
    return Wire(house.endpoint)


@pytest.fixture
def bucket(house: House) -> str:
    return house.open_bucket()


# EC2 and STS


@pytest.mark.parametrize("version", ["2016-11-15", "2014-09-01", "2010-08-31"])
def test_ec2_answers_get_and_post_and_every_version(wire: Wire, version: str) -> None:
    query = f"Action=DescribeRegions&Version={version}"

    got = wire.ask(f"GET /?{query}")
    posted = wire.ask("POST /", query.encode(), Content_Type=FORM)

    for reply in (got, posted):
        assert reply.status == 200
        assert reply.headers["content-type"] == "text/xml;charset=UTF-8"
        assert reply.headers["server"] == "AmazonEC2"
        assert reply.headers["x-amzn-requestid"] == reply.text("requestId")
        assert f'<DescribeRegionsResponse xmlns="{NAMESPACE}"' in reply.body.decode()
    assert got.text("requestId") != posted.text("requestId")


def test_parameters_may_stand_in_the_query_and_in_the_form(wire: Wire) -> None:
    reply = wire.ask(
        "POST /?Action=DescribeRegions", b"Version=2016-11-15&RegionName.1=eu-west-1",
        Content_Type=FORM,
    )  # fmt: skip

    assert reply.body.count(b"<regionName>") == 1


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": signed("210987654321", "sts")}, ""),
        ({}, "&X-Amz-Credential=210987654321%2F20260101%2Fus-east-1%2Fsts%2Faws4_request"),
        ({}, "&AWSAccessKeyId=210987654321&SignatureVersion=2&Signature=x"),
    ],
)
def test_the_account_is_read_from_every_kind_of_signature(
    wire: Wire, headers: dict[str, str], query: str
) -> None:
    reply = wire.ask(f"GET /?Action=GetCallerIdentity&Version=2011-06-15{query}", **headers)

    assert reply.text("Account") == "210987654321"


def test_a_sigv2_form_says_who_asks(wire: Wire) -> None:
    form = b"Action=GetCallerIdentity&Version=2011-06-15&AWSAccessKeyId=210987654321&Signature=x"

    assert wire.ask("POST /", form, Content_Type=FORM).text("Account") == "210987654321"


def test_nobody_asks_for_account_zero(wire: Wire) -> None:
    reply = wire.ask("GET /?Action=GetCallerIdentity&Version=2011-06-15")

    assert reply.text("Account") == "000000000000"


def test_the_region_is_the_credential_scopes(house: House) -> None:
    zones = house.ec2(region="eu-central-1").describe_availability_zones()

    assert {zone["RegionName"] for zone in zones["AvailabilityZones"]} == {"eu-central-1"}


def test_a_connection_serves_many_requests_and_pipelined_ones(wire: Wire) -> None:
    query = "Action=DescribeRegions&Version=2016-11-15&RegionName.1"
    regions = ["us-east-1", "eu-west-1", "us-west-2"]

    for region in regions:
        assert region in wire.ask(f"GET /?{query}={region}").body.decode()
    for region in regions:
        wire.send(f"GET /?{query}={region}")
    received = b""
    while received.count(b"</DescribeRegionsResponse>") < 3:
        received += wire.socket.recv(65536)

    found = re.findall(r"<regionName>(.*?)</regionName>", received.decode())
    assert found == regions


# request lines and hosts


def test_an_absolute_request_line_is_taken_apart(wire: Wire, house: House, bucket: str) -> None:
    put = wire.ask(f"PUT http://{bucket}.proxied.example:8080/a%2Fb?x-id=PutObject", b"one",
                   Host="something.else")  # fmt: skip
    path = wire.ask(f"PUT http://{wire.host}/{bucket}/c", b"two")

    assert (put.status, path.status) == (200, 200)
    assert house.s3().get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"one"
    assert house.s3().get_object(Bucket=bucket, Key="c")["Body"].read() == b"two"


@pytest.mark.parametrize(
    "host",
    [
        "{}.localhost",
        "{}.localhost:4577",
        "{}.s3.us-west-2.amazonaws.com",
        "{}.ec2.us-east-1.aws.test",
        "{}.example",
        "{}.s3.example.com:80",
    ],
)
def test_a_bucket_may_stand_in_any_host_name(wire: Wire, host: str, house: House) -> None:
    bucket = f"virtual-{secrets.token_hex(4)}"
    host = host.format(bucket)
    authorization = signed(house.account_id, "s3")

    created = wire.ask("PUT /", Host=host, Authorization=authorization)
    put = wire.ask("PUT /disks/disk.vmdk", b"disk", Host=host, Authorization=authorization)
    got = wire.ask("GET /disks/disk.vmdk", Host=host, Authorization=authorization)
    listed = wire.ask("GET /?list-type=2", Host=host, Authorization=authorization)
    head = wire.ask("HEAD /", Host=host, Authorization=authorization)

    assert [reply.status for reply in (created, put, got, listed, head)] == [200] * 5
    assert got.body == b"disk"
    assert listed.text("Key") == "disks/disk.vmdk"
    assert house.s3().get_object(Bucket=bucket, Key="disks/disk.vmdk")["Body"].read() == b"disk"


def test_a_host_name_of_several_labels_may_be_just_ours(
    wire: Wire, bucket: str, house: House
) -> None:
    put = wire.ask(f"PUT /{bucket}/key", b"x", Host="vmie.corp.example:4577")
    mine = signed(house.account_id, "s3")
    listed = wire.ask("GET /", Host="vmie.corp.example:4577", Authorization=mine)

    assert put.status == 200
    assert b"ListAllMyBucketsResult" in listed.body


def test_http_1_0_without_a_host_is_answered(house: House, bucket: str) -> None:
    wire = Wire(house.endpoint)
    wire.socket.sendall(f"GET /{bucket}/missing HTTP/1.0\r\n\r\n".encode())

    reply = wire.receive()

    assert (reply.status, reply.code) == (404, "NoSuchKey")


# paths

KEYS = ["a//b", "a/../b", "./a", "..", "a+b", "a b", "a%2Fb", "a%b", "ü/é€😀", "a?b", "a#b",
        "a&b=c", "*'();:@,[]!$", "trailing/", "\"<>\\^`{|}~", "a\tb"]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_a_key_arrives_byte_for_byte(wire: Wire, house: House, bucket: str, key: str) -> None:
    put = wire.ask(f"PUT /{bucket}/{quote(key)}", key.encode())

    assert put.status == 200
    keys = [item["Key"] for item in house.s3().list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [key]
    assert house.s3().get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert wire.ask(f"GET /{bucket}/{quote(key, safe='')}").body == key.encode()


def test_a_key_may_come_as_raw_utf_8(wire: Wire, house: House, bucket: str) -> None:
    reply = wire.ask(f"PUT /{bucket}/ü€".encode(), b"raw")

    assert reply.status == 200
    assert house.s3().get_object(Bucket=bucket, Key="ü€")["Body"].read() == b"raw"


def test_what_a_query_holds_beside_the_action_is_ignored(wire: Wire, bucket: str) -> None:
    put = wire.ask(f"PUT /{bucket}/k?x-id=PutObject&progressbar_label=disk", b"x")
    got = wire.ask(f"GET /{bucket}/k?x-id=GetObject&utm_source=x&novalue")

    assert (put.status, got.body) == (200, b"x")


# bodies


def test_expect_100_continue_is_answered_before_the_body(wire: Wire, bucket: str) -> None:
    wire.send(f"PUT /{bucket}/key", Expect="100-continue", Content_Length="4")
    interim = wire.socket.recv(100)
    wire.socket.sendall(b"body")

    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert wire.receive("PUT").status == 200
    assert wire.ask(f"GET /{bucket}/key").body == b"body"


def test_a_body_that_is_refused_is_not_asked_for(wire: Wire) -> None:
    wire.send("PUT /no-such-bucket-here/key", Expect="100-continue", Content_Length="1000000")
    reply = wire.receive("PUT")

    assert (reply.status, reply.code) == (404, "NoSuchBucket")
    assert reply.closes  # else the next request would be taken for the body
    assert wire.socket.recv(1) == b""


def test_a_refusal_is_readable_after_the_whole_body_was_sent(wire: Wire) -> None:
    body = bytes(8 << 20)

    reply = wire.ask("PUT /no-such-bucket-here/key", body)
    again = wire.ask("GET /no-such-bucket-here/key")

    assert (reply.status, reply.code) == (404, "NoSuchBucket")
    assert (again.status, again.code) == (404, "NoSuchBucket")


def test_chunked_transfer_encoding_is_read(wire: Wire, bucket: str) -> None:
    body = b"4\r\nWiki\r\n5;ext=1\r\npedia\r\n0\r\n\r\n"

    put = wire.ask(f"PUT /{bucket}/key", body, Transfer_Encoding="chunked")
    form = b"29\r\nAction=DescribeRegions&Version=2016-11-15\r\n0\r\n\r\n"
    ec2 = wire.ask("POST /", form, Transfer_Encoding="chunked", Content_Type=FORM)

    assert (put.status, ec2.status) == (200, 200)
    assert wire.ask(f"GET /{bucket}/key").body == b"Wikipedia"


def test_aws_chunked_framing_is_taken_off(wire: Wire, bucket: str) -> None:
    chunks = [b"4;%s\r\nWiki\r\n", b"5;%s\r\npedia\r\n", b"0;%s\r\n\r\n"]
    body = b"".join(chunk % b"chunk-signature=00" for chunk in chunks)

    put = wire.ask(
        f"PUT /{bucket}/key", body, X_Amz_Content_Sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        X_Amz_Decoded_Content_Length="9", Content_Encoding="aws-chunked",
    )  # fmt: skip

    assert put.status == 200
    assert wire.ask(f"GET /{bucket}/key").body == b"Wikipedia"


def test_the_answer_to_head_has_no_body(wire: Wire, bucket: str) -> None:
    wire.ask(f"PUT /{bucket}/key", b"12345")

    found = wire.ask(f"HEAD /{bucket}/key")

    assert (found.status, found.headers["content-length"], found.body) == (200, "5", b"")


def test_head_then_get_on_one_connection_do_not_mix(house: House, bucket: str) -> None:
    with httpx.Client(base_url=house.endpoint) as client:
        client.put(f"/{bucket}/key", content=b"12345")

        missing = client.head(f"/{bucket}/missing")
        found = client.head(f"/{bucket}/key")
        got = client.get(f"/{bucket}/key")

    assert (missing.status_code, missing.content) == (404, b"")
    assert (found.headers["content-length"], got.content) == ("5", b"12345")


def test_a_client_that_leaves_in_an_upload_is_no_error(house: House, bucket: str) -> None:
    logged = len(house.server.log)
    wire = Wire(house.endpoint)
    wire.send(f"PUT /{bucket}/gone", bytes(300_000), Content_Length="600000")
    wire.socket.close()

    deadline = time.monotonic() + 20  # it notices when it reads on
    while "the client left" not in house.server.log[logged:]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert Wire(house.endpoint).ask(f"GET /{bucket}/gone").status == 404
    assert "Traceback" not in house.server.log[logged:]
    assert not list((house.data_dir / "incoming").iterdir())


def test_a_client_that_leaves_in_a_download_is_no_error(house: House, bucket: str) -> None:
    house.put_object(bucket, "large", bytes(64 << 20))
    logged = len(house.server.log)
    wire = Wire(house.endpoint)
    wire.send(f"GET /{bucket}/large")
    wire.socket.recv(100)
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    wire.socket.close()

    assert Wire(house.endpoint).ask(f"HEAD /{bucket}/large").status == 200
    assert "Traceback" not in house.server.log[logged:]


def test_ranges_of_a_large_object_are_exact(house: House, bucket: str) -> None:
    body = secrets.token_bytes(5 << 20)
    house.put_object(bucket, "large", body)

    part = httpx.get(f"{house.endpoint}/{bucket}/large", headers={"Range": "bytes=1048575-4194305"})
    whole = httpx.get(f"{house.endpoint}/{bucket}/large")

    assert (part.status_code, part.content) == (206, body[1048575:4194306])
    assert whole.content == body
