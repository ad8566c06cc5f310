"""Public keys, as clients send them and as EC2 keeps them.

    ssh-rsa AAAAB3Nza… comment                       OpenSSH's one line
    ---- BEGIN SSH2 PUBLIC KEY ---- …                RFC 4716
    -----BEGIN PUBLIC KEY----- …                     PEM
    MIIBIjANBgkqhkiG9w0B…                            base64 of the DER in that PEM

A fingerprint is what EC2 computes, so that it can be compared:

    RSA, imported     MD5 of the public key's DER (SubjectPublicKeyInfo)          aa:bb:… 16 bytes
    RSA, made by EC2  SHA-1 of the private key's DER (PKCS #8, not encrypted)     aa:bb:… 20 bytes
    ED25519           SHA-256 of the key as OpenSSH spells it                     base64

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/verify-keys.html
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

from emulator.services.ec2 import network_errors

PublicKey = RSAPublicKey | Ed25519PublicKey

TYPES = (b"ssh-rsa ", b"ssh-ed25519 ")
LENGTHS = (1024, 2048, 3072, 4096)  # bits; the user guide names three, clients import 3072, too
SSH2_BEGIN, SSH2_END = "---- BEGIN SSH2 PUBLIC KEY ----", "---- END SSH2 PUBLIC KEY ----"
LARGEST = 16384  # bytes; a key of 4096 bits has less than a kilobyte


def public_key(material: bytes) -> PublicKey:
    """Return the key in what a client has sent; InvalidKey.Format for anything else."""
    try:
        key = _read(material.strip())
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise network_errors.key_format() from error
    if isinstance(key, RSAPublicKey):
        if key.key_size not in LENGTHS:
            raise network_errors.key_length()
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise network_errors.key_format()


def _read(material: bytes) -> object:
    if len(material) > LARGEST:
        raise ValueError("too long")
    if material.startswith(TYPES):
        return load_ssh_public_key(material.splitlines()[0])
    if material.startswith(SSH2_BEGIN.encode()):
        return load_ssh_public_key(_one_line(material.decode()))
    if material.startswith(b"-----BEGIN "):
        return load_pem_public_key(material)
    return load_der_public_key(base64.b64decode(b"".join(material.split()), validate=True))


def _one_line(text: str) -> bytes:
    """Return a key of RFC 4716 as OpenSSH has it: headers, which may be continued, left out."""
    lines = [line.rstrip() for line in text.splitlines()]
    if SSH2_END not in lines:
        raise ValueError("no end")
    body: list[str] = []
    continued = False
    for line in lines[1 : lines.index(SSH2_END)]:
        if not continued and ":" not in line:
            body.append(line)
        continued = line.endswith("\\") and (continued or ":" in line)
    blob = base64.b64decode("".join(body), validate=True)
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length] + b" " + base64.b64encode(blob)


def one_line(key: PublicKey, comment: str) -> str:
    """Return a key as OpenSSH's authorized_keys has it."""
    return f"{key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()} {comment}"


def imported_fingerprint(key: PublicKey) -> str:
    """Return the fingerprint of a key that a client has made."""
    if isinstance(key, Ed25519PublicKey):
        return ed25519_fingerprint(key)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.md5(der, usedforsecurity=False).digest().hex(":")


def ed25519_fingerprint(key: Ed25519PublicKey) -> str:
    """Return the fingerprint of an ED25519 key, whoever has made it."""
    blob = base64.b64decode(key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1])
    return base64.b64encode(hashlib.sha256(blob).digest()).decode()


def made_fingerprint(key: RSAPrivateKey) -> str:
    """Return the fingerprint of an RSA key that EC2 has made."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return hashlib.sha1(der, usedforsecurity=False).digest().hex(":")
