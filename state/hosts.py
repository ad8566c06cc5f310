"""Hosts: the workers that run machines."""

from state.values import Frozen


class Host(Frozen):
    """A worker, and how much memory its machines may have in all."""

    worker: str
    memory_mib: int
