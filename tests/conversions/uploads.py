"""A client of ImportInstance and ImportVolume: a bucket, a manifest, and parts in any order."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from state.blobs import Blobs
from state.store import Store
from tests.house import House, default_url

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ConversionTaskTypeDef

MIB = 1 << 20
PATIENCE = 30.0  # seconds


class Upload:
    """A disk image, and how much of it is in its bucket."""

    def __init__(
        self,
        house: House,
        image: bytes,
        disk_format: str = "RAW",
        *,
        part: int = MIB,
        bucket: str | None = None,
    ) -> None:
        self.house = house
        self.image = image
        self.format = disk_format
        self.bucket = bucket or house.bucket()
        self.starts = range(0, len(image), part)
        self.part = part
        self.key = "upload/manifest.xml"

    def url(self, key: str, method: str = "get_object") -> str:
        """Presign a URL."""
        made: str = self.house.s3().generate_presigned_url(
            method, Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=3600
        )
        return made

    def key_of(self, number: int) -> str:
        return f"upload/part{number}"

    def bytes_of(self, number: int) -> bytes:
        start = self.starts[number]
        return self.image[start : start + self.part]

    def manifest(self, **changes: object) -> str:
        """Write the manifest; changes are of its size, count, format and last end."""
        parts = []
        for number, start in enumerate(self.starts):
            end = start + len(self.bytes_of(number)) - 1
            if number == len(self.starts) - 1:
                end = int(str(changes.get("end", end)))
            key = self.key_of(number)
            parts.append(
                f'<part index="{number}"><byte-range end="{end}" start="{start}"/>'
                f"<key>{key}</key>"
                f"<head-url>{escape(self.url(key, 'head_object'))}</head-url>"
                f"<get-url>{escape(self.url(key))}</get-url>"
                f"<delete-url>{escape(self.url(key, 'delete_object'))}</delete-url></part>"
            )
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            "<manifest><version>2010-11-15</version>"
            f"<file-format>{changes.get('format', self.format)}</file-format>"
            "<importer><name>ec2-upload-disk-image</name><version>1.0.0</version>"
            "<release>2010-11-15</release></importer>"
            f"<self-destruct-url>{escape(self.url(self.key, 'delete_object'))}</self-destruct-url>"
            f"<import><size>{changes.get('size', len(self.image))}</size>"
            "<volume-size>1</volume-size>"
            f'<parts count="{changes.get("count", len(self.starts))}">{"".join(parts)}</parts>'
            "</import></manifest>"
        )

    def put_manifest(self, **changes: object) -> None:
        self.house.put_object(self.bucket, self.key, self.manifest(**changes).encode())

    def put_part(self, number: int) -> None:
        self.house.put_object(self.bucket, self.key_of(number), self.bytes_of(number))

    def put_all(self) -> None:
        self.put_manifest()
        for number in range(len(self.starts)):
            self.put_part(number)

    # requests ------------------------------------------------------------------------------------

    def asked(self) -> Any:
        """The Image of a request."""
        return {
            "Format": self.format,
            "Bytes": len(self.image),
            "ImportManifestUrl": self.url(self.key),
        }

    def import_volume(self, **more: Any) -> "ConversionTaskTypeDef":
        request = {
            "AvailabilityZone": f"{self.house.region}a",
            "Image": self.asked(),
            "Volume": {"Size": 1},
            **more,
        }
        return self.house.ec2().import_volume(**request)["ConversionTask"]

    def import_instance(self, **more: Any) -> "ConversionTaskTypeDef":
        request = {
            "Platform": "Linux",
            "LaunchSpecification": {"InstanceType": "t2.micro", "Architecture": "x86_64"},
            "DiskImages": [{"Image": self.asked(), "Volume": {"Size": 1}}],
            **more,
        }
        return self.house.ec2().import_instance(**request)["ConversionTask"]


def look(house: House, task_id: str) -> Any:
    """Describe a task."""
    found = house.ec2().describe_conversion_tasks(ConversionTaskIds=[task_id])
    return found["ConversionTasks"][0]


def until(house: House, task_id: str, told: Callable[[Any], bool]) -> Any:
    """Describe a task until something is told of it."""
    deadline = time.monotonic() + PATIENCE
    while not told(task := look(house, task_id)):
        assert time.monotonic() < deadline, f"waited in vain: {task}"
        time.sleep(0.05)
    return task


def ended(house: House, task_id: str) -> Any:
    """Wait until a task is completed or cancelled."""
    return until(house, task_id, lambda task: task["State"] in ("completed", "cancelled"))


def volume_bytes(house: House, volume_id: str) -> bytes:
    """Read what a volume holds."""
    return volume_file(house, volume_id).read_bytes()


def volume_file(house: House, volume_id: str) -> Path:
    """Find the one file of a volume."""
    store = Store(default_url(house.data_dir))
    try:
        with store.read() as tx:
            volume = tx.volumes.get(volume_id)
        assert volume is not None
        (layer,) = volume.layers
        return Blobs(house.data_dir).path(layer.blob_id)
    finally:
        store.close()


def tidied(house: House, task_id: str) -> bool:
    """Wait until nothing is left of what a task worked on."""
    deadline = time.monotonic() + PATIENCE
    while (left := house.data_dir / "scratch" / task_id).exists():
        assert time.monotonic() < deadline, f"{left} is left"
        time.sleep(0.05)
    return True


def with_mbr(size: int, kind: int = 0x83) -> bytes:
    """Make a raw disk with one partition in an MBR, and something in it."""
    disk = bytearray(size)
    disk[446:462] = bytes([0x80, 0, 0, 0, kind, 0, 0, 0, *(8).to_bytes(4, "little")]) + (
        size // 512 - 8
    ).to_bytes(4, "little")
    disk[510:512] = b"\x55\xaa"
    disk[4096:4104] = b"contents"
    disk[-4:] = b"last"
    return bytes(disk)
