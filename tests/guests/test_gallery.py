"""Every guest of the gallery is looked into and judged, and comes out as it should.

A few of those that can be imported are seen always, and of Windows one for each rule; the others
in the slow round.
"""

import pytest

from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.look.examine import examine
from tests.guests import near_misses
from tests.guests.builders import AnyRecipe, Builder
from tests.guests.gallery import LINUX, WINDOWS
from tests.guests.near_misses import Case
from tests.guests.recipes import Recipe, WindowsRecipe

pytestmark = pytest.mark.guests

OFTEN = ("amzn 2023", "centos 7.9", "debian 6.0.8", "debian 12.4", "fedora 39", "ol 9.5",
         "rhel 5.11", "rhel 8.9", "sles 11.4", "sles 15.5", "ubuntu 12", "ubuntu 22")  # fmt: skip
OFTEN_WINDOWS = ("2003", "2008r2", "2012r2", "7 32 bits", "10 UEFI", "2022 BIOS and UEFI")
MODES = {"bios": ("legacy-bios",), "uefi": ("uefi",), "both": ("legacy-bios", "uefi")}
CHOSEN = {"bios": "legacy-bios", "uefi": "uefi", "both": "legacy-bios"}
KINDS = {"xfs4": "xfs"}
CASES = {
    f"{table}: {name}": case
    for table, cases in {
        "partitions": near_misses.PARTITIONS,
        "system": near_misses.SYSTEM,
        "architecture": near_misses.ARCHITECTURE,
        "root": near_misses.ROOT,
        "boot": near_misses.BOOT,
        "kernel": near_misses.KERNELS,
        "initrd": near_misses.INITRDS,
        "licence": near_misses.LICENCES,
        "windows": near_misses.WINDOWS_CASES,
        "advice": near_misses.ADVICE,
    }.items()
    for name, case in cases.items()
}


def linux() -> list[object]:
    """Return the rows of the table, with the mark for those that are left to the slow round."""
    return [
        pytest.param(
            recipe,
            id=recipe.shown,
            marks=[] if recipe.shown.startswith(OFTEN) else [pytest.mark.slow],
        )
        for recipe in LINUX
    ]


def windows() -> list[object]:
    """Return the names of the other table, marked likewise."""
    return [
        pytest.param(name, marks=[] if name in OFTEN_WINDOWS else [pytest.mark.slow])
        for name in WINDOWS
    ]


def cases() -> list[object]:
    """Return the names of what is next to the tables, with the mark for a rule's other Windows."""
    found: list[object] = []
    shown: set[str] = set()
    for name, case in CASES.items():
        of_windows = isinstance(case.recipe, WindowsRecipe)
        marks = [pytest.mark.slow] if of_windows and case.rule in shown else []
        found.append(pytest.param(name, marks=marks))
        shown |= {case.rule} if of_windows else set()
    return found


@pytest.mark.parametrize("recipe", linux())
def test_a_linux_of_the_table_is_seen_as_it_is_and_accepted(
    guests: Builder, recipe: Recipe
) -> None:
    guest, verdict = looked(guests, recipe)

    assert not guest.unseen
    assert guest.linux is not None
    [default] = [kernel for kernel in guest.linux.kernels if kernel.default]
    [root] = [volume for volume in guest.volumes if volume.id == guest.linux.volume]
    assert default.version == recipe.kernel
    assert default.initrd is not None
    assert "vmw_pvscsi" in default.initrd.modules
    assert root.filesystem == KINDS.get(recipe.filesystem, recipe.filesystem)
    assert guest.boot_modes == MODES[recipe.disk.firmware]
    assert wrong(verdict) == []
    assert verdict.accepted
    assert verdict.certain
    assert verdict.boot_mode == CHOSEN[recipe.disk.firmware]
    assert (verdict.platform, verdict.architecture) == ("Linux", "x86_64")
    assert (verdict.description or "").startswith("Linux - ")
    assert (verdict.description or "").endswith(recipe.kernel)


@pytest.mark.parametrize("name", windows())
def test_a_windows_of_the_table_is_seen_as_it_is_and_accepted(guests: Builder, name: str) -> None:
    recipe = WINDOWS[name]

    guest, verdict = looked(guests, recipe)

    assert not guest.unseen
    assert guest.windows is not None
    assert guest.windows.build == recipe.row.build
    assert guest.boot_modes == MODES[recipe.disk.firmware]
    assert wrong(verdict) == []
    assert verdict.certain
    bits = {"AMD64": "x86_64", "x86": "i386"}[recipe.row.architecture]
    assert (verdict.platform, verdict.architecture) == ("Windows", bits)


@pytest.mark.parametrize("name", cases())
def test_what_is_next_to_the_table_is_told_why(guests: Builder, name: str) -> None:
    case = CASES[name]

    _, verdict = looked(guests, case.recipe, case)

    [finding] = [finding for finding in verdict.findings if finding.rule == case.rule]
    assert finding.passed is (None if case.unseen else False)
    assert verdict.error == case.error
    assert verdict.accepted is (case.error is None)
    assert finding.remedy or case.unseen
    assert finding.section


def looked(guests: Builder, recipe: AnyRecipe, case: Case | None = None) -> tuple[Guest, Verdict]:
    """Look into a guest and judge it."""
    guest = examine(guests.disks(recipe))
    return guest, judge(guest, case.request if case else Request())


def wrong(verdict: Verdict) -> list[str]:
    """Return what blocks and has failed, or could not be seen."""
    return [
        f"{finding.rule}: {finding.seen}"
        for finding in verdict.findings
        if finding.blocking and finding.passed is not True
    ]


def test_the_gallery_is_a_large_one() -> None:
    recipes: list[AnyRecipe] = [
        *LINUX,
        *WINDOWS.values(),
        *(case.recipe for case in CASES.values()),
    ]

    names = {recipe.name for recipe in recipes}
    assert len(names) > 150
    assert {type(recipe) for recipe in recipes} == {Recipe, WindowsRecipe}
