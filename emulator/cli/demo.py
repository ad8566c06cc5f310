"""Make a small machine, import it through the public API, and compare its disk afterwards.

Uses the server at --host and --port if a vmie answers there, else one of its own that is gone
afterwards. It speaks HTTP as any AWS client does; TLS with --tls or --tls-cert, and signed with the
first key of --credentials, as the server's own settings say it.
"""

import asyncio
import secrets
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import xmltodict
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from converters import sample
from converters.lifeline import Limits
from converters.lifeline import run as run_program
from emulator.cli import asking
from emulator.cli.options import add_settings, settings_of
from emulator.parts import StartError
from emulator.settings import Settings
from state.blobs import Blobs
from state.store import Store

VERSION = "2016-11-15"
READY_WITHIN = 30.0  # seconds; a second is the rule, a loaded CI machine the exception
POLL = 0.2  # seconds
BLOCK = 1 << 20
PAGE = 4096  # bytes that are compared at once
ALLOWANCE = 128 << 10  # bytes that may differ for a small file: itself, directories, the journal


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    add_settings(parser)


def run(options: Namespace) -> int:
    """Show an import from start to end; 0 if the AMI's snapshot is the disk."""
    return asyncio.run(demonstrate(settings_of(options), Console()))


async def demonstrate(settings: Settings, console: Console) -> int:
    """Do it, and say what is being done."""
    with tempfile.TemporaryDirectory(prefix="vmie-demo-") as name:
        folder = Path(name)
        try:
            machine = await sample.make(folder)
        except sample.MissingProgram as missing:
            raise StartError(str(missing)) from None
        console.print(
            f"A machine with a disk of {sample.SIZE_MIB} MiB and what looks like a Debian on it, "
            f"as an OVA of {machine.ova.stat().st_size / BLOCK:.1f} MiB."
        )
        async with server(settings, folder / "data", console) as (endpoint, store_settings):
            async with asking.client(store_settings, endpoint) as client:
                api = Api(client, has_keys=settings.credentials is not None)
                task = await imported(api, machine.ova, console)
                changes = await told(client, task["importTaskId"], console)
            snapshot_id = task["snapshotDetailSet"]["item"]["snapshotId"]
            return proven(store_settings, snapshot_id, machine.raw, changes, console)


