"""The room of hosts: the workers that run machines."""

from sqlalchemy import Connection, delete, select

from state import tables
from state.hosts import Host
from state.leases import NOW, TTL
from state.rows.room import Columns, Kind, Rows, Values


def _columns(host: Host) -> Columns:
    return {"worker": host.worker}


KIND = Kind(tables.hosts, Host, ("worker",), _columns)
HOSTS = tables.hosts
LEASES = tables.leases
ALL = select(HOSTS.c.document).order_by(HOSTS.c.worker)
LIVE = ALL.join(LEASES, LEASES.c.worker == HOSTS.c.worker).where(LEASES.c.renewed_at > NOW - TTL)
DEAD = delete(HOSTS).where(HOSTS.c.worker.not_in(select(LEASES.c.worker)))
EVERY = delete(HOSTS)


class Hosts(Rows[Host]):
    """The workers that run machines."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)
        self._alone = connection.dialect.name == "sqlite"

    def live(self) -> Values[Host]:
        """Return those that are alive; on SQLite there is one at most, and no lease of it."""
        return self._all(ALL if self._alone else LIVE, {})

    def put(self, host: Host) -> None:
        """Say what a worker can run; those whose leases are gone are forgotten with that."""
        self._connection.execute(EVERY if self._alone else DEAD)
        self._remove(host.worker)
        self.add(host)

    def remove(self, worker: str) -> None:
        """Say that a worker runs nothing (any more)."""
        self._remove(worker)
