"""What a client's URL leads to is fetched only from where it may be."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from converters.errors import ClientError
from converters.pipelines.fetching import Answer, Fetcher, TooLarge, Unreachable
from emulator import tls
from state.fetching import names


class Elsewhere(BaseHTTPRequestHandler):
    """A server of someone else's."""

    seen: list[tuple[str, str]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/secret")
            self.end_headers()
        elif self.path.startswith("/gone"):
            self.send_error(404)
        elif self.path.startswith("/endless"):
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(bytes(1000))
        else:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.send_header("ETag", '"5d41402abc4b2a76b9719d911017c592"')
            self.end_headers()
            self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()


def fetched(fetcher: Fetcher, url: str, most: int = 100) -> tuple[Answer, bytes]:
    got = bytearray()
    answer = asyncio.run(fetcher.fetch(url, got.extend, most))
    return answer, bytes(got)


def test_a_host_that_is_named_is_fetched_from(port: int) -> None:
    fetcher = Fetcher([f"localhost:{port}"], ["127.0.0.0/8", "::1/128"])

    answer, got = fetched(fetcher, f"http://localhost:{port}/a%2Fb/c+d?X-Amz-Signature=1%2B2")

    assert got == b"hello"
    assert answer == Answer(200, "5d41402abc4b2a76b9719d911017c592", 5)
    assert Elsewhere.seen[-1] == ("/a%2Fb/c+d?X-Amz-Signature=1%2B2", f"localhost:{port}")
    assert fetched(fetcher, f"http://localhost:{port}/gone")[0].status == 404


def test_tls_is_checked_by_what_this_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = tls.self_signed(tmp_path, "localhost", datetime.now(UTC))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.socket = tls.context(certificate, key).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    host = f"localhost:{server.server_port}"

    def got() -> bytes:
        return fetched(Fetcher([host], ["127.0.0.0/8", "::1/128"]), f"https://{host}/x")[1]

    try:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(Unreachable):
            got()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert got() == b"hello"
    finally:
        server.shutdown()
        server.server_close()


def test_a_redirect_is_an_answer(port: int) -> None:
    fetcher = Fetcher([f"localhost:{port}"], ["127.0.0.0/8", "::1/128"])

    assert fetched(fetcher, f"http://localhost:{port}/moved") == (Answer(302), b"")


@pytest.mark.parametrize("path", ["whole", "endless"])
def test_only_so_many_bytes_are_taken(port: int, path: str) -> None:
    fetcher = Fetcher([f"localhost:{port}"], ["127.0.0.0/8", "::1/128"])

    with pytest.raises(TooLarge):
        fetched(fetcher, f"http://localhost:{port}/{path}", most=4)


def test_an_address_of_ones_own_network_is_not_spoken_to(port: int) -> None:
    before = len(Elsewhere.seen)

    for networks in ((), ("10.0.0.0/8",)):
        with pytest.raises(ClientError, match="The host localhost is not one"):
            fetched(Fetcher([f"localhost:{port}"], networks), f"http://localhost:{port}/x")
    assert len(Elsewhere.seen) == before


@pytest.mark.parametrize(
    "address",
    [
        "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "127.0.0.1", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "240.0.0.1", "::1", "fe80::1", "fd00:ec2::254", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "::",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2001:0:7f00:1::1",
        "fec0::1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::1", "168.63.129.16",
    ],
)  # fmt: skip
def test_what_a_name_leads_to_decides(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    async def found(self: object, host: str, port: int, **more: object) -> list[object]:
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))
        return [public, (family, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)

    with pytest.raises(ClientError, match=r"The host parts\.test is not one"):
        fetched(Fetcher(["parts.test"], []), "https://parts.test/x")


def test_one_of_its_addresses_is_enough(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def found(self: object, host: str, port: int, **more: object) -> list[object]:
        none = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        return [none, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)
    fetcher = Fetcher([f"parts.test:{port}"], ["127.0.0.1", "::1"])

    assert fetched(fetcher, f"http://parts.test:{port}/x")[1] == b"hello"
    assert Elsewhere.seen[-1][1] == f"parts.test:{port}"


def test_a_name_that_leads_nowhere_may_do_so_later() -> None:
    with pytest.raises(Unreachable):
        fetched(Fetcher(["nowhere.invalid"], []), "http://nowhere.invalid/x")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a\x01b",
        f"http://127.0.0.1/{'x' * 70_000}",
        f"http://{'x' * 64}.below.test/x",
        "http://a..below.test/x",
    ],
    ids=["control", "long", "label", "empty"],
)
def test_a_url_that_there_cannot_be_is_the_clients_fault(url: str) -> None:
    with pytest.raises(ClientError, match="Reason 404 Not Found"):
        fetched(Fetcher(["127.0.0.1", ".below.test"], ["127.0.0.0/8"]), url)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://parts.test/x", True),
        ("https://parts.test:443/x", True),
        ("https://PARTS.test./x", True),
        ("http://parts.test:8080/x", False),
        ("http://other.test:9000/x", True),
        ("http://other.test/x", False),
        ("https://a.b.below.test/x", True),
        ("https://below.test/x", False),
        ("https://notbelow.test/x", False),
        ("https://parts.test@evil.test/x", False),
        ("https://user@parts.test/x", False),
        ("ftp://parts.test/x", False),
        ("file:///etc/passwd", False),
        ("http://[::1/x", False),
        ("http://[::1]:9000/x", True),
        ("http://[::1]/x", False),
        ("http://[::2]:9000/x", False),
        ("http:///x", False),
        ("parts.test", False),
    ],
)
def test_a_host_is_named_with_its_port(url: str, named: bool) -> None:
    hosts = ["Parts.test", "other.test:9000", ".below.test", "[::1]:9000"]
    assert names(hosts, url) is named
