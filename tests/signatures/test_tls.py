"""TLS, as clients and curious strangers meet it."""

import socket
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.config import Config

from emulator import tls
from tests.house import House, MakeHouse, session
from tests.signatures.test_house import started

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    return tls.self_signed(tmp_path_factory.mktemp("pair"), "127.0.0.1", datetime.now(UTC))


def handshake(house: House, context: ssl.SSLContext, name: str = "127.0.0.1") -> str | None:
    """Connect and shake hands; give the version that was agreed on."""
    place = urlsplit(house.endpoint)
    with (
        socket.create_connection((place.hostname, place.port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return secured.version()


@pytest.mark.slow
def test_clients_that_trust_the_certificate_speak_tls(make_house: MakeHouse) -> None:
    house = make_house(tls="self-signed")
    certificate = house.data_dir / "tls" / "certificate.pem"
    body = bytes(range(256)) * 20_000

    assert house.endpoint.startswith("https://127.0.0.1:")
    s3 = session().client(
        "s3", endpoint_url=house.endpoint, verify=str(certificate), region_name="us-east-1",
        aws_access_key_id="x", aws_secret_access_key="x", config=Config(proxies={}),
    )  # fmt: skip
    s3.create_bucket(Bucket="secured")
    s3.put_object(Bucket="secured", Key="k", Body=body)

    assert s3.get_object(Bucket="secured", Key="k")["Body"].read() == body
    with pytest.raises(httpx.ConnectError, match="self-signed"):
        httpx.get(f"{house.endpoint}/_vmie/health")

    house.stop()
    house.start()

    assert httpx.get(house.endpoint, verify=ssl.create_default_context(cafile=certificate))
    strict = ssl.create_default_context(cafile=certificate)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    for name in ("127.0.0.1", "::1", "localhost", "bucket.s3.localhost"):
        assert handshake(house, strict, name) == "TLSv1.3"
    assert stat.S_IMODE((house.data_dir / "tls" / "key.pem").stat().st_mode) == 0o600
    assert "PRIVATE" not in house.server.log


def test_tls_is_modern_and_forward_secret(make_house: MakeHouse, pair: tuple[Path, Path]) -> None:
    house = make_house(tls_cert=pair[0], tls_key=pair[1])
    context = ssl.create_default_context(cafile=pair[0])
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    assert handshake(house, context) == "TLSv1.2"

    context.set_ciphers("AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(house, context)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(house, old)


def test_every_suite_of_the_server_is_forward_secret(pair: tuple[Path, Path]) -> None:
    for suite in tls.context(*pair).get_ciphers():
        assert suite["protocol"] == "TLSv1.3" or suite["name"].startswith("ECDHE-")
        assert suite["aead"]


def test_a_certificate_is_made_once_and_again_when_it_will_not_do(tmp_path: Path) -> None:
    certificate, key = tls.self_signed(tmp_path, "127.0.0.1", NOW)
    first = certificate.read_bytes(), key.read_bytes()

    def made(host: str, now: datetime) -> bool:
        tls.self_signed(tmp_path, host, now)
        tls.context(certificate, key)
        nonlocal first
        before, first = first, (certificate.read_bytes(), key.read_bytes())
        return before != first

    assert not made("127.0.0.1", NOW)
    assert not made("0.0.0.0", NOW + timedelta(days=700))
    assert made("vmie.example", NOW)
    assert made("vmie.example", NOW + timedelta(days=800))
    certificate.write_bytes(b"broken")
    assert made("vmie.example", NOW)
    key.unlink()
    assert made("vmie.example", NOW)
    assert {each.name for each in tmp_path.iterdir()} == {"certificate.pem", "key.pem"}


def test_openssl_trusts_the_certificate_for_its_names(pair: tuple[Path, Path]) -> None:
    verified = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", pair[0], "-purpose", "sslserver",
         "-verify_hostname", "localhost", pair[0]],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tls-cert", "{cert}"], "go together"),
        (["--tls-key", "{key}"], "go together"),
        (["--tls-cert", "{cert}", "--tls-key", "{key}", "--tls", "self-signed"], "exclude"),
        (["--tls-cert", "{key}", "--tls-key", "{key}"], "not a certificate and its key"),
        (["--tls-cert", "/nowhere.pem", "--tls-key", "{key}"], "cannot read /nowhere.pem"),
        (["--tls", "on"], "'tls' cannot be 'on'"),
    ],
)
def test_tls_that_cannot_be_had_is_one_sentence(
    arguments: list[str], said: str, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    words = [word.format(cert=pair[0], key=pair[1]) for word in arguments]

    ended = started("--data-dir", tmp_path / "data", *words)

    assert ended.returncode != 0
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
