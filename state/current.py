"""Which request and which task is being worked on here: for the log, which shows both on each line.

They follow the work into threads and coroutines; whoever starts work sets them.
"""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
task_id: ContextVar[str | None] = ContextVar("task_id", default=None)
