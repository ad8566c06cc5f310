"""TLS: what the server shows, and a certificate of its own where nobody gives one.

    DATA_DIR/tls/certificate.pem     public: what clients are told to trust (AWS_CA_BUNDLE)
    DATA_DIR/tls/key.pem             its private key, readable by the owner alone

The certificate is made once, and again when it is about to expire or does not name the host.
"""

import ipaddress
import os
import socket
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 all have forward secrecy
LASTS = timedelta(days=825)  # what some clients take at most
RENEWED = timedelta(days=30)  # before that
NAMES = ("localhost", "*.localhost", "*.s3.localhost", "vmie")  # some want two dots after a star
ADDRESSES = ("127.0.0.1", "::1")


class TlsError(Exception):
    """There can be no TLS; the text is one sentence for the user."""


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Make what the server's sockets use; TlsError if a file will not do."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.set_ciphers(SUITES)
    found.set_alpn_protocols(["http/1.1"])
    found.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
    for path in (certificate, key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise TlsError(f"cannot read {path}: {error.strerror}") from None
    try:
        # No password is ever asked for at the terminal.
        found.load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, ValueError):
        raise TlsError(
            f"{certificate} and {key} are not a certificate and its key, as PEM without a password"
        ) from None
    return found


def self_signed(folder: Path, host: str, now: datetime) -> tuple[Path, Path]:
    """Get the certificate and the key in a folder, made there if need be; OSError if it cannot."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (key.exists() and is_good(certificate, host, now)):
        folder.mkdir(parents=True, exist_ok=True)
        public, private = make(host, now)
        replace(key, private, 0o600)
        replace(certificate, public, 0o644)
    return certificate, key


def is_good(certificate: Path, host: str, now: datetime) -> bool:
    """Tell whether there is a certificate that will do for a while."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEWED
    return lasts and set(alternatives(host)) <= set(names)


def make(host: str, now: datetime) -> tuple[bytes, bytes]:
    """Make a certificate that vouches for nothing but itself, and its key; both as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vmie")])
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks differ
        .not_valid_after(now - timedelta(days=1) + LASTS)
        .add_extension(x509.SubjectAlternativeName(alternatives(host)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identity, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identity),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(pem), private


def alternatives(host: str) -> "list[x509.GeneralName]":
    """List by what names and addresses clients may know a server that listens on a host."""
    from cryptography import x509

    names, addresses = [*NAMES], [ipaddress.ip_address(each) for each in ADDRESSES]
    for name in (host, socket.gethostname()):
        try:
            address = ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            if name and name.isascii():
                names.append(name.lower())
        else:
            if not address.is_unspecified:
                addresses.append(address)
    return [
        *map(x509.DNSName, dict.fromkeys(names)), *map(x509.IPAddress, dict.fromkeys(addresses)),
    ]  # fmt: skip


def replace(path: Path, text: bytes, mode: int) -> None:
    """Write a file that is whole at any moment, and never readable by more than its mode says."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    new.replace(path)
