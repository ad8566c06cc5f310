"""A program on the lifeline ends when we say so, when we die, and when it exceeds its limits."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from converters import lifeline
from converters.lifeline import Ended, Limits

SHELL = "/bin/sh"
NO_LIMITS = Limits()

# A child, a grandchild that ignores signals, and one that has fled into a session of its own.
FAMILY = """
import os, signal, sys, time
def note(role):
    with open(sys.argv[1] + "/" + role, "w") as file:
        file.write(str(os.getpid()))
if os.fork() == 0:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note("grandchild")
    time.sleep(60)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        note("fled")
        time.sleep(60)
    os._exit(0)
note("child")
time.sleep(60)
"""
MEMBERS = ("child", "grandchild", "fled")


def family(folder: Path) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", FAMILY, str(folder)]


def born(folder: Path) -> list[int]:
    """Return the process ids of the family once all of it runs."""
    wait_for(lambda: all((folder / member).is_file() for member in MEMBERS), 10)
    wait_for(lambda: all((folder / member).read_text() for member in MEMBERS), 10)
    return [int((folder / member).read_text()) for member in MEMBERS]


def alive(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat[stat.rindex(")") + 2] != "Z"


def wait_for(true: Callable[[], bool], seconds: float) -> float:
    """Wait until it is true and return how long that took."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it took too long"
        time.sleep(0.005)
    return time.monotonic() - begin


async def test_output_and_exit_code_come_back() -> None:
    ended = await lifeline.run([SHELL, "-c", "echo out; echo err >&2; exit 7"], NO_LIMITS)

    assert ended == Ended(7, b"out\n", "err\n")


async def test_the_signal_that_ended_a_program_is_reported() -> None:
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT):
        ended = await lifeline.run([SHELL, "-c", f"kill -{number.value} $$"], NO_LIMITS)

        assert ended.code == -number


async def test_a_program_that_is_not_there_is_127() -> None:
    ended = await lifeline.run(["/nowhere/program"], NO_LIMITS)

    assert ended.code == 127
    assert "No such file or directory" in ended.stderr


async def test_output_is_seen_as_it_comes() -> None:
    seen: list[tuple[float, bytes]] = []

    await lifeline.run(
        [SHELL, "-c", "printf one; sleep 0.3; printf two"],
        NO_LIMITS,
        on_output=lambda chunk: seen.append((time.monotonic(), chunk)),
    )

    assert [chunk for _, chunk in seen] == [b"one", b"two"]
    assert seen[1][0] - seen[0][0] > 0.2


async def test_what_is_kept_of_the_output_is_bounded() -> None:
    flood = "head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2"

    ended = await lifeline.run([SHELL, "-c", flood], NO_LIMITS, keep=1000)

    assert ended.code == 0
    assert (len(ended.stdout), len(ended.stderr)) == (1000, 1000)


async def test_a_program_reads_nothing_and_knows_no_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    ended = await lifeline.run([SHELL, "-c", "cat; env"], NO_LIMITS)

    assert b"LC_ALL=C" in ended.stdout
    assert b"secret" not in ended.stdout


async def test_a_program_inherits_the_files_that_it_is_given_and_no_other() -> None:
    given, writing = os.pipe()
    other, _ = os.pipe()
    os.write(writing, b"for you alone")
    os.close(writing)
    try:
        ended = await lifeline.run(
            [SHELL, "-c", f"cat /dev/fd/{given}; cat /dev/fd/{other}"], NO_LIMITS, inherited=[given]
        )
    finally:
        for pipe in (given, other, _):
            os.close(pipe)

    assert ended.stdout == b"for you alone"
    assert ended.code != 0


async def test_cancelling_kills_the_whole_family(tmp_path: Path) -> None:
    running = asyncio.create_task(lifeline.run(family(tmp_path), NO_LIMITS))
    members = await asyncio.to_thread(born, tmp_path)

    begin = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not any(alive(member) for member in members)
    assert time.monotonic() - begin < 0.5


