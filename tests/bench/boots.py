"""An import that starts its machine, beside a bare QEMU that starts the same disk.

Both until the guest has its address, ours from ImportImage on and until the AMI is there. The bare
QEMU has the same devices and QEMU's own network; its guest says on the serial port when it is on.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from converters.boot.machine import EMULATED
from tests.bench.figures import Figure
from tests.bench.machines import start
from tests.bench.servers import vmie
from tests.boot.tiny import Tinies, Tiny, missing

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client

RUNS = 5
BUCKET = "bench"
OVERHEAD = 1.0  # seconds
LEASED = b"lease of "
POLL = 0.2  # seconds; who asks without pause takes a core from the guest
MEMORY = "1024"  # MiB, as the check gives


def figures(folder: Path) -> Iterator[Figure]:
    """Measure both in turns; seconds."""
    if lacking := missing():
        print(f"no boots: {', '.join(lacking)} not installed")
        return
    disk = Tinies(folder / "tinies").disk(Tiny("good"))
    with vmie(folder / "boots", boot="require") as server:
        session = boto3.Session("111122223333", "x", region_name="us-east-1")
        s3 = session.client("s3", endpoint_url=server.url)
        s3.create_bucket(Bucket=BUCKET)
        s3.upload_file(str(disk), BUCKET, disk.name)
        ec2 = session.client("ec2", endpoint_url=server.url)
        pairs = []
        for _ in range(RUNS):
            begin = time.perf_counter()
            task = start(ec2, disk.name)
            while status(ec2, task) == "active":
                time.sleep(POLL)
            pairs.append((time.perf_counter() - begin, bare(disk)))
    # The best of each: a start varies by half on a shared machine, and what varies only adds.
    ours, theirs = (min(column) for column in zip(*pairs, strict=True))
    yield Figure(
        "ImportImage of a tiny guest, booted", ours, "s", theirs, "s bare QEMU",
        f"≤ + {OVERHEAD:g} s", ours <= theirs + OVERHEAD,
    )  # fmt: skip


def status(ec2: "EC2Client", task_id: str) -> str:
    """Return what becomes of an import."""
    [task] = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
    if task["Status"] == "deleted":
        raise SystemExit(task["StatusMessage"])
    return task["Status"]


def bare(disk: Path) -> float:
    """Return how long QEMU takes until the guest has its address."""
    command = [
        "qemu-system-x86_64", "-nodefaults", "-machine", "pc", *EMULATED, "-smp", "2", "-m", MEMORY,
        "-display", "none", "-vga", "std", "-serial", "stdio", "-boot", "strict=on",
        "-drive", f"if=virtio,format=raw,snapshot=on,file={disk}", "-device", "virtio-rng-pci",
        "-netdev", "user,id=wire,restrict=on", "-device", "virtio-net-pci,netdev=wire,romfile=",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as told:
        begin = time.perf_counter()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told) as machine:
            try:
                while LEASED not in written(told.fileno()):
                    if machine.poll() is not None:
                        raise SystemExit(f"QEMU ended with {machine.returncode}")
                    time.sleep(0.02)
                return time.perf_counter() - begin
            finally:
                machine.kill()


def written(number: int) -> bytes:
    """Return what stands in an open file, without moving in it."""
    return os.pread(number, 1 << 20, 0)
