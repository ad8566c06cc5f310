"""The store: what vmie remembers, read and changed in transactions.

    with store.begin() as tx:                     one writer at a time, all or nothing
        tx.snapshots.add(snapshot)
        tx.tasks.move(task, TaskState.COMPLETED)

    with store.read() as tx:                      one moment, however long it takes
        tx.snapshots.list(account_id, region)

The rooms of a transaction are in `state/rows`, one module a kind. They give and take frozen values;
a value that was read is shared with whoever else reads the same row, so copy it to change it.
"""

from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, select, union

from state import migrations
from state.blobs import Blobs, Swept
from state.database import Database, DataDirLock, DataDirLocked
from state.drafts import described
from state.rows.accounts import Accounts
from state.rows.buckets import Buckets
from state.rows.images import Images
from state.rows.objects import Objects
from state.rows.permissions import Permissions
from state.rows.reports import Reports
from state.rows.room import Duplicate, Numbered, Stale
from state.rows.snapshots import Snapshots
from state.rows.tags import TagRow, Tags
from state.rows.tasks import TaskChanges, Tasks
from state.rows.texts import among
from state.rows.uploads import Uploads
from state.tables import BLOBS

if TYPE_CHECKING:
    from state.rows.aliases import Aliases
    from state.rows.attachments import Attachments
    from state.rows.drafts import Drafts
    from state.rows.grants import Grants
    from state.rows.hosts import Hosts
    from state.rows.instances import Instances
    from state.rows.key_pairs import KeyPairs
    from state.rows.keys import Keys
    from state.rows.lineage import Lineage
    from state.rows.network import Network
    from state.rows.policies import Policies
    from state.rows.roles import Roles
    from state.rows.secrets import Secrets
    from state.rows.sessions import Sessions
    from state.rows.volumes import Volumes

__all__ = [
    "DataDirLock",
    "DataDirLocked",
    "Duplicate",
    "Numbered",
    "Stale",
    "Store",
    "TagRow",
    "TaskChanges",
    "Tx",
]

KNOWN_BLOBS = union(*(select(column).where(among(column, "blob_ids")) for column in BLOBS))


class Tx:
    """A transaction: every kind of row, as of one moment."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.tasks = Tasks(connection)
        self.snapshots = Snapshots(connection)
        self.images = Images(connection)
        self.permissions = Permissions(connection)
        self.accounts = Accounts(connection)
        self.tags = Tags(connection)
        self.reports = Reports(connection)
        self.buckets = Buckets(connection)
        self.objects = Objects(connection)
        self.uploads = Uploads(connection)

    # Rooms that most servers never enter are furnished when somebody does.

    @cached_property
    def roles(self) -> "Roles":
        """Roles."""
        from state.rows.roles import Roles

        return Roles(self.connection)

    @cached_property
    def policies(self) -> "Policies":
        """Managed policies."""
        from state.rows.policies import Policies

        return Policies(self.connection)

    @cached_property
    def attachments(self) -> "Attachments":
        """Which role has which managed policies."""
        from state.rows.attachments import Attachments

        return Attachments(self.connection)

    @cached_property
    def sessions(self) -> "Sessions":
        """Sessions of roles that were assumed."""
        from state.rows.sessions import Sessions

        return Sessions(self.connection)

    @cached_property
    def keys(self) -> "Keys":
        """The keys of KMS."""
        from state.rows.keys import Keys

        return Keys(self.connection)

    @cached_property
    def aliases(self) -> "Aliases":
        """The names of keys."""
        from state.rows.aliases import Aliases

        return Aliases(self.connection)

    @cached_property
    def grants(self) -> "Grants":
        """Who may use a key besides those whom its policy names."""
        from state.rows.grants import Grants

        return Grants(self.connection)

    @cached_property
    def volumes(self) -> "Volumes":
        """Volumes."""
        from state.rows.volumes import Volumes

        return Volumes(self.connection)

    @cached_property
    def lineage(self) -> "Lineage":
        """Which snapshot was made on top of which."""
        from state.rows.lineage import Lineage

        return Lineage(self.connection)

    @cached_property
    def network(self) -> "Network":
        """What instances stand on."""
        from state.rows.network import Network

        return Network(self.connection)

    @cached_property
    def key_pairs(self) -> "KeyPairs":
        """The public keys that instances can be started with."""
        from state.rows.key_pairs import KeyPairs

        return KeyPairs(self.connection)

    @cached_property
    def instances(self) -> "Instances":
        """Instances."""
        from state.rows.instances import Instances

        return Instances(self.connection)

    @cached_property
    def hosts(self) -> "Hosts":
        """The workers that run machines."""
        from state.rows.hosts import Hosts

        return Hosts(self.connection)

    @cached_property
    def drafts(self) -> "Drafts":
        """Snapshots that are written block by block."""
        from state.rows.drafts import Drafts

        return Drafts(self.connection)

    @cached_property
    def secrets(self) -> "Secrets":
        """What this vmie signs with."""
        from state.rows.secrets import Secrets

        return Secrets(self.connection)

    def known_blobs(self, blob_ids: Collection[str]) -> set[str]:
        """Return those of some ids that a row names."""
        return set(self.connection.execute(KNOWN_BLOBS, {"blob_ids": blob_ids}).scalars())


class Store:
    """All rows, in one database."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @property
    def engine(self) -> Engine:
        """The engine that writes; for state/engine.py alone."""
        return self._database.writer

    def migrate(self) -> None:
        """Make the tables, or bring them up to date; any number of starters may do it at once."""
        migrations.migrate(self._database)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open a transaction to write: committed at the end, rolled back on any exception."""
        with self._database.write() as connection:
            yield Tx(connection)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a transaction to read; it waits for nobody, and nobody waits for it."""
        with self._database.read() as connection:
            yield Tx(connection)

    def moment(self) -> Hashable:
        """Return what stays the same as long as nothing is written, by anyone.

        Who asks before reading may later, if the answer is still the same, do without reading.
        """
        return self._database.moment()

    @property
    def answers_at_once(self) -> bool:
        """Whether to ask for the moment takes no time: another process need not be asked."""
        return self._database.is_sqlite

    def sweep(self, blobs: Blobs, age: timedelta = timedelta(0)) -> Swept:
        """Remove the bytes that no row names; see Blobs.sweep for the age."""

        def known(names: Collection[str]) -> set[str]:
            with self.read() as tx:
                found = tx.known_blobs({described(name) for name in names})
            return {name for name in names if described(name) in found}

        def unfinished(task_ids: Collection[str]) -> set[str]:
            with self.read() as tx:
                return tx.tasks.unfinished_among(task_ids)

        return blobs.sweep(known, unfinished, age)

    @property
    def up_to_date(self) -> bool:
        """Whether `migrate` has nothing to do."""
        return migrations.up_to_date(self._database)

    def version(self) -> str:
        """Return the name and version of the database, which has answered then."""
        with self._database.read() as connection:
            version = connection.dialect.server_version_info or ()
            if not self._database.is_sqlite:
                connection.exec_driver_sql("SELECT 1")
            return f"{connection.dialect.name} {'.'.join(map(str, version))}"

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
