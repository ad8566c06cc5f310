"""The checksums of S3: claimed by clients, computed by us, and made of several.

    whole       base64(digest of the bytes)                        FULL_OBJECT
    composite   base64(digest of the parts' digests) + "-" + parts  COMPOSITE

A claim is in a header (`x-amz-checksum-crc32`), in a trailer behind an aws-chunked body (announced
by `x-amz-trailer`), or as Content-MD5. Who claims none gets a CRC64NVME all the same, as on AWS; at
10 GiB/s it costs nothing. CRCs of parts are combined without reading the bytes again.
`x-amz-content-sha256` is not compared with the bytes: it belongs to the signature.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, cast

from awscrt.checksums import (
    XXHash,
    combine_crc32,
    combine_crc32c,
    combine_crc64nvme,
    crc32c,
    crc64nvme,
)

from emulator.services.s3 import errors

Piece = bytes | bytearray | memoryview
R = TypeVar("R", bound=Mapping[str, object])
Combine = Callable[[int, int, int], int]

FULL_OBJECT = "FULL_OBJECT"
COMPOSITE = "COMPOSITE"
HEADER = "x-amz-checksum-"


class Digest(Protocol):
    """A checksum being computed."""

    def update(self, piece: Piece, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """Give the checksum of all bytes so far."""


class Crc:
    """A cyclic redundancy check being computed."""

    def __init__(self, function: Callable[[Piece, int], int], size: int) -> None:
        self.function = function
        self.size = size
        self.value = 0

    def update(self, piece: Piece, /) -> None:
        """Take in more bytes."""
        self.value = self.function(piece, self.value)

    def digest(self) -> bytes:
        """Give the check, most significant byte first."""
        return self.value.to_bytes(self.size, "big")


class Xx:
    """An xxHash being computed."""

    def __init__(self, start: Callable[[], XXHash]) -> None:
        self.hash = start()

    def update(self, piece: Piece, /) -> None:
        """Take in more bytes."""
        self.hash.update(piece)

    def digest(self) -> bytes:
        """Give the hash; it can be asked for once."""
        return bytes(self.hash.finalize())


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A checksum algorithm as the API names it."""

    name: str
    size: int  # bytes
    start: Callable[[], Digest]
    types: tuple[str, ...]  # of a multipart upload's checksum; the first is the default
    combine: Combine | None = None

    @property
    def member(self) -> str:
        """The request's and the answer's member, such as ChecksumCRC32."""
        return f"Checksum{self.name}"

    @property
    def header(self) -> str:
        """The header and the trailer, such as x-amz-checksum-crc32."""
        return HEADER + self.name.lower()


def md5() -> Digest:
    """Start an MD5, which names bytes here and guards nothing."""
    return hashlib.md5(usedforsecurity=False)


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        Algorithm("CRC32", 4, partial(Crc, zlib.crc32, 4), (COMPOSITE, FULL_OBJECT), combine_crc32),
        Algorithm("CRC32C", 4, partial(Crc, crc32c, 4), (COMPOSITE, FULL_OBJECT), combine_crc32c),
        Algorithm("CRC64NVME", 8, partial(Crc, crc64nvme, 8), (FULL_OBJECT,), combine_crc64nvme),
        Algorithm("SHA1", 20, hashlib.sha1, (COMPOSITE,)),
        Algorithm("SHA256", 32, hashlib.sha256, (COMPOSITE,)),
        Algorithm("SHA512", 64, hashlib.sha512, (COMPOSITE,)),
        Algorithm("MD5", 16, md5, (COMPOSITE,)),
        Algorithm("XXHASH64", 8, partial(Xx, XXHash.new_xxhash64), (COMPOSITE,)),
        Algorithm("XXHASH3", 8, partial(Xx, XXHash.new_xxhash3_64), (COMPOSITE,)),
        Algorithm("XXHASH128", 16, partial(Xx, XXHash.new_xxhash3_128), (COMPOSITE,)),
    )
}
DEFAULT = ALGORITHMS["CRC64NVME"]
MD5 = ALGORITHMS["MD5"]
BY_HEADER = {algorithm.header: algorithm for algorithm in ALGORITHMS.values()}


