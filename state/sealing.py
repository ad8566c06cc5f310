"""Sealed bytes: what KMS calls a ciphertext blob. AES-256-GCM under the material of one key.

    version   1 byte: 1
    key id   16 bytes: the UUID
    nonce    12 bytes
    sealed    n bytes, as many as were given
    tag      16 bytes

Sealed with version, key id and the encryption context beside it: whoever opens it must name the
same context. A nonce is random: good for four thousand million blobs of a key.
"""

import secrets
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION: Final = b"\x01"
HEADER: Final = 17
NONCE: Final = 12
TAG: Final = 16
MATERIAL: Final = 32


class Broken(Exception):
    """Not sealed here, with another context, or changed since."""


def new_material() -> bytes:
    """Make the material of a new key."""
    return secrets.token_bytes(MATERIAL)


def seal(key_id: str, material: bytes, content: bytes, context: Mapping[str, str]) -> bytes:
    """Seal bytes under a key."""
    header = VERSION + UUID(key_id).bytes
    nonce = secrets.token_bytes(NONCE)
    return header + nonce + AESGCM(material).encrypt(nonce, content, header + spelled(context))


def key_id_of(sealed: bytes) -> str:
    """Name the key that something is sealed under; raises Broken."""
    if len(sealed) < HEADER + NONCE + TAG or sealed[:1] != VERSION:
        raise Broken
    return str(UUID(bytes=sealed[1:HEADER]))


def unseal(material: bytes, sealed: bytes, context: Mapping[str, str]) -> bytes:
    """Open what was sealed; raises Broken."""
    key_id_of(sealed)
    header, nonce, rest = sealed[:HEADER], sealed[HEADER:][:NONCE], sealed[HEADER + NONCE :]
    try:
        return AESGCM(material).decrypt(nonce, rest, header + spelled(context))
    except InvalidTag as error:
        raise Broken from error


def spelled(context: Mapping[str, str]) -> bytes:
    """Spell a context in one way only: pairs in order of their names, each text with its length."""
    texts = (text.encode() for pair in sorted(context.items()) for text in pair)
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)
