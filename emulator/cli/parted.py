"""Uploads a disk image in parts, beside a manifest that tells how they belong together.

    <prefix>/<random>/<file>.manifest.xml      what ImportInstance and ImportVolume are given
    <prefix>/<random>/<file>.part00000 …       several at once; what is there already stays

A part is read once, hashed on its way, and there if its ETag is its MD5. The keys follow from that
of the manifest, and the parts from what it says: to resume takes nothing but the task.
"""

import asyncio
import hashlib
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from xml.sax.saxutils import escape

import aiofiles
import httpx

from converters.errors import ClientError
from converters.stages import import_manifest
from converters.stages.formats import FORMATS, foreign
from converters.stages.formats.image import Image
from emulator.cli.aws import WEEK, Aws, AwsRefusal, check
from emulator.parts import StartError

GIB = 1 << 30
PART = 10 << 20  # bytes, as the EC2 tools made them
MOST_PARTS = 10_000
PIECE = 1 << 20
TRIES = 6
MANIFEST = ".manifest.xml"
TAKEN = ("RAW", "VHD", "VMDK")
NEVER = range(400, 500)  # statuses that are the same if a request comes again


@dataclass(frozen=True, slots=True)
class DiskFile:
    """A disk image on this machine."""

    path: Path
    format: str  # RAW, VHD, VMDK
    size: int  # bytes of the file
    gib: int  # of the smallest volume that the disk fits into


