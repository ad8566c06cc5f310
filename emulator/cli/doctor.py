"""Say what is missing on this machine for vmie to work, and how to get it."""

import asyncio
import http.client
import json
import os
import shutil
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from converters import qemu_img
from converters.boot import machine
from converters.guests import sandbox, tools
from converters.guests.write.acceleration import KVM, accelerated
from emulator.cli.options import add_settings, settings_of
from emulator.parts import without_password
from emulator.server import listen
from emulator.settings import Settings
from state.store import Store

FORMATS = ("raw", "vmdk", "vpc", "vhdx", "qcow2", "luks")
INSTALL = "apt-get install qemu-utils"
LEAST_SPACE = 1 << 30  # bytes; the smallest disks that are worth importing need as much
MARKS = {True: "[green]ok[/]", False: "[red]missing[/]", None: "[yellow]optional[/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it will do, and what was seen or is to be done."""

    subject: str
    good: bool | None  # None: not here, and vmie can do without
    detail: str


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    add_settings(parser)


def run(options: Namespace) -> int:
    """Show the findings; 0 if everything will do."""
    settings = settings_of(options)
    table = Table("", "", "", box=None, show_header=False, pad_edge=False)
    findings = list(examine(settings))
    for finding in findings:
        table.add_row(finding.subject, MARKS[finding.good], finding.detail)
    Console(width=None if os.isatty(1) else 200, highlight=False).print(table)
    return 1 if any(finding.good is False for finding in findings) else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that vmie needs."""
    yield of_qemu_img()
    yield of_data_dir(settings.data_dir)
    yield of_port(settings.host, settings.port)
    yield of_database(settings)
    yield of_fence()
    yield from of_tools()
    yield of_uefi()
    yield of_kvm()


def of_qemu_img() -> Finding:
    """Look for a qemu-img that knows the formats."""
    version = qemu_img.version()
    if version is None:
        return Finding("qemu-img", False, f"not found; install it: {INSTALL}")
    unknown = [name for name in FORMATS if name not in qemu_img.formats()]
    if unknown:
        detail = f"{version} does not know {', '.join(unknown)}; install the full one: {INSTALL}"
        return Finding("qemu-img", False, detail)
    return Finding("qemu-img", True, f"{version}, knows {', '.join(FORMATS)}")


def of_data_dir(data_dir: Path) -> Finding:
    """Look whether the data folder can be written and has room."""
    existing = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return Finding("data folder", False, f"{data_dir} cannot be written; choose --data-dir")
    free = shutil.disk_usage(existing).free
    detail = f"{data_dir}, {free / (1 << 30):.1f} GiB free"
    if free < LEAST_SPACE:
        return Finding("data folder", False, f"{detail}; choose a roomier --data-dir")
    return Finding("data folder", True, detail)


def of_port(host: str, port: int) -> Finding:
    """Look whether the port is free, or a vmie answers there."""
    address = f"{host}:{port}"
    try:
        listen(host, port).close()
    except OSError as error:
        if answer := answering(host, port):
            return Finding("port", True, f"vmie {answer} answers on {address}")
        return Finding("port", False, f"{address}: {error.strerror}; choose another --port")
    return Finding("port", True, f"{address} is free")


def answering(host: str, port: int) -> str | None:
    """Tell the version of the vmie that answers on a port, None if it is none."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/_vmie/health")
        return str(json.loads(connection.getresponse().read())["version"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def of_database(settings: Settings) -> Finding:
    """Look whether the database answers, and at its tables."""
    where = without_password(settings.store_url)
    if settings.database_url is None and not (settings.data_dir / "vmie.db").exists():
        return Finding("database", True, f"{where}, made at the first start")
    store = Store(settings.store_url)
    try:
        tables = "up to date" if store.up_to_date else "brought up to date at the next start"
        detail = f"{store.version()} at {where}, tables {tables}"
    except Exception as error:  # noqa: BLE001 - whatever the driver raises is the finding
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Finding("database", False, f"{where}: {reason}")
    finally:
        store.close()
    return Finding("database", True, detail)


def of_fence() -> Finding:
    """Look how programs that touch guests are kept apart."""
    found = asyncio.run(sandbox.fence())
    return Finding("sandbox", True if found.options is not None else None, found.told)


def of_tools() -> Iterator[Finding]:
    """Look for the programs that adapt guests."""
    for tool in tools.TOOLS:
        if tools.here(tool.name):
            yield Finding(tool.name, True, f"here, for {tool.purpose}")
        else:
            detail = f"for {tool.purpose}; install it: apt-get install {tool.package}"
            yield Finding(tool.name, None, detail)


def of_uefi() -> Finding:
    """Look for the firmware that starts disks by UEFI."""
    if found := machine.uefi():
        return Finding("OVMF", True, f"{found[0]}, for starting what was imported by UEFI")
    detail = "for starting what was imported by UEFI; install it: apt-get install ovmf"
    return Finding("OVMF", None, detail)


def of_kvm() -> Finding:
    """Look whether this machine's own processor runs what was imported."""
    program = tools.find(machine.PROGRAM)
    if program is not None and asyncio.run(accelerated(program)):
        return Finding("KVM", True, "works: imported machines start at full speed")
    why = "is there, but does not work" if KVM.exists() else "is not here"
    return Finding("KVM", None, f"{KVM} {why}: processors are emulated")
