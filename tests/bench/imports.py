"""ImportSnapshot of a 2 GiB disk with 1 GiB of data, against bare qemu-img on the same file."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3

from tests.bench.disks import FORMATS, converted, realistic
from tests.bench.figures import Figure
from tests.bench.servers import vmie

RUNS = 3


def figures(folder: Path) -> Iterator[Figure]:
    """Measure an import of each format from ImportSnapshot to completed, in seconds."""
    disk = folder / "disk.raw"
    realistic(disk, 2 << 30, 1 << 30)
    with vmie(folder / "imports") as server:
        session = boto3.Session("AKIDEXAMPLE", "x", region_name="us-east-1")
        s3 = session.client("s3", endpoint_url=server.url)
        s3.create_bucket(Bucket="bench")
        ec2 = session.client("ec2", endpoint_url=server.url)

        def imported(name: str) -> float:
            started = time.perf_counter()
            task = ec2.import_snapshot(
                DiskContainer={"UserBucket": {"S3Bucket": "bench", "S3Key": name}}
            )["ImportTaskId"]
            while True:
                shown = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task])
                detail = shown["ImportSnapshotTasks"][0]["SnapshotTaskDetail"]
                if detail["Status"] == "completed":
                    taken = time.perf_counter() - started
                    ec2.delete_snapshot(SnapshotId=detail["SnapshotId"])
                    return taken
                if detail["Status"] != "active":
                    raise SystemExit(detail["StatusMessage"])
                time.sleep(0.02)

        for name, (driver, options) in FORMATS.items():
            image = folder / f"image.{driver}"
            converted(disk, image, options)
            s3.upload_file(str(image), "bench", name)

            def bare() -> float:
                target = folder / "bare.raw"
                started = time.perf_counter()
                command = ["qemu-img", "convert", "-f", driver, "-O", "raw"]  # noqa: B023
                subprocess.run([*command, str(image), str(target)], check=True)  # noqa: B023
                taken = time.perf_counter() - started
                target.unlink()
                return taken

            pairs = [(imported(name), bare()) for _ in range(RUNS)]
            ours, theirs = (statistics.median(times) for times in zip(*pairs, strict=True))
            image.unlink()
            s3.delete_object(Bucket="bench", Key=name)
            yield Figure(
                f"ImportSnapshot {name}", ours, "s", theirs, "s qemu-img convert",
                "≤ 1.15 × + 1 s", ours <= 1.15 * theirs + 1,
            )  # fmt: skip
    disk.unlink()
