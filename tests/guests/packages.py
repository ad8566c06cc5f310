"""Packages of both kinds, written from nothing: what brings the Systems Manager agent."""

import gzip
import io
import lzma
import struct
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import zstandard

from converters.guests.look.cpio import entry, trailer

SERVICE: Final = (
    b"[Service]\nExecStart=/usr/bin/amazon-ssm-agent\n[Install]\nWantedBy=multi-user.target\n"
)
PACKERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
    "": lambda data: data,
}


def program(machine: int = 62) -> bytes:
    """Return the beginning of a program for a processor, and something behind it."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, machine) + bytes(100)


def agent(machine: int = 62) -> dict[str, tuple[int, bytes]]:
    """Return the files of the agent's package: mode and content by path."""
    return {
        "usr/bin/amazon-ssm-agent": (0o755, program(machine)),
        "usr/bin/ssm-agent-worker": (0o755, program(machine)),
        "etc/amazon/ssm/seelog.xml.template": (0o644, b"<seelog/>\n"),
        "etc/init/amazon-ssm-agent.conf": (0o644, b"exec /usr/bin/amazon-ssm-agent\n"),
        "lib/systemd/system/amazon-ssm-agent.service": (0o644, SERVICE),
    }


def deb(path: Path, files: Mapping[str, tuple[int, bytes]], packer: str = ".gz") -> Path:
    """Write a .deb."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, (mode, content) in files.items():
            folder = tarfile.TarInfo(f"./{name.rpartition('/')[0]}/")
            folder.type = tarfile.DIRTYPE
            tar.addfile(folder)
            member = tarfile.TarInfo(f"./{name}")
            member.mode, member.size = mode, len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("./usr/share/doc/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    data = PACKERS[packer](archive.getvalue())
    parts = {"debian-binary": b"2.0\n", "control.tar.gz": b"odd", f"data.tar{packer}": data}
    whole = b"!<arch>\n"
    for name, content in parts.items():
        whole += f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode()
        whole += content + b"\n" * (len(content) % 2)
    path.write_bytes(whole)
    return path


def rpm(path: Path, files: Mapping[str, tuple[int, bytes]], packer: str = ".gz") -> Path:
    """Write a .rpm: a lead, two headers of one odd entry, and the archive."""
    archive = entry("./usr/bin", 0o040755)
    archive += b"".join(
        entry(f"./{name}", 0o100000 | mode, content) for name, (mode, content) in files.items()
    )
    archive += entry("./usr/share/link", 0o120777, b"/etc/passwd") + trailer()
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">II", 1, 5)
    header += struct.pack(">IIII", 1000, 6, 0, 1) + b"name\0"
    whole = b"\xed\xab\xee\xdb\x03\x00" + bytes(90) + header
    whole += bytes(-len(whole) % 8) + header
    path.write_bytes(whole + PACKERS[packer](archive))
    return path
