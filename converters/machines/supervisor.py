"""Looks at rows again and again, and has the instances run that are to.

There is one in a worker, in a thread with a loop of its own: what a guest sends and says goes
through it, and must not hold up tasks or requests.
"""

import asyncio
import logging
import shutil
import threading
from collections.abc import Hashable
from typing import Final

from converters.boot.admission import promise
from converters.machines.running import ON_LAUNCH, Running, say_ended
from converters.machines.wish import Wish, wishes
from state.blobs import Blobs
from state.consoles import Consoles
from state.hosts import Host
from state.store import Store

BEAT: Final = 0.2  # seconds between two looks at the rows
FOLDER: Final = "machines"  # below the root of blobs: of the worker, of each instance

log = logging.getLogger(__name__)


class Supervisor:
    """One worker's machines."""

    def __init__(self, store: Store, blobs: Blobs, worker: str, memory: int) -> None:
        self._store = store
        self._blobs = blobs
        self._worker = worker
        self._memory = memory  # MiB, of all machines
        self._consoles = Consoles(blobs.root)
        self._folder = blobs.root / FOLDER / worker
        self._wishes: dict[str, Wish] = {}
        self._running: dict[str, tuple[Running, asyncio.Task[None]]] = {}
        self._moment: Hashable = None
        self._thread = threading.Thread(target=self._run, name="machines", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Look again and again from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Let go of every machine."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._keep_looking())

    async def _keep_looking(self) -> None:
        await asyncio.to_thread(self._sweep)
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(self._look)
                await self._heed()
            except Exception:  # an edge, like the worker: machines must not go unwatched
                log.exception("what is to run cannot be read")
            await asyncio.sleep(BEAT)
        doing = [task for _, task in self._running.values()]
        for each in doing:
            each.cancel()
        await asyncio.gather(*doing, return_exceptions=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove the folders of workers that have died, and say that we are alive.

        It was said before; but then we had no lease yet, and others may not have believed it.
        """
        with self._store.begin() as tx:
            tx.hosts.put(Host(worker=self._worker, memory_mib=self._memory))
            live = {host.worker for host in tx.hosts.live()}
        for folder in (self._blobs.root / FOLDER).glob("*"):
            if folder.name not in live:
                shutil.rmtree(folder, ignore_errors=True)

    def _look(self) -> None:
        """Read what is wished, if anything was written since."""
        moment = self._store.moment()
        if moment != self._moment:
            with self._store.read() as tx:
                self._wishes = wishes(tx, self._worker)
            self._moment = moment

    async def _heed(self) -> None:
        """Begin to run what is to run, as far as there is room, and tell what runs what is new."""
        for instance_id, wish in self._wishes.items():
            instance = wish.machine.instance
            if instance_id in self._running:
                self._running[instance_id][0].news(wish)
            elif instance.worker is not None:  # it was ours, and we do not know of it
                with_us = (self._store, self._blobs, instance_id, self._worker, ON_LAUNCH)
                await asyncio.to_thread(say_ended, *with_us)
            elif instance.state == "pending":
                self._begin(wish)
        for instance_id, (_, task) in self._running.items():
            if instance_id not in self._wishes:  # somebody has taken it for dead
                task.cancel()

    def _begin(self, wish: Wish) -> None:
        running = Running(
            wish,
            self._store,
            self._blobs,
            self._worker,
            self._folder / wish.machine.instance.id,
            self._consoles,
        )
        taken = sum(each.memory for each, _ in self._running.values())
        if taken + running.memory > self._memory:
            return
        promise(running.memory << 20)
        task = asyncio.ensure_future(running.run())
        self._running[running.id] = running, task
        task.add_done_callback(lambda _: self._ended(running))

    def _ended(self, running: Running) -> None:
        promise(-running.memory << 20)
        del self._running[running.id]
        self._moment = None  # what was read before is not true any more
        self._wishes.pop(running.id, None)