async def test_cancelling_again_does_not_hurry_it(tmp_path: Path) -> None:
    running = asyncio.create_task(lifeline.run(family(tmp_path), NO_LIMITS))
    members = await asyncio.to_thread(born, tmp_path)

    for _ in range(3):
        running.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await running

    assert not any(alive(member) for member in members)


async def test_cancelling_at_any_moment_leaves_no_wrapper_behind() -> None:
    for delay in (0, 0.001, 0.005, 0.01, 0.02, 0.03, 0.05):
        running = asyncio.create_task(lifeline.run(["/bin/sleep", "61.357"], NO_LIMITS))
        await asyncio.sleep(delay)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "sleep 61.357" not in listing.stdout


async def test_what_a_program_leaves_behind_dies_with_it(tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/left; setsid sleep 60 & echo $! >> {tmp_path}/left"

    begin = time.monotonic()
    ended = await lifeline.run([SHELL, "-c", script], NO_LIMITS)

    assert ended.code == 0
    assert time.monotonic() - begin < 1
    assert not any(alive(int(line)) for line in (tmp_path / "left").read_text().split())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_family_dies_with_the_server(tmp_path: Path, number: signal.Signals) -> None:
    program = (
        "import asyncio, sys; from converters import lifeline\n"
        "asyncio.run(lifeline.run(sys.argv[1:], lifeline.Limits()))"
    )
    server = subprocess.Popen([sys.executable, "-c", program, *family(tmp_path)])
    members = born(tmp_path)

    server.send_signal(number)
    server.wait()

    assert wait_for(lambda: not any(alive(member) for member in members), 2) < 2


def test_the_family_dies_with_its_wrapper_stopped_by_a_signal(tmp_path: Path) -> None:
    wrapper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(lifeline.WRAPPER), "0,0,0", *family(tmp_path)],
        stdin=subprocess.PIPE,
    )
    members = born(tmp_path)

    wrapper.terminate()
    wrapper.wait()

    assert not any(alive(member) for member in members)


async def test_address_space_is_limited() -> None:
    command = [sys.executable, "-I", "-S", "-c", "bytearray(1 << 30)"]

    assert (await lifeline.run(command, NO_LIMITS)).code == 0
    limited = await lifeline.run(command, Limits(address_space=1 << 29))

    assert limited.code == 1
    assert "MemoryError" in limited.stderr


@pytest.mark.slow
async def test_cpu_time_is_limited() -> None:
    ended = await lifeline.run([SHELL, "-c", "while :; do :; done"], Limits(cpu_seconds=1))

    assert ended.code == -signal.SIGXCPU


async def test_file_size_is_limited(tmp_path: Path) -> None:
    target = tmp_path / "file"
    command = ["/usr/bin/truncate", "-s", "2M", str(target)]

    ended = await lifeline.run(command, Limits(file_size=1 << 20))

    assert ended.code == -signal.SIGXFSZ


async def test_a_start_costs_little() -> None:
    """What the processor does for it, by the system's account of processes that have ended."""

    def worked() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    costs, bare = [], []
    for _ in range(5):
        begin = worked()
        await lifeline.run(["/bin/true"], NO_LIMITS)
        costs.append(worked() - begin)
        begin = worked()
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        bare.append(worked() - begin)

    assert min(costs) < 5 * min(bare)  # 2 to 3: an interpreter starts, with a few modules


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_it_works_on_any_loop_in_any_thread(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    results: list[Ended] = []

    def other_thread() -> None:
        loop = new_loop()
        try:
            asyncio.set_event_loop(loop)
            results.append(
                loop.run_until_complete(lifeline.run([SHELL, "-c", "echo $PPID"], NO_LIMITS))
            )
        finally:
            loop.close()

    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join(20)

    assert results[0].code == 0


def test_no_pipe_of_ours_leaks_into_a_program(tmp_path: Path) -> None:
    held = os.open(tmp_path, os.O_RDONLY)
    try:
        ended = asyncio.run(lifeline.run(["/bin/ls", "/proc/self/fd"], NO_LIMITS))
    finally:
        os.close(held)

    assert ended.stdout.split() == [b"0", b"1", b"2", b"3"]  # 3 is ls reading the folder
