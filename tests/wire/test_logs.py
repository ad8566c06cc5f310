"""What a log line shows, and what it never shows."""

import json
import logging
import sys

import pytest

from emulator.logs import JsonFormatter, TextFormatter
from state import current

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
