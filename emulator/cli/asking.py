"""How a command speaks to a server that has TLS and credentials: as the settings say it has."""

import ssl
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import httpx

from emulator.credentials import NOBODY
from emulator.parts import StartError
from emulator.routing import DEFAULT_REGION
from emulator.settings import Settings
from emulator.signatures import keys, signing

ANY = keys.Key("vmie", NOBODY, "vmie")  # who is asking, where signatures are not checked


class Signed(httpx.Auth):
    """Signs each request with an access key: those with a path for S3, all others for EC2."""

    def __init__(self, key: keys.Key) -> None:
        self.key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the signature; the bodies of objects stay unsigned, for they are streamed."""
        path = request.url.raw_path.partition(b"?")[0]
        of_s3 = path != b"/" and not path.startswith(b"/_vmie")
        body, service = (None, "s3") if of_s3 else (request.content, "ec2")
        url, now = str(request.url), datetime.now(UTC)
        request.headers.update(
            signing.headers(self.key, url, body, DEFAULT_REGION, service, now, request.method)
        )
        yield request


def scheme(settings: Settings) -> str:
    """Return whether a server of these settings speaks TLS."""
    return "http" if settings.tls == "off" and settings.tls_cert is None else "https"


def trust(settings: Settings) -> ssl.SSLContext:
    """Return what trusts the certificate of a server of these settings, and those of everybody."""
    context = ssl.create_default_context()
    certificate = settings.tls_cert or settings.data_dir / "tls" / "certificate.pem"
    if scheme(settings) == "https" and Path(certificate).exists():
        try:
            context.load_verify_locations(certificate)
        except (OSError, ssl.SSLError):
            raise StartError(f"{certificate} is not a certificate that can be read") from None
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it vouches for itself
    return context


def signature(settings: Settings) -> Signed:
    """Return what signs requests: the first of the credentials, or what any open server takes."""
    if settings.credentials is None:
        return Signed(ANY)
    try:
        known = keys.read(settings.credentials)
    except keys.KeysError as error:
        raise StartError(str(error)) from None
    return Signed(next(iter(known.values())))


def client(settings: Settings, endpoint: str = "", timeout: float = 60) -> httpx.AsyncClient:
    """Make a client for a server of these settings."""
    return httpx.AsyncClient(
        base_url=endpoint, timeout=timeout, verify=trust(settings), auth=signature(settings)
    )
