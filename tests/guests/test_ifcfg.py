"""ifcfg files of Red Hat and of SUSE as they are adapted."""

import pytest

from converters.guests.adapt import ifcfg, ifcfg_suse
from converters.guests.adapt.ifcfg import ALIASES, CLEVER, ROUTES
from converters.guests.adapt.interfaces import DHCP, HARDWARE
from converters.guests.adapt.text import Edited


def test_a_static_file_of_red_hat_asks_by_dhcp() -> None:
    before = (
        "# made by anaconda\n"
        'TYPE="Ethernet"\n'
        'BOOTPROTO="none"  # static\n'
        "DEVICE=eth0\n"
        "HWADDR=00:50:56:00:00:01\n"
        "IPADDR=10.1.2.3 # room 5\n"
        "PREFIX=24\n"
        "GATEWAY=10.1.2.1\n"
        "DNS1=10.1.2.53\n"
        "DOMAIN=example.com\n"
        "IPV6ADDR=2001:db8::1/64\n"
        "ONBOOT=yes"
    )

    edited = ifcfg.adapt(before, "ifcfg-eth0")

    assert edited.text == (
        "# made by anaconda\n"
        'TYPE="Ethernet"\n'
        'BOOTPROTO="dhcp"  # static\n'
        "DEVICE=eth0\n"
        "#HWADDR=00:50:56:00:00:01\n"
        "#IPADDR=10.1.2.3 # room 5\n"
        "#PREFIX=24\n"
        "#GATEWAY=10.1.2.1\n"
        "#DNS1=10.1.2.53\n"
        "DOMAIN=example.com\n"
        "#IPV6ADDR=2001:db8::1/64\n"
        "ONBOOT=yes"
    )
    assert edited.reasons == (HARDWARE, DHCP)


@pytest.mark.parametrize("written", ["none", "static", '"none"', "'static'", "", "STATIC"])
def test_a_protocol_is_changed_in_its_own_quotes(written: str) -> None:
    before = f"IPADDR0=10.0.0.1\r\nNETMASK0=255.0.0.0\r\nBOOTPROTO={written}\r\n"
    quote = written[:1] if written[:1] in ("'", '"') else ""

    after = ifcfg.adapt(before, "ifcfg-eth0").text

    expected = f"BOOTPROTO={quote}dhcp{quote}"
    assert after == f"#IPADDR0=10.0.0.1\r\n#NETMASK0=255.0.0.0\r\n{expected}\r\n"


def test_a_protocol_that_is_not_there_is_written() -> None:
    after = ifcfg.adapt("DEVICE=eth0\r\nIPADDR=10.0.0.1", "ifcfg-eth0").text

    assert after == "DEVICE=eth0\r\nBOOTPROTO=dhcp\r\n#IPADDR=10.0.0.1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ifcfg-lo", "DEVICE=lo\nIPADDR=127.0.0.1\nNETMASK=255.0.0.0\n"),
        ("ifcfg-eth0", "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n"),
        ("ifcfg-eth1", "DEVICE=eth1\nBOOTPROTO=none\nMASTER=bond0\nSLAVE=yes\n"),
        ("ifcfg-virbr0", "DEVICE=virbr0\nIPADDR=192.168.122.1\n"),
        ("ifcfg-eth0", "# IPADDR=10.0.0.1\nBOOTPROTO=none\nIPADDR=\n"),
        ("ifcfg-eth0", ""),
    ],
)
def test_what_is_not_static_stays(name: str, text: str) -> None:
    assert ifcfg.adapt(text, name) == Edited(text)


@pytest.mark.parametrize(
    "text",
    [
        "DEVICE=eth0.7\nVLAN=yes\nIPADDR=10.0.0.1\n",
        "DEVICE=eth0.7\nIPADDR=10.0.0.1\n",
        "DEVICE=uplink\nTYPE=Vlan\nIPADDR=10.0.0.1\n",
    ],
)
def test_a_vlan_stays_with_a_word(text: str) -> None:
    edited = ifcfg.adapt(text, "ifcfg-" + text.split()[0].removeprefix("DEVICE="))

    assert edited.text == text
    assert "VLAN" in edited.left[0]


@pytest.mark.parametrize("kind", ["TYPE=Bridge", "TYPE=Bond", "BONDING_OPTS='mode=1 miimon=9'"])
def test_bridges_and_bonds_go_on_with_a_word(kind: str) -> None:
    edited = ifcfg.adapt(f"DEVICE=own\n{kind}\nBOOTPROTO=none\nIPADDR=10.0.0.1\n", "ifcfg-own")

    assert edited.text == f"DEVICE=own\n{kind}\nBOOTPROTO=dhcp\n#IPADDR=10.0.0.1\n"
    assert "own gets its address by DHCP" in edited.left[0]


