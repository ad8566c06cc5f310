"""The room of hosts: the workers that run machines.

A worker says what it can run before it has its lease, which it takes when it begins to look for
work: until then, and no longer than that may take, it is thought to live.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, select

from state import tables
from state.hosts import Host
from state.leases import NOW, TTL
from state.rows.room import Columns, Kind, Rows, Values


def _columns(host: Host) -> Columns:
    return {"worker": host.worker}


KIND = Kind(tables.hosts, Host, ("worker",), _columns)
STARTS: Final = timedelta(minutes=1)  # that a worker may take until it has its lease
HOSTS = tables.hosts
LEASES = tables.leases
ALL = select(HOSTS.c.document).order_by(HOSTS.c.worker)
LEASED = (
    select(HOSTS.c.document, LEASES.c.renewed_at > NOW - TTL)
    .outerjoin(LEASES, LEASES.c.worker == HOSTS.c.worker)
    .order_by(HOSTS.c.worker)
)
EVERY = delete(HOSTS)


class Hosts(Rows[Host]):
    """The workers that run machines."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)
        self._alone = connection.dialect.name == "sqlite"

    def live(self) -> Values[Host]:
        """Return those that are alive; on SQLite there is one at most, and no lease of it."""
        if self._alone:
            return self._all(ALL, {})
        return [host for host, lives in self._known() if lives]

    def put(self, host: Host) -> None:
        """Say what a worker can run; the dead are forgotten with that."""
        if self._alone:
            self._connection.execute(EVERY)
        else:
            for known, lives in list(self._known()):
                if not lives:
                    self._remove(known.worker)
        self._remove(host.worker)
        self.add(host.model_copy(update={"told_at": datetime.now(UTC)}))

    def remove(self, worker: str) -> None:
        """Say that a worker runs nothing (any more)."""
        self._remove(worker)

    def _known(self) -> Iterator[tuple[Host, bool]]:
        """Yield all, and whether each is alive."""
        recent = datetime.now(UTC) - STARTS
        for document, leased in self._connection.execute(LEASED).all():
            host = self._kind.decode(document)
            starting = host.told_at is not None and host.told_at > recent
            yield host, starting if leased is None else leased
