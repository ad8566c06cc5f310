"""Requests written by hand, for what no well-behaved client sends."""

import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from urllib.parse import urlsplit
from xml.etree import ElementTree

SIGNED = (
    "AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00"
)


@dataclass
class Reply:
    """An answer that was read from a socket."""

    status: int
    headers: dict[str, str]  # lower-case names
    body: bytes
    closes: bool  # whether the server wants to close the connection

    @property
    def code(self) -> str:
        """The error code in the body, whatever the protocol."""
        return self.text("Code")

    @property
    def message(self) -> str:
        """The sentence of the error."""
        return self.text("Message")

    def text(self, name: str) -> str:
        """Find the text of the first element of a name."""
        for element in ElementTree.fromstring(self.body).iter():
            if element.tag.rpartition("}")[2] == name:
                return element.text or ""
        raise AssertionError(f"no {name} in {self.body!r}")


class Wire:
    """One connection to a server."""

    def __init__(self, endpoint: str, receive_buffer: int | None = None) -> None:
        parts = urlsplit(endpoint)
        self.host = parts.netloc
        self.socket = socket.socket(
            socket.AF_INET6 if ":" in str(parts.hostname) else socket.AF_INET
        )
        self.socket.settimeout(20)
        if receive_buffer is not None:  # of whoever reads slowly
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect((parts.hostname, parts.port))

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, line: str | bytes, body: bytes = b"", /, **headers: str) -> None:
        """Send a request: its first line without the version, its headers, its body.

        Content-Length is added unless Transfer_Encoding or Content_Length is given; host too.
        """
        if isinstance(line, str):
            line = line.encode()
        names = {name.replace("_", "-"): text for name, text in headers.items()}
        names.setdefault("Host", self.host)
        if "Transfer-Encoding" not in names and (body or not line.startswith((b"GET", b"HEAD"))):
            names.setdefault("Content-Length", str(len(body)))
        head = [line + b" HTTP/1.1"]
        head += [f"{name}: {text}".encode() for name, text in names.items()]
        self.socket.sendall(b"\r\n".join(head) + b"\r\n\r\n" + body)

    def receive(self, method: str = "GET") -> Reply:
        """Read one answer."""
        response = HTTPResponse(self.socket, method=method)
        response.begin()
        body = response.read()
        headers = {name.lower(): text for name, text in response.getheaders()}
        return Reply(response.status, headers, body, response.will_close)

    def ask(self, line: str | bytes, body: bytes = b"", /, **headers: str) -> Reply:
        """Send a request and read its answer."""
        self.send(line, body, **headers)
        first = line if isinstance(line, str) else line.decode("latin-1")
        return self.receive(first.partition(" ")[0])


def signed(account: str, service: str, region: str = "us-east-1") -> str:
    """Write an Authorization header that says who asks; nothing is really signed."""
    return SIGNED.format(account=account, region=region, service=service)
