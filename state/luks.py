"""LUKS version 1, as far as encrypted disks here have it: AES-256-XTS, and one passphrase.

       0   magic "LUKS\\xba\\xbe" · version · cipher "aes" · mode "xts-plain64" · hash "sha256"
     104   where data begins, in sectors · bytes of the master key · its digest, salt, iterations
     168   UUID
     208   8 slots of 48 bytes: active or not · iterations · salt · where its material is · stripes
    4096   material of the first slot: the master key in 4000 stripes, of which each is needed,
           encrypted with what PBKDF2 makes of the passphrase
           … room for seven more, which are empty

All numbers are big-endian; https://gitlab.com/cryptsetup/cryptsetup/-/wikis/LUKS-standard. A few
iterations are enough, since passphrases are 256 random bits: guessing does not get easier.
"""

import hashlib
import secrets
import struct
from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import uuid4

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

MAGIC: Final = b"LUKS\xba\xbe"
HEADER: Final = struct.Struct(">6sH32s32s32sII20s32sI40s")
SLOT: Final = struct.Struct(">II32sII")
SLOTS: Final = 8
ACTIVE, EMPTY = 0x00AC71F3, 0x0000DEAD
CIPHER: Final = (b"aes", b"xts-plain64", b"sha256")
SECTOR: Final = 512  # bytes
KEY: Final = 64  # bytes of the master key: two of AES-256
STRIPES: Final = 4000
ITERATIONS: Final = 1000  # qemu's own minimum
FIRST: Final = 4096  # bytes: where the material of the first slot is
SPACE: Final = 258048  # bytes of a slot's material, in whole pages
LENGTH: Final = FIRST + SLOTS * SPACE  # bytes of everything before the data
REMEMBERED: Final = 256  # keys of volumes that were opened

_opened: Final[dict[tuple[bytes, bytes], bytes]] = {}


class Unopened(Exception):
    """Not a LUKS volume of this kind, or not one that the passphrase opens."""


class Made(NamedTuple):
    """What a new volume begins with; what lies between header and material is zeros."""

    header: bytes
    material: bytes  # at FIRST
    key: bytes


def make(passphrase: bytes) -> Made:
    """Make the head of a volume with a new master key."""
    key = secrets.token_bytes(KEY)
    salt, key_salt = secrets.token_bytes(32), secrets.token_bytes(32)
    material = Xts(_pbkdf2(passphrase, salt, ITERATIONS, KEY)).encrypt(_split(key), 0)
    digest = _pbkdf2(key, key_salt, ITERATIONS, 20)
    uuid = str(uuid4()).encode()
    data = LENGTH // SECTOR
    header = HEADER.pack(MAGIC, 1, *CIPHER, data, KEY, digest, key_salt, ITERATIONS, uuid)
    for number in range(SLOTS):
        at = (FIRST + number * SPACE) // SECTOR
        first = number == 0
        header += SLOT.pack(
            ACTIVE if first else EMPTY,
            ITERATIONS if first else 0,
            salt if first else b"",
            at,
            STRIPES,
        )
    return Made(header, material, key)


def master_key(read: Callable[[int, int], bytes], passphrase: bytes) -> bytes:
    """Return the key that the data of a volume is encrypted with; Unopened.

    read gives bytes of the volume's head. To merge the stripes takes a while, so the key is
    remembered for who opens the same volume with the same passphrase again.
    """
    header = read(0, HEADER.size + SLOTS * SLOT.size)
    if len(header) < HEADER.size + SLOTS * SLOT.size:
        raise Unopened("cut off")
    identity = (header, passphrase)
    if (known := _opened.get(identity)) is None:
        known = _unlocked(header, read, passphrase)
        if len(_opened) >= REMEMBERED:
            _opened.clear()
        _opened[identity] = known
    return known


def _unlocked(header: bytes, read: Callable[[int, int], bytes], passphrase: bytes) -> bytes:
    magic, version, *words = HEADER.unpack_from(header)
    cipher, (_, size, digest, key_salt, iterations, _) = words[:3], words[3:]
    if (magic, version, size) != (MAGIC, 1, KEY):
        raise Unopened("not LUKS")
    if tuple(word.rstrip(b"\0") for word in cipher) != CIPHER:
        raise Unopened("another cipher")
    for number in range(SLOTS):
        state, slot_iterations, salt, at, stripes = SLOT.unpack_from(
            header, HEADER.size + number * SLOT.size
        )
        if state != ACTIVE or stripes != STRIPES:
            continue
        material = read(at * SECTOR, KEY * STRIPES)
        if len(material) < KEY * STRIPES:
            continue
        key = _merge(Xts(_pbkdf2(passphrase, salt, slot_iterations, KEY)).decrypt(material, 0))
        if secrets.compare_digest(_pbkdf2(key, key_salt, iterations, 20), digest):
            return key
    raise Unopened("another passphrase")


def _pbkdf2(secret: bytes, salt: bytes, iterations: int, length: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", secret, salt, iterations, length)


# the anti-forensic stripes ------------------------------------------------------------------------


def _split(key: bytes) -> bytes:
    """Spread a key over stripes, of which a single lost one is the loss of the key."""
    stripes = secrets.token_bytes(KEY * (STRIPES - 1))
    return stripes + _xor(_folded(stripes), key)


def _merge(stripes: bytes) -> bytes:
    return _xor(_folded(stripes[:-KEY]), stripes[-KEY:])


def _folded(stripes: bytes) -> bytes:
    folded = bytes(KEY)
    for at in range(0, len(stripes), KEY):
        mixed = _xor(folded, stripes[at : at + KEY])
        folded = b"".join(
            hashlib.sha256(number.to_bytes(4, "big") + mixed[number * 32 :][:32]).digest()
            for number in range(KEY // 32)
        )
    return folded


def _xor(one: bytes, other: bytes) -> bytes:
    return (int.from_bytes(one, "little") ^ int.from_bytes(other, "little")).to_bytes(
        len(one), "little"
    )


# the data -----------------------------------------------------------------------------------------


class Xts:
    """AES-256-XTS over whole sectors, the tweak of each being its number (plain64).

    Some 50 MB/s of a core. All sectors of a run at once, by plain AES and arithmetic on large
    numbers, was hardly faster: Python has nothing quick that mixes bytes with bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = AES(key)

    def encrypt(self, content: bytes, sector: int) -> bytes:
        """Encrypt whole sectors, the first of which has a number."""
        return self._each(content, sector, lambda cipher: cipher.encryptor())

    def decrypt(self, content: bytes, sector: int) -> bytes:
        """Decrypt whole sectors, the first of which has a number."""
        return self._each(content, sector, lambda cipher: cipher.decryptor())

    def _each(
        self, content: bytes, sector: int, turned: Callable[[Cipher[XTS]], CipherContext]
    ) -> bytes:
        view = memoryview(content)
        numbers = range(sector, sector + len(content) // SECTOR)
        return b"".join(
            turned(Cipher(self._key, XTS(number.to_bytes(16, "little")))).update(
                view[at * SECTOR : (at + 1) * SECTOR]
            )
            for at, number in enumerate(numbers)
        )