@pytest.mark.parametrize("name", ["ifcfg-eth0:1", "ifcfg-eth0-range0"])
def test_aliases_are_switched_off(name: str) -> None:
    edited = ifcfg.adapt("IPADDR_START=10.0.0.1\nIPADDR_END=10.0.0.9\nONPARENT=yes\n", name)

    assert edited.text == "#IPADDR_START=10.0.0.1\n#IPADDR_END=10.0.0.9\nONPARENT=no\n"
    assert edited.reasons == (ALIASES,)


def test_values_over_several_lines_are_left() -> None:
    text = 'IPADDR="10.0.0.1\n"\nBOOTPROTO=none\n'

    assert ifcfg.adapt(text, "ifcfg-eth0") == Edited(text, (), (CLEVER,))


def test_every_line_of_an_address_goes() -> None:
    after = ifcfg.adapt("IPADDR=10.0.0.1\nIPADDR=10.0.0.2\nBOOTPROTO=none\n", "ifcfg-e").text

    assert after == "#IPADDR=10.0.0.1\n#IPADDR=10.0.0.2\nBOOTPROTO=dhcp\n"


def test_routes_and_the_common_gateway_go() -> None:
    network = ifcfg.adapt_global("NETWORKING=yes\nHOSTNAME=a\nGATEWAY=10.0.0.1 # old\n")
    routes = ifcfg.adapt_routes("# to the lab\n10.9.0.0/16 via 10.0.0.2\nGATEWAY0=10.0.0.2\n\n")

    assert network.text == "NETWORKING=yes\nHOSTNAME=a\n#GATEWAY=10.0.0.1 # old\n"
    assert routes.text == "# to the lab\n#10.9.0.0/16 via 10.0.0.2\n#GATEWAY0=10.0.0.2\n\n"
    assert network.reasons == routes.reasons == (ROUTES,)


def test_a_static_file_of_suse_asks_by_dhcp() -> None:
    before = (
        "BOOTPROTO='static'\n"
        "IPADDR='10.1.2.3/24'\n"
        "NETMASK=''\n"
        "IPADDR_second='10.1.2.4'\n"
        "PREFIXLEN_second='24'\n"
        "LLADDR='00:50:56:00:00:01'\n"
        "MTU='1400'\n"
        "STARTMODE='auto'\n"
    )

    edited = ifcfg_suse.adapt(before, "ifcfg-eth0")

    assert edited.text == (
        "BOOTPROTO='dhcp'\n"
        "#IPADDR='10.1.2.3/24'\n"
        "NETMASK=''\n"
        "#IPADDR_second='10.1.2.4'\n"
        "#PREFIXLEN_second='24'\n"
        "#LLADDR='00:50:56:00:00:01'\n"
        "MTU='1400'\n"
        "STARTMODE='auto'\n"
    )
    assert edited.reasons == (HARDWARE, DHCP)


@pytest.mark.parametrize("protocol", ["dhcp", "dhcp4", "dhcp+autoip"])
def test_suse_keeps_a_protocol_that_is_dynamic(protocol: str) -> None:
    after = ifcfg_suse.adapt(f"BOOTPROTO='{protocol}'\nIPADDR_1=10.0.0.1/8\n", "ifcfg-eth0").text

    assert after == f"BOOTPROTO='{protocol}'\n#IPADDR_1=10.0.0.1/8\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("BOOTPROTO=static\nIPADDR=10.0.0.1/8\nETHERDEVICE=eth0\n", "VLAN"),
        ("BRIDGE=yes\nBOOTPROTO=static\nIPADDR=10.0.0.1/8\n", "by DHCP"),
        ("BONDING_MASTER='yes'\nIPADDR=10.0.0.1/8\n", "by DHCP"),
    ],
)
def test_suse_has_bridges_bonds_and_vlans_too(text: str, word: str) -> None:
    edited = ifcfg_suse.adapt(text, "ifcfg-own")

    assert word in edited.left[0]
    assert ("dhcp" in edited.text) == (word != "VLAN")


def test_suse_forgets_the_old_name_servers() -> None:
    before = 'NETCONFIG_DNS_STATIC_SEARCHLIST="a"\nNETCONFIG_DNS_STATIC_SERVERS="10.0.0.53"\n'

    after = ifcfg_suse.adapt_netconfig(before).text

    assert after == before.replace("NETCONFIG_DNS_STATIC_SERVERS", "#NETCONFIG_DNS_STATIC_SERVERS")
