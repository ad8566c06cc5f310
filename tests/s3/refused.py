"""Catching what S3 refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError


class Refusal:
    """An error that a client got."""

    def __init__(self) -> None:
        self.response: dict[str, Any] = {}

    @property
    def error(self) -> dict[str, str]:
        """The error's members."""
        return self.response["Error"]  # type: ignore[no-any-return]

    @property
    def headers(self) -> dict[str, str]:
        """The headers it came with."""
        return self.response["ResponseMetadata"]["HTTPHeaders"]  # type: ignore[no-any-return]


@contextmanager
def refused(code: str, status: int = 400) -> Iterator[Refusal]:
    """Expect an error of a code and a status."""
    refusal = Refusal()
    with pytest.raises(ClientError) as caught:
        yield refusal
    refusal.response = dict(caught.value.response)
    assert refusal.error["Code"] == code, refusal.response
    assert refusal.response["ResponseMetadata"]["HTTPStatusCode"] == status
