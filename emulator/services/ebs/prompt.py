"""GetSnapshotBlock, the short way: for blocks that are in memory, with a checksum that was kept.

    target ─► which block ─► the row as it is remembered ─► the token ─► checksum, block ─► sent

Who reads a disk asks for thousands of blocks, and all that is done for any request takes longer
than to send one. Here is nothing but what this action needs, on the event loop, while nobody has to
be waited for: a block is taken to be in memory if its first and its last byte are. Whatever is not
as it mostly is gives None and is answered the usual way, as is what is wrong. Both ways give the
same answer.
"""

import base64
import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from emulator import forms
from emulator.context import Context
from emulator.direct import Piece, Prompt
from emulator.errors import AwsError
from emulator.services.ebs import finding, reading, tokens
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
