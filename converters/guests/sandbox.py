"""Runs what touches a guest's disks where it can do no harm.

    lifeline ──► bwrap ──► python -m converters.guests.look, debugfs, qemu …
    limits        no network, no new privileges, own processes, an empty /tmp; of all files only
    and death     system libraries, Python's packages, the disks and one folder

Where bwrap is missing or may not make namespaces, as in most containers, there are the lifeline's
limits alone; `fence` tells. Inside, the program is nobody without a capability, whoever we are,
and still the owner of our files: those of the data folder need not be readable by others.
"""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import lifeline
from converters.lifeline import Ended, Limits

BWRAP: Final = "bwrap"
PACKAGE: Final = Path(lifeline.__file__).parent
CHILD: Final = Path(__file__).with_name("sandbox_child.py")
PYTHON: Final = os.path.realpath(sys.executable)
SYSTEM: Final = tuple(Path(name) for name in ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32"))
NOBODY: Final = "65534"
SECONDS: Final = 120.0  # of wall time, unless another limit is given
SHELL_SIGNALS: Final = range(129, 129 + 64)  # how bwrap tells that a signal ended its program
PROBING: Final = 5.0  # seconds

# What makes the fence, best first. Older bwraps do not know --disable-userns; where a container
# hides parts of /proc, no new one may be mounted.
FENCES: Final = (("--disable-userns", "--proc", "/proc"), ("--proc", "/proc"), ())


@dataclass(frozen=True, slots=True)
class Fence:
    """How programs are kept apart on this machine."""

    options: tuple[str, ...] | None  # of bwrap; None: limits alone
    told: str  # a sentence for people


_found: Fence | None = None


async def fence() -> Fence:
    """Return how programs are kept apart; tried out once in the life of this process."""
    global _found
    if _found is None:
        _found = await _probe()
    return _found


async def run(
    module: str,
    arguments: Sequence[str],
    *,
    read: Sequence[Path],
    write: Path | None,
    limits: Limits,
    seconds: float = SECONDS,
    keep: int = 1 << 20,
    on_output: Callable[[bytes], None] | None = None,
) -> Ended:
    """Run a module of vmie to its end; it sees read, and may write into the folder write."""
    folders = _package_folders()
    command = [PYTHON, "-I", "-S", "-B", "-X", "utf8", str(CHILD)]
    command += [os.pathsep.join(map(str, (*folders, PACKAGE.parent))), module, *arguments]
    return await program(
        command,
        read=[*_python_folders(), *folders, PACKAGE, *read],
        write=[write] if write else [],
        limits=limits,
        seconds=seconds,
        keep=keep,
        on_output=on_output,
    )


async def program(
    command: Sequence[str],
    *,
    read: Sequence[Path] = (),
    write: Sequence[Path] = (),
    devices: Sequence[Path] = (),
    limits: Limits,
    seconds: float | None = SECONDS,
    keep: int = 1 << 20,
    on_output: Callable[[bytes], None] | None = None,
    inherited: Sequence[int] = (),
) -> Ended:
    """Run a program to its end; it sees files and folders under the names that they have here.

    It has the open files that it inherits by their numbers. One that takes longer than some seconds
    of wall time is killed and has ended by SIGKILL.
    """
    options = (await fence()).options
    if options is None:
        whole = list(command)
    else:
        whole = [*_bwrap(options, read, write, devices), "--", *command]
    try:
        async with asyncio.timeout(seconds):
            ended = await lifeline.run(whole, limits, on_output, keep, inherited)
    except TimeoutError:
        return Ended(-signal.SIGKILL, b"", f"It took longer than {seconds:g} seconds.\n")
    if options is not None and ended.code in SHELL_SIGNALS:
        return Ended(128 - ended.code, ended.stdout, ended.stderr)
    return ended


def _bwrap(
    options: Sequence[str], read: Sequence[Path], write: Sequence[Path], devices: Sequence[Path]
) -> list[str]:
    found = shutil.which(BWRAP)
    assert found
    command = [found, "--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY]
    command += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    command += ["--setenv", "PATH", os.defpath, "--setenv", "LC_ALL", "C", "--chdir", "/"]
    for folder in SYSTEM:
        if folder.is_symlink():
            command += ["--symlink", str(folder.readlink()), str(folder)]
        else:
            command += ["--ro-bind-try", str(folder), str(folder)]
    command += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    command += ["--dev", "/dev", "--tmpfs", "/tmp", *options]
    for flag, paths in (("--ro-bind", read), ("--bind", write), ("--dev-bind", devices)):
        for path in paths:
            command += [flag, str(path), str(path)]
    return command


async def _probe() -> Fence:
    if sys.platform != "linux" or shutil.which(BWRAP) is None:
        return Fence(None, "limits alone: bwrap is not installed")
    said = ""
    for options in FENCES:
        command = _bwrap(options, _python_folders(), (), ())
        try:
            async with asyncio.timeout(PROBING):
                ended = await lifeline.run([*command, "--", PYTHON, "-I", "-S", "-c", ""], Limits())
        except TimeoutError:
            continue
        if ended.code == 0:
            return Fence(options, "bwrap: no network, no privileges, few files")
        said = ended.stderr.strip().removeprefix("bwrap: ")[:200]
    return Fence(None, f"limits alone: bwrap may not make namespaces here ({said})")


def _python_folders() -> list[Path]:
    """Return where Python itself is, but for what the system's folders hold anyway."""
    folders = map(Path, {sys.base_prefix, sys.base_exec_prefix})
    return sorted(path for path in folders if not path.is_relative_to("/usr"))


def _package_folders() -> list[Path]:
    """Return where installed packages are."""
    return [
        path
        for path in map(Path, dict.fromkeys(sys.path))
        if path.name in ("site-packages", "dist-packages") and path.is_dir()
    ]
