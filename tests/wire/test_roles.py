"""Several processes of one program: a server that only answers, a worker that only works."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import House, MakeHouse, launch
from tests.postgres import postgres_server, postgres_url
from tests.wire.sockets import Wire

pytestmark = pytest.mark.slow  # it starts many processes

__all__ = ["postgres_server", "postgres_url"]

DISK = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def workers() -> Iterator[list["subprocess.Popen[str]"]]:
    """Workers that a test starts; they are killed at the end."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for worker in started:
        worker.kill()
        worker.communicate()


@pytest.mark.postgres
def test_what_a_server_takes_a_worker_runs(
    make_house: MakeHouse, postgres_url: str, workers: list["subprocess.Popen[str]"], tmp_path: Path
) -> None:
    house = make_house(role="api", database_url=postgres_url)
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", DISK)
    task = house.ec2().import_snapshot(
        DiskContainer={"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
    )
    assert task["SnapshotTaskDetail"]["Status"] == "active"

    worker = launch(
        "worker", "--data-dir", str(house.data_dir), "--database-url", postgres_url,
        log=tmp_path / "worker.log",
    )  # fmt: skip
    workers.append(worker)
    assert worker.stdout.readline() == "vmie is ready to run tasks\n"
    detail = house.finished(task)
    worker.terminate()

    assert detail["Status"] == "completed"
    assert house.snapshot_bytes(detail["SnapshotId"]).read_bytes() == DISK
    assert worker.wait(20) == 0


def test_a_worker_does_not_share_a_sqlite_data_folder(own_house: House, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    worker = launch("worker", "--data-dir", str(own_house.data_dir), log=log)

    output, _ = worker.communicate(timeout=30)

    assert (worker.returncode, output) == (1, "")
    assert "is in use by another vmie server" in log.read_text()


def test_an_upload_that_is_cut_off_by_the_stop_leaves_nothing(own_house: House) -> None:
    bucket = own_house.open_bucket()
    wire = Wire(own_house.endpoint)
    wire.send(f"PUT /{bucket}/key", bytes(2 << 20), Content_Length=str(4 << 20))
    deadline = time.monotonic() + 20
    while not list((own_house.data_dir / "incoming").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    before = time.monotonic()
    code = own_house.stop()

    assert code == 0
    assert time.monotonic() - before < 10
    assert wire.receive("PUT").code == "ServiceUnavailable"
    assert "Traceback" not in own_house.server.log
    assert not list((own_house.data_dir / "incoming").iterdir())
    own_house.start()
    assert "Contents" not in own_house.s3().list_objects_v2(Bucket=bucket)
