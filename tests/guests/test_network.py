"""Network configuration as installers write it: which interfaces, fixed or by DHCP."""

import importlib
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.guest import NetworkFile
from converters.guests.look.network import predictable_names, read_network
from converters.guests.look.network_files import (
    Said,
    read_ifcfg,
    read_ifcfg_suse,
    read_ifupdown,
    read_netplan,
    read_networkd,
    read_networkmanager,
)
from converters.guests.look.yaml_lines import read_lines
from tests.guests.memory import Broken, Content, Dir, Giant, Link, memory

STATIC = (True, False)
DHCP = (False, True)
NEITHER = (False, False)

DEBIAN = """# This file describes the network interfaces available on your system
# and how to activate them. For more information, see interfaces(5).

source /etc/network/interfaces.d/*

# The loopback network interface
auto lo
iface lo inet loopback

# The primary network interface
allow-hotplug ens192
iface ens192 inet static
	address 10.0.0.5/24
	gateway 10.0.0.1
	# dns-* options are implemented by the resolvconf package, if installed
	dns-nameservers 10.0.0.2
"""
IFUPDOWN: list[tuple[str, tuple[str, ...], tuple[bool, bool]]] = [
    (DEBIAN, ("ens192",), STATIC),
    ("auto eth0\niface eth0 inet dhcp\n", ("eth0",), DHCP),
    (
        "iface eth0 inet dhcp\niface eth0 inet6 static\n address fd00::5/64\n",
        ("eth0",),
        (True, True),
    ),
    ("iface eth0 inet manual\niface br0 inet static\n", ("eth0", "br0"), STATIC),
    ("iface \\\n eth1 \\\n inet static\n", ("eth1",), STATIC),
    ("auto lo\niface lo inet loopback\n", (), NEITHER),
    ("# iface eth0 inet static\n", (), NEITHER),
    ("iface eth0\niface\n", ("eth0",), NEITHER),
    ("iface eth0.100 inet bootp\r\n", ("eth0.100",), DHCP),
    ("", (), NEITHER),
]


@pytest.mark.parametrize(("text", "interfaces", "how"), IFUPDOWN)
def test_ifupdown(text: str, interfaces: tuple[str, ...], how: tuple[bool, bool]) -> None:
    assert read_ifupdown(text)[:3] == (interfaces, *how)


IFCFG: list[tuple[str, str, Said]] = [
    ("ens192", "TYPE=Ethernet\nBOOTPROTO=none\nNAME=ens192\nDEVICE=ens192\nONBOOT=yes\n"
     "IPADDR=10.0.0.5\nPREFIX=24\nGATEWAY=10.0.0.1\nDNS1=10.0.0.2\n", (("ens192",), *STATIC)),
    ("eth0", 'DEVICE="eth0"\nBOOTPROTO="static"\nHWADDR="00:0C:29:01:02:03"\nIPADDR="10.0.0.5"\n'
     'NETMASK="255.255.255.0"\nONBOOT="yes"\n', (("eth0",), *STATIC)),
    ("eth0", "DEVICE=eth0\nBOOTPROTO=dhcp\nONBOOT=yes\n", (("eth0",), *DHCP)),
    ("eth0", "DEVICE=eth0\nBOOTPROTO=dhcp\nIPADDR=10.0.0.5\n", (("eth0",), *DHCP)),
    ("eth0", "BOOTPROTO='DHCP'\n", (("eth0",), *DHCP)),
    ("eth0", "BOOTPROTO=none\nIPADDR0=10.0.0.5\nPREFIX0=24\n", (("eth0",), *STATIC)),
    ("eth0", "BOOTPROTO=dhcp\nIPV6INIT=yes\nIPV6ADDR=fd00::5/64\n", (("eth0",), True, True)),
    ("eth0", "BOOTPROTO=none\nIPV6_ADDR_GEN_MODE=eui64\nONBOOT=no\n", (("eth0",), *NEITHER)),
    ("eth0", "BOOTPROTO=none\nIPADDR=\n", (("eth0",), *NEITHER)),
    ("bond0", "DEVICE=bond0\nBONDING_OPTS='mode=1 miimon=100'\nIPADDR=10.0.0.5\n",
     (("bond0",), *STATIC)),
    ("eth0-range0", "IPADDR_START=10.0.0.5\nIPADDR_END=10.0.0.9\n", (("eth0-range0",), *STATIC)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "said"), IFCFG)
