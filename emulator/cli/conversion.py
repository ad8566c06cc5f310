"""What `vmie import-instance` and `vmie import-volume` have in common, from flags to the end."""

import asyncio
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TransferSpeedColumn,
)

from emulator import settings
from emulator.cli import parted
from emulator.cli.aws import WEEK, Aws, AwsRefusal, Place, check, listed
from emulator.cli.parted import DiskFile, Upload
from emulator.parts import StartError
from state import urls

POLL = 1.0  # seconds at first
SLOWEST = 15.0
DONE, FAILED = 0, 1


class Ask(NamedTuple):
    """What starts a task for a disk."""

    action: str
    # The form of the request: of the upload, the URL of its manifest, and an Availability Zone.
    form: Callable[[Upload, str, str], Mapping[str, str]]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare what both commands take."""
    parser.add_argument("--bucket", help="Bucket for the upload; made if there is none.")
    parser.add_argument("--prefix", default="", help="What the keys of the upload begin with.")
    parser.add_argument("--endpoint-url", help="Where EC2 and S3 are [AWS_ENDPOINT_URL, or AWS]")
    parser.add_argument("--region", help="[AWS_REGION]")
    parser.add_argument("--zone", help="Availability Zone [the first of the Region]")
    parser.add_argument("--description", default="", help="What it is.")
    parser.add_argument("--volume-size", type=int, help="GiB of each volume [as large as its disk]")
    parser.add_argument("--part-size", type=int, default=10, help="MiB of a part [10]")
    parser.add_argument("--parallel", type=int, default=4, help="Parts at the same time [4]")
    parser.add_argument("--keep", action="store_true", help="Leave the uploaded parts there.")
    parser.add_argument("--no-wait", action="store_true", help="Do not wait for the conversion.")
    parser.add_argument("--dry-run", action="store_true", help="Ask whether it would be allowed.")
    parser.add_argument(
        "--resume", nargs="+", metavar="TASK", default=[],
        help="Go on with these tasks, of the first files; start others for the rest.",
    )  # fmt: skip


def run(options: Namespace, files: list[Path], asks: list[Ask]) -> int:
    """Import files, for each of which there is what is asked."""
    if not options.bucket and len(options.resume) < len(files):
        raise StartError("--bucket is missing")
    if len(options.resume) > len(files):
        raise StartError("--resume names more tasks than there are files")
    if options.part_size < 1 or options.parallel < 1:
        raise StartError("--part-size and --parallel are at least 1")
    place = Place.of(settings.aws_environment(), options.endpoint_url, options.region)
    disks = [parted.looked_at(path) for path in files]
    console = Console(highlight=False)
    try:
        return asyncio.run(Import(options, place, console).all(disks, asks))
    except (AwsRefusal, httpx.HTTPError) as error:
        raise StartError(str(error) or type(error).__name__) from None


class Import:
    """One run of a command."""

    def __init__(self, options: Namespace, place: Place, console: Console) -> None:
        self.options = options
        self.place = place
        self.console = console

    async def all(self, disks: list[DiskFile], asks: list[Ask]) -> int:
        """Import disks, one after the other, until one fails; return the exit code."""
        async with Aws(self.place) as aws:
            if len(self.options.resume) < len(disks):
                await self.bucket(aws)
            zone = self.options.zone or await self.first_zone(aws)
            for number, (disk, ask) in enumerate(zip(disks, asks, strict=True)):
                if (code := await self.one(aws, disk, ask, zone, number)) != DONE:
                    return code
            return DONE

    async def first_zone(self, aws: Aws) -> str:
        """Return the first Availability Zone of the Region."""
        answer = await aws.ec2("DescribeAvailabilityZones", {})
        return str(listed(answer["availabilityZoneInfo"])[0]["zoneName"])

    async def bucket(self, aws: Aws) -> None:
        """Make sure that there is a bucket, in the right Region."""
        name, region = self.options.bucket, self.place.region
        response = await aws.s3("HEAD", name)
        found = response.headers.get("x-amz-bucket-region")
        if found and found != region:
            raise StartError(f"Bucket {name} is not in the {region} region, it's in {found}")
        if response.status_code == 404 and not self.options.dry_run:
            body = "" if region == "us-east-1" else (
                '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
            )  # fmt: skip
            check(await aws.s3("PUT", name, "", body.encode()))
        elif response.status_code != 404:
            check(response)

    async def one(self, aws: Aws, disk: DiskFile, ask: Ask, zone: str, number: int) -> int:
        """Import a disk."""
        options = self.options
        again = number < len(options.resume)
        if again:
            task = await described(aws, options.resume[number])
            upload = await self.resumed(aws, disk, task)
        else:
            part = options.part_size << 20
            upload = parted.begun(disk, options.bucket, options.prefix, part, options.volume_size)
            url = self.place.presigned("GET", upload.bucket, upload.manifest_key, WEEK)
            form = ask.form(upload, url, zone)
            if options.dry_run:
                return await self.dry(aws, ask.action, form)
            task = (await aws.ec2(ask.action, form))["conversionTask"]
        task_id = task["conversionTaskId"]
        self.console.print(f"{task_id}: {disk.path.name}, {disk.format}, {upload.count} parts")
        try:
            await self.send(aws, upload, again)
            if options.no_wait:
                return DONE
            task = await self.ended(aws, task_id)
        except (asyncio.CancelledError, AwsRefusal, httpx.HTTPError):
            self.console.print(f"To go on with it: --resume {task_id}")
            raise
        if not options.keep:
            await parted.remove(aws, upload)
        return self.told(task)

    async def dry(self, aws: Aws, action: str, form: Mapping[str, str]) -> int:
        """Ask whether a request would be granted."""
        try:
            await aws.ec2(action, {**form, "DryRun": "true"})
        except AwsRefusal as refusal:
            if refusal.code != "DryRunOperation":
                raise
            self.console.print(str(refusal))
        return DONE

    async def resumed(self, aws: Aws, disk: DiskFile, task: dict[str, Any]) -> Upload:
        """Return the upload of a task that goes on."""
        if task["state"] != "active":
            raise StartError(f"{task['conversionTaskId']} is {task['state']}")
        volume = the_volume(task)
        bucket, key = urls.read(volume["image"]["importManifestUrl"]).locations[-1]
        gib = int(volume["volume"]["size"])
        return await parted.resumed(aws, disk, bucket, key, gib, self.options.part_size << 20)

    async def send(self, aws: Aws, upload: Upload, again: bool) -> None:
        """Upload, and show how far it is."""
        with Progress(
            TextColumn("uploading"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
            console=self.console,
        ) as progress:  # fmt: skip
            bar = progress.add_task("", total=upload.disk.size)

            def report(count: int, bar: TaskID = bar) -> None:
                progress.advance(bar, count)

            await parted.send(aws, upload, self.options.parallel, again, report)

    async def ended(self, aws: Aws, task_id: str) -> dict[str, Any]:
        """Wait until a task has ended, and show how far it is."""
        pause = POLL
        with Progress(
            TextColumn("converting"), BarColumn(), TextColumn("{task.fields[said]}"),
            console=self.console,
        ) as progress:  # fmt: skip
            bar = progress.add_task("", total=None, said="")
            while True:
                task = await described(aws, task_id)
                volume = the_volume(task)
                progress.update(
                    bar,
                    total=int(volume["image"]["size"]),
                    completed=int(volume.get("bytesConverted") or 0),
                    said=task.get("statusMessage") or "",
                )
                if task["state"] in ("completed", "cancelled"):
                    return task
                await asyncio.sleep(pause)
                pause = min(pause * 1.2, SLOWEST)

    def told(self, task: dict[str, Any]) -> int:
        """Say what came of a task."""
        task_id = task["conversionTaskId"]
        if task["state"] != "completed":
            self.console.print(f"{task_id} is {task['state']}: {task.get('statusMessage') or ''}")
            return FAILED
        made = [the_volume(task)["volume"]["id"]]
        if "importInstance" in task:
            made.insert(0, task["importInstance"]["instanceId"])
        self.console.print(f"{task_id} is completed: {' '.join(made)}")
        return DONE


async def described(aws: Aws, task_id: str) -> dict[str, Any]:
    """Describe a task, and again if the network fails for a moment."""
    deadline = time.monotonic() + 60
    while True:
        try:
            answer = await aws.ec2("DescribeConversionTasks", {"ConversionTaskId.1": task_id})
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL)
            continue
        found: dict[str, Any] = listed(answer["conversionTasks"])[0]
        return found


def the_volume(task: dict[str, Any]) -> dict[str, Any]:
    """Return the disk of a task."""
    if "importVolume" in task:
        found: dict[str, Any] = task["importVolume"]
        return found
    (found,) = listed(task["importInstance"]["volumes"])
    return found


def image(upload: Upload, url: str, name: str = "") -> dict[str, str]:
    """Return the members of a request that tell of the image; name is what stands before them."""
    return {
        f"{name}Image.Format": upload.disk.format,
        f"{name}Image.Bytes": str(upload.disk.size),
        f"{name}Image.ImportManifestUrl": url,
        f"{name}Volume.Size": str(upload.volume_gib),
    }


def volume(description: str) -> Ask:
    """Return what asks for a volume."""

    def form(upload: Upload, url: str, zone: str) -> Mapping[str, str]:
        told = {"Description": description} if description else {}
        return {"AvailabilityZone": zone, **image(upload, url), **told}

    return Ask("ImportVolume", form)
