"""The stage around the reader's child: what a worker gets when the child is brought down."""

from pathlib import Path

import pytest

from converters.guests.guest import Guest
from converters.lifeline import Limits
from converters.stages import look
from tests.guests.builders import Builder
from tests.guests.recipes import Recipe

pytestmark = pytest.mark.guests

DEBIAN = Recipe("debian", "12.4", "6.1.0-15-amd64")


async def test_a_disk_that_is_gone_is_told_and_not_raised(tmp_path: Path) -> None:
    found = await look.look([tmp_path / "gone"])

    assert found == Guest(disks=(), unseen=found.unseen)
    assert found.unseen[-1].startswith("the disks could not be looked into: ")


async def test_a_reader_out_of_memory_is_told_and_not_raised(
    guests: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "LIMITS", Limits(address_space=12 << 20, cpu_seconds=20))

    found = await look.look([guests.disk(DEBIAN)])

    assert found.linux is None
    assert found.unseen[-1].startswith("the disks could not be looked into: ")
