"""Encrypted disks: LUKS inside of a qcow2 file, which holds only what was ever written.

    0         header · where LUKS is
    64 KiB    refcount table · a refcount block   how often each cluster is used: qemu's affair
    192 KiB   LUKS, 2 MiB, mostly a hole
    …         L1 table ──► L2 tables ──► clusters of 64 KiB, encrypted by where they are in the file

An empty one is made here, since qemu-img spends seconds measuring how fast it derives keys, and
sometimes fails at that; qemu-img then fills it. What is read here was written by ourselves, and yet
nothing is believed that leads out of the file.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from state.disks.qcow2 import BITS, CLUSTER, ENTRIES, MAGIC, OFFSET, REACH, VERSION
from state.luks import FIRST, LENGTH, SECTOR, Unopened, Xts, make, master_key

HEADER: Final = struct.Struct(">4sIQIIQIIQQIIQQQQII")
CRYPTO: Final = struct.Struct(">IIQQ")
LUKS: Final = 2
EXTENSION: Final = 0x0537BE77  # of a header: where the crypto header is
COMPRESSED: Final = 1 << 62
ZEROS: Final = 1
TABLES: Final = 64  # L2 tables that are remembered, 64 KiB each


def create(path: Path, size: int, passphrase: bytes) -> None:
    """Make an encrypted disk of zeros of so many bytes; the file is sparse."""
    virtual = -(-size // SECTOR) * SECTOR
    luks_at = 3 * CLUSTER
    l1_at = luks_at + -(-LENGTH // CLUSTER) * CLUSTER
    l1_size = -(-virtual // REACH)
    end = l1_at + max(1, -(-l1_size * 8 // CLUSTER)) * CLUSTER
    header = HEADER.pack(
        MAGIC, VERSION, 0, 0, BITS, virtual, LUKS, l1_size, l1_at, CLUSTER, 1, 0, 0, 0, 0, 0, 4, 104
    )  # fmt: skip
    made = make(passphrase)
    pieces = {
        0: header + CRYPTO.pack(EXTENSION, 16, luks_at, LENGTH) + bytes(8),
        CLUSTER: struct.pack(">Q", 2 * CLUSTER),
        2 * CLUSTER: struct.pack(">H", 1) * (end // CLUSTER),
        luks_at: made.header,
        luks_at + FIRST: made.material,
    }
    with path.open("xb") as file:
        for at, piece in pieces.items():
            file.seek(at)
            file.write(piece)
        file.truncate(end)


class SealedDisk:
    """An encrypted disk that is open for reading; any number of threads may read it at once."""

    def __init__(self, file: int, size: int, passphrase: bytes) -> None:
        self.size = size
        self._file = file
        self._tables: dict[int, tuple[int, ...]] = {}
        first = self._bytes(0, CLUSTER)
        fields = HEADER.unpack_from(first)
        magic, version, _, _, bits, _, crypt, l1_size, l1_at = fields[:9]
        if (magic, version, bits, crypt) != (MAGIC, VERSION, BITS, LUKS):
            raise Unopened("not a qcow2 file with LUKS inside")
        kind, _, luks_at, length = CRYPTO.unpack_from(first, fields[-1])
        if kind != EXTENSION or length > 2 * LENGTH:
            raise Unopened("no crypto header")

        def head(offset: int, size: int) -> bytes:
            return self._bytes(luks_at + offset, max(0, min(size, length - offset)))

        self._cipher = Xts(master_key(head, passphrase))
        self._l1 = struct.unpack(f">{l1_size}Q", self._bytes(l1_at, 8 * l1_size))

    def read(self, offset: int, length: int) -> bytes:
        """Return so many bytes; what lies behind the end of the disk is zeros."""
        end = min(offset + length, self.size)
        begin = offset // SECTOR * SECTOR
        found = bytearray()
        for at, host, size in self._runs(begin, -(-end // SECTOR) * SECTOR):
            found.extend(bytes(at - begin - len(found)))
            if host:
                found += self._cipher.decrypt(self._bytes(host, size), host // SECTOR)
            else:
                found.extend(bytes(size))
        inside = bytes(memoryview(found)[offset - begin : end - begin])
        return inside.ljust(length, b"\0")

    def data(self, offset: int = 0) -> Iterator[tuple[int, int]]:
        """Yield begin and end of what was ever written, from an offset on, in order."""
        begin = end = offset
        for at, host, size in self._runs(offset, self.size):
            if host:
                if at != end and begin != end:
                    yield begin, end
                begin, end = (begin if at == end else at), at + size
        if begin != end:
            yield begin, end

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _runs(self, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Yield where on the disk, where in the file (0: zeros) and how many bytes, in order."""
        at = begin
        last: tuple[int, int, int] | None = None
        while at < end:
            table = self._table(at // REACH)
            if not table:
                size = min(end, (at // REACH + 1) * REACH) - at
                host = 0
            else:
                size = min(end, (at // CLUSTER + 1) * CLUSTER) - at
                entry = table[at % REACH // CLUSTER]
                if entry & COMPRESSED:
                    raise Unopened("compressed")
                host = 0 if entry & ZEROS else entry & OFFSET
                host += at % CLUSTER if host else 0
            if last and bool(last[1]) == bool(host) and (not host or last[1] + last[2] == host):
                last = (last[0], last[1], last[2] + size)
            else:
                if last:
                    yield last
                last = (at, host, size)
            at += size
        if last:
            yield last

    def _table(self, number: int) -> tuple[int, ...]:
        """Return an L2 table; empty if there is none."""
        found = self._tables.get(number)
        if found is None:
            where = self._l1[number] & OFFSET if number < len(self._l1) else 0
            found = struct.unpack(f">{ENTRIES}Q", self._bytes(where, CLUSTER)) if where else ()
            if len(self._tables) >= TABLES:
                self._tables.clear()
            self._tables[number] = found
        return found

    def _bytes(self, offset: int, length: int) -> bytes:
        """Return bytes of the file; zeros behind its end, as qemu has it."""
        found = os.pread(self._file, length, offset)
        while len(found) < length and (
            more := os.pread(self._file, length - len(found), offset + len(found))
        ):
            found += more
        return found.ljust(length, b"\0")


def open_sealed(path: Path, size: int, passphrase: bytes) -> SealedDisk:
    """Open a file as an encrypted disk of so many bytes; FileNotFoundError, Unopened."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return SealedDisk(file, size, passphrase)
    except BaseException:
        os.close(file)
        raise
