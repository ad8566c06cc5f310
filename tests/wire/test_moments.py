"""Moments on the wire."""

from datetime import UTC, datetime

import pytest

from emulator.protocol.scalars import epoch
from emulator.services.ec2.snapshots import timestamp


@pytest.mark.parametrize("microsecond", [0, 1, 499, 500, 422_500, 422_999, 423_000, 999_999])
def test_a_moment_is_the_same_as_a_number_and_as_text(microsecond: int) -> None:
    moment = datetime(2026, 11, 23, 11, 22, 47, microsecond, UTC)

    shown = epoch(moment)

    assert timestamp(datetime.fromtimestamp(shown, UTC)) == timestamp(moment)
    assert isinstance(shown, int) == (microsecond < 1000)
