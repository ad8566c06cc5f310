"""The hives that tests write are hives: other readers see in them what was written."""

import io
import subprocess
from pathlib import Path

import pyregf
import pytest

from tests.guests import hives

KINDS: tuple[hives.Lists, ...] = ("lf", "lh", "li", "ri")


@pytest.mark.parametrize("lists", KINDS)
def test_a_written_hive_is_read_by_pyregf(lists: hives.Lists) -> None:
    paths = hives.system(hives.PRODUCTS["2019"])

    file = pyregf.file()
    file.open_file_object(io.BytesIO(hives.hive(paths, lists=lists)))

    for path, values in paths.items():
        key = file.get_key_by_path("\\" + path)
        assert key is not None, path
        found = {value.name: (value.type, value.data or b"") for value in key.values}
        assert found == {name: hives.encoded(value) for name, value in values.items()}
    assert not file.is_corrupted()


@pytest.mark.guests
@pytest.mark.parametrize("lists", KINDS)
def test_a_written_hive_is_read_by_hivex(tmp_path: Path, lists: hives.Lists) -> None:
    name = tmp_path / "SOFTWARE"
    name.write_bytes(hives.hive(hives.software(hives.PRODUCTS["2022"]), lists=lists))

    told = subprocess.run(
        ["hivexsh", "-d", name],
        input=f"cd {hives.NT}\nlsval ProductName\n",
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == "Windows Server 2022 Standard"