def test_red_hats_ifcfg(name: str, text: str, said: Said) -> None:
    assert read_ifcfg(text, name) == said


SUSE: list[tuple[str, tuple[bool, bool]]] = [
    ("BOOTPROTO='static'\nIPADDR='10.0.0.5/24'\nSTARTMODE='auto'\nNAME='VMXNET3'\n", STATIC),
    ("BOOTPROTO='dhcp'\nSTARTMODE='auto'\n", DHCP),
    ("BOOTPROTO='dhcp4+auto6'\n", DHCP),
    ("BOOTPROTO='dhcp'\nIPADDR=''\nNETMASK=''\n", DHCP),
    ("BOOTPROTO='dhcp'\nIPADDR_1='10.0.0.9/24'\nLABEL_1='1'\n", (True, True)),
    ("IPADDR='10.0.0.5/24'\n", STATIC),
    ("BOOTPROTO='none'\nSTARTMODE='hotplug'\n", NEITHER),
]


@pytest.mark.parametrize(("text", "how"), SUSE)
def test_suses_ifcfg(text: str, how: tuple[bool, bool]) -> None:
    assert read_ifcfg_suse(text, "eth0") == (("eth0",), *how)


SUBIQUITY = """# This is the network config written by 'subiquity'
network:
  ethernets:
    ens160:
      addresses:
      - 10.0.0.5/24
      nameservers:
        addresses:
        - 10.0.0.2
        search: []
      routes:
      - to: default
        via: 10.0.0.1
  version: 2
"""
NETPLAN: list[tuple[str, Said]] = [
    (SUBIQUITY, (("ens160",), *STATIC)),
    ("network:\n  version: 2\n  ethernets:\n    ens3:\n      dhcp4: true\n", (("ens3",), *DHCP)),
    ("network:\n  ethernets:\n    all:\n      match: {name: 'en*'}\n      dhcp4: yes\n",
     (("all", "en*"), *DHCP)),
    ("network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.5/24], dhcp4: no}}}",
     (("eth0",), *STATIC)),
    ("network:\n  ethernets:\n    eth0: {}\n", (("eth0",), *NEITHER)),
    ("network:\n  version: 2\n  renderer: NetworkManager\n", ((), *NEITHER)),
    ("network:\n  ethernets:\n    eth0:\n      nameservers: {addresses: [10.0.0.2]}\n",
     (("eth0",), *NEITHER)),
    ("network:\n  ethernets:\n    eth0:\n      dhcp6: true\n      match:\n"
     "        macaddress: 00:16:3e:01:02:03\n      set-name: eth0\n", (("eth0",), *DHCP)),
    ("network:\n  bonds:\n    bond0:\n      interfaces: [a, b]\n      addresses:\n"
     "        - '10.0.0.5/24':\n            lifetime: 0\n", (("bond0",), *STATIC)),
    ("network:\n    ethernets:\n        eth0:\n            addresses: [ '10.0.0.5/24',  # first\n"
     "                \"fd00::5/64\" ]\n            dhcp4: false  # never\n", (("eth0",), *STATIC)),
    ("- a list\n", ((), *NEITHER)),
    ("", ((), *NEITHER)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), NETPLAN)
def test_netplan(text: str, said: Said) -> None:
    assert read_netplan(text) == said


