"""Checksums: computed, combined, claimed."""

import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import AwsError
from emulator.services.s3 import checksums
from emulator.services.s3.checksums import ALGORITHMS, Algorithm

# The check values of the CRC catalogue and of the algorithms' own test vectors, for "123456789".
KNOWN = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": hashlib.sha1(b"123456789").hexdigest(),
    "SHA256": hashlib.sha256(b"123456789").hexdigest(),
    "SHA512": hashlib.sha512(b"123456789").hexdigest(),
    "MD5": hashlib.md5(b"123456789").hexdigest(),
    "XXHASH64": "8cb841db40e6ae83",
}


def checksum(algorithm: Algorithm, *pieces: bytes) -> str:
    digest = algorithm.start()
    for piece in pieces:
        digest.update(piece)
    return checksums.encoded(digest.digest())


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda each: each.name)
def test_a_checksum_is_that_of_all_pieces(algorithm: Algorithm) -> None:
    whole = checksum(algorithm, b"123456789")
    assert checksum(algorithm, b"123", b"", b"456789") == whole
    assert len(base64.b64decode(whole)) == algorithm.size


@pytest.mark.parametrize("name", KNOWN)
def test_a_checksum_is_the_known_one(name: str) -> None:
    assert base64.b64decode(checksum(ALGORITHMS[name], b"123456789")).hex() == KNOWN[name]


@pytest.mark.parametrize("name", ["CRC32", "CRC32C", "CRC64NVME"])
@given(parts=st.lists(st.binary(max_size=100), min_size=1, max_size=5))
def test_checks_of_parts_combine_to_that_of_the_whole(name: str, parts: list[bytes]) -> None:
    algorithm = ALGORITHMS[name]
    sizes = [(checksum(algorithm, part), len(part)) for part in parts]
    assert checksums.combined(algorithm, sizes) == checksum(algorithm, *parts)


def test_a_composite_is_the_checksum_of_the_digests() -> None:
    one, two = hashlib.sha256(b"one").digest(), hashlib.sha256(b"two").digest()
    text = checksums.composite(ALGORITHMS["SHA256"], map(checksums.encoded, (one, two)))
    assert text == base64.b64encode(hashlib.sha256(one + two).digest()).decode() + "-2"


def test_a_multipart_etag_is_the_md5_of_the_md5s() -> None:
    one, two = hashlib.md5(b"one"), hashlib.md5(b"two")
    expected = hashlib.md5(one.digest() + two.digest()).hexdigest() + "-2"
    assert checksums.composite_etag([one.hexdigest(), two.hexdigest()]) == expected


def test_a_claim_in_a_header() -> None:
    text = checksums.encoded(zlib.crc32(b"x").to_bytes(4, "big"))
    claim = checksums.claimed({"ChecksumCRC32": text, "ChecksumAlgorithm": "CRC32"}, {})
    assert claim == checksums.Claim(ALGORITHMS["CRC32"], text)


def test_a_claim_in_a_trailer() -> None:
    claim = checksums.claimed({}, {"x-amz-trailer": "x-amz-checksum-sha256"})
    assert claim == checksums.Claim(ALGORITHMS["SHA256"], None)


@pytest.mark.parametrize(
    ("request_members", "headers", "message"),
    [
        ({"ChecksumCRC32": "AAAAAA=="}, {"x-amz-trailer": "x-amz-checksum-crc32c"}, "Expecting a"),
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumSHA1": "A" * 28}, {}, "Expecting a single"),
        ({"ChecksumCRC32": "AAAA"}, {}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"ChecksumSHA256": "no!"}, {}, "Value for x-amz-checksum-sha256 header is invalid."),
        ({"ChecksumCRC32C": "é"}, {}, "Value for x-amz-checksum-crc32c header is invalid."),
        ({"ChecksumAlgorithm": "CRC32"}, {}, "x-amz-sdk-checksum-algorithm specified, but"),
    ],
)
def test_a_claim_that_cannot_be_read_is_refused(
    request_members: dict[str, object], headers: dict[str, str], message: str
) -> None:
    with pytest.raises(AwsError, match=message) as caught:
        checksums.claimed(request_members, headers)
    assert caught.value.code == "InvalidRequest"
