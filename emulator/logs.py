"""How a log line looks: one line an event, with the request and the task it belongs to.

    2026-01-31T12:00:00.123Z info  gateway [5f0c…] ec2:ImportSnapshot 200 3.1 ms

The signatures and credentials of presigned URLs are blotted out wherever they turn up. What a
message repeats may have been written by anybody, in a request or on a disk: nothing in it begins a
line of its own or tells a terminal what to do.
"""

import json
import logging
import re
import sys
import time
from functools import lru_cache
from typing import TextIO

from state import current

# What is told by them on "info" is our own business told twice, or holds whole URLs.
NOISY = ("alembic", "asyncio", "botocore", "dbos", "httpcore", "httpx", "uvicorn", "uvicorn.error")
SECRET = re.compile(
    r"((?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|SecurityToken)"
    r"(?:=|%3[dD]))[^&\s\"']+",
    re.IGNORECASE,
)


class TextFormatter(logging.Formatter):
    """A line for the eye."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one line; a traceback follows on lines of its own."""
        request_id, task_id = current.request_id.get(), current.task_id.get()
        line = (
            f"{timestamp(record)} {level(record.levelname)} {short(record.name)} "
            f"{f'[{request_id}] ' if request_id else ''}{f'[{task_id}] ' if task_id else ''}"
            f"{visible(record.getMessage())}"
        )
        if record.exc_info:
            traceback = self.formatException(record.exc_info).splitlines()
            line = "\n".join((line, *map(visible, traceback)))
        return without_secrets(line)


class Lines(logging.StreamHandler[TextIO]):
    """Writes to a stream that is buffered by lines, as stderr is: nothing is left to be flushed."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        try:
            self.stream.write(f"{self.format(record)}\n")
        except Exception:  # noqa: BLE001 - as in all handlers
            self.handleError(record)


class JsonFormatter(logging.Formatter):
    """A line for a machine: one JSON object, a traceback included."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record as one JSON object."""
        fields: dict[str, object] = {
            "time": timestamp(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if request_id := current.request_id.get():
            fields["request_id"] = request_id
        if task_id := current.task_id.get():
            fields["task_id"] = task_id
        fields |= getattr(record, "fields", {})
        if record.exc_info:
            fields["traceback"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


def configure(log_format: str, log_level: str) -> None:
    """Send all logs to stderr in one format."""
    handler = Lines(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=log_level.upper(), handlers=[handler], force=True)
    # What no line shows is not looked up: that costs more than all the rest of a line.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))


def timestamp(record: logging.LogRecord) -> str:
    """Write the time of a record, in UTC."""
    return f"{second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=2)
def second(since_epoch: int) -> str:
    """Write a second, which many lines have in common."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(since_epoch))


@lru_cache
def level(name: str) -> str:
    """Write a level so wide that what follows stands in one column."""
    return f"{name.lower():<7}"


@lru_cache
def short(name: str) -> str:
    """Name a logger by its module: `emulator.gateway` is `gateway`."""
    return name.rpartition(".")[2]


def visible(text: str) -> str:
    """Return a text on one line, with a sign for each letter that none can see."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def without_secrets(text: str) -> str:
    """Blot out what would let a reader of the log sign or repeat a request."""
    lowered = text.lower()
    if "signature" in lowered or "awsaccesskeyid" in lowered or "token" in lowered:
        return SECRET.sub(r"\1***", text)
    return text
