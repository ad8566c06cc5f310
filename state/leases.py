"""Leases: the proof that a worker is alive, which its claim on running tasks rests on.

    worker     renews its row every TTL/6 ────────────► leases(worker, renewed_at)
    watchdog   TTL/2 without a renewal: exit 70                       │ by the database's clock
    the rest   ◄── live: rows renewed within TTL ─────────────────────┘

A worker that cannot renew (no database, a stopped process, a stalled host) has ended itself long
before the others take over its tasks. On SQLite there is only one process, by the lock on its data
directory: it alone is live, needs no row, and may be stopped for as long as one likes.
"""

import logging
import os
import threading
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from state.store import Store
from state.tables import leases

TTL: Final = 15.0  # seconds
LATE: Final = 70  # the exit code of a worker that came too late (EX_SOFTWARE): start it again
KEPT: Final = 20  # times the TTL for which the row of a dead worker is kept, for whoever looks
NOW: Final = func.extract("epoch", func.clock_timestamp())

log = logging.getLogger(__name__)


class Leases:
    """The leases of all workers, and the one of this worker."""

    def __init__(self, store: Store, worker: str, ttl: float = TTL) -> None:
        self._engine = store.engine  # its own transactions: a renewal must not wait for a writer
        self._alone = store.engine.dialect.name == "sqlite"
        self.worker = worker
        self._ttl = ttl
        self._renewed = threading.Event()
        self._released = threading.Event()

    def live(self) -> set[str]:
        """Return the workers that are alive."""
        if self._alone:
            return {self.worker}
        fresh = select(leases.c.worker).where(leases.c.renewed_at > NOW - self._ttl)
        with self._engine.connect() as connection:
            return set(connection.execute(fresh).scalars())

    def hold(self) -> None:
        """Take this worker's lease and keep it from now on; end the process if that fails."""
        if self._alone:
            return
        self._renew()
        for target in (self._keep, self._watch):
            threading.Thread(target=target, name=f"lease{target.__name__}", daemon=True).start()

    def release(self) -> None:
        """Give up this worker's lease, so that others may take over its tasks at once."""
        self._released.set()
        self._renewed.set()
        if self._alone:
            return
        try:
            with self._engine.begin() as connection:
                connection.execute(delete(leases).where(leases.c.worker == self.worker))
        except SQLAlchemyError as error:  # it runs out by itself
            log.warning("the lease of worker %s was not released: %s", self.worker, error)

    def _renew(self) -> None:
        row = insert(leases).values(worker=self.worker, renewed_at=NOW)
        renewed = row.on_conflict_do_update(index_elements=["worker"], set_={"renewed_at": NOW})
        forgotten = leases.c.renewed_at < NOW - KEPT * self._ttl
        with self._engine.begin() as connection:
            connection.execute(renewed)
            connection.execute(delete(leases).where(forgotten))
        self._renewed.set()

    def _keep(self) -> None:
        while not self._released.wait(self._ttl / 6):
            try:
                self._renew()
            except SQLAlchemyError as error:
                log.warning("the lease of worker %s was not renewed: %s", self.worker, error)

    def _watch(self) -> None:
        while self._renewed.wait(self._ttl / 2):
            self._renewed.clear()
            if self._released.is_set():
                return
        log.critical("worker %s is late renewing its lease: it ends here", self.worker)
        os._exit(LATE)  # nothing may be tidied up: the task may be in other hands in a moment