@asynccontextmanager
async def server(
    settings: Settings, data_dir: Path, console: Console
) -> AsyncIterator[tuple[str, Settings]]:
    """Find the server that runs, or start one; give its endpoint and where it keeps its data."""
    endpoint = f"{asking.scheme(settings)}://{settings.host}:{settings.port}"
    if await answers(settings, endpoint):
        console.print(f"Using the vmie at {endpoint}.")
        yield endpoint, settings
        return
    own = settings.model_copy(update={"data_dir": data_dir, "database_url": None})
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    said = bytearray()

    def listen(output: bytes) -> None:
        said.extend(output)
        if b"\n" in said and not ready.done():
            ready.set_result(said.split(b"\n")[0].decode())

    command = [
        sys.executable, "-m", "emulator", "serve", "--log-level", "error", "--port", "0",
        "--data-dir", str(data_dir), "--role-check", "auto", "--tls", settings.tls,
        "--boot", "off",  # what is on the disk only looks like a system
    ]  # fmt: skip
    for name in ("tls_cert", "tls_key", "credentials"):
        if (path := getattr(settings, name)) is not None:
            command += [f"--{name.replace('_', '-')}", str(path)]
    child = asyncio.create_task(run_program(command, Limits(), listen))
    try:
        either: tuple[asyncio.Future[Any], ...] = (ready, child)
        await asyncio.wait(either, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            reason = child.result().stderr.strip() if child.done() else "it does not get ready"
            raise StartError(f"cannot start a server: {reason}")
        endpoint = ready.result().split(" at ")[1].split()[0]
        console.print(f"Started vmie at {endpoint} for this demo.")
        yield endpoint, own
    finally:
        child.cancel()
        with suppress(asyncio.CancelledError):
            await child


async def answers(settings: Settings, endpoint: str) -> bool:
    """Tell whether a vmie answers at an endpoint."""
    with suppress(httpx.HTTPError, ValueError, AttributeError):
        async with asking.client(settings, timeout=10) as client:
            health = (await client.get(f"{endpoint}/_vmie/health")).json()
            return "qemu_img" in health
    return False


class Api:
    """The few AWS requests that the demo needs, as they stand on the wire."""

    def __init__(self, client: httpx.AsyncClient, *, has_keys: bool) -> None:
        self.client = client
        self.has_keys = has_keys

    async def ec2(self, action: str, **parameters: str) -> dict[str, Any]:
        """Call an EC2 action; return its answer, or exit with its error."""
        form = {"Action": action, "Version": VERSION, **parameters}
        return self.read(await self.client.post("/", data=form))[f"{action}Response"] or {}

    async def s3(self, method: str, path: str, body: Path | None = None) -> None:
        """Send an S3 request, its body streamed from a file."""
        self.read(await self.client.request(method, path, content=streamed(body) if body else None))

    def read(self, answer: httpx.Response) -> dict[str, Any]:
        """Parse an answer."""
        if answer.status_code == httpx.codes.FORBIDDEN and not self.has_keys:
            raise StartError(
                "the server wants signed requests: give the demo its --credentials, too"
            )
        if answer.is_error:
            raise StartError(f"the server answered {answer.status_code}: {answer.text}")
        return xmltodict.parse(answer.content) if answer.content else {}


async def streamed(file: Path) -> AsyncIterator[bytes]:
    """Read a file piece by piece."""
    with file.open("rb") as source:
        while piece := await asyncio.to_thread(source.read, BLOCK):
            yield piece


async def imported(api: Api, ova: Path, console: Console) -> dict[str, Any]:
    """Upload the machine, import it, watch; return the task as it is then."""
    bucket = f"vmie-demo-{secrets.token_hex(4)}"
    await api.s3("PUT", f"/{bucket}")
    await api.s3("PUT", f"/{bucket}/{ova.name}", ova)
    console.print(f"Uploaded to s3://{bucket}/{ova.name}.")
    started = time.monotonic()
    task = await api.ec2(
        "ImportImage",
        **{
            "DiskContainer.1.Format": "OVA",
            "DiskContainer.1.UserBucket.S3Bucket": bucket,
            "DiskContainer.1.UserBucket.S3Key": ova.name,
            "Platform": "Linux",
        },
    )
    task = await watched(api, task["importTaskId"], console)
    if task["status"] != "completed":
        raise StartError(f"the import failed: {task.get('statusMessage')}{hint(task)}")
    taken = time.monotonic() - started
    await api.s3("DELETE", f"/{bucket}/{ova.name}")
    await api.s3("DELETE", f"/{bucket}")
    found = await api.ec2("DescribeImages", **{"ImageId.1": task["imageId"]})
    image: dict[str, Any] = found["imagesSet"]["item"]
    device: dict[str, Any] = image["blockDeviceMapping"]["item"]
    console.print(
        f"Completed in {taken:.1f} s: {image['imageId']}, {image['platformDetails']}, "
        f"“{image['description']}”.\nIts {device['deviceName']} is {device['ebs']['snapshotId']}, "
        f"{device['ebs']['volumeSize']} GiB."
    )
    return task


def hint(task: dict[str, Any]) -> str:
    """Return what to do about a server that wants to start what only looks like a system."""
    failed = str(task.get("statusMessage")).startswith("FirstBootFailure")
    return " (the demo needs a server with --boot off)" if failed else ""


async def told(client: httpx.AsyncClient, task_id: str, console: Console) -> int:
    """Show what was changed in the guest; return how many files."""
    answer = await client.get(f"/_vmie/reports/{task_id}")
    if answer.status_code == httpx.codes.NOT_FOUND:  # a server that imports disks as they are
        return 0
    report = answer.json()
    for change in report["changes"]:
        console.print(f"Changed {change['path']}: {change['reason']}.")
    for sentence in report["left_out"]:
        console.print(f"Left out: {sentence}")
    return len(report["changes"])


async def watched(api: Api, task_id: str, console: Console) -> dict[str, Any]:
    """Poll a task to its end behind a progress bar; return it as it is then."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%")
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task(task_id, total=100)
        while True:
            shown = await api.ec2("DescribeImportImageTasks", **{"ImportTaskId.1": task_id})
            task: dict[str, Any] = shown["importImageTaskSet"]["item"]
            if task["status"] in ("completed", "deleted"):
                done = 100 if task["status"] == "completed" else None
                progress.update(bar, completed=done, description=f"{task_id} {task['status']}")
                return task
            progress.update(
                bar,
                completed=int(task.get("progress", 0)),
                description=f"{task_id} {task.get('statusMessage', '')}",
            )
            await asyncio.sleep(POLL)


def proven(settings: Settings, snapshot_id: str, raw: Path, changes: int, console: Console) -> int:
    """Compare the snapshot's bytes with the disk, of which some files were changed."""
    store = Store(settings.store_url)
    with store.read() as tx:
        kept = tx.snapshots.get(snapshot_id)
    if kept is None:
        console.print(f"Its bytes are not in {settings.data_dir}: nothing to compare.")
        return 1
    bytes_of = Blobs(settings.data_dir).path(kept.blob_id)
    different = 0
    with bytes_of.open("rb") as ours, raw.open("rb") as theirs:
        while piece := ours.read(PAGE):
            different += PAGE if piece != theirs.read(PAGE) else 0
    same = bytes_of.stat().st_size == raw.stat().st_size
    size = f"Its {kept.size_bytes:,} bytes"
    if same and different == 0:
        console.print(f"{size} and those of the disk are [green]equal[/], byte for byte.")
        return 0 if changes == 0 else 1
    if same and changes and different <= changes * ALLOWANCE:
        rest = f"the [green]{different >> 10} KiB[/] of the files above"
        console.print(f"{size} are those of the disk, but for {rest}.")
        return 0
    console.print(f"{size} and those of the disk are [red]different[/].")
    return 1
