"""A child in the sandbox reads its disks, writes into its folder, and can do nothing else."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from converters.guests import sandbox, tools
from converters.guests.sandbox import Fence
from converters.lifeline import Ended, Limits

pytestmark = pytest.mark.guests

LIMITS = Limits(address_space=1 << 30, cpu_seconds=10, file_size=1 << 20)
SECRET = "nobody may know"


async def python(
    code: str, *arguments: Path, read: tuple[Path, ...] = (), write: Path | None = None, **more: int
) -> Ended:
    """Run some Python as the programs are run, and with Python to see."""
    return await sandbox.program(
        [sandbox.PYTHON, "-I", "-S", "-c", code, *map(str, arguments)],
        read=[*sandbox._python_folders(), *read],
        write=[write] if write else [],
        limits=Limits(
            **{"address_space": 1 << 30, "cpu_seconds": 10, "file_size": 1 << 20, **more}
        ),
        seconds=20,
    )


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    file = tmp_path / "home/credentials"
    file.write_text(SECRET)
    return file


async def test_bwrap_is_found_and_works() -> None:
    fence = await sandbox.fence()

    assert fence.options is not None
    assert fence.told.startswith("bwrap")


async def test_a_module_reads_a_disk_that_only_its_owner_may_read(tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(b"x" * 512)
    disk.chmod(0o600)

    ended = await sandbox.run(
        "base64",
        [str(disk)],
        read=[disk],
        write=None,
        limits=LIMITS,
    )

    assert ended.code == 0, ended.stderr
    assert ended.stdout.startswith(b"eHh4")


async def test_our_own_modules_and_packages_can_be_imported() -> None:
    ended = await sandbox.run("converters.guests.tree", [], read=[], write=None, limits=LIMITS)

    assert (ended.code, ended.stderr) == (0, "")


async def test_only_what_was_named_can_be_seen(secret: Path) -> None:
    files = [secret, Path("/etc/passwd"), Path("/etc/shadow"), Path.home() / ".profile"]

    ended = await python(
        "import os, sys; print([path for path in sys.argv[1:] if os.path.exists(path)])", *files
    )

    assert ended.stdout == b"[]\n"


async def test_emulator_and_state_are_not_there() -> None:
    root = sandbox.PACKAGE.parent

    ended = await python(
        "import os, sys; print(os.listdir(sys.argv[1]))", root, read=(sandbox.PACKAGE,)
    )

    assert ended.stdout == b"['converters']\n"


async def test_disks_cannot_be_written_and_folders_can(tmp_path: Path) -> None:
    disk, folder = tmp_path / "disk.raw", tmp_path / "folder"
    disk.write_bytes(b"as it was")
    folder.mkdir(mode=0o700)

    ended = await python(
        "import sys\n"
        "open(sys.argv[2] + '/new', 'w').write('new')\n"
        "open(sys.argv[1], 'r+').write('changed')\n",
        disk,
        folder,
        read=(disk,),
        write=folder,
    )

    assert "Read-only file system" in ended.stderr
    assert disk.read_bytes() == b"as it was"
    assert (folder / "new").read_text() == "new"


async def test_nothing_else_can_be_written(tmp_path: Path) -> None:
    ended = await python(
        "import sys\n"
        "for path in ('/tmp/here', '/usr/here', sys.argv[1] + '/here'):\n"
        "    try: open(path, 'w'); print(path)\n"
        "    except OSError: pass\n",
        tmp_path,
    )

    assert ended.stdout == b"/tmp/here\n"
    assert not Path("/tmp/here").exists()
    assert list(tmp_path.iterdir()) == []


async def test_there_is_no_network() -> None:
    ended = await python(
        "import socket\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except OSError as error: print(error.strerror)\n"
        "print([name for _, name in socket.if_nameindex()])\n"
    )

    assert ended.stdout in (b"Network is unreachable\n['lo']\n", b"Connection refused\n['lo']\n")


async def test_it_is_nobody_without_capabilities_or_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)

    ended = await python(
        "import os; print(os.getuid(), open('/proc/self/status').read(), dict(os.environ))"
    )

    said = ended.stdout.decode()
    assert said.startswith("65534 ")
    assert "CapEff:\t0000000000000000" in said
    assert "CapBnd:\t0000000000000000" in said
    assert "NoNewPrivs:\t1" in said
    assert SECRET not in said


async def test_it_sees_no_processes_but_its_own() -> None:
    ended = await python(
        "import os; print([name for name in os.listdir('/proc') if name.isdigit()])"
    )

    assert ended.stdout == b"['1', '2']\n"


async def test_it_makes_no_user_namespaces() -> None:
    ended = await python("import ctypes; print(ctypes.CDLL(None).unshare(0x10000000))")

    assert ended.stdout == b"-1\n"


async def test_memory_is_bounded() -> None:
    ended = await python("x = bytearray(2 << 30)")

    assert "MemoryError" in ended.stderr


async def test_files_are_bounded(tmp_path: Path) -> None:
    ended = await python(
        "import sys\nwith open(sys.argv[1] + '/x', 'wb') as file: file.write(bytes(1 << 21))",
        tmp_path,
        write=tmp_path,
    )

    assert ended.code == -signal.SIGXFSZ or "File too large" in ended.stderr
    assert (tmp_path / "x").stat().st_size <= 1 << 20


@pytest.mark.slow
async def test_processor_time_is_bounded() -> None:
    ended = await python("while True: pass", cpu_seconds=1)

    assert ended.code == -signal.SIGXCPU


async def test_wall_time_is_bounded() -> None:
    began = time.monotonic()

    ended = await sandbox.program([_sleep(), "60"], limits=LIMITS, seconds=0.3)

    assert ended.code == -signal.SIGKILL
    assert "longer than 0.3 seconds" in ended.stderr
    assert time.monotonic() - began < 5


async def test_output_is_bounded() -> None:
    ended = await sandbox.program(
        [_which("head"), "-c", "5000000", "/dev/zero"], limits=LIMITS, keep=1000
    )

    assert (ended.code, len(ended.stdout)) == (0, 1000)


FORKING = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open(sys.argv[1] + "/alive", "w").write(str(time.time()))
            time.sleep(0.02)
time.sleep(60)
"""


