"""/etc/network/interfaces as it is adapted."""

from converters.guests.adapt import ifupdown
from converters.guests.adapt.interfaces import DHCP, HARDWARE
from converters.guests.adapt.text import Edited


def test_a_static_stanza_asks_by_dhcp_and_keeps_the_rest() -> None:
    before = (
        "# The primary interface\n"
        "source /etc/network/interfaces.d/*\n"
        "auto lo\n"
        "iface lo inet loopback\n"
        "\n"
        "allow-hotplug eth0\n"
        "iface eth0 inet static\n"
        "\taddress 10.1.2.3/24\n"
        "\t# the old router\n"
        "\tgateway 10.1.2.1\n"
        "\tdns-nameservers 10.1.2.53\n"
        "\tdns-search example.com\n"
        "\tmtu 1400\n"
        "\tpre-up /usr/local/bin/firewall\n"
    )

    edited = ifupdown.adapt(before)

    assert edited.text == (
        "# The primary interface\n"
        "source /etc/network/interfaces.d/*\n"
        "auto lo\n"
        "iface lo inet loopback\n"
        "\n"
        "allow-hotplug eth0\n"
        "iface eth0 inet dhcp\n"
        "#\taddress 10.1.2.3/24\n"
        "\t# the old router\n"
        "#\tgateway 10.1.2.1\n"
        "#\tdns-nameservers 10.1.2.53\n"
        "\tdns-search example.com\n"
        "\tmtu 1400\n"
        "\tpre-up /usr/local/bin/firewall\n"
    )
    assert edited.reasons == (DHCP,)
    assert edited.left == ()


def test_commands_for_the_old_network_go_and_others_stay() -> None:
    before = (
        "iface eth0 inet static\r\n"
        "  address 10.1.2.3\r\n"
        "  up ip route add 10.9.0.0/16 \\\r\n"
        "     via 10.1.2.254\r\n"
        "  post-up /sbin/route add -net 10.8.0.0/16 gw 10.1.2.254\r\n"
        "  up ip -6 addr add fe80::1/64 dev eth0\r\n"
        "  down echo route is only a word; /usr/bin/logger down\r\n"
        "  up ethtool -K eth0 tso off\r\n"
        "  up ip link set eth0 txqueuelen 1000"
    )

    after = ifupdown.adapt(before).text

    assert after == (
        "iface eth0 inet dhcp\r\n"
        "#  address 10.1.2.3\r\n"
        "#  up ip route add 10.9.0.0/16 \\\r\n"
        "#     via 10.1.2.254\r\n"
        "#  post-up /sbin/route add -net 10.8.0.0/16 gw 10.1.2.254\r\n"
        "#  up ip -6 addr add fe80::1/64 dev eth0\r\n"
        "#  down echo route is only a word; /usr/bin/logger down\r\n"
        "  up ethtool -K eth0 tso off\r\n"
        "  up ip link set eth0 txqueuelen 1000"
    )


def test_ipv6_goes_unless_it_is_all_there_is() -> None:
    before = (
        "iface eth0 inet dhcp\niface eth0 inet6 static\n  address 2001:db8::1\n"
        "iface eth1 inet6 static\n  address 2001:db8::2\n"
    )

    after = ifupdown.adapt(before).text

    assert after == (
        "iface eth0 inet dhcp\n#iface eth0 inet6 static\n#  address 2001:db8::1\n"
        "iface eth1 inet dhcp\n#  address 2001:db8::2\n"
    )


def test_aliases_and_second_addresses_go() -> None:
    before = (
        "auto eth0 eth0:1\nauto eth0:2\n"
        "iface eth0 inet static\n  address 10.0.0.1\n"
        "iface eth0 inet static\n  address 10.0.0.2\n"
        "iface eth0:1 inet static\n  address 10.0.0.3\n"
        "iface eth0:2 inet static\n  address 10.0.0.4\n"
    )

    after = ifupdown.adapt(before).text

    assert after == (
        "auto eth0\n#auto eth0:2\n"
        "iface eth0 inet dhcp\n#  address 10.0.0.1\n"
        "#iface eth0 inet static\n#  address 10.0.0.2\n"
        "#iface eth0:1 inet static\n#  address 10.0.0.3\n"
        "#iface eth0:2 inet static\n#  address 10.0.0.4\n"
    )


def test_bridges_go_on_and_vlans_stay_with_a_word() -> None:
    before = (
        "iface br0 inet static\n  bridge_ports eth0\n  address 10.0.0.1\n"
        "iface br1 inet static\n  bridge_ports none\n  address 10.0.1.1\n"
        "iface eth0.7 inet static\n  address 10.0.7.1\n"
        "iface uplink inet static\n  vlan-raw-device eth0\n  address 10.0.8.1\n"
    )

    edited = ifupdown.adapt(before)

    assert edited.text == before.replace(
        "br0 inet static\n  bridge_ports eth0\n  a", "br0 inet dhcp\n  bridge_ports eth0\n#  a"
    )
    assert [sentence.split()[0] for sentence in edited.left] == ["br0", "eth0.7", "uplink"]


def test_mappings_manual_ones_and_what_stays_inside_are_left() -> None:
    before = (
        "mapping eth0\n  script /usr/local/sbin/which\n  map home eth0-home\n"
        "iface eth1 inet manual\n  address 10.0.0.1\n"
        "iface lo:1 inet static\n  address 127.0.0.2\n"
        "iface dummy0 inet static\n  address 10.0.0.1\n"
        "iface wg0 inet static\n  address 10.0.0.1\n"
        "no-scripts eth1\n"
    )

    assert ifupdown.adapt(before) == (Edited(before))


def test_a_dynamic_interface_forgets_its_mac_address_alone() -> None:
    before = "iface eth0 inet dhcp\n  hwaddress ether 00:50:56:00:00:01\n  metric 5\n"

    edited = ifupdown.adapt(before)

    assert edited.text == before.replace("  hwaddress", "#  hwaddress")
    assert edited.reasons == (HARDWARE,)


def test_what_is_not_understood_stays_and_is_said() -> None:
    before = "iface eth0 \\\n inet static\n  address 10.0.0.1\niface eth1\n  address 10.0.0.2/24\n"

    edited = ifupdown.adapt(before)

    assert edited.text == before
    assert [sentence.partition("stay")[0][:17] for sentence in edited.left] == [
        "the stanza of eth",
        "eth1 has an addre",
    ]
