"""A reader of PuTTY's key files of version 2, by their specification."""

import base64
import hashlib
import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Key(NamedTuple):
    """A private key, and the public one as OpenSSH writes it."""

    private: rsa.RSAPrivateKey | Ed25519PrivateKey
    public: bytes


def read_ppk(text: str) -> tuple[str, str, Key]:
    """Return the type, the comment and the key in a file that is not encrypted."""
    lines = iter(text.splitlines())

    def value(name: str) -> str:
        found, _, rest = next(lines).partition(": ")
        assert found == name
        return rest

    def block(name: str) -> bytes:
        return base64.b64decode("".join(next(lines) for _ in range(int(value(name)))))

    kind = value("PuTTY-User-Key-File-2")
    encryption, comment = value("Encryption"), value("Comment")
    public, private = block("Public-Lines"), block("Private-Lines")
    assert encryption == "none"
    mac_key = hashlib.sha1(b"putty-private-key-file-mac-key").digest()
    parts = (kind.encode(), encryption.encode(), comment.encode(), public, private)
    whole = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    assert value("Private-MAC") == hmac.new(mac_key, whole, hashlib.sha1).hexdigest()
    return kind, comment, Key(private_key(kind, public, private), base64.b64encode(public))


def strings(blob: bytes) -> list[bytes]:
    found = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        found.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return found


def private_key(kind: str, public: bytes, private: bytes) -> rsa.RSAPrivateKey | Ed25519PrivateKey:
    if kind == "ssh-ed25519":
        key = Ed25519PrivateKey.from_private_bytes(strings(private)[0])
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        assert strings(public)[1] == raw
        return key
    _, e, n = (int.from_bytes(each, "big") for each in strings(public))
    d, p, q, iqmp = (int.from_bytes(each, "big") for each in strings(private))
    assert iqmp * q % p == 1
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), iqmp, rsa.RSAPublicNumbers(e, n)
    ).private_key()
