"""What vmie does not serve goes to the upstream: here a real moto server, or a bare socket."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.house import House, MakeHouse, client
from tests.wire.sockets import Wire

pytestmark = pytest.mark.slow  # it starts many processes


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a moto server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    command = [
        str(Path(sys.executable).with_name("moto_server")),
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/moto-api/")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture
def front(moto: str, make_house: MakeHouse) -> House:
    """A vmie that stands in front of moto."""
    return make_house(upstream=moto)


def test_actions_and_services_of_the_upstream_are_reached(front: House, moto: str) -> None:
    created = front.ec2().create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    found = front.ec2().describe_vpn_gateways()["VpnGateways"]
    iam = client("iam", front.endpoint, front.account_id, "us-east-1")
    iam.create_user(UserName="somebody")
    kms = client("kms", front.endpoint, front.account_id, "us-east-1")

    assert [gateway["VpnGatewayId"] for gateway in found] == [created]
    assert iam.get_user(UserName="somebody")["User"]["UserName"] == "somebody"
    assert kms.create_key()["KeyMetadata"]["Enabled"]
    direct = client("ec2", moto, front.account_id, "us-east-1").describe_vpn_gateways()
    assert created in [gateway["VpnGatewayId"] for gateway in direct["VpnGateways"]]


def test_what_vmie_serves_stays_with_vmie(front: House, moto: str) -> None:
    bucket = front.bucket()
    front.put_object(bucket, "key", b"ours")

    assert front.sts().get_caller_identity()["Arn"].endswith(":root")
    with pytest.raises(ClientError, match=r"NoSuchBucket|Not Found|404"):
        client("s3", moto, front.account_id, "us-east-1").head_bucket(Bucket=bucket)


def test_an_error_of_the_upstream_comes_back_as_it_is(front: House) -> None:
    with pytest.raises(ClientError) as raised:
        front.ec2().delete_vpn_gateway(VpnGatewayId="vgw-00000000")

    assert raised.value.response["Error"]["Code"] == "InvalidVpnGatewayID.NotFound"


def test_an_upstream_that_is_down_is_a_readable_error(make_house: MakeHouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    house = make_house(upstream=f"http://127.0.0.1:{port}")

    with pytest.raises(ClientError) as raised:
        house.ec2().describe_vpn_gateways()

    assert raised.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


class Mirror:
    """An upstream that keeps what it got and answers when it is told to."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self.connection: socket.socket | None = None
        self.accepted = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        self.connection, _ = self.listening.accept()
        self.connection.settimeout(20)
        self.accepted.set()

    def received_until(self, end: bytes) -> bytes:
        assert self.accepted.wait(20)
        assert self.connection is not None
        received = b""
        while not received.endswith(end):
            received += self.connection.recv(65536)
        return received

    def answer(self, data: bytes) -> None:
        assert self.connection is not None
        self.connection.sendall(data)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    mirror = Mirror()
    yield mirror
    mirror.listening.close()
    if mirror.connection is not None:
        mirror.connection.close()


def test_bytes_stream_both_ways(make_house: MakeHouse, mirror: Mirror) -> None:
    house = make_house(upstream=mirror.url)
    wire = Wire(house.endpoint)

    # A part of the body is there before the rest was sent …
    wire.send(
        "PUT /a%2Fb/../c//d?legal-hold&x=%20+", b"first", Content_Length="10",
        Host="bucket.localhost", Connection="keep-alive, X-Hop", X_Hop="1", TE="trailers",
        X_End="to end",
    )  # fmt: skip
    head, _, body = mirror.received_until(b"first").partition(b"\r\n\r\n")
    wire.socket.sendall(b"later")
    mirror.received_until(b"later")
    # … and so is a part of the answer.
    head_of_answer = [
        "HTTP/1.1 200 Fine", "Transfer-Encoding: chunked", "Keep-Alive: x", "X-End: back",
        "Set-Cookie: a=1", "Set-Cookie: b=2", "", "5", "hello", "",
    ]  # fmt: skip
    mirror.answer("\r\n".join(head_of_answer).encode())
    early = b""
    while b"hello" not in early:
        early += wire.socket.recv(65536)
    mirror.answer(b"6\r\n world\r\n0\r\n\r\n")
    while not early.endswith(b"0\r\n\r\n"):
        early += wire.socket.recv(65536)

    lines = head.lower().split(b"\r\n")
    assert head.startswith(b"PUT /a%2Fb/../c//d?legal-hold&x=%20+ HTTP/1.1\r\n")
    assert b"x-end: to end" in lines
    assert b"host: bucket.localhost" in lines
    assert b"content-length: 10" in lines
    assert not [line for line in lines if line.startswith((b"x-hop", b"te:", b"user-agent"))]
    assert body == b"first"
    answer = early.lower()
    assert b"x-end: back" in answer
    assert answer.count(b"set-cookie") == 2
    assert b"keep-alive: x" not in answer


def test_an_upstream_that_breaks_off_breaks_the_answer_off(
    make_house: MakeHouse, mirror: Mirror
) -> None:
    house = make_house(upstream=mirror.url)
    wire = Wire(house.endpoint)

    wire.send("GET /bucket?cors")
    mirror.received_until(b"\r\n\r\n")
    mirror.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    assert mirror.connection is not None
    mirror.connection.close()
    received = b""
    while piece := wire.socket.recv(65536):
        received += piece

    assert received.endswith(b"only this")
    assert Wire(house.endpoint).ask("GET /?Action=DescribeRegions").status == 200
