"""GetSnapshotBlock and PutSnapshotBlock, the short way.

    GET  target ─► which block ─► the row as remembered ─► the token ─► checksum, block ─► sent
    PUT  target, headers ─► which block ─► (it has come) ─► written, as in writing.py

Who reads or writes a disk asks for thousands of blocks, and all that is done for any request takes
longer than to send one. Here is nothing but what these actions need. A block is read on the event
loop, if nobody has to be waited for: if its checksum was kept and it is in memory, which it is
taken to be if its first and its last byte are. Whatever is not as it mostly is gives None and is
answered the usual way, as is what is wrong. Both ways give the same answer.
"""

import base64
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from emulator import forms
from emulator.context import Context
from emulator.direct import Piece, Prompt
from emulator.errors import AwsError
from emulator.prompts import Take
from emulator.services.ebs import finding, reading, tokens, writing
from state.disks.journal import EMPTY, SLOT, place_of
from state.disks.raw import read_at_once
from state.drafts import checksums_of
from state.lineage import BLOCK

if TYPE_CHECKING:
    from state.blobs import Blobs

TARGET: Final = re.compile(
    rb"/snapshots/(snap-[0-9a-f]{1,59})/blocks/([0-9]{1,9})\?blockToken=([A-Za-z0-9%/=+]{1,256})"
)
HEAD: Final = (
    b"x-amzn-requestid: %%s\r\n"
    b"x-amz-data-length: %d\r\n"
    b"x-amz-checksum: %%s\r\n"
    b"x-amz-checksum-algorithm: SHA256\r\n"
    b"content-type: binary/octet-stream\r\n"
    b"content-length: %d\r\n" % (BLOCK, BLOCK)
)
WRITTEN: Final = re.compile(rb"/snapshots/(snap-[0-9a-f]{1,59})/blocks/([0-9]{1,9})")
SIZE: Final = b"%d" % BLOCK
UNSIGNED: Final = b"UNSIGNED-PAYLOAD"
TAKEN: Final = (
    b"x-amzn-requestid: %s\r\n"
    b"x-amz-checksum: %s\r\n"
    b"x-amz-checksum-algorithm: SHA256\r\n"
    b"content-length: 0\r\n"
)
CHECKSUM: Final = bytearray(SLOT)  # of the block that is asked for
EDGE: Final = bytearray(1)  # its first byte, its last


def answered(ctx: Context, target: bytes, request_id: str) -> Prompt | None:
    """Answer with a block; who sends it closes the file."""
    found = TARGET.fullmatch(target)
    if found is None or not tokens.secret_is_known(ctx):
        return None
    try:
        snapshot = finding.readable_at_once(ctx, found[1].decode())
        if snapshot is None or snapshot.encrypted:
            return None
        index = int(found[2])
        reading.check(ctx, snapshot, index, forms.text(found[3]))
        blocks, checksums = places(ctx.blobs, snapshot.blob_id)
        if not read(checksums, place_of(index), CHECKSUM) or CHECKSUM == EMPTY:
            return None
        file = os.open(blocks, os.O_RDONLY | os.O_CLOEXEC)
    except (AwsError, OSError, UnicodeDecodeError):
        return None
    offset = index * BLOCK
    if not all(read_at_once(file, at, EDGE) for at in (offset, offset + BLOCK - 1)):
        os.close(file)
        return None
    headers = HEAD % (request_id.encode(), base64.b64encode(CHECKSUM))
    return Prompt("GetSnapshotBlock", 200, headers, Piece(file, offset, BLOCK))


def taking(ctx: Context, target: bytes, headers: Mapping[bytes, bytes]) -> Take | None:
    """Say how a block is written, once it is here."""
    found = WRITTEN.fullmatch(target)
    if (
        found is None
        or headers[b"content-length"] != SIZE
        or headers.get(b"x-amz-data-length") != SIZE
        or headers.get(b"x-amz-checksum-algorithm") != b"SHA256"
        or headers.get(b"x-amz-content-sha256", UNSIGNED) != UNSIGNED
        or b"x-amz-progress" in headers
    ):
        return None
    snapshot_id, index = found[1].decode(), int(found[2])
    checksum = headers.get(b"x-amz-checksum", b"").decode("latin-1")

    def take(data: bytearray, request_id: str) -> Prompt | None:
        try:
            writing.put(ctx, snapshot_id, index, data, checksum)
        except (AwsError, OSError):
            return None
        headers = TAKEN % (request_id.encode(), checksum.encode())
        return Prompt("PutSnapshotBlock", 201, headers)

    return take


@lru_cache(64)
def places(blobs: "Blobs", blob_id: str) -> tuple[str, str]:
    """Return where the blocks of a snapshot are, and where their checksums."""
    return str(blobs.path(blob_id)), str(blobs.path(checksums_of(blob_id)))


def read(path: str, offset: int, buffer: bytearray | memoryview) -> bool:
    """Fill a buffer with some of a file, if that takes no time; OSError."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_at_once(file, offset, buffer)
    finally:
        os.close(file)
