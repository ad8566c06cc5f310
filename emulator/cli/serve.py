"""Answer AWS clients, and run their tasks unless --role api leaves that to workers."""

from argparse import ArgumentParser, Namespace
from functools import partial

from emulator import logs
from emulator.app import Application
from emulator.cli import worker
from emulator.cli.options import add_settings, settings_of
from emulator.parts import Parts, StartError
from emulator.server import Server, configured, endpoint, listen


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
        parts = Parts(settings)
        application = Application(parts, partial(worker.job_runner, settings), qemu_img_version)
        url = endpoint(listening)
        server = Server(configured(application), lambda: announce(url))
        exit_code = 0

        def give_up() -> None:
            nonlocal exit_code
            exit_code, server.should_exit = 1, True

        application.failed = give_up
        server.run(sockets=[listening])
    return exit_code


def qemu_img_version() -> str | None:
    """Tell the version of qemu-img, None if there is none."""
    from converters import qemu_img

    return qemu_img.version()


def announce(url: str) -> None:
    """Print the ready line, the only thing that goes to stdout."""
    client = "AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws"
    hint = f"AWS_ENDPOINT_URL={url} {client} ec2 describe-snapshots"
    print(f"vmie is ready at {url} (try: {hint})", flush=True)
