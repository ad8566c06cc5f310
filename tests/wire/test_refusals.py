"""What a client reads when its request cannot be answered."""

import pytest

from tests.house import House
from tests.wire.sockets import Reply, Wire, signed

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def wire(house: House) -> Wire:
    return Wire(house.endpoint)


def ec2(wire: Wire, form: bytes) -> Reply:
    return wire.ask("POST /", form, Content_Type=FORM, Authorization=signed("123456789012", "ec2"))


@pytest.mark.parametrize(
    ("form", "code", "said"),
    [
        (b"Version=2016-11-15", "MissingAction", "Action"),
        (b"", "MissingAction", "Action"),
        (b"Action=&Version=2016-11-15", "MissingAction", "Action"),
        (
            b"Action=MakeCoffee&Version=2016-11-15",
            "InvalidAction",
            "The action MakeCoffee is not valid for this web service.",
        ),
        (
            b"Action=RunScheduledInstances&Version=2016-11-15",
            "InvalidAction",
            "The action RunScheduledInstances is not valid for this web service.",
        ),
        (b"Action=%3Cb%3E&Version=2016-11-15", "InvalidAction", "The action <b> is not valid"),
        (
            b"Action=DeleteSnapshot&Version=2016-11-15",
            "MissingParameter",
            "The request must contain the parameter SnapshotId",
        ),
        (
            b"Action=DescribeSnapshots&Version=2016-11-15&MaxResults=ten",
            "InvalidParameterValue",
            "Value (ten) for parameter MaxResults is invalid.",
        ),
        (
            b"Action=DescribeSnapshots&Version=2016-11-15&DryRun=maybe",
            "InvalidParameterValue",
            "DryRun",
        ),
        (b"Action=DescribeSnapshots&Version=2016-11-15&Colour=red", "UnknownParameter", "Colour"),
        (
            b"Action=ImportSnapshot&Version=2016-11-15&DiskContainer.UserBucket.Colour=red",
            "UnknownParameter",
            "DiskContainer.UserBucket.Colour",
        ),
        (b"Action=DescribeSnapshots&Version=yesterday", "NoSuchVersion", "yesterday"),
        (b"Action=DescribeSnapshots&Version=%ff", "MalformedQueryString", "UTF-8"),
        (b"Action=DescribeSnapshots&Version=%2", "MalformedQueryString", "%2"),
        (b"Action=DescribeSnapshots&Filter=1&Filter.1.Name=x", "MalformedQueryString", "Filter"),
    ],
)
def test_ec2_says_what_is_wrong_with_a_form(wire: Wire, form: bytes, code: str, said: str) -> None:
    reply = ec2(wire, form)

    assert (reply.status, reply.code) == (400, code)
    assert said in reply.message
    assert reply.headers["content-type"] == "text/xml;charset=UTF-8"
    assert reply.headers["x-amzn-requestid"] == reply.text("RequestID")
    assert b"<Response><Errors><Error><Code>" in reply.body


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (b"Version=2011-06-15", "MissingAction"),
        (b"Action=MakeCoffee&Version=2011-06-15", "InvalidAction"),
        (b"Action=GetCallerIdentity&Version=2011-06-15&Colour=red", "UnknownParameter"),
    ],
)
def test_sts_says_it_in_its_own_protocol(wire: Wire, form: bytes, code: str) -> None:
    reply = wire.ask("POST /", form, Content_Type=FORM, Authorization=signed("123456789012", "sts"))

    assert (reply.status, reply.code, reply.text("Type")) == (400, code, "Sender")
    assert reply.headers["x-amzn-requestid"] == reply.text("RequestId")


@pytest.mark.parametrize(
    ("line", "status", "code"),
    [
        ("POST /", 405, "MethodNotAllowed"),
        ("PATCH /bucket/key", 405, "MethodNotAllowed"),
        ("GET /bucket?cors", 501, "NotImplemented"),
        ("GET /no-such-bucket-here?list-type=2&max-keys=many", 400, "InvalidArgument"),
        ("GET /bucket/key?x=%zz", 400, "InvalidURI"),
        ("PUT /bucket/%ff", 400, "InvalidArgument"),
        ("GET /no-such-bucket-here/key", 404, "NoSuchBucket"),
    ],
)
def test_s3_says_what_is_wrong(wire: Wire, line: str, status: int, code: str) -> None:
    reply = wire.ask(line)

    assert (reply.status, reply.code) == (status, code)
    assert reply.headers["content-type"] == "application/xml"
    assert reply.headers["server"] == "AmazonS3"
    assert reply.headers["x-amz-request-id"] == reply.text("RequestId")


@pytest.mark.parametrize(
    ("query", "expires"),
    [
        ("X-Amz-Signature=00&X-Amz-Date=20260131T120000Z&X-Amz-Expires=90", "2026-01-31T12:01:30Z"),
        ("AWSAccessKeyId=1&Signature=00&Expires=1769860890", "2026-01-31T12:01:30Z"),
    ],
)
def test_a_presigned_url_is_not_good_for_ever(
    wire: Wire, house: House, query: str, expires: str
) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "key", b"bytes")

    reply = wire.ask(f"GET /{bucket}/key?{query}")

    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert (reply.message, reply.text("Expires")) == ("Request has expired", expires)


def test_s3_refuses_xml_that_is_none(wire: Wire, house: House) -> None:
    bucket = house.bucket()

    reply = wire.ask(f"POST /{bucket}?delete", b"<Delete><Object>")

    assert (reply.status, reply.code) == (400, "MalformedXML")


@pytest.mark.parametrize("announced", [True, False])
def test_a_form_that_is_too_large_is_refused(wire: Wire, announced: bool) -> None:
    form = b"Action=DescribeSnapshots&Version=2016-11-15&Junk=" + b"x" * (1 << 20)
    if announced:
        reply = ec2(wire, form)
    else:
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)
        reply = wire.ask("POST /", body, Content_Type=FORM, Transfer_Encoding="chunked")

    assert (reply.status, reply.code) == (413, "RequestEntityTooLarge")
    assert ec2(wire, b"Action=DescribeRegions&Version=2016-11-15").status == 200


def test_a_service_that_nobody_serves_is_named(wire: Wire) -> None:
    json = wire.ask("POST /", b"{}", X_Amz_Target="AmazonSSM.GetParameter")
    query = wire.ask(
        "POST /", b"Action=CreateTopic", Content_Type=FORM, Authorization=signed("1", "sns")
    )
    rest = wire.ask("GET /2015-03-31/functions", Authorization=signed("1", "lambda"))

    assert (json.status, b"ssm" in json.body) == (404, True)
    assert (query.status, "sns" in query.message) == (404, True)
    assert (rest.status, b"lambda" in rest.body) == (404, True)


def test_what_is_no_http_is_refused(wire: Wire) -> None:
    wire.socket.sendall(b"HELO example\r\n\r\n")

    assert wire.receive().status == 400


def test_a_fault_of_ours_is_an_internal_error_with_a_traceback_in_the_log(
    house: House, wire: Wire
) -> None:
    bucket = house.open_bucket()
    before = set((house.data_dir / "blobs").glob("*/*"))
    house.put_object(bucket, "key", b"bytes")
    for file in set((house.data_dir / "blobs").glob("*/*")) - before:
        file.unlink()  # somebody has been at the data folder

    reply = wire.ask(f"GET /{bucket}/key")

    assert (reply.status, reply.code) == (500, "InternalError")
    request_id = reply.text("RequestId")
    (line,) = [
        line for line in house.server.log.splitlines() if request_id in line and "failed" in line
    ]
    assert "s3:GetObject" in line
