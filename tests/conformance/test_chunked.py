"""aws-chunked bodies: whatever way they are cut, the payload and the trailers come out."""

import asyncio
import contextlib
import itertools
import tracemalloc
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.protocol.chunked import decode, is_chunked
from emulator.protocol.faults import IncompleteBody, MalformedBody, MalformedChunk

SIGNED = b";chunk-signature=" + b"0" * 64


def framed(chunks: Iterable[bytes], signed: bool, trailers: dict[str, str]) -> bytes:
    """Frame a payload as a client does."""
    extension = SIGNED if signed else b""
    body = b"".join(b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    lines = "".join(f"{name}:{text}\r\n" for name, text in trailers.items())
    return body + b"0" + extension + b"\r\n" + lines.encode() + b"\r\n"


def cut(body: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Cut a body into pieces at these places."""
    places = [0, *sorted(cut for cut in cuts if cut <= len(body)), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(places)]


async def arriving(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Let pieces arrive."""
    for piece in pieces:
        yield piece


def read(pieces: Iterable[bytes], length: int | None = None) -> tuple[bytes, dict[str, str]]:
    """Decode a body wholly."""

    async def everything() -> tuple[bytes, dict[str, str]]:
        body = decode(arriving(pieces), length)
        payload = b"".join([piece async for piece in body])
        return payload, dict(body.trailers)

    return asyncio.run(everything())


CHUNKS = st.lists(st.binary(min_size=1, max_size=200), max_size=6)
CUTS = st.lists(st.integers(0, 1500), max_size=12)
TRAILERS = st.dictionaries(
    st.sampled_from(["x-amz-checksum-crc32", "x-amz-trailer-signature", "X-Amz-Checksum-Sha256"]),
    st.text("abcXYZ019+/=", max_size=20),
)


@settings(max_examples=150)
@given(CHUNKS, CUTS, st.booleans(), TRAILERS)
def test_any_cut_of_a_body_gives_its_payload_and_trailers(
    chunks: list[bytes], cuts: list[int], signed: bool, trailers: dict[str, str]
) -> None:
    payload = b"".join(chunks)

    got = read(cut(framed(chunks, signed, trailers), cuts), len(payload))

    assert got == (payload, {name.lower(): text for name, text in trailers.items()})


@settings(max_examples=150)
@given(CHUNKS, CUTS, st.booleans(), st.integers(0, 1500))
def test_a_body_that_is_cut_off_is_incomplete(
    chunks: list[bytes], cuts: list[int], signed: bool, end: int
) -> None:
    body = framed(chunks, signed, {"x-amz-checksum-crc32": "AAAAAA=="})

    with pytest.raises(IncompleteBody):
        read(cut(body[: min(end, len(body) - 1)], cuts))


@settings(max_examples=150)
@given(st.binary(max_size=300), CUTS)
def test_garbage_meets_no_other_exception(garbage: bytes, cuts: list[int]) -> None:
    with contextlib.suppress(MalformedBody):
        read(cut(garbage, cuts))


def test_lines_may_end_without_a_carriage_return() -> None:
    assert read([b"3\nabc\n0\na:b\n\n"]) == (b"abc", {"a": "b"})


@pytest.mark.parametrize(
    "body",
    [
        b"xyz\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"11111111111111111\r\n",
        b"3;" + b"x" * 20_000,
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n" + b"".join(b"a%d:b\r\n" % i for i in range(100)) + b"\r\n",
        b"0\r\n\r\nmore",
        b"\r\n",
    ],
)
def test_broken_framing_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedChunk):
        read([body])


@pytest.mark.parametrize("length", [0, 2, 4, 10**12])
def test_the_payload_must_have_the_length_that_was_announced(length: int) -> None:
    with pytest.raises(IncompleteBody):
        read([framed([b"abc"], False, {})], length)


def test_only_streaming_digests_mean_framing() -> None:
    assert is_chunked("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    assert is_chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    assert not is_chunked("UNSIGNED-PAYLOAD")
    assert not is_chunked("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


@pytest.mark.parametrize("size", [8 << 10, 64 << 10, 128 << 20], ids=["8KiB", "64KiB", "128MiB"])
def test_memory_stays_flat_whatever_the_size_of_the_chunks(size: int) -> None:
    total = max(size, 32 << 20)
    network = 64 << 10
    piece = bytes(network)

    async def arrivals() -> AsyncIterator[bytes]:
        if size <= network:
            frame = b"%x%b\r\n%b\r\n" % (size, SIGNED, bytes(size))
            for _ in range(total // size):
                yield frame
        else:
            yield b"%x%b\r\n" % (size, SIGNED)
            for _ in range(size // network):
                yield piece
            yield b"\r\n"
        yield b"0" + SIGNED + b"\r\n\r\n"

    async def count() -> int:
        return sum([len(data) async for data in decode(arrivals(), total)])

    tracemalloc.start()
    try:
        assert asyncio.run(count()) == total
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
async def test_chunks_of_one_byte_take_no_more_memory_than_large_ones() -> None:
    block = b"1\r\nx\r\n" * (1 << 16)
    body = decode(arriving([block, block, b"0\r\n\r\n"]))

    tracemalloc.start()
    try:
        assert sum([len(data) async for data in body]) == 2 << 16
        assert tracemalloc.get_traced_memory()[1] < len(block)
    finally:
        tracemalloc.stop()
