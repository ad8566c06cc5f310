"""Firmware: which one it is."""

import pytest

from state.firmware import firmware


@pytest.mark.parametrize(
    ("boot_mode", "instance_type", "started_by"),
    [
        ("legacy-bios", "t3.micro", "legacy-bios"),
        ("uefi", "t2.micro", "uefi"),  # nothing has refused it: it is as its AMI says
        ("uefi-preferred", "t3.micro", "uefi"),
        ("uefi-preferred", "t2.micro", "legacy-bios"),
        ("uefi-preferred", "no.such", "legacy-bios"),
        (None, "t2.micro", "legacy-bios"),
        (None, "t3.micro", "legacy-bios"),
        (None, "t4g.micro", "uefi"),
        (None, "no.such", "legacy-bios"),
    ],
)
def test_what_starts_an_instance(
    boot_mode: str | None, instance_type: str, started_by: str
) -> None:
    assert firmware(boot_mode, instance_type) == started_by
