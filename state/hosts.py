"""Hosts: the workers that run machines."""

from datetime import datetime

from state.values import Frozen


class Host(Frozen):
    """A worker, and how much memory its machines may have in all."""

    worker: str
    memory_mib: int
    told_at: datetime | None = None  # when the worker has said so
