"""Answer AWS clients, and run their tasks unless --role api leaves that to workers."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

from emulator import logs
from emulator.app import Application
from emulator.cli import worker
from emulator.cli.options import add_settings, settings_of
from emulator.parts import Parts, StartError
from emulator.server import Server, configured, endpoint, listen
from emulator.settings import Settings

if TYPE_CHECKING:
    from ssl import SSLContext


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    add_settings(parser)


def run(options: Namespace) -> int:
    """Serve until a signal comes."""
    settings = settings_of(options)
    if settings.role == "worker":
        return worker.run(options)
    logs.configure(settings.log_format, settings.log_level)
    try:
        listening = listen(settings.host, settings.port)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        raise StartError(f"cannot listen on {address}: {error.strerror}") from None
    with listening:
        if not (settings.credentials or settings.allow_anonymous or is_loopback(listening)):
            raise StartError(
                f"{settings.host} can be reached from other machines, and anyone may call: give "
                "--credentials, or --allow-anonymous to serve all who come"
            )
        certificate, tls = tls_of(settings)
        door = worker.door_of(settings)
        parts = Parts(settings)
        memory = worker.offered(parts)
        run_job = partial(worker.job_runner, settings, door, anyone=door is None, memory=memory)
        application = Application(parts, run_job, qemu_img_version, door)
        url = endpoint(listening, "http" if tls is None else "https")
        trusted = certificate if settings.tls == "self-signed" else None
        server = Server(
            configured(application, tls), lambda: announce(url, trusted, door is not None)
        )
        exit_code = 0

        def give_up() -> None:
            nonlocal exit_code
            exit_code, server.should_exit = 1, True

        application.failed = give_up
        server.run(sockets=[listening])
    return exit_code


def is_loopback(listening: socket) -> bool:
    """Tell whether only this machine can reach a socket."""
    return ip_address(listening.getsockname()[0]).is_loopback


def tls_of(settings: Settings) -> "tuple[Path | None, SSLContext | None]":
    """Make what TLS takes, if it is wanted; StartError if it cannot be had."""
    certificate, key = settings.tls_cert, settings.tls_key
    if (certificate is None) != (key is None):
        raise StartError("--tls-cert and --tls-key go together")
    if certificate is not None and settings.tls == "self-signed":
        raise StartError("--tls-cert and --tls self-signed exclude each other")
    if certificate is None and settings.tls == "off":
        return None, None

    from emulator import tls

    try:
        if certificate is None or key is None:
            folder = settings.data_dir / "tls"
            certificate, key = tls.self_signed(folder, settings.host, datetime.now(UTC))
        return certificate, tls.context(certificate, key)
    except tls.TlsError as error:
        raise StartError(str(error)) from None
    except OSError as error:
        raise StartError(
            f"no certificate can be made in {settings.data_dir}: {error.strerror}"
        ) from None


def qemu_img_version() -> str | None:
    """Tell the version of qemu-img, None if there is none."""
    from converters import qemu_img

    return qemu_img.version()


def announce(url: str, trusted: Path | None, guarded: bool) -> None:
    """Print the ready line, the only thing that goes to stdout, with what clients must trust."""
    keys = "" if guarded else "AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any "
    client = f"AWS_DEFAULT_REGION=us-east-1 {keys}aws"
    trust = f"AWS_CA_BUNDLE={trusted} " if trusted else ""
    hint = f"{trust}AWS_ENDPOINT_URL={url} {client} ec2 describe-snapshots"
    print(f"vmie is ready at {url} (try: {hint})", flush=True)
