"""What the programs that read these files in a guest say of the adapted ones."""

import re
import subprocess
from pathlib import Path

import pytest

from converters.guests.adapt import fstab, ifcfg
from converters.guests.adapt.fstab import Devices
from tests.guests import gallery, test_grub
from tests.guests.builders import Builder
from tests.guests.test_fstab import GUEST, LINES
from tests.guests.test_grub import DEBIAN

pytestmark = pytest.mark.guests


def output(*command: str | Path) -> str:
    """Return all that a program says."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_mount_reads_every_line_of_an_adapted_table(tmp_path: Path) -> None:
    table = tmp_path / "fstab"
    lines = [before for before, _ in LINES if " #" not in before and before != "/dev/sda1 /"]
    table.write_text("".join(f"{line}\n" for line in lines))
    assert "parse error" in output("findmnt", "--tab-file", table)

    table.write_text(fstab.adapt(table.read_text(), Devices.of(GUEST)).text)

    listed = output("findmnt", "--tab-file", table, "--noheadings", "--list", "--output", "OPTIONS")
    assert "parse error" not in listed
    entries = [line for line in table.read_text().splitlines() if not line.startswith("#")]
    assert listed.count("nofail") == sum(line.count("nofail") for line in entries)


@pytest.mark.parametrize("default", ["0", "9>9", "Memory test"])
def test_grub_reads_an_adapted_menu(tmp_path: Path, default: str) -> None:
    menu = tmp_path / "grub.cfg"
    before = DEBIAN.replace('default="0"', f'default="{default}"')

    menu.write_text(test_grub.adapted(before).text)

    assert output("grub-script-check", menu) == ""


@pytest.mark.parametrize(
    "text",
    [
        'DEVICE=eth0\nBOOTPROTO="none"\nIPADDR=10.0.0.1 # a\nGATEWAY=10.0.0.9\n',
        "DEVICE=eth0\nIPADDR='10.0.0.1'\nexport GATEWAY=10.0.0.9",
        "DEVICE=eth0; ONBOOT=yes\nBOOTPROTO=static;MTU=1400\n\tIPADDR=10.0.0.1\nGATEWAY=a\n",
    ],
)
def test_a_shell_reads_an_adapted_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "ifcfg-eth0"

    file.write_text(ifcfg.adapt(text, "ifcfg-eth0").text)

    said = output("bash", "-c", f'. {file}; echo "$BOOTPROTO:$IPADDR:$GATEWAY:$DEVICE:$MTU"')
    assert said.startswith("dhcp:::eth0:")
    assert ("1400" in said) == ("1400" in text)


@pytest.mark.slow
def test_every_guest_of_the_gallery_starts_from_its_adapted_menu(
    guests: Builder, tmp_path: Path
) -> None:
    from converters.guests.adapt.planning import Facts, plan
    from converters.guests.look.examine import examine

    for number, recipe in enumerate(gallery.LINUX[::7]):
        disks = guests.disks(recipe)
        folder = tmp_path / str(number)
        folder.mkdir()
        found = plan(disks, examine(disks), Facts("Linux"), folder)
        menus = [change for change in found.files if change.path.endswith("grub.cfg")]
        for change in menus:
            assert output("grub-script-check", folder / change.content) == ""
        timeouts = re.compile(r"timeout[= ]\"?(-?\d+)")
        for change in found.files:
            if "grub" in change.path or change.path.endswith("menu.lst"):
                assert set(timeouts.findall((folder / change.content).read_text())) <= {"0"}
