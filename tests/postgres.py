"""A private PostgreSQL server for the tests, from whatever initdb and pg_ctl are found.

One server a test process, made on first use and gone at the end; each call of the `postgres_url`
fixture makes a fresh database in it. It listens on a unix socket only, syncs nothing, and runs as
another user when the tests run as root, since PostgreSQL refuses to be root.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final, TypedDict
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

MISSING: Final = "no PostgreSQL server here: install the apt package `postgresql`"
SETTINGS: Final = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=32MB",
    "listen_addresses=",
)

NewDatabase = Callable[[], str]


class _Files(TypedDict):
    cwd: str
    stdin: int
    stdout: IO[str]
    stderr: IO[str]


def find_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl: that on PATH, or the newest of Debian's."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    on_path = shutil.which("initdb")
    candidates = [*([Path(on_path).resolve().parent] if on_path else []), *reversed(debian)]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


class Server:
    """A PostgreSQL server in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        # Not below pytest's folders: those are closed to other users, and a socket's path is short.
        self.folder = Path(tempfile.mkdtemp(prefix="vmie-pg-"))
        prefix = self._prefix()
        data = str(self.folder / "data")
        self._log = (self.folder / "log").open("w+")
        initdb = [str(programs / "initdb"), "--no-sync", "-A", "trust", "-U", "vmie", "-D", data]
        self._check(
            subprocess.call([*prefix, *initdb, "-E", "UTF8", "--locale", "C"], **self._files())
        )
        settings = [*SETTINGS, f"unix_socket_directories={self.folder}"]
        options = [part for setting in settings for part in ("-c", setting)]
        self._process = subprocess.Popen(
            [*prefix, str(programs / "postgres"), "-D", data, *options], **self._files()
        )
        self._wait()

    def new_database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"vmie_{uuid4().hex}"
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql+psycopg://vmie@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        """Remove a database, whoever may still be connected to it."""
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)".encode())

    def stop(self) -> None:
        """Stop at once and remove everything."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prefix(self) -> list[str]:
        """Return what a program is started with: never as root, and it dies with the tests."""
        prefix = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        if os.geteuid() != 0:
            return prefix
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                user = pwd.getpwnam(name)
                os.chown(self.folder, user.pw_uid, user.pw_gid)
                ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
                return [*prefix, *ids]
        pytest.skip("PostgreSQL won't run as root, and there is no user postgres or nobody")

    def _files(self) -> _Files:
        return {"cwd": "/", "stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log}

    def _connect(self) -> psycopg.Connection:
        options = f"host={self.folder} user=vmie dbname=postgres"
        return psycopg.connect(options, autocommit=True)

    def _wait(self) -> None:
        for _ in range(600):
            self._check(self._process.poll() or 0)
            with contextlib.suppress(psycopg.OperationalError), self._connect():
                return
            time.sleep(0.05)
        self._check(1)

    def _check(self, status: int) -> None:
        if status:
            self._log.seek(0)
            raise RuntimeError(f"PostgreSQL did not start: {self._log.read()}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The server of this test process."""
    programs = find_programs()
    if programs is None:
        pytest.skip(MISSING)
    server = Server(programs)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: Server) -> NewDatabase:
    """What makes a fresh database at each call and returns its URL."""
    return postgres_server.new_database


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of a fresh database; it is gone after the test."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop(url)
