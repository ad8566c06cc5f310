"""Start-up and the small requests: describing snapshots and tagging them."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3

from state.snapshots import Snapshot
from state.store import Store
from tests.bench.figures import Figure, median
from tests.bench.servers import Server, ec2_request, moto, vmie

SNAPSHOTS = 1000
SECONDS = 3.0


def figures(folder: Path) -> Iterator[Figure]:
    """Measure start-up, then requests per second at 1 and 8 connections, against moto."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        yield start_up(Path(name))
    with tempfile.TemporaryDirectory(dir=folder) as name:
        data_dir = Path(name)
        with vmie(data_dir):
            pass  # migrates the database
        ids = seed(data_dir)
        with vmie(data_dir) as ours, moto() as theirs:
            their_ids = seed_moto(theirs)
            yield from requests(ours, ids, theirs, their_ids)


def start_up(folder: Path) -> Figure:
    """Measure the time from starting the process to its first answer, on a new data directory."""

    def ours() -> float:
        with tempfile.TemporaryDirectory(dir=folder) as name, vmie(Path(name)) as server:
            return server.ready_after

    def theirs() -> float:
        with moto() as server:
            return server.ready_after

    seconds = median(ours, 5)
    return Figure(
        "start to first answer",
        seconds,
        "s",
        median(theirs, 3),
        "s moto",
        "≤ 1.0 s",
        seconds <= 1.0,
    )


def seed(data_dir: Path) -> list[str]:
    """Write rows as imports leave them, without their bytes: only the API is measured here."""
    store = Store(f"sqlite:///{data_dir / 'vmie.db'}")
    now = datetime.now(UTC)
    ids = [f"snap-{number:017x}" for number in range(SNAPSHOTS)]
    with store.begin() as tx:
        for number, snapshot_id in enumerate(ids):
            tx.snapshots.add(
                Snapshot(
                    id=snapshot_id, account_id="000000000000", region="us-east-1", created_at=now,
                    size_gib=1, size_bytes=2**30, blob_id=snapshot_id,
                    description=f"Created by AWS-VMImport service for import-snap-{number:017x}",
                )
            )  # fmt: skip
            tags = {"Name": f"disk-{number}", "half": "odd" if number % 2 else "even"}
            tx.tags.put("000000000000", "us-east-1", snapshot_id, tags)
    store.close()
    return ids


def seed_moto(server: Server) -> list[str]:
    """Make as many snapshots, with the same tags, in moto."""
    session = boto3.Session("AKIDEXAMPLE", "x", region_name="us-east-1")
    client = session.client("ec2", endpoint_url=server.url)
    volume = client.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    return [
        client.create_snapshot(
            VolumeId=volume,
            TagSpecifications=[
                {
                    "ResourceType": "snapshot",
                    "Tags": [
                        {"Key": "Name", "Value": f"disk-{number}"},
                        {"Key": "half", "Value": "odd" if number % 2 else "even"},
                    ],
                }
            ],
        )["SnapshotId"]
        for number in range(SNAPSHOTS)
    ]


def requests(
    ours: Server, ids: list[str], theirs: Server, their_ids: list[str]
) -> Iterator[Figure]:
    """Measure each kind of request at 1 and at 8 connections."""
    owned = {"Owner.1": "self"}
    half = {"Filter.1.Name": "tag:half", "Filter.1.Value.1": "odd"}
    tag = {"Action": "CreateTags", "Tag.1.Key": "k", "Tag.1.Value": "v"}
    kinds: list[tuple[str, dict[str, str], dict[str, str], float | None]] = [
        (
            "DescribeSnapshots by id",
            {"Action": "DescribeSnapshots", "SnapshotId.1": ids[500]},
            {"Action": "DescribeSnapshots", "SnapshotId.1": their_ids[500]},
            1000,
        ),
        (
            f"DescribeSnapshots all {SNAPSHOTS:,}",
            {"Action": "DescribeSnapshots", **owned},
            {"Action": "DescribeSnapshots", **owned},
            100,
        ),
        (
            "DescribeSnapshots filtered to half",
            {"Action": "DescribeSnapshots", **owned, **half},
            {"Action": "DescribeSnapshots", **owned, **half},
            None,
        ),
        (
            "CreateTags",
            {**tag, "ResourceId.1": ids[7]},
            {**tag, "ResourceId.1": their_ids[7]},
            None,
        ),
    ]  # fmt: skip
    for name, our_parameters, their_parameters, aim in kinds:
        for connections in (1, 8):
            value = rate(ours, our_parameters, connections)
            reference = rate(theirs, their_parameters, connections)
            met = value >= aim if aim and connections == 8 else None
            yield Figure(
                f"{name}, {connections} connection{'s' if connections > 1 else ''}",
                value, "req/s", reference, "req/s moto",
                f"≥ {aim:,.0f} req/s" if met is not None else "", met,
            )  # fmt: skip


def rate(server: Server, parameters: dict[str, str], connections: int) -> float:
    """Run the load generator in a process of its own; return requests per second."""
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.bench.load",
            "127.0.0.1", str(server.port), str(connections), str(SECONDS),
        ],
        input=ec2_request(server, **parameters), stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return float(done.stdout)
