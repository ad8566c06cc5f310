"""Run tasks for the servers that share a database and a data folder; answer no requests.

A worker needs the credentials of the servers to tell who has presigned the URLs of disks in parts.
Without them it takes each for one of the task's account, or of the bucket's if anyone may call.
"""

import signal
import threading
from argparse import ArgumentParser, Namespace
from functools import partial
from typing import TYPE_CHECKING

from emulator import logs
from emulator.cli.options import add_settings, settings_of
from emulator.parts import Parts, StartError
from emulator.settings import Settings
from state.engine import Hands

if TYPE_CHECKING:
    from emulator.signatures.door import Door

OF_A_SERVER = (
    "host", "port", "role", "upstream", "s3_domains", "max_body", "tls", "tls_cert", "tls_key",
    "role_check",
)  # fmt: skip


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    add_settings(parser, without=OF_A_SERVER)


def run(options: Namespace) -> int:
    """Run tasks until a signal comes."""
    settings = settings_of(options, role="worker")
    logs.configure(settings.log_format, settings.log_level)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    door = door_of(settings)
    anyone = door is None and settings.allow_anonymous
    parts = Parts(settings)
    try:
        memory = offered(parts)
        parts.sweep()
        run_job = partial(job_runner, settings, door, anyone=anyone, memory=memory)
        parts.start_engine(run_job)
        print("vmie is ready to run tasks", flush=True)
        stopped.wait()
    finally:
        parts.close()
    return 0


def door_of(settings: Settings) -> "Door | None":
    """Make what verifies signatures, if there are credentials; StartError if they can't be read."""
    if settings.credentials is None:
        return None
    from emulator.signatures import keys
    from emulator.signatures.door import Door

    try:
        return Door(keys.read(settings.credentials))
    except keys.KeysError as error:
        raise StartError(str(error)) from None


def offered(parts: Parts) -> int:
    """Return the MiB that instances may have here, and say so before anybody asks for one."""
    if parts.settings.instances == "off" or parts.settings.role == "api":
        return 0
    from converters.machines.capacity import offer

    return offer(parts.store, parts.engine.worker)


def job_runner(
    settings: Settings, door: "Door | None" = None, *, anyone: bool = False, memory: int = 0
) -> Hands:
    """Load what runs jobs; not before a server is ready, for it takes a while.

    door verifies signatures, if there is one; anyone tells that it need not be done. memory is what
    instances may have.
    """
    from converters.pipelines.options import Options
    from converters.worker import hands

    return hands(
        Options(
            guests=settings.guests,
            agent=settings.agent,
            fetch_hosts=settings.fetch_hosts,
            fetch_networks=settings.fetch_networks,
            signer=None if door is None else door.signer_of,
            anyone=anyone,
            boot=settings.boot,
            boot_time=settings.boot_time,
            memory=memory,
        )
    )
