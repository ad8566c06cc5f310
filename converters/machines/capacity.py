"""What this worker can run: the memory that its machines may have in all."""

from typing import Final

from converters.boot.admission import free_memory
from converters.boot.machine import PROGRAM
from converters.guests import tools
from state.hosts import Host
from state.store import Store

RESERVED: Final = 512  # MiB for everything else that a worker does


def offer(store: Store, worker: str) -> int:
    """Say in a row how many MiB machines may have here, and return it; 0 where none can run."""
    memory = 0
    if tools.find(PROGRAM) is not None:
        memory = max(0, (free_memory() >> 20) - RESERVED)
    with store.begin() as tx:
        tx.hosts.put(Host(worker=worker, memory_mib=memory))
        if not memory:
            tx.hosts.remove(worker)
    return memory
