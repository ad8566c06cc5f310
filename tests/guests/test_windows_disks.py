"""A Windows on a real NTFS: hives of the size that old servers have."""

from pathlib import Path

import pytest

from converters.guests.adapt.planning import Facts, plan
from converters.guests.look.examine import examine
from tests.guests import filesystems, hives
from tests.guests.builders import Builder
from tests.guests.filesystems import run
from tests.guests.hives import PRODUCTS
from tests.guests.recipes import WindowsRecipe
from tests.guests.tables import sparse_copy

pytestmark = pytest.mark.guests

CONFIG = "/Windows/System32/config"
MANY = {f"Bulk\\Key{number}": {"value": bytes(900_000)} for number in range(85)}  # 76 MB


@pytest.mark.slow
def test_hives_of_many_megabytes_are_read_and_changed(guests: Builder, tmp_path: Path) -> None:
    row = PRODUCTS["2019"]
    [disk] = guests.own(WindowsRecipe(row), tmp_path)
    [partition] = examine([disk]).disks[0].partitions
    volume = filesystems.copied(disk, tmp_path / "volume", partition.offset, partition.size)
    for name, paths in (("SOFTWARE", hives.software(row)), ("SYSTEM", hives.system(row))):
        (tmp_path / name).write_bytes(hives.hive(hives.merged(paths, MANY)))
        run("ntfscp", "-q", volume, tmp_path / name, f"{CONFIG}/{name}")
    with disk.open("r+b") as file:
        sparse_copy(volume, file, partition.offset)

    guest = examine([disk])
    folder = tmp_path / "plan"
    folder.mkdir()
    made = plan([disk], guest, Facts("Windows", "legacy-bios"), folder)

    assert guest.windows is not None
    assert guest.windows.problem is None
    assert guest.windows.product == row.product
    [change] = made.files
    assert (folder / change.content).stat().st_size > 76_000_000


def test_a_windows_is_planned_for_on_its_own_volumes(guests: Builder, tmp_path: Path) -> None:
    recipe = WindowsRecipe(PRODUCTS["2022"], ems=True).on(table="gpt", firmware="uefi")
    disk = guests.disk(recipe)

    made = plan([disk], examine([disk]), Facts("Windows", "uefi"), tmp_path)

    assert [(change.volume, change.path, change.kept) for change in made.files] == [
        ("0:3", f"{CONFIG}/SYSTEM", f"{CONFIG}/.SYSTEM.vmimport"),
        ("0:1", "/EFI/Microsoft/Boot/BCD", "/EFI/Microsoft/Boot/.BCD.vmimport"),
    ]
    assert made.boot_mode == "uefi"
