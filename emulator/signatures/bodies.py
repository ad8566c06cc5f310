r"""Bodies that are verified while they stream; their last piece is held back until all is well.

Who takes a body to its end gets the whole of it only if it is the one that was signed: uploads
take effect after that, and an upstream waits for bytes that never come.

The signature of a chunk, or of the trailers, covers their HASH and the signature before it, so that
chunks cannot change places:

    HMAC(key, "AWS4-HMAC-SHA256-PAYLOAD" \n STAMP \n SCOPE \n previous \n sha256("") \n HASH)
    HMAC(key, "AWS4-HMAC-SHA256-TRAILER" \n STAMP \n SCOPE \n previous \n HASH)

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from typing import Protocol

from emulator.errors import AwsError
from emulator.incoming import Pieces
from emulator.protocol.chunked import Frames
from emulator.protocol.faults import IncompleteBody
from emulator.signatures import canonical
from emulator.signatures.sigv4 import Claim, same, signature

LONG = 64 << 10  # bytes that are worth a thread to be hashed
CHUNK_SIGNATURE = re.compile(rb"[^;]*;chunk-signature=([0-9a-f]{64})")
TRAILER_SIGNATURE = "x-amz-trailer-signature"


class Verifier(Protocol):
    """Looks at a body as it comes."""

    def update(self, piece: bytes) -> None:
        """Take the next piece; raises what is wrong with it."""

    def finish(self) -> None:
        """Raise what is wrong with the whole."""


def verified(start: Callable[[], Verifier]) -> Callable[[Pieces], Pieces]:
    """Make what looks at a body on its way."""

    async def watch(pieces: Pieces) -> AsyncIterator[bytes]:
        verifier = start()
        held = b""
        async for piece in pieces:
            if held:
                yield held
            if len(piece) < LONG:
                verifier.update(piece)
            else:
                await asyncio.to_thread(verifier.update, piece)
            held = piece
        verifier.finish()
        if held:
            yield held

    return watch


class Hash:
    """Verifies the hash of a body that was signed."""

    def __init__(self, claimed: str, differs: Callable[[str, str], AwsError]) -> None:
        self.claimed = claimed
        self.differs = differs
        self.digest = sha256()

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self.digest.update(piece)

    def finish(self) -> None:
        """Refuse another body than the one that was signed."""
        if (computed := self.digest.hexdigest()) != self.claimed:
            raise self.differs(self.claimed, computed)


class Chunks(Frames):
    """Verifies the signature of each chunk, and of the trailers if there must be one."""

    def __init__(
        self, found: Claim, key: bytes, trailing: bool, mismatch: Callable[[], AwsError]
    ) -> None:
        super().__init__()
        self.claim = found
        self.key = key
        self.trailing = trailing
        self.mismatch = mismatch
        self.previous = found.signature
        self.claimed = ""  # of the chunk that is arriving
        self.digest = sha256()

    def update(self, piece: bytes) -> None:
        """Take the next piece; raises SignatureDoesNotMatch, or MalformedChunk."""
        for data in self.feed(piece):
            self.digest.update(data)

    def finish(self) -> None:
        """Refuse a body without its last chunk."""
        if not self.ended:
            raise IncompleteBody("the body ended in the middle of a chunk")

    def size(self, line: bytes) -> None:
        """Read the line in front of a chunk, with the signature."""
        super().size(line)
        found = CHUNK_SIGNATURE.fullmatch(line)
        if found is None:
            raise self.mismatch()
        self.claimed = found[1].decode()
        self.digest = sha256()
        if not self.left:
            self.check_chunk()

    def gap(self, line: bytes) -> None:
        """Read the end of the line after a chunk's bytes."""
        super().gap(line)
        self.check_chunk()

    def trailer(self, line: bytes) -> None:
        """Read a trailer, or the empty line that ends the body."""
        super().trailer(line)
        if self.ended:
            self.check_trailers()

    def check_chunk(self) -> None:
        """Refuse a chunk that was not signed so."""
        self.check("PAYLOAD", self.claimed, f"{canonical.EMPTY}\n{self.digest.hexdigest()}")

    def check_trailers(self) -> None:
        """Refuse trailers that were not signed so, and any where none were announced."""
        signed = self.trailers.pop(TRAILER_SIGNATURE, None)
        if not self.trailing:
            if self.trailers or signed is not None:
                raise self.mismatch()
            return
        lines = "".join(f"{name}:{text}\n" for name, text in sorted(self.trailers.items()))
        self.check("TRAILER", signed or "", sha256(lines.encode("latin-1")).hexdigest())

    def check(self, kind: str, claimed: str, rest: str) -> None:
        """Refuse what was not signed after what was signed before it."""
        text = "\n".join((
            f"AWS4-HMAC-SHA256-{kind}", self.claim.stamp, self.claim.scope, self.previous, rest,
        ))  # fmt: skip
        if not same(signature(self.key, text), claimed):
            raise self.mismatch()
        self.previous = claimed
