"""The Common OVF Tool: it understands the OVA of an exported instance, and makes another of it."""

import re
from pathlib import Path

import pytest

from converters.stages import ova
from tests.clients.programs import program, run
from tests.house import House
from tests.instance_exports.exportable import export_bucket, exported, put_machine, start

pytestmark = [pytest.mark.slow, pytest.mark.clients]


async def test_an_exported_instance_is_looked_at_and_changed(
    house: House, disk: Path, tmp_path: Path
) -> None:
    cot = program("cot/bin/cot")
    instance_id = put_machine(house, disk)
    archive = exported(house, start(house, instance_id, export_bucket(house)), tmp_path)

    told = run(house, tmp_path, cot, "info", archive)
    run(house, tmp_path, cot, "-f", "edit-hardware", archive, "-c", "4", "-o", "larger.ova")

    profile = re.search(r"\(default\) +(\d+) +(\d+) GiB +(\d+) +\d+ +(\d+) / +(\d+) GiB", told)
    assert profile is not None, told
    assert profile.groups() == ("2", "4", "1", "1", "1")
    assert re.search(r"SCSI device types: +lsilogic\n", told)
    assert re.search(r"Ethernet device types: +E1000\n", told)
    assert f"{archive.stem}-disk1" in told
    assert re.search(r"\(default\) +4 ", run(house, tmp_path, cot, "info", "larger.ova"))
    (member,) = await ova.open_ova(tmp_path / "larger.ova")  # its manifest is right, too
    assert member.capacity == 1 << 30