NETWORKD: list[tuple[str, Said]] = [
    ("[Match]\nName=eth0\n\n[Network]\nAddress=10.0.0.5/24\nGateway=10.0.0.1\n",
     (("eth0",), *STATIC)),
    ("[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n", (("en*", "eth*"), *DHCP)),
    ("[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[Address]\nAddress = 10.0.0.5/24\n",
     (("eth0",), True, True)),
    ("[Match]\nName=eth0\n[Network]\nDHCP=no\nAddress=\n", (("eth0",), *NEITHER)),
    ("# [Network]\n;Address=10.0.0.5\nAddress=10.0.0.6\n", ((), *NEITHER)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), NETWORKD)
def test_networkd(text: str, said: Said) -> None:
    assert read_networkd(text) == said


KEYFILES: list[tuple[str, Said | None]] = [
    ("[connection]\nid=ens192\nuuid=5c5b\ntype=ethernet\ninterface-name=ens192\n\n[ethernet]\n\n"
     "[ipv4]\naddress1=10.0.0.5/24,10.0.0.1\ndns=10.0.0.2;\nmethod=manual\n\n"
     "[ipv6]\naddr-gen-mode=eui64\nmethod=auto\n\n[proxy]\n", (("ens192",), *STATIC)),
    ("[connection]\nid=eth0\ninterface-name=eth0\n[ipv4]\nmethod=auto\n", (("eth0",), *DHCP)),
    ("[connection]\nid=Wired\n[ipv4]\nmethod=disabled\n[ipv6]\nmethod=manual\n", ((), *STATIC)),
    ("[connection]\nid=lo\ntype=loopback\ninterface-name=lo\n[ipv4]\nmethod=manual\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), KEYFILES)
def test_networkmanagers_keyfiles(text: str, said: Said | None) -> None:
    assert read_networkmanager(text) == said


# which files --------------------------------------------------------------------------------------


def found(files: dict[str, Content]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.path, one.kind, one.interfaces) for one in read_network(memory(files))]


INTERFACES = "/etc/network/interfaces"


def test_ifupdown_reads_what_is_sourced() -> None:
    files: dict[str, Content] = {
        INTERFACES: "source interfaces.d/*.cfg\nsource-directory interfaces.e\nsource /etc/if-a\n",
        "/etc/network/interfaces.d/b.cfg": "iface b inet dhcp\n",
        "/etc/network/interfaces.d/c.bak": "iface no inet dhcp\n",
        "/etc/network/interfaces.d/.d.cfg": "iface no inet dhcp\n",
        "/etc/network/interfaces.e/e": "iface e inet static\n",
        "/etc/network/interfaces.e/e.cfg": "iface no inet static\n",
        "/etc/if-a": "iface a inet dhcp\nsource /etc/if-a\n",
    }

    assert found(files) == [
        ("/etc/network/interfaces.d/b.cfg", "ifupdown", ("b",)),
        ("/etc/network/interfaces.e/e", "ifupdown", ("e",)),
        ("/etc/if-a", "ifupdown", ("a",)),
    ]


def test_files_that_source_each_other_end() -> None:
    files: dict[str, Content] = {
        INTERFACES: "source /etc/a*\niface x inet dhcp\n",
        **{
            f"/etc/a{number}": "source /etc/a*\nsource /etc/*/*/*/*\n" * 500
            for number in range(400)
        },
    }

    assert found(files) == [(INTERFACES, "ifupdown", ("x",))]


def test_a_wildcard_does_not_leave_the_guest() -> None:
    files: dict[str, Content] = {
        INTERFACES: "source /../../../etc/network/../../*/hidden\nsource ../../../../../../srv/*\n",
        "/srv/hidden": "iface h inet dhcp\n",
    }

    assert [path.rpartition("/")[2] for path, _, _ in found(files)][:1] == ["hidden"]


def test_red_hats_files_without_the_loopback_and_copies() -> None:
    folder = "/etc/sysconfig/network-scripts"
    text = "BOOTPROTO=dhcp\n"
    names = ["ifcfg-lo", "ifcfg-eth0", "ifcfg-eth0.bak", "ifcfg-eth1~", "ifcfg-eth2.rpmsave",
             "ifup", ".ifcfg-eth0.vmimport", "ifcfg-eth0.100",
             "ifcfg-Wired_connection_1"]  # fmt: skip

    assert [path for path, _, _ in found({f"{folder}/{name}": text for name in names})] == [
        f"{folder}/{name}" for name in ("ifcfg-Wired_connection_1", "ifcfg-eth0", "ifcfg-eth0.100")
    ]


def test_suses_files_are_of_another_kind() -> None:
    files: dict[str, Content] = {
        "/etc/sysconfig/network/ifcfg-eth0": "BOOTPROTO='dhcp'\n",
        "/etc/sysconfig/network/ifcfg-lo": "IPADDR=127.0.0.1/8\n",
        "/etc/sysconfig/network/ifcfg.template": "BOOTPROTO=\n",
        "/etc/sysconfig/network/config": "NETCONFIG_DNS_POLICY='auto'\n",
    }

    assert found(files) == [("/etc/sysconfig/network/ifcfg-eth0", "ifcfg-suse", ("eth0",))]


def test_a_netplan_file_hides_one_of_the_same_name() -> None:
    text = "network: {{ethernets: {{{}: {{dhcp4: true}}}}}}\n"
    files: dict[str, Content] = {
        "/etc/netplan/50-a.yaml": text.format("a"),
        "/usr/lib/netplan/50-a.yaml": text.format("b"),
        "/usr/lib/netplan/60-c.yaml": text.format("c"),
        "/etc/netplan/.50-a.yaml.vmimport": text.format("no"),
        "/etc/netplan/50-a.yaml.bak": text.format("no"),
    }

    assert found(files) == [
        ("/etc/netplan/50-a.yaml", "netplan", ("a",)),
        ("/usr/lib/netplan/60-c.yaml", "netplan", ("c",)),
    ]


def test_a_network_that_is_switched_off_is_none() -> None:
    text = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"
    files: dict[str, Content] = {
        "/etc/systemd/network/10-eth.network": text,
        "/etc/systemd/network/20-off.network": Link("/dev/null"),
        "/etc/systemd/network/30-off.network": "",
        "/etc/systemd/network/99-default.link": "[Link]\n",
        "/etc/systemd/network/10-eth.network.d/fixed.conf": "[Network]\nAddress=10.0.0.5/24\n",
        "/usr/lib/systemd/network/80-container-host0.network": text,
    }

    assert [path for path, _, _ in found(files)] == [
        "/etc/systemd/network/10-eth.network",
        "/etc/systemd/network/10-eth.network.d/fixed.conf",
    ]


def test_keyfiles_need_no_ending() -> None:
    folder = "/etc/NetworkManager/system-connections"
    text = "[connection]\nid=x\ninterface-name=eth0\n[ipv4]\nmethod=auto\n"
    names = ["Wired connection 1", "eth0.nmconnection", "eth0.nmconnection~", ".hidden"]

    assert [path for path, _, _ in found({f"{folder}/{name}": text for name in names})] == [
        f"{folder}/Wired connection 1",
        f"{folder}/eth0.nmconnection",
    ]


@pytest.mark.parametrize(
    "content",
    [Dir(), Link("."), Link("/nowhere"), Broken(), Giant(1 << 40), bytes(range(256)) * 99],
)
@pytest.mark.parametrize(
    "path",
    [
        INTERFACES,
        "/etc/sysconfig/network-scripts/ifcfg-eth0",
        "/etc/sysconfig/network/ifcfg-eth0",
        "/etc/netplan/a.yaml",
        "/etc/systemd/network/a.network",
        "/etc/NetworkManager/system-connections/a",
        "/etc/netplan",
        "/etc",
    ],
)
def test_no_file_is_too_wild(path: str, content: Content) -> None:
    assert len(read_network(memory({path: content}))) <= 1


@pytest.mark.slow
def test_a_guest_with_thousands_of_files_is_cut() -> None:
    files: dict[str, Content] = {
        f"/etc/sysconfig/network-scripts/ifcfg-eth{number}": "BOOTPROTO=dhcp\n"
        for number in range(5_000)
    }
    files |= {f"/etc/netplan/{number}.yaml": "network:\n" * 9_999 for number in range(9)}

    assert len(found(files)) == 200


# names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["ens192", "ens3", "enp0s3", "enp2s0f1", "eno1", "enx001122aabbcc", "wlp3s0", "em1", "p1p1",
     "ens192.100", "ens192:1", "enP2p1s0", "ens5f0np0", "ibp5s0"],
)  # fmt: skip
def test_a_name_that_follows_the_place_of_a_card(name: str) -> None:
    network = (NetworkFile("/a", "ifcfg", ("eth0", name)),)

    assert predictable_names(network, "ro quiet")
    assert not predictable_names(network, "ro net.ifnames=0 biosdevname=0")


