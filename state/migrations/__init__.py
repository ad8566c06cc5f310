"""The schema over time: Alembic's revisions, run in this process.

A new database gets today's tables at once and one that is up to date is only looked at: neither
loads Alembic, which takes longer than all the rest of the start. Everything in between runs the
revisions in `versions/`. The tests prove that both ways lead to the same tables.

To change the tables: change `state/tables.py`, write the next `versions/v….py`, raise HEAD.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    select,
)

from state.database import Database
from state.tables import METADATA

HEAD: Final = "0011"
# As Alembic makes it: its commands work on our databases.
VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class SchemaTooNew(Exception):
    """The database was written by a later version of vmie."""


def migrate(database: Database) -> None:
    """Bring the tables to HEAD; concurrent starters wait for each other."""
    database.prepare()
    with database.read() as connection:
        if _version(connection) == HEAD:
            return
    with database.write() as connection:
        version = _version(connection)
        if version is None:
            _create(connection)
        elif version != HEAD:
            upgrade(connection)


def up_to_date(database: Database) -> bool:
    """Tell whether the tables are at HEAD; nothing is changed."""
    with database.read() as connection:
        return _version(connection) == HEAD


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION.name):
        return None
    return connection.execute(select(VERSION.c.version_num)).scalar()


def _create(connection: Connection) -> None:
    METADATA.create_all(connection, checkfirst=False)
    VERSION.create(connection)
    connection.execute(VERSION.insert().values(version_num=HEAD))


def upgrade(connection: Connection) -> None:
    """Run the revisions that are missing; SchemaTooNew if the database's own is not among them."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise SchemaTooNew(str(error)) from error
