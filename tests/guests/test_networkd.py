"""systemd's .network files, and udev's rules, as they are adapted."""

import pytest

from converters.guests.adapt import networkd, udev
from converters.guests.adapt.interfaces import DHCP, HARDWARE
from converters.guests.adapt.text import Edited


def test_a_static_file_asks_by_dhcp() -> None:
    before = (
        "# wired\n"
        "[Match]\n"
        "Name=ens3\n"
        "\n"
        "[Network]\n"
        "; the office\n"
        "Address=10.1.2.3/24\n"
        "Gateway=10.1.2.1\n"
        "DNS=10.1.2.53\\\n"
        "    10.1.2.54\n"
        "Domains=example.com\n"
        "[Route]\n"
        "Destination=10.9.0.0/16\n"
        "# by the lab\n"
        "Gateway=10.1.2.254\n"
        "[Link]\n"
        "MTUBytes=1400"
    )

    edited = networkd.adapt(before)

    assert edited.text == (
        "# wired\n"
        "[Match]\n"
        "Name=ens3\n"
        "\n"
        "[Network]\n"
        "DHCP=yes\n"
        "; the office\n"
        "#Address=10.1.2.3/24\n"
        "#Gateway=10.1.2.1\n"
        "#DNS=10.1.2.53\\\n"
        "#    10.1.2.54\n"
        "Domains=example.com\n"
        "#[Route]\n"
        "#Destination=10.9.0.0/16\n"
        "# by the lab\n"
        "#Gateway=10.1.2.254\n"
        "[Link]\n"
        "MTUBytes=1400"
    )
    assert edited.reasons == (DHCP,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("no", "yes"),
        ("none", "yes"),
        ("ipv6", "yes"),
        ("false", "yes"),
        ("yes", "yes"),
        ("ipv4", "ipv4"),
        ("both", "both"),
    ],
)
def test_a_protocol_that_is_there_is_changed(before: str, after: str) -> None:
    text = "[Match]\r\nName=e*\r\n[Network]\r\nDHCP = {}\r\n{}Address=10.0.0.1/8\r\n"

    assert networkd.adapt(text.format(before, "")).text == text.format(after, "#")


def test_sections_of_single_addresses_go_whole() -> None:
    before = "[Match]\nName=eth0\n[Address]\nAddress=10.0.0.1/8\nLabel=a\n"

    after = networkd.adapt(before).text

    assert after == (
        "[Match]\nName=eth0\n[Network]\nDHCP=yes\n\n#[Address]\n#Address=10.0.0.1/8\n#Label=a\n"
    )


@pytest.mark.parametrize("key", ["MACAddress", "PermanentMACAddress", "Driver", "Path"])
def test_what_is_tied_to_the_old_card_goes_by_name(key: str) -> None:
    edited = networkd.adapt(f"[Match]\n{key}=x\n[Network]\nDHCP=yes\n")

    assert edited.text == f"[Match]\nName=en* eth*\n#{key}=x\n[Network]\nDHCP=yes\n"
    assert edited.reasons == (HARDWARE,)


def test_a_name_that_is_there_stays() -> None:
    before = "[Match]\nName=eth0\nMACAddress=x\n[Link]\nMACAddress=y\n[Network]\nDHCP=yes\n"

    assert networkd.adapt(before).text == before.replace("MAC", "#MAC")


def test_what_dhcp_was_told_not_to_use_is_used() -> None:
    before = "[Match]\nName=e*\n[Network]\nAddress=10.0.0.1/8\n[DHCP]\nUseDNS=no\nUseMTU=yes\n"

    after = networkd.adapt(before).text

    assert "#UseDNS=no\nUseMTU=yes\n" in after


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[Match]\nName=eth0\n[Network]\nDHCP=yes\n",
        "[Match]\nName=lo\n[Network]\nAddress=127.0.0.2/8\n",
        "[Match]\nName=docker0 virbr*\n[Network]\nAddress=10.0.0.1/8\n",
        "[Match]\nName=eth0\n[Network]\nAddress=\nBridge=br0\n",
        "Address=10.0.0.1/8\n",
        "[Match]\nType=wlan\n[Network]\nAddress=10.0.0.1/8\n",
    ],
)
def test_what_is_not_static_stays(text: str) -> None:
    assert networkd.adapt(text) == Edited(text)


def test_a_bridge_goes_on_and_a_vlan_stays_with_a_word() -> None:
    bridge = networkd.adapt("[Match]\nName=br0\n[Network]\nAddress=10.0.0.1/8\n")
    vlan = networkd.adapt("[Match]\nName=eth0.7\n[Network]\nAddress=10.0.0.1/8\n")

    assert "DHCP=yes" in bridge.text
    assert "br0 gets its address" in bridge.left[0]
    assert "DHCP" not in vlan.text
    assert "eth0.7 is a VLAN" in vlan.left[0]


def test_cards_are_no_longer_named_by_their_mac_address() -> None:
    before = (
        "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
        'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:50:56:00:00:01", \\\n'
        '  KERNEL=="eth*", NAME="eth0"\n'
        'SUBSYSTEM=="net", KERNEL=="tun*", NAME="tun0"\n'
        'SUBSYSTEM=="net", SYSFS{address}=="00:50:56:00:00:02", NAME="eth1"'
    )

    edited = udev.adapt(before)

    assert edited.text == (
        "# PCI device 0x15ad:0x07b0 (vmxnet3)\n"
        '#SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:50:56:00:00:01", \\\n'
        '#  KERNEL=="eth*", NAME="eth0"\n'
        'SUBSYSTEM=="net", KERNEL=="tun*", NAME="tun0"\n'
        '#SUBSYSTEM=="net", SYSFS{address}=="00:50:56:00:00:02", NAME="eth1"'
    )
    assert len(edited.reasons) == 1


def test_a_file_that_ends_with_a_head_ends_without_a_newline_still() -> None:
    edited = networkd.adapt("[Address]\nAddress=10.0.0.1/8\n[Network]")

    assert edited.text == "#[Address]\n#Address=10.0.0.1/8\n[Network]\nDHCP=yes"