@pytest.mark.parametrize(
    "name", ["eth0", "lo", "en*", "bond0", "br0", "ens", "enable", "private", "emily", "e1000", ""]
)
def test_any_other_name(name: str) -> None:
    assert not predictable_names((NetworkFile("/a", "ifcfg", (name,)),), "")


# YAML ---------------------------------------------------------------------------------------------

yaml: Any = importlib.import_module("yaml")  # an oracle: the tools of the tests bring it along

KEYS = st.text(st.sampled_from("abez019-_."), min_size=1, max_size=6).filter(
    lambda key: key[0].isalpha() and not key.endswith(".")
)
SCALARS = st.one_of(
    st.text(st.sampled_from("ab 1/:.#'\"*-,[]{}&!%@"), max_size=12),
    st.sampled_from(["10.0.0.5/24", "fd00::5/64", "no", "true", "00:16:3e:01:02:03", "a # b"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def flat(tree: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Return what scalars should yield."""
    if isinstance(tree, dict):
        return [one for key, value in tree.items() for one in flat(value, (*path, key))]
    if isinstance(tree, list):
        return [one for value in tree for one in flat(value, (*path, "-"))]
    return [(path, tree)] if tree else []


@settings(max_examples=60)
@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=3), st.booleans(), st.sampled_from([2, 4]))
def test_yaml_is_read_as_others_read_it(tree: dict[str, Any], flow: bool, indent: int) -> None:
    text = yaml.safe_dump(
        tree, default_flow_style=flow, sort_keys=False, width=10_000, indent=indent
    )

    read = [one for line in read_lines(text) for one in line.scalars()]
    assert [one for one in read if one[1]] == flat(tree)


def test_a_line_knows_where_it_stands() -> None:
    read = read_lines(SUBIQUITY)

    assert [(line.number, line.indent, line.path[-2:]) for line in read[:5]] == [
        (2, 0, ("network",)),
        (3, 2, ("network", "ethernets")),
        (4, 4, ("ethernets", "ens160")),
        (5, 6, ("ens160", "addresses")),
        (6, 8, ("addresses", "-")),
    ]


def test_a_flow_collection_may_go_over_several_lines() -> None:
    (line, after) = read_lines("a: [b,  # c\n  {d: e,\n   f: 'g]'}]\nh: i\n")

    assert (line.number, line.last) == (1, 3)
    assert line.items == ((("-",), "b"), (("-", "d"), "e"), (("-", "f"), "g]"))
    assert (after.number, after.path, after.value) == (4, ("h",), "i")


@given(st.lists(st.sampled_from([*"a: -\n[]{}'\"#,\\\t?|", "  ", "- ", "b: c"]), max_size=80))
def test_no_yaml_is_too_wild(pieces: list[str]) -> None:
    text = "".join(pieces)

    numbers = [line.number for line in read_lines(text)]

    assert numbers == sorted(numbers)
    assert len(numbers) <= 80


@pytest.mark.parametrize(
    "piece", ["- ", "a: [\n", "{", "[", "{a: ", "'", '"\\', " ", "a ", "a:\n "]
)
def test_yaml_that_is_nothing_but_depth_is_read_in_time(piece: str) -> None:
    text = piece * ((32 << 10) // len(piece))

    for start, more in itertools.product(["", "k: ["], [text]):
        assert len(read_lines(start + more)) <= 50_000