def looked_at(path: Path) -> DiskFile:
    """Return what a file is; StartError if it is no disk that can be imported so."""
    try:
        with Image(path) as image:
            found = next((known for known in FORMATS if known.matches(image)), None)
            name = found.NAME if found else "RAW"
            if image.size == 0 or foreign.matches(image) or name not in TAKEN:
                raise StartError(f"{path} is none of {', '.join(TAKEN)}")
            size = found.layout(image).size if found else image.size
            return DiskFile(path, name, image.size, max(1, -(-size // GIB)))
    except OSError as error:
        raise StartError(f"cannot read {path}: {error.strerror}") from None
    except ClientError as error:
        raise StartError(f"{path}: {error}") from None


@dataclass(frozen=True, slots=True)
class Upload:
    """Where a disk image goes, and how it is cut."""

    disk: DiskFile
    bucket: str
    base: str  # what the keys begin with
    part: int  # bytes
    volume_gib: int

    @property
    def manifest_key(self) -> str:
        """The key of the manifest."""
        return f"{self.base}{MANIFEST}"

    @property
    def count(self) -> int:
        """How many parts there are."""
        return -(-self.disk.size // self.part)

    def key(self, number: int) -> str:
        """Return the key of a part."""
        return f"{self.base}.part{number:05}"

    def length(self, number: int) -> int:
        """Return how many bytes a part has."""
        return min(self.part, self.disk.size - number * self.part)


def begun(disk: DiskFile, bucket: str, prefix: str, part: int, volume_gib: int | None) -> Upload:
    """Return an upload to a place of its own."""
    part = max(part, -(-disk.size // MOST_PARTS))
    folder = "/".join(filter(None, (prefix.strip("/"), secrets.token_hex(8))))
    return Upload(disk, bucket, f"{folder}/{disk.path.name}", part, volume_gib or disk.gib)


def manifest(aws: Aws, upload: Upload, seconds: int = WEEK) -> bytes:
    """Write the manifest."""

    def url(method: str, key: str) -> str:
        return escape(aws.place.presigned(method, upload.bucket, key, seconds))

    parts = []
    for number in range(upload.count):
        start, key = number * upload.part, upload.key(number)
        end = start + upload.length(number) - 1
        parts.append(
            f'<part index="{number}"><byte-range end="{end}" start="{start}"/>'
            f"<key>{escape(key)}</key><head-url>{url('HEAD', key)}</head-url>"
            f"<get-url>{url('GET', key)}</get-url><delete-url>{url('DELETE', key)}</delete-url>"
            "</part>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        "<manifest><version>2010-11-15</version>"
        f"<file-format>{upload.disk.format}</file-format>"
        f"<importer><name>vmie</name><version>{version('vmie')}</version>"
        "<release>2010-11-15</release></importer>"
        f"<self-destruct-url>{url('DELETE', upload.manifest_key)}</self-destruct-url>"
        f"<import><size>{upload.disk.size}</size><volume-size>{upload.volume_gib}</volume-size>"
        f'<parts count="{upload.count}">{"".join(parts)}</parts></import></manifest>'
    ).encode()


async def resumed(aws: Aws, disk: DiskFile, bucket: str, key: str, gib: int, part: int) -> Upload:
    """Return the upload that a manifest's key tells of; StartError if it is another disk's."""
    if not key.endswith(MANIFEST):
        raise StartError(f"{bucket}/{key} is not the manifest of an upload by vmie")
    base = key.removesuffix(MANIFEST)
    part = max(part, -(-disk.size // MOST_PARTS))
    known = await aws.get(bucket, key)
    if known is not None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(known)
            file.flush()
            try:
                said = import_manifest.read(Path(file.name))
            except ClientError as error:
                raise StartError(f"{bucket}/{key}: {error}") from None
        if (said.size, said.format) != (disk.size, disk.format):
            raise StartError(f"{disk.path} is not the disk that this task waits for")
        part = said.parts[0].length
    return Upload(disk, bucket, base, part, gib)


async def send(
    aws: Aws, upload: Upload, parallel: int, again: bool, report: Callable[[int], None]
) -> None:
    """Upload the manifest, and all parts that are not there; report gets bytes as they go."""
    await aws.put(upload.bucket, upload.manifest_key, manifest(aws, upload))
    numbers = iter(range(upload.count))

    async def some() -> None:
        for number in numbers:
            if again and await _is_there(aws, upload, number):
                report(upload.length(number))
            else:
                await _send_part(aws, upload, number, report)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(parallel, upload.count)):
                group.create_task(some())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def remove(aws: Aws, upload: Upload) -> None:
    """Delete the parts, then the manifest."""
    for key in (*map(upload.key, range(upload.count)), upload.manifest_key):
        await aws.delete(upload.bucket, key)


async def _is_there(aws: Aws, upload: Upload, number: int) -> bool:
    """Tell whether a part is there, with the bytes that it should have."""
    response = await aws.head(upload.bucket, upload.key(number))
    if response.status_code != 200:
        return False
    if int(response.headers.get("content-length", "-1")) != upload.length(number):
        return False
    digest = hashlib.md5(usedforsecurity=False)
    async for piece in _pieces(upload, number):
        digest.update(piece)
    etag: str = response.headers.get("etag", "")
    return etag.strip('"') == digest.hexdigest()


async def _send_part(aws: Aws, upload: Upload, number: int, report: Callable[[int], None]) -> None:
    """Upload a part, again if that fails; AwsRefusal, httpx.HTTPError."""
    for attempt in range(TRIES):
        sent = 0
        digest = hashlib.md5(usedforsecurity=False)

        async def body() -> AsyncIterator[bytes]:
            nonlocal sent
            async for piece in _pieces(upload, number):
                digest.update(piece)  # noqa: B023 - it is read before the next turn
                yield piece
                sent += len(piece)
                report(len(piece))

        try:
            response = await aws.http.put(
                aws.place.presigned("PUT", upload.bucket, upload.key(number)),
                content=body(),
                headers={"Content-Length": str(upload.length(number))},
            )
            if response.is_success:
                etag = response.headers.get("etag", "").strip('"')
                if len(etag) != 32 or etag == digest.hexdigest():
                    return
                raise AwsRefusal(500, "BadDigest", f"part {number} arrived garbled")
            check(response)
        except (httpx.HTTPError, AwsRefusal) as error:
            report(-sent)
            final = isinstance(error, AwsRefusal) and error.status in NEVER
            if final or attempt == TRIES - 1:
                raise
        await asyncio.sleep(min(2**attempt * 0.2, 10.0))


async def _pieces(upload: Upload, number: int) -> AsyncIterator[bytes]:
    left = upload.length(number)
    async with aiofiles.open(upload.disk.path, "rb") as file:
        await file.seek(number * upload.part, os.SEEK_SET)
        while left:
            piece = await file.read(min(PIECE, left))
            if not piece:
                raise StartError(f"{upload.disk.path} has become shorter")
            left -= len(piece)
            yield piece
