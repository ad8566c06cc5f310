"""What an exported file holds, as qemu-img reads it, and its ETag."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Final

from tests.disks import qemu_img

GIB: Final = 1 << 30

# What qemu calls the formats that are exported.
DRIVERS: Final[dict[str, dict[str, str]]] = {
    "VMDK": {"driver": "vmdk"},
    "VHD": {"driver": "vpc", "force_size_calc": "current_size"},
    "RAW": {"driver": "raw"},
}


PART: Final = 64 << 20  # bytes; a longer file is an object that was uploaded in parts


def etag_of(path: Path) -> str:
    """The ETag that S3 gives an object which is this file."""
    with path.open("rb") as file:
        parts = [hashlib.md5(part).digest() for part in iter(lambda: file.read(PART), b"")]
    if len(parts) == 1:
        return parts[0].hex()
    return f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def named(path: Path, disk_format: str) -> str:
    """The name of an image that leaves nothing for qemu to guess."""
    file = {"driver": "file", "filename": str(path)}
    return "json:" + json.dumps({**DRIVERS[disk_format], "file": file})


def assert_holds(path: Path, disk_format: str, source: Path, size: int = GIB) -> None:
    """The file is a disk of a size, which begins as the source does and ends in zeros."""
    image = named(path, disk_format)
    told = subprocess.check_output(["qemu-img", "info", "--output=json", image])
    assert json.loads(told)["virtual-size"] == size
    whole = path.with_name(f"{path.name}.expected")
    subprocess.run(["cp", "--sparse=always", source, whole], check=True)
    with whole.open("r+b") as file:
        file.truncate(size)
    try:
        qemu_img("compare", image, named(whole, "RAW"))
    finally:
        whole.unlink()