def beside(result: R, checksums: Mapping[str, str]) -> R:
    """Give an answer together with the members that show stored checksums."""
    shown = {ALGORITHMS[name].member: text for name, text in checksums.items()}
    return cast(R, {**result, **shown})


@dataclass(frozen=True, slots=True)
class Claim:
    """The checksum that bytes are said to have; without a text it is to come in a trailer."""

    algorithm: Algorithm
    text: str | None

    def check(self, digests: Mapping[str, bytes], trailers: Mapping[str, str]) -> None:
        """Compare with what was computed; raises BadDigest, or what is wrong with the trailer."""
        text = self.text
        if text is None:
            text = trailers.get(self.algorithm.header)
            if text is None:
                raise errors.malformed_trailer()
        if decoded(self.algorithm, text.strip()) != digests[self.algorithm.name]:
            raise errors.bad_checksum(self.algorithm.name)


def algorithm_named(name: str) -> Algorithm:
    """Find an algorithm by its name in any case; raises InvalidRequest."""
    found = ALGORITHMS.get(name.upper())
    if found is None:
        raise errors.checksum_algorithm_unknown(list(ALGORITHMS))
    return found


def claimed(request: Mapping[str, object], headers: Mapping[str, str]) -> Claim | None:
    """Give the checksum that an upload claims, in a header or in a trailer to come."""
    given = [algorithm for algorithm in ALGORITHMS.values() if algorithm.member in request]
    trailing = [
        BY_HEADER[name]
        for name in (part.strip().lower() for part in headers.get("x-amz-trailer", "").split(","))
        if name in BY_HEADER
    ]
    if len(given) + len(trailing) > 1:
        raise errors.checksum_headers_many()
    if given:
        text = str(request[given[0].member])
        decoded(given[0], text)
        return Claim(given[0], text)
    if trailing:
        return Claim(trailing[0], None)
    if "ChecksumAlgorithm" in request:
        raise errors.checksum_header_missing()
    return None


def claimed_md5(request: Mapping[str, object]) -> bytes | None:
    """Give the digest in Content-MD5; raises InvalidDigest."""
    text = request.get("ContentMD5")
    if text is None:
        return None
    try:
        digest = base64.b64decode(str(text), validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != MD5.size:
        raise errors.invalid_digest(str(text))
    return digest


def check_md5(claim: bytes | None, computed: bytes) -> None:
    """Compare a Content-MD5 with what was computed; raises BadDigest."""
    if claim is not None and claim != computed:
        raise errors.bad_content_md5(claim.hex(), encoded(computed))


def decoded(algorithm: Algorithm, text: str) -> bytes:
    """Read a checksum's base64; raises InvalidRequest."""
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != algorithm.size:
        raise errors.checksum_header_invalid(algorithm.header)
    return digest


def encoded(digest: bytes) -> str:
    """Write a checksum as base64."""
    return base64.b64encode(digest).decode()


def combined(algorithm: Algorithm, parts: Iterable[tuple[str, int]]) -> str:
    """Give the checksum of the whole from the checksums and the sizes of its parts."""
    assert algorithm.combine is not None, f"{algorithm.name} has no combination"
    value = 0
    for text, size in parts:
        check = int.from_bytes(base64.b64decode(text), "big")
        value = algorithm.combine(value, check, size)
    return encoded(value.to_bytes(algorithm.size, "big"))


def composite(algorithm: Algorithm, parts: Iterable[str]) -> str:
    """Give the checksum of the parts' checksums, and how many they were."""
    digest = algorithm.start()
    count = 0
    for count, text in enumerate(parts, start=1):  # noqa: B007
        digest.update(base64.b64decode(text))
    return f"{encoded(digest.digest())}-{count}"


def composite_etag(etags: Iterable[str]) -> str:
    """Give the ETag of a multipart object: the MD5 of the parts' MD5s, and how many they were."""
    digests = [bytes.fromhex(etag) for etag in etags]
    return f"{hashlib.md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"
