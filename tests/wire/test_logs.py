"""What a log line shows, and what it never shows."""

import json
import logging
import sys
import time

import pytest

from emulator.logs import JsonFormatter, TextFormatter
from state import current
from tests.house import House

FORMATTERS = [TextFormatter(), JsonFormatter()]


def record(message: str, *arguments: object, exc_info: bool = False) -> logging.LogRecord:
    found = sys.exc_info() if exc_info else None
    return logging.LogRecord("emulator.gateway", 20, __file__, 1, message, arguments, found)


def test_a_line_has_the_request_and_the_task_it_belongs_to() -> None:
    request, task = current.request_id.set("request-1"), current.task_id.set("import-snap-1")
    try:
        text = TextFormatter().format(record("task %s", "moved"))
        fields = json.loads(JsonFormatter().format(record("task %s", "moved")))
    finally:
        current.request_id.reset(request)
        current.task_id.reset(task)

    assert text.endswith("info    gateway [request-1] [import-snap-1] task moved")
    assert (fields["request_id"], fields["task_id"]) == ("request-1", "import-snap-1")
    assert (fields["level"], fields["message"]) == ("info", "task moved")


@pytest.mark.parametrize("formatter", FORMATTERS)
@pytest.mark.parametrize(
    "secret",
    [
        "http://h/b/k?X-Amz-Credential=SECRET&X-Amz-Signature=SECRET&x=1",
        "http://h/b/k?AWSAccessKeyId=SECRET&Expires=1&Signature=SECRET",
        "http%3A%2F%2Fh%3FX-Amz-Security-Token%3DSECRET",
    ],
)
def test_signatures_are_blotted_out(formatter: logging.Formatter, secret: str) -> None:
    try:
        raise ValueError(secret)
    except ValueError:
        line = formatter.format(record("fetching %s", secret, exc_info=True))

    assert "fetching" in line
    assert "ValueError" in line
    assert "SECRET" not in line


def test_what_a_message_repeats_makes_no_line_and_moves_no_terminal() -> None:
    name = "a\n2026-01-31T12:00:00.123Z info b\x1b[2J\x9b"
    try:
        raise ValueError(name)
    except ValueError:
        line = TextFormatter().format(record("found %s", name, exc_info=True))

    first, *rest = line.split("\n")
    assert first.endswith("found a\N{REPLACEMENT CHARACTER}2026-01-31T12:00:00.123Z info "
                          "b\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}")  # fmt: skip
    assert rest[0] == "Traceback (most recent call last):"
    assert all(row.isprintable() for row in rest)


def test_the_log_tells_the_life_of_a_task(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk", bytes(1 << 20))
    house.put_object(bucket, "text", b"no disk")
    good = house.ec2().import_snapshot(DiskContainer={"Url": f"s3://{bucket}/disk"})
    bad = house.ec2().import_snapshot(
        DiskContainer={"Format": "VMDK", "Url": f"s3://{bucket}/text"}
    )
    house.finished(good)
    house.finished(bad)

    assert told(house, good["ImportTaskId"], "is completed") == [
        "is validating",
        "is converting",
        "is publishing",
        "is completed",
    ]
    assert told(house, bad["ImportTaskId"], "is failed") == [
        "is validating",
        "refused its disk: Disk validation failed [Unsupported specified file format]",
        "is failed",
    ]
    first = f"[{good['ResponseMetadata']['RequestId']}] task {good['ImportTaskId']} is pending"
    assert first in house.server.log


def told(house: House, task_id: str, last: str) -> list[str]:
    """Read what a worker says of a task, as soon as it has said the last of it."""
    for _ in range(100):
        lines = house.server.log.splitlines()
        said = [
            line.partition(f"task {task_id} ")[2] for line in lines if f"task {task_id} " in line
        ]
        if last in said:
            break
        time.sleep(0.05)
    said.remove("is pending")  # which the thread of the request may say a moment later
    return said
