"""The engines: what is set on a connection, and who may use a data directory."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from state import database
from state.database import Database, DataDirLock, DataDirLocked
from state.store import Store


def test_a_data_directory_has_one_server(tmp_path: Path) -> None:
    with DataDirLock(tmp_path / "data"), pytest.raises(DataDirLocked, match="process"):
        DataDirLock(tmp_path / "data")

    DataDirLock(tmp_path / "data").release()


@pytest.mark.slow
def test_a_data_directory_is_free_again_when_its_server_was_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from state.database import DataDirLock\n"
        "lock = DataDirLock(Path(sys.argv[1])); print('locked', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        with pytest.raises(DataDirLocked, match=str(server.pid)):
            DataDirLock(tmp_path)
        server.kill()

    DataDirLock(tmp_path).release()


def test_a_program_that_outlives_the_server_holds_no_lock(tmp_path: Path) -> None:
    lock = DataDirLock(tmp_path)
    with subprocess.Popen(["sleep", "60"], close_fds=False) as child:
        lock.release()
        DataDirLock(tmp_path).release()
        child.kill()


def test_sqlite_is_set_up_for_many_readers_and_one_writer(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new' / 'vmie.db'}")
    store.migrate()

    with store.read() as tx:
        found = {
            name: tx.connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    store.close()

    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": database.BUSY_MS,
    }


def test_sqlite_tells_the_time_as_dbos_asks_for_it(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'vmie.db'}")
    store.migrate()
    with store.engine.begin() as connection:
        precise, whole = connection.execute(
            text("SELECT unixepoch('subsec') * 1000, unixepoch()")
        ).one()
        connection.execute(text("CREATE TABLE t (a, b DEFAULT (unixepoch('subsec') * 1000))"))
        connection.execute(text("INSERT INTO t (a) VALUES (1)"))
    store.close()

    assert abs(precise / 1000 - whole) < 2
    assert isinstance(whole, int)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_url_means_psycopg(scheme: str) -> None:
    url = Database(f"{scheme}://user@host/vmie").url

    assert url.drivername == "postgresql+psycopg"


@pytest.mark.slow
@pytest.mark.postgres
def test_a_host_that_hangs_in_a_transaction_is_cut_off(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STALLED_S", 1)
    hanging, store = Store(postgres_url), Store(postgres_url)
    store.migrate()
    with hanging.engine.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({database.WRITER_LOCK})"))
        with store.begin() as tx:
            assert tx.connection.execute(text("SELECT 1")).scalar() == 1
        connection.invalidate()
    hanging.close()
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="names no file"):
        Store(url)
