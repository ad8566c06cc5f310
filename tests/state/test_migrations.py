"""Migrations: both ways to the tables lead to the same ones, and any number may go at once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from state import migrations
from state.migrations import HEAD, SchemaTooNew
from state.store import Store
from state.tables import METADATA
from tests.state.samples import ACCOUNT, REGION, snapshot


def schema(engine: Engine) -> dict[str, object]:
    """Return all that the database says about its tables."""
    found: dict[str, object] = {}
    inspector = inspect(engine)
    for table in sorted(inspector.get_table_names()):
        found[table] = [
            [{**column, "type": repr(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(map(str, inspector.get_unique_constraints(table))),
            sorted(map(str, inspector.get_foreign_keys(table))),
            sorted(map(str, inspector.get_indexes(table))),
        ]
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            query = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name"
            found["autoincrement"] = list(connection.execute(text(query)).scalars())
    return found


def version(store: Store) -> str | None:
    with store.engine.connect() as connection:
        found: str | None = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar()
        return found


def test_head_is_the_last_revision() -> None:
    assert migrations.__file__
    script = ScriptDirectory(str(Path(migrations.__file__).parent))

    assert script.get_heads() == [HEAD]


def test_the_revisions_lead_to_the_tables_of_today(store: Store) -> None:
    today = schema(store.engine)
    with store.begin() as tx:
        METADATA.drop_all(tx.connection)
        migrations.VERSION.drop(tx.connection)
    with store.begin() as tx:
        migrations.upgrade(tx.connection)

    assert schema(store.engine) == today
    assert version(store) == HEAD


def test_a_database_that_is_up_to_date_is_left_alone(store: Store) -> None:
    with store.begin() as tx:
        tx.snapshots.add(snapshot("snap-1"))

    store.migrate()

    with store.read() as tx:
        assert len(tx.snapshots.list(ACCOUNT, REGION)) == 1


def test_a_database_of_a_later_version_is_refused(store: Store) -> None:
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaTooNew, match="9999"):
        store.migrate()

    assert version(store) == "9999"


@pytest.mark.slow
def test_many_starters_migrate_at_once(url: str) -> None:
    script = "import sys; from state.store import Store; Store(sys.argv[1]).migrate()"
    processes = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(2)]
    stores = [Store(url) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(Store.migrate, stores))

    assert [process.wait() for process in processes] == [0, 0]
    assert version(stores[0]) == HEAD
    for store in stores:
        store.close()


@pytest.mark.slow
def test_a_start_does_not_load_alembic(tmp_path: Path) -> None:
    script = (
        "import sys; from state.store import Store; Store(sys.argv[1]).migrate()\n"
        "assert 'alembic' not in sys.modules"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{tmp_path / 'vmie.db'}"]

    assert [subprocess.call(command) for _ in ("new", "current")] == [0, 0]
