"""What a guest sees of its computer, by which cloud-init knows where it is."""

from dataclasses import replace

from converters.vnet import smbios
from tests.vnet.inside import GUEST


def test_the_uuid_is_the_serial_number_and_ec2_s() -> None:
    system = dict(pair.split("=") for pair in smbios.told(GUEST)[1].split(","))

    assert system["uuid"] == system["serial"] == str(smbios.uuid(GUEST.instance_id))
    assert system["uuid"].startswith("ec2")
    assert system["product"] == "t3.micro"


def test_every_instance_has_its_own_and_keeps_it() -> None:
    other = replace(GUEST, instance_id="i-0123456789abcdef1")

    assert smbios.told(GUEST) == smbios.told(replace(GUEST))
    assert smbios.uuid(GUEST.instance_id) != smbios.uuid(other.instance_id)
