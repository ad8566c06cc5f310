"""Private keys that EC2 makes: told once, in the format asked for, and kept nowhere.

             pem                                ppk
    RSA      PKCS #1, BEGIN RSA PRIVATE KEY     PuTTY's format, version 2
    ED25519  BEGIN OPENSSH PRIVATE KEY          the same

A PuTTY file of version 2 is text, and its MAC is there to find accidents, not to keep secrets where
there is no passphrase:

    PuTTY-User-Key-File-2: ssh-rsa
    Encryption: none
    Comment: name
    Public-Lines: 6        base64 of the public key as SSH has it
    Private-Lines: 14      base64 of  RSA: d, p, q, 1/q mod p    ED25519: the 32 bytes
    Private-MAC: …         HMAC-SHA1 of all that

https://the.earth.li/~sgtatham/putty/0.83/htmldoc/AppendixC.html
"""

import base64
import hashlib
import hmac
import textwrap

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

PrivateKey = RSAPrivateKey | Ed25519PrivateKey

BITS = 2048
EXPONENT = 65537
MAC_KEY = hashlib.sha1(b"putty-private-key-file-mac-key", usedforsecurity=False).digest()


def new_key(key_type: str) -> PrivateKey:
    """Make a key: `rsa` or `ed25519`."""
    if key_type == "ed25519":
        return Ed25519PrivateKey.generate()
    return rsa.generate_private_key(EXPONENT, BITS)


def pem(key: PrivateKey) -> str:
    """Return a key as OpenSSH reads it; that of RSA without a last line feed, as EC2 tells it."""
    if isinstance(key, RSAPrivateKey):
        text = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return text.decode().rstrip("\n")
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def ppk(key: PrivateKey, comment: str) -> str:
    """Return a key as PuTTY reads it."""
    spelled = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()
    name, public = spelled[0], base64.b64decode(spelled[1])
    if isinstance(key, RSAPrivateKey):
        numbers = key.private_numbers()
        private = b"".join(
            map(_mpint, (numbers.d, numbers.p, numbers.q, pow(numbers.q, -1, numbers.p)))
        )
    else:
        private = _string(key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    what = [name, b"none", comment.encode(), public, private]
    mac = hmac.new(MAC_KEY, b"".join(map(_string, what)), hashlib.sha1).hexdigest()
    public_lines, private_lines = _lines(public), _lines(private)
    lines = [
        f"PuTTY-User-Key-File-2: {name.decode()}",
        "Encryption: none",
        f"Comment: {comment}",
        f"Public-Lines: {len(public_lines)}",
        *public_lines,
        f"Private-Lines: {len(private_lines)}",
        *private_lines,
        f"Private-MAC: {mac}",
    ]
    return "".join(f"{line}\r\n" for line in lines)


def _lines(blob: bytes) -> list[str]:
    return textwrap.wrap(base64.b64encode(blob).decode(), 64)


def _string(blob: bytes) -> bytes:
    return len(blob).to_bytes(4, "big") + blob


def _mpint(number: int) -> bytes:
    """Return a number as SSH has it: with room for a sign."""
    return _string(number.to_bytes(number.bit_length() // 8 + 1, "big"))
