"""The servers that are measured: vmie, and a moto server from PyPI as the reference."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode


@dataclass(frozen=True)
class Server:
    """A server process that answers on a port."""

    port: int
    pid: int
    ready_after: float  # seconds from the start of the process to its first answer

    @property
    def url(self) -> str:
        """Return the endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def forget_peak(self) -> None:
        """Start the count of peak memory anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def memory(self, field: str = "VmHWM") -> float:
        """Return peak (VmHWM) or current (VmRSS) resident memory in MiB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
        raise LookupError(field)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, probe: str) -> Iterator[Server]:
    """Start a server, wait for its first answer to probe, and stop it in the end."""
    started = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{probe}").read()
                break
            except OSError:
                if child.poll() is not None:
                    raise SystemExit(f"{command[0]} ended with {child.returncode}") from None
                time.sleep(0.005)
        yield Server(port, child.pid, time.perf_counter() - started)
    finally:
        child.terminate()
        child.wait()


PROBE = "/?Action=DescribeRegions&Version=2016-11-15"


@contextmanager
def vmie(data_dir: Path, boot: str = "off") -> Iterator[Server]:
    """Run vmie on a free port; disks are imported as they are."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("vmie")), "serve",
        "--port", str(port), "--data-dir", str(data_dir), "--guests", "off", "--boot", boot,
    ]  # fmt: skip
    with running(command, port, PROBE) as server:
        yield server


@contextmanager
def moto() -> Iterator[Server]:
    """Run moto on a free port, with an empty EC2 so that it needs not load its catalogues."""
    port = free_port()
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    command = [str(Path(sys.executable).with_name("moto_server")), "-p", str(port)]
    with running(command, port, PROBE) as server:
        yield server


def ec2_request(server: Server, **parameters: str) -> bytes:
    """Write a whole EC2 request as bytes, with the credential scope that routes it."""
    body = urlencode({"Version": "2016-11-15", **parameters})
    return (
        "POST / HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20260101/us-east-1/ec2/aws4_request, "
        "SignedHeaders=host, Signature=00\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
