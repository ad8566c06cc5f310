"""NetworkManager's keyfiles as they are adapted."""

import pytest

from converters.guests.adapt import networkmanager
from converters.guests.adapt.interfaces import DHCP, HARDWARE
from converters.guests.adapt.text import Edited


def keyfile(kind: str = "ethernet", name: str = "", more: str = "") -> str:
    """Return a connection with a static address."""
    return (
        f"[connection]\nid=office\ntype={kind}\n{name and f'interface-name={name}' + chr(10)}"
        f"\n[ipv4]\nmethod=manual\naddress1=10.1.2.3/24,10.1.2.1\n{more}"
    )


def test_a_static_connection_asks_by_dhcp() -> None:
    before = (
        "# made by nmtui\n"
        "[connection]\n"
        "id=office\n"
        "uuid=1c1f7a6e-0000-4000-8000-000000000000\n"
        "type=ethernet\n"
        "\n"
        "[ethernet]\n"
        "mac-address=00:50:56:00:00:01\n"
        "mtu=1400\n"
        "\n"
        "[ipv4]\n"
        "address1=10.1.2.3/24,10.1.2.1\n"
        "addresses=10.1.2.4/24;\n"
        "dns=10.1.2.53;\n"
        "dns-search=example.com;\n"
        "# to the lab\n"
        "route1=10.9.0.0/16,10.1.2.254\n"
        "route1_options=mtu=1400\n"
        "ignore-auto-dns=true\n"
        "may-fail=false\n"
        "method=manual\n"
        "\n"
        "[ipv6]\n"
        "method=disabled"
    )

    edited = networkmanager.adapt(before)

    assert edited.text == (
        "# made by nmtui\n"
        "[connection]\n"
        "id=office\n"
        "uuid=1c1f7a6e-0000-4000-8000-000000000000\n"
        "type=ethernet\n"
        "\n"
        "[ethernet]\n"
        "#mac-address=00:50:56:00:00:01\n"
        "mtu=1400\n"
        "\n"
        "[ipv4]\n"
        "#address1=10.1.2.3/24,10.1.2.1\n"
        "#addresses=10.1.2.4/24;\n"
        "#dns=10.1.2.53;\n"
        "dns-search=example.com;\n"
        "# to the lab\n"
        "#route1=10.9.0.0/16,10.1.2.254\n"
        "#route1_options=mtu=1400\n"
        "#ignore-auto-dns=true\n"
        "may-fail=false\n"
        "method=auto\n"
        "\n"
        "[ipv6]\n"
        "method=disabled"
    )
    assert edited.reasons == (HARDWARE, DHCP)


def test_old_names_of_sections_and_crlf_are_known() -> None:
    before = "[connection]\r\ntype = 802-3-ethernet\r\n[802-3-ethernet]\r\nmac-address = x\r\n"

    assert networkmanager.adapt(before).text == before.replace("mac-", "#mac-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\n",
        "[connection]\ntype=ethernet\n[ipv4]\nmethod=shared\n",
        keyfile("wifi"),
        keyfile("loopback", "lo"),
        keyfile("bridge", "virbr0"),
        keyfile("wireguard", "wg0"),
    ],
)
def test_what_is_not_static_or_not_wired_stays(text: str) -> None:
    assert networkmanager.adapt(text) == Edited(text)


def test_bridges_and_bonds_go_on_and_vlans_stay_with_a_word() -> None:
    bridge, vlan = keyfile("bridge", "lan"), keyfile("vlan", "eth0.7")

    assert "method=auto" in networkmanager.adapt(bridge).text
    assert "lan gets its address" in networkmanager.adapt(bridge).left[0]
    assert networkmanager.adapt(vlan).text == vlan
    assert "eth0.7 is a VLAN" in networkmanager.adapt(vlan).left[0]


def test_an_address_beside_dhcp_goes() -> None:
    before = "[connection]\ntype=ethernet\n[ipv4]\nmethod=auto\naddress1=10.0.0.1/8\n"

    assert networkmanager.adapt(before).text == before.replace("address1", "#address1")
