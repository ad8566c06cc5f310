"""What a worker holds in its hands while it runs a task: the job, and one attempt at one phase.

A pipeline is one straight function over a `Job`; each `job.phase(…)` in it is a durable step: run
once, its value remembered, run again under a new attempt when the worker died in the middle.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from state.blobs import Blobs
from state.store import Store
from state.tasks import DiskProgress, Task, TaskState, Work
from state.values import Frozen

P = ParamSpec("P")
Value = TypeVar("Value", bound=Frozen)


class Attempt(Protocol):
    """One attempt of one worker at one phase of a task."""

    task: Task
    number: int  # fencing token; rows are written only while the task still carries it
    scratch: Path  # a fresh, empty folder of this attempt alone; removed with the task
    store: Store
    blobs: Blobs

    def report(
        self,
        progress: int,
        message: str | None = None,
        disks: tuple[DiskProgress, ...] | None = None,
    ) -> None:
        """Show progress (percent) and StatusMessage; written to the task row every 0.5 s at most.

        A changed message or disk status is written at once. Never raises for being late.
        """


class Job(Protocol):
    """A task that a worker is running."""

    task_id: str
    work: Work

    async def phase(
        self,
        state: TaskState,
        step: Callable[Concatenate[Attempt, P], Awaitable[Value]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Value:
        """Move the task to state and run step as a durable, preemptible step; return its value.

        Arguments and value are frozen models: what the step gave is remembered with the task. On
        cancel the step's coroutine is cancelled (asyncio.CancelledError): it must let its child
        programs die and may take no longer than 2 s.
        """

    async def fail(self, error: str) -> None:
        """End the task: DELETING with error as StatusMessage, scratch removed, then FAILED."""
