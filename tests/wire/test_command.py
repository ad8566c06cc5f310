"""The command `vmie`, as it is typed: starting, failing to start, stopping, looking around."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.house import House, MakeHouse, flags, launch

pytestmark = pytest.mark.slow  # it starts many processes

READY = re.compile(
    r"vmie is ready at (http://127\.0\.0\.1:\d+) \(try: (AWS_ENDPOINT_URL=\1 .*)\)\n"
)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that a test starts; they are killed at the end."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def vmie(
    *arguments: str, environ: dict[str, str] | None = None, folder: Path
) -> tuple[int, str, str]:
    """Run a command to its end; give its exit code, its output and its complaints."""
    log = folder / "complaints"
    log.unlink(missing_ok=True)
    process = launch(*arguments, log=log, environ=environ)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output, log.read_text()


def test_one_ready_line_names_the_real_port_and_a_command_that_works(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    words = ["serve", "--port", "0", "--data-dir", str(tmp_path / "d")]
    process = launch(*words, log=tmp_path / "l", forked=False)
    started.append(process)

    line = process.stdout.readline()
    ready = READY.fullmatch(line)
    assert ready, line
    assert httpx.get(f"{ready[1]}/_vmie/health", timeout=30).status_code == 200
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    hinted = subprocess.run(ready[2], shell=True, env={"PATH": path}, capture_output=True)
    assert json.loads(hinted.stdout) == {"Snapshots": []}, hinted.stderr
    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0
    assert process.stdout.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_once_and_cleanly(own_house: House, number: signal.Signals) -> None:
    idle = httpx.Client(timeout=30)
    idle.get(f"{own_house.endpoint}/_vmie/health")  # a connection that is kept open

    before = time.monotonic()
    code = own_house.server.end(number)

    assert code == 0
    assert time.monotonic() - before < 5
    assert "Traceback" not in own_house.server.log


def test_the_settings_come_from_the_environment_and_a_file_too(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    file = tmp_path / "vmie.toml"
    file.write_text(f'data_dir = "{tmp_path / "elsewhere"}"\nport = 1\nlog_format = "json"\n')
    log = tmp_path / "log"
    environ = {"VMIE_CONFIG": str(file), "VMIE_PORT": "0"}
    process = launch("serve", log=log, environ=environ, forked=False)
    started.append(process)

    ready = READY.fullmatch(process.stdout.readline())
    assert ready
    url = f"{ready[1]}/?Action=DescribeRegions&X-Amz-Signature=hidden"
    answer = httpx.get(url, timeout=30)

    assert (tmp_path / "elsewhere" / "vmie.db").exists()
    deadline = time.monotonic() + 10
    while "DescribeRegions" not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (line,) = [line for line in log.read_text().splitlines() if "DescribeRegions" in line]
    fields = json.loads(line)
    assert fields["request_id"] == answer.headers["x-amzn-requestid"]
    assert re.fullmatch(r"ec2:DescribeRegions 200 \d+\.\d ms", fields["message"])
    assert "hidden" not in log.read_text()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output, said = vmie(
            "serve", "--port", str(port), "--data-dir", str(tmp_path / "d"), folder=tmp_path
        )

    assert (code, output) == (1, "")
    assert said == f"vmie: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_data_folder_in_use_is_one_sentence(own_house: House, tmp_path: Path) -> None:
    code, output, said = vmie(
        "serve", "--port", "0", "--data-dir", str(own_house.data_dir), folder=tmp_path
    )

    assert (code, output) == (1, "")
    assert said.startswith(f"vmie: {own_house.data_dir} is in use by another vmie server")
    assert said.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    code, output, said = vmie(
        "serve", "--port", "0", "--data-dir", str(tmp_path / "file" / "d"), folder=tmp_path
    )

    assert (code, output) == (1, "")
    assert said == f"vmie: the data folder {tmp_path}/file/d cannot be written: Not a directory\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_that_is_read_only_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir(mode=0o500)

    code, _, said = vmie("serve", "--data-dir", str(tmp_path / "d"), folder=tmp_path)

    assert (code, said.count("\n")) == (1, 1)
    assert "cannot be written: Permission denied" in said


def test_a_database_out_of_reach_is_one_sentence_without_the_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql+psycopg://vmie:secret@127.0.0.1:{port}/vmie"

    code, output, said = vmie(
        "serve", "--port", "0", "--data-dir", str(tmp_path / "d"), folder=tmp_path,
        environ={"VMIE_DATABASE_URL": url},
    )  # fmt: skip

    assert (code, output) == (1, "")
    assert said.startswith(
        f"vmie: the database postgresql+psycopg://127.0.0.1:{port}/vmie cannot be used: "
    )
    assert said.count("\n") == 1
    assert "secret" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "x"], "vmie: the setting 'port' cannot be 'x'"),
        (["serve", "--config", "/nowhere"], "vmie: cannot read /nowhere: No such file"),
        (["serve", "--colour", "red"], "unrecognized arguments: --colour red"),
        (["brew"], "invalid choice: 'brew'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_cannot_be_understood_is_said(arguments: list[str], said: str, tmp_path: Path) -> None:
    code, output, complaints = vmie(*arguments, folder=tmp_path)

    assert (code, output) in ((1, ""), (2, ""))
    assert said in complaints
    assert "Traceback" not in complaints


def test_help_names_every_command_and_setting(tmp_path: Path) -> None:
    _, overview, _ = vmie("--help", folder=tmp_path)
    _, serve, _ = vmie("serve", "--help", folder=tmp_path)

    assert all(name in overview for name in ("serve", "worker", "demo", "doctor"))
    assert all(flag in serve for flag in ("--port", "--data-dir", "--database-url", "--config"))


@pytest.mark.slow
def test_the_demo_starts_a_server_and_imports_a_machine(tmp_path: Path) -> None:
    status, shown, said = vmie("demo", "--port", "1", folder=tmp_path)

    assert status == 0, said
    assert "Started vmie at http://127.0.0.1:" in shown
    assert "are those of the disk" in shown


def test_everything_is_there_after_a_restart_on_the_same_port(own_house: House) -> None:
    bucket, endpoint = own_house.bucket(), own_house.endpoint
    own_house.put_object(bucket, "key", b"kept")

    own_house.kill()
    own_house.start()

    assert own_house.endpoint == endpoint
    assert own_house.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"kept"


def test_what_a_kill_left_behind_is_swept_at_the_next_start(own_house: House) -> None:
    bucket = own_house.bucket()
    own_house.put_object(bucket, "key", b"kept")
    own_house.kill()
    (own_house.data_dir / "incoming" / "orphan").write_bytes(b"x")
    (own_house.data_dir / "blobs" / "ab").mkdir(exist_ok=True)
    (own_house.data_dir / "blobs" / "ab" / "orphanab").write_bytes(b"x")

    own_house.start()
    deadline = time.monotonic() + 20
    while "swept" not in own_house.server.log:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert not list((own_house.data_dir / "incoming").iterdir())
    assert not (own_house.data_dir / "blobs" / "ab" / "orphanab").exists()
    assert own_house.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"kept"


def test_requests_are_answered_while_the_engine_is_starting(make_house: MakeHouse) -> None:
    house = make_house()

    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert house.sts().get_caller_identity()["Account"] == house.account_id


def test_the_doctor_finds_everything_in_order(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    code, output, said = vmie(
        "doctor", "--port", str(port), "--data-dir", str(tmp_path / "d"), folder=tmp_path
    )

    assert (code, said) == (0, "")
    assert re.search(r"qemu-img +ok +\d+\.\d+.*, knows raw, vmdk, vpc, vhdx", output)
    assert re.search(rf"data folder +ok +{tmp_path}/d, [\d.]+ GiB free", output)
    assert re.search(rf"port +ok +127.0.0.1:{port} is free", output)
    assert re.search(r"database +ok +sqlite:.*made at the first start", output)


def test_the_doctor_knows_a_vmie_that_runs(house: House, tmp_path: Path) -> None:
    settings = {"port": house.server.settings["port"], "data_dir": house.data_dir}

    code, output, _ = vmie("doctor", *flags(settings), folder=tmp_path)

    assert code == 0
    assert re.search(r"port +ok +vmie \S+ answers on 127", output)
    assert re.search(r"database +ok +sqlite 3.*tables up to date", output)


def test_the_doctor_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, output, _ = vmie(
            "doctor", "--port", str(taken.getsockname()[1]), "--data-dir", str(tmp_path / "file"),
            "--database-url", "postgresql://vmie:secret@127.0.0.1:1/vmie", folder=tmp_path,
            environ={"PATH": str(tmp_path)},
        )  # fmt: skip

    assert code == 1
    assert re.search(
        r"qemu-img +missing +not found; install it: apt-get install qemu-utils", output
    )
    assert re.search(r"data folder +missing +.* cannot be written", output)
    assert re.search(r"port +missing +.*Address already in use", output)
    assert re.search(r"database +missing +postgresql://127.0.0.1:1/vmie: ", output)
    assert "secret" not in output


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).with_name("vmie")

    ended = subprocess.run([command, "--version"], stdout=subprocess.PIPE, check=True, text=True)

    assert re.fullmatch(r"vmie \d+\.\d+\.\d+\n", ended.stdout)
