"""Hostile guests: whatever is on a disk, the child tells something of it, in time and in bounds.

Every one goes through the real child in its sandbox, with half the memory that it is given in a
house and ten seconds; what it tells is judged and planned for, whatever the verdict.
"""

from pathlib import Path

import pytest

from converters.guests import sandbox
from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.plain import from_json
from converters.lifeline import Limits
from converters.stages.plan import plan_of
from tests.guests import hostile_disks  # noqa: F401  # it adds to HOSTILE
from tests.guests.builders import Builder
from tests.guests.hostile import HOSTILE, LARGE

pytestmark = [pytest.mark.guests, pytest.mark.slow]

SECONDS = 10  # of the processor's time; of the clock's, on a machine that is not busy
PATIENCE = 60.0  # seconds of the clock, on one that is
MEMORY = 512 << 20  # bytes of address space
OFTEN = ("links in a ring", "links out of the guest", "an initrd with a file of 4 GiB",
         "ext4: files of a TiB", "a registry whose root is below itself",
         "logical partitions in a ring", "LVM: braces in braces", "XFS cut off")  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in OFTEN else pytest.mark.slow) for n in HOSTILE]
)
async def test_a_hostile_guest_is_judged_in_bounds(
    guests: Builder, tmp_path: Path, name: str
) -> None:
    disk = HOSTILE[name](guests, tmp_path)
    folder = tmp_path / "plan"
    folder.mkdir()

    guest, verdict = await looked(disk)
    plan = await plan_of([disk], guest, verdict, None, folder)

    assert guest.disks
    assert "Traceback" not in str(guest)
    assert not any("the planner ended" in told or "Error" in told for told in plan.left_out)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2 * MEMORY


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
async def test_a_guest_with_very_many_files_is_judged_in_bounds(
    guests: Builder, tmp_path: Path, name: str
) -> None:
    guest, _ = await looked(LARGE[name](guests, tmp_path))

    assert guest.disks


async def test_no_link_leads_to_the_files_of_our_machine(guests: Builder, tmp_path: Path) -> None:
    guest, verdict = await looked(HOSTILE["links out of the guest"](guests, tmp_path))

    assert guest.linux is not None
    assert guest.linux.mounts == ()
    assert guest.linux.fstab_problem
    assert not verdict.accepted


async def looked(disk: Path) -> tuple[Guest, Verdict]:
    """Let the real child look, in bounds; judge what it tells."""
    ended = await sandbox.run(
        "converters.guests.look",
        [str(disk)],
        read=[disk],
        write=None,
        limits=Limits(MEMORY, SECONDS, 1),
        seconds=PATIENCE,
        keep=16 << 20,
    )
    assert ended.code == 0, ended.stderr[-2000:]
    guest = from_json(Guest, ended.stdout)
    return guest, judge(guest, Request())
