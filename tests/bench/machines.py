"""ImportImage: an OVA with two big disks against tar and qemu-img by hand, and many small imports.

By hand: `tar x`, then `qemu-img convert` of both disks, one after the other, as a script would. The
OVA has a manifest with SHA256 digests, as VMware's tools write it: we check it, they don't.
"""

import hashlib
import os
import statistics
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from tests.bench.disks import FORMATS, converted, realistic
from tests.bench.figures import Figure
from tests.bench.servers import Server, vmie

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import ImportImageTaskTypeDef
    from types_boto3_s3 import S3Client

RUNS = 3
DISKS = 2
SIZE = 2 << 30  # bytes of each disk
DATA = 1 << 30  # of which so many are not zero
SMALL = 100  # imports at once
SMALL_DISK = 4 << 20
BUCKET = "bench"

OVF = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
<References>{files}</References>
<DiskSection><Info>Disks</Info>{disks}</DiskSection>
<VirtualSystem ovf:id="bench"><Info>A machine</Info><VirtualHardwareSection><Info>Hardware</Info>
<Item><rasd:Address>0</rasd:Address><rasd:InstanceID>1</rasd:InstanceID>
<rasd:ResourceType>6</rasd:ResourceType></Item>{items}</VirtualHardwareSection></VirtualSystem>
</Envelope>
"""
FILE = '<File ovf:id="file{n}" ovf:href="{name}" ovf:size="{size}"/>'
DISK = '<Disk ovf:diskId="disk{n}" ovf:fileRef="file{n}" ovf:capacity="{capacity}"/>'
ITEM = (
    "<Item><rasd:AddressOnParent>{n}</rasd:AddressOnParent>"
    "<rasd:HostResource>ovf:/disk/disk{n}</rasd:HostResource>"
    "<rasd:InstanceID>{id}</rasd:InstanceID><rasd:Parent>1</rasd:Parent>"
    "<rasd:ResourceType>17</rasd:ResourceType></Item>"
)


def figures(folder: Path) -> Iterator[Figure]:
    """Measure both; seconds, MiB, milliseconds."""
    with vmie(folder / "machines") as server:
        session = boto3.Session("111122223333", "x", region_name="us-east-1")
        s3 = session.client("s3", endpoint_url=server.url)
        s3.create_bucket(Bucket=BUCKET)
        ec2 = session.client("ec2", endpoint_url=server.url)
        yield from two_disks(folder, folder / "machines", s3, ec2)
        yield from many(server, s3, ec2)


# an OVA with two disks ---------------------------------------------------------------------------


def two_disks(folder: Path, data_dir: Path, s3: "S3Client", ec2: "EC2Client") -> Iterator[Figure]:
    """Import the OVA and do the same by hand, in turns."""
    ova = packed(folder)
    s3.upload_file(str(ova), BUCKET, ova.name)
    driver, _ = FORMATS["stream VMDK"]

    def by_hand() -> float:
        target = folder / "by-hand"
        target.mkdir()
        started = time.perf_counter()
        subprocess.run(["tar", "xf", str(ova), "-C", str(target)], check=True)
        for number in range(DISKS):
            image, raw = target / f"disk{number}.vmdk", target / f"disk{number}.raw"
            command = ["qemu-img", "convert", "-f", driver, "-O", "raw", str(image), str(raw)]
            subprocess.run(command, check=True)
        taken = time.perf_counter() - started
        subprocess.run(["rm", "-r", str(target)], check=True)
        return taken

    before = used(data_dir)
    peaks: list[int] = []
    times = []
    for _ in range(RUNS):
        with watching(data_dir, peaks):
            started = time.perf_counter()
            task = finished(ec2, start(ec2, ova.name))
            ours = time.perf_counter() - started
        kept = used(data_dir) - before
        times.append((ours, by_hand()))
        ec2.deregister_image(ImageId=task["ImageId"])
        for detail in task["SnapshotDetails"]:
            ec2.delete_snapshot(SnapshotId=detail["SnapshotId"])
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    yield Figure(
        "ImportImage OVA, two disks", ours, "s", theirs, "s tar x + qemu-img convert",
        "≤ 0.7 ×", ours <= 0.7 * theirs,
    )  # fmt: skip
    needed = ova.stat().st_blocks * 512 + kept
    peak = max(peaks) - before + ova.stat().st_blocks * 512
    yield Figure(
        "its disk space at most", peak / 2**20, "MiB", needed / 2**20, "MiB object + raw data",
        "≤ 1.01 ×", peak <= 1.01 * needed,
    )  # fmt: skip
    s3.delete_object(Bucket=BUCKET, Key=ova.name)
    ova.unlink()


def packed(folder: Path) -> Path:
    """Make the OVA: descriptor, manifest, two stream-optimized VMDKs."""
    _, options = FORMATS["stream VMDK"]
    names = [f"disk{number}.vmdk" for number in range(DISKS)]
    raw = folder / "disk.raw"
    realistic(raw, SIZE, DATA)
    for name in names:
        converted(raw, folder / name, options)
    raw.unlink()
    sizes = [(folder / name).stat().st_size for name in names]
    ovf = OVF.format(
        files="".join(
            FILE.format(n=n, name=name, size=size)
            for n, (name, size) in enumerate(zip(names, sizes, strict=True))
        ),
        disks="".join(DISK.format(n=n, capacity=SIZE) for n in range(DISKS)),
        items="".join(ITEM.format(n=n, id=n + 2) for n in range(DISKS)),
    ).encode()
    manifest = f"SHA256(bench.ovf)= {hashlib.sha256(ovf).hexdigest()}\n"
    for name in names:
        with (folder / name).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        manifest += f"SHA256({name})= {digest}\n"
    ova = folder / "bench.ova"
    with tarfile.open(ova, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in (("bench.ovf", ovf), ("bench.mf", manifest.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, BytesIO(text))
        for name in names:
            tar.add(folder / name, name)
            (folder / name).unlink()
    return ova


def used(folder: Path) -> int:
    """Return the bytes on disk below a folder; a file with several names counts once."""
    blocks = {}
    for path, _, names in os.walk(folder):  # what goes away meanwhile is passed over
        for name in names:
            with suppress(FileNotFoundError):
                found = Path(path, name).lstat()
                blocks[found.st_ino] = found.st_blocks
    return sum(blocks.values()) * 512


class watching:
    """Adds the most that a folder has held meanwhile, in bytes on disk, to a list."""

    def __init__(self, folder: Path, peaks: list[int]) -> None:
        self._folder = folder
        self._peaks = peaks
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._peaks.append(used(self._folder))


# many small imports ------------------------------------------------------------------------------


def many(server: Server, s3: "S3Client", ec2: "EC2Client") -> Iterator[Figure]:
    """Start a hundred imports, and ask for one of them again and again until all are done."""
    s3.put_object(Bucket=BUCKET, Key="small.raw", Body=b"vmie" * (SMALL_DISK // 4))
    idle = finished(ec2, start(ec2, "small.raw"))["ImportTaskId"]
    calm = [asked(ec2, idle) for _ in range(300)]
    server.forget_peak()
    started = time.perf_counter()
    tasks = [start(ec2, "small.raw") for _ in range(SMALL)]
    busy = []
    while True:
        busy.append(asked(ec2, tasks[-1]))
        if len(busy) % 10 == 0:
            shown = ec2.describe_import_image_tasks(
                Filters=[{"Name": "task-state", "Values": ["active"]}]
            )
            if not shown["ImportImageTasks"]:
                break
    taken = time.perf_counter() - started
    yield Figure(f"{SMALL} small ImportImage at once", SMALL / taken, "tasks/s", None, "", "", None)
    for name, share in (("p50", 50), ("p99", 99)):
        ours, theirs = (1000 * percentile(times, share) for times in (busy, calm))
        yield Figure(
            f"describe by id meanwhile, {name}", ours, "ms", theirs, "ms on an idle server",
            "≤ 50 ms", ours <= 50,
        )  # fmt: skip
    yield Figure("memory of the server meanwhile", server.memory(), "MiB", None, "", "", None)


def asked(ec2: "EC2Client", task_id: str) -> float:
    """Return how long it took to describe a task, in seconds."""
    started = time.perf_counter()
    ec2.describe_import_image_tasks(ImportTaskIds=[task_id])
    return time.perf_counter() - started


def percentile(times: list[float], share: int) -> float:
    """Return what so many percent of the times do not exceed."""
    return sorted(times)[min(len(times) * share // 100, len(times) - 1)]


def start(ec2: "EC2Client", key: str) -> str:
    """Start to import an object."""
    container = {"UserBucket": {"S3Bucket": BUCKET, "S3Key": key}}
    return ec2.import_image(DiskContainers=[container])["ImportTaskId"]  # type: ignore[list-item]


def finished(ec2: "EC2Client", task_id: str) -> "ImportImageTaskTypeDef":
    """Wait until an import is completed; return the task."""
    while True:
        [task] = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
        if task["Status"] == "completed":
            return task
        if task["Status"] != "active":
            raise SystemExit(task["StatusMessage"])
        time.sleep(0.02)
