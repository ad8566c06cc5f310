"""Whole rounds: looked into, judged, planned, written; then looked into again.

The filesystems' own checkers have nothing to say, what is listed is changed as listed, each
original stands beside, and nothing else differs: neither for our readers nor for those of the
filesystems' own tools, nor outside the filesystems.
"""

from pathlib import Path

import pytest

from converters.stages.plan import plan_of
from tests.guests.builders import AnyRecipe, Builder
from tests.guests.gallery import GPT, WINDOWS, row
from tests.guests.recipes import Disk
from tests.guests.rounds import a_round, is_whole

pytestmark = [pytest.mark.guests, pytest.mark.slow]

FAST: list[AnyRecipe] = [
    row("debian 12.4 6.1.0-15-amd64 ext4"),
    row("rhel 5.11 2.6.18-398.el5 ext3"),
    row("ubuntu 22.04 5.15.0-119-generic ext4", GPT),
]
SLOW: list[AnyRecipe] = [
    row("debian 6.0.8 2.6.32-5-amd64 ext2"),
    row("debian 12.4 6.1.0-15-amd64 ext4", Disk(logical=True, more=("swap",))),
    row("rhel 6.10 2.6.32-754.el6.x86_64 ext4", boot="ext4", lvm="whole"),
    row("sles 11.4 3.0.101-63-default ext3"),
    row("ubuntu 14.04 3.13.0-170-generic ext4"),
    row("ubuntu 18.04 4.15.0-213-generic ext4", Disk("hybrid", "bios")),
    row("amzn 2 5.10.199-190.747.amzn2.x86_64 ext4"),
    row("fedora 37 6.0.7-301.fc37.x86_64 ext4", GPT),
    row("centos 7.0.1406 3.10.0-123.el7.x86_64 xfs4"),
    row("rhel 9.6 5.14.0-570.12.1.el9_6.x86_64 xfs", GPT, "xfs"),
    row("rhel 8.9 4.18.0-513.5.1.el8_9.x86_64 xfs", GPT, "ext4", "whole"),
    row("amzn 2023 6.1.79-99.167.amzn2023.x86_64 xfs", Disk("gpt", "both")),
    row("sles 15.5 5.14.21-150500.53-default btrfs", GPT),
    row("ubuntu 24.04 6.11.0-17-generic btrfs", GPT),
    WINDOWS["2019 BIOS"],
    WINDOWS["2022 UEFI"],
    WINDOWS["2003"],
]


@pytest.mark.parametrize(
    "recipe",
    [
        *(pytest.param(recipe, id=recipe.shown) for recipe in FAST),
        *(pytest.param(recipe, id=recipe.shown, marks=pytest.mark.slow) for recipe in SLOW),
    ],
)
async def test_an_adapted_guest_is_whole_and_only_what_is_listed_has_changed(
    guests: Builder, tmp_path: Path, recipe: AnyRecipe
) -> None:
    done = await a_round(guests.own(recipe, tmp_path), tmp_path)

    is_whole(done, tmp_path)
    assert done.verdict.accepted


@pytest.mark.parametrize("recipe", [FAST[0], pytest.param(FAST[2], marks=pytest.mark.slow)])
async def test_an_adapted_linux_needs_no_more_adapting(
    guests: Builder, tmp_path: Path, recipe: AnyRecipe
) -> None:
    done = await a_round(guests.own(recipe, tmp_path), tmp_path)
    again = tmp_path / "again"
    again.mkdir()

    plan = await plan_of(done.disks, done.guest, done.verdict, None, again)

    assert [change.shown for change in plan.files] == []
    assert done.guest.linux is not None
    assert not any(file.static for file in done.guest.linux.network)