async def test_what_it_forked_dies_with_it(tmp_path: Path) -> None:
    running = asyncio.create_task(python(FORKING, tmp_path, write=tmp_path))
    await _until((tmp_path / "alive").exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    (tmp_path / "alive").unlink()
    await asyncio.sleep(0.1)
    assert not (tmp_path / "alive").exists()


async def test_what_it_forked_ends_when_it_ends(tmp_path: Path) -> None:
    code = FORKING.replace("time.sleep(60)", "time.sleep(0.3)")

    ended = await python(code, tmp_path, write=tmp_path)

    assert ended.code == 0
    (tmp_path / "alive").unlink()
    await asyncio.sleep(0.1)
    assert not (tmp_path / "alive").exists()


ORPHAN = """
import asyncio, sys
from pathlib import Path
from converters.guests import sandbox
from converters.lifeline import Limits
folder = Path(sys.argv[1])
asyncio.run(sandbox.program(
    [sandbox.PYTHON, "-I", "-S", "-c", sys.argv[2], str(folder)],
    read=sandbox._python_folders(), write=[folder], limits=Limits()))
"""


async def test_what_it_forked_dies_when_we_are_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN, str(tmp_path), FORKING]) as ours:
        await _until((tmp_path / "alive").exists)
        ours.kill()

    await asyncio.sleep(0.3)
    (tmp_path / "alive").unlink()
    await asyncio.sleep(0.1)
    assert not (tmp_path / "alive").exists()


WITHOUT = """
import asyncio
from converters.guests import sandbox
from converters.lifeline import Limits
async def main():
    print((await sandbox.fence()).told)
    ended = await sandbox.run("base64", ["-t"], read=[], write=None, limits=Limits(file_size=1))
    print(ended.code, ended.stderr)
asyncio.run(main())
"""


def test_where_namespaces_are_forbidden_limits_are_left() -> None:
    found = shutil.which("bwrap")
    assert found
    code = [sys.executable, "-c", WITHOUT]
    container = [found, "--unshare-user", "--disable-userns", "--dev-bind", "/", "/"]

    said = subprocess.run([*container, *code], capture_output=True, text=True, check=True)

    assert said.stdout.startswith("limits alone: bwrap may not make namespaces here (")
    assert "\n0 \n" in said.stdout


async def test_without_bwrap_limits_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "BWRAP", "no-such-program")
    monkeypatch.setattr(sandbox, "_found", None)

    fence = await sandbox.fence()
    ended = await sandbox.run("base64", ["-t"], read=[], write=None, limits=LIMITS)

    assert fence == Fence(None, "limits alone: bwrap is not installed")
    assert ended.code == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_has_the_same_fence() -> None:
    become = "import os; os.setgid(65534); os.setuid(65534)\n"
    code = become + WITHOUT
    environment = {"PATH": os.defpath, "PYTHONPATH": str(sandbox.PACKAGE.parent)}

    said = subprocess.run(
        ["/usr/bin/python3", "-c", code], capture_output=True, text=True, env=environment
    )

    assert said.stdout.startswith("bwrap: no network"), said.stderr
    assert "\n0 \n" in said.stdout


def test_every_tool_is_found_here() -> None:
    assert tools.missing(tools.BY_NAME) == ()


def test_what_is_missing_is_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "FOLDERS", ())
    monkeypatch.setattr(tools, "BOOT", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")

    lost = tools.missing(("debugfs", tools.KERNEL))

    assert tools.wanted(lost) == "install e2fsprogs and linux-image-cloud-amd64"


def test_programs_of_administrators_are_found_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    assert tools.find("debugfs") == Path("/usr/sbin/debugfs")


def _which(name: str) -> str:
    found = shutil.which(name)
    assert found
    return found


def _sleep() -> str:
    return _which("sleep")


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)
