"""Python programs that need not be imported anew: a process that has imported them forks them.

```
a test ──module, arguments, files──► nursery: everything imported, one thread
  ▲                                     │ fork
  └── process id, exit code ◄── python -m module arguments
```
A server takes a second to import what it stands on, and tests start hundreds. What is forked runs
`__main__` from its first line, has an environment, signals and files of its own, and dies by
`kill -9` as any process does. That a server starts without help is shown by the server that most
tests share, and by the tests of the command line.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Final

REPOSITORY: Final = Path(__file__).parent.parent
LONGEST: Final = 1 << 17  # bytes of a request
# What a server imports, at its start and behind its first answers.
SERVER: Final = (
    *("emulator.cli.serve", "emulator.cli.worker", "emulator.app", "converters.worker"),
    *("uvicorn.lifespan.on", "uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl"),
    *("dbos", "dbos._sys_db_sqlite", "dbos._sys_db_postgres", "psycopg"),
    *("urllib3", "encodings.idna", "tests.models"),
)  # fmt: skip
AWS_CLI: Final = ("awscli.clidriver", "awscli.handlers", "awscli.customizations.s3.s3")


class Fork:
    """A process that was forked; it can be used as a subprocess.Popen with text for its files."""

    def __init__(self, pid: int, handle: int, ended: int, stdin: IO[str], stdout: IO[str]) -> None:
        self.pid = pid
        self.stdin: IO[str] | None = stdin
        self.stdout: IO[str] | None = stdout
        self.returncode: int | None = None
        self._handle = handle  # of the process itself: its number may be another's one day
        self._ended = ended  # where its exit code comes

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Read what it says until it ends; give it a while to do so."""
        assert self.stdin is not None
        assert self.stdout is not None
        self.stdin.close()
        with self.stdout:
            said = self.stdout.read()
        self.wait(timeout)
        return said, None

    def _look(self, timeout: float | None) -> int | None:
        if self.returncode is None and readable([self._ended], timeout):
            self.returncode = json.loads(os.read(self._ended, 100))
            os.close(self._ended)
            os.close(self._handle)
        return self.returncode


Process = subprocess.Popen[str] | Fork


class Nursery:
    """A process that has imported some modules, and forks."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._asking = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno()), *modules],
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End it, and whatever it has forked."""
        self._socket.close()
        self._process.wait()

    def fork(self, request: Mapping[str, object], stderr: int) -> Fork:
        """Fork, and have it do what the request says; its stdin and stdout are pipes."""
        (stdin, writing), (reading, stdout), (ended, ending) = os.pipe(), os.pipe(), os.pipe()
        with self._asking:
            theirs = [stdin, stdout, stderr, ending]
            socket.send_fds(self._socket, [json.dumps(request).encode()], theirs)
            answer, handles, _, _ = socket.recv_fds(self._socket, 100, 1)
        for file in (stdin, stdout, ending):
            os.close(file)
        pid: int = json.loads(answer)
        return Fork(pid, handles[0], ended, os.fdopen(writing, "w"), os.fdopen(reading))


@cache
def nursery(modules: Sequence[str]) -> Nursery:
    """Get a nursery of this test process; it goes when the test process goes."""
    return Nursery(modules)


def start(
    module: str,
    *arguments: str,
    environ: Mapping[str, str],
    stderr: int = 2,
    forked: bool = True,
) -> Process:
    """Run `python -m module arguments`; its stdin and stdout are pipes."""
    if forked and hasattr(os, "pidfd_open"):  # elsewhere than on Linux it takes its time
        request = {
            "module": module, "arguments": arguments,
            "environ": dict(environ), "folder": str(Path.cwd()),
        }  # fmt: skip
        return nursery(AWS_CLI if module == "awscli" else SERVER).fork(request, stderr)
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def run(
    module: str, *arguments: str, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `python -m module arguments` to its end."""
    with tempfile.TemporaryFile("w+") as complaints:
        process = start(module, *arguments, environ=environ, stderr=complaints.fileno())
        said, _ = process.communicate(timeout=100)
        complaints.seek(0)
        code = process.wait()
        return subprocess.CompletedProcess((module, *arguments), code, said, complaints.read())


def readable(files: Iterable[int], timeout: float | None = None) -> list[int]:
    """Wait until some files can be read; return which."""
    poll = select.poll()  # select itself knows no file beyond the thousandth
    for file in files:
        poll.register(file, select.POLLIN)
    return [file for file, _ in poll.poll(None if timeout is None else timeout * 1000)]


# in the nursery ----------------------------------------------------------------------------------


def serve(connection: socket.socket) -> tuple[str, list[str]] | None:
    """Fork for each request; return in the child with what it is to run, in the nursery at last."""
    children: dict[int, tuple[int, int]] = {}  # process id and where its code goes, by its handle
    while True:
        for ready in readable([connection.fileno(), *children]):
            if ready in children:
                pid, ending = children.pop(ready)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with suppress(BrokenPipeError):  # nobody wants to know
                    os.write(ending, json.dumps(code).encode())
                os.close(ending)
                os.close(ready)
                continue
            request, files, _, _ = socket.recv_fds(connection, LONGEST, 4)
            if not request:
                for handle in children:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                return None
            if not (pid := os.fork()):
                connection.close()
                for handle, (_, other) in children.items():
                    os.close(handle)
                    os.close(other)
                return born(json.loads(request), files)
            handle = os.pidfd_open(pid)
            socket.send_fds(connection, [json.dumps(pid).encode()], [handle])
            for file in files[:3]:
                os.close(file)
            children[handle] = pid, files[3]


def born(request: dict[str, object], files: list[int]) -> tuple[str, list[str]]:
    """Take over what a process of its own has; return what to run."""
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(str(request["folder"]))
    os.environ.clear()
    os.environ.update(request["environ"])  # type: ignore[call-overload]
    return str(request["module"]), list(request["arguments"])  # type: ignore[call-overload]


def main() -> None:
    """Be a nursery, and then perhaps a child of it."""
    number, *modules = sys.argv[1:]
    connection = socket.socket(fileno=int(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal means the tests
    before = set(os.environ)
    for module in modules:
        importlib.import_module(module)
    added = {name: os.environ[name] for name in set(os.environ) - before}  # awscli does so
    gc.collect()
    gc.freeze()
    found = serve(connection)
    if found is not None:
        module, sys.argv[1:] = found
        os.environ.update(added | os.environ)
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
