"""netplan's files as they are adapted; what comes out is read by a real YAML reader."""

import json
from importlib import import_module
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.adapt import cloud_init, netplan
from converters.guests.adapt.interfaces import DHCP, HARDWARE
from converters.guests.adapt.text import Edited

Value = dict[str, object]


def meaning(text: str) -> Value:
    """Return what the file says of the network."""
    return cast("dict[str, Value]", import_module("yaml").safe_load(text))["network"]


def adapted(text: str) -> Value:
    """Return what the adapted file says, and see that nothing else changes it again."""
    after = netplan.adapt(text).text
    assert netplan.adapt(after).text == after
    return meaning(after)


def test_a_static_interface_asks_by_dhcp_and_keeps_the_rest() -> None:
    before = (
        "# made by hand\n"
        "network:\n"
        "  version: 2\n"
        "  renderer: networkd\n"
        "  ethernets:\n"
        "    ens160:  # the only one\n"
        "      addresses:\n"
        "      - 10.1.2.3/24   # room 5\n"
        "\n"
        "      # a second one\n"
        "      - 10.1.2.4/24\n"
        "      gateway4: 10.1.2.1\n"
        "      nameservers:\n"
        "          addresses: [10.1.2.53,\n"
        "              10.1.2.54]\n"
        "      mtu: 1400\n"
        "      dhcp6: no"
    )

    edited = netplan.adapt(before)

    assert edited.text == (
        "# made by hand\n"
        "network:\n"
        "  version: 2\n"
        "  renderer: networkd\n"
        "  ethernets:\n"
        "    ens160:  # the only one\n"
        "      dhcp4: true\n"
        "#      addresses:\n"
        "#      - 10.1.2.3/24   # room 5\n"
        "\n"
        "      # a second one\n"
        "#      - 10.1.2.4/24\n"
        "#      gateway4: 10.1.2.1\n"
        "#      nameservers:\n"
        "#          addresses: [10.1.2.53,\n"
        "#              10.1.2.54]\n"
        "      mtu: 1400\n"
        "      dhcp6: no"
    )
    assert edited.reasons == (DHCP,)
    assert meaning(edited.text)["ethernets"] == {
        "ens160": {"dhcp4": True, "mtu": 1400, "dhcp6": False}
    }


@pytest.mark.parametrize(
    "interface",
    [
        "{addresses: [10.0.0.1/24], gateway4: 10.0.0.254, dhcp4: no}",
        '{"addresses":["10.0.0.1/24"],"nameservers":{"addresses":["10.0.0.53"]}}',
        "\n      addresses: [10.0.0.1/24]\n      routes: [{to: default, via: 10.0.0.254}]",
        "\n      addresses:\n        - 10.0.0.1/24:\n            label: 'eth0:1'",
        "\n        dhcp4: false\n        addresses: ['10.0.0.1/24', \"fe80::1/64\"]",
        "\n      dhcp4: true\n      addresses:\n      -   10.0.0.1/24",
        "{addresses: [\n   10.0.0.1/24,\n 10.0.0.2/24 ],\n   dhcp4: no}",
        "\n      routes:\n      - to: ::/0\n      addresses: [10.0.0.1/8]",
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_style_comes_to_the_same(interface: str, ending: str) -> None:
    before = f"network:\n  version: 2\n  ethernets:\n    eth0: {interface}\n".replace("\n", ending)

    assert adapted(before) == {"version": 2, "ethernets": {"eth0": {"dhcp4": True}}}


def test_flows_may_begin_higher_up() -> None:
    before = (
        "network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.1/24], mtu: 9000}, eth1: "
        "{dhcp4: yes}}}\n"
    )
    json = '{"network":{"ethernets":{"eth0":{"addresses":["10.0.0.1/24"],"mtu":9000}}}}'
    kind = "network:\n  ethernets: {eth0: {gateway4: 10.0.0.254, mtu: 9000}}\n"

    for text in (before, json, kind):
        ethernets = cast("Value", adapted(text)["ethernets"])
        assert ethernets["eth0"] == {"mtu": 9000, "dhcp4": True}


def test_the_old_card_is_matched_by_a_name_instead() -> None:
    before = (
        "network:\n"
        "  ethernets:\n"
        "    ens192:\n"
        "      match:\n"
        "        macaddress: '00:50:56:00:00:01'\n"
        "      set-name: ens192\n"
        "      dhcp4: true\n"
        "    ens224:\n"
        "      match: {macaddress: '00:50:56:00:00:02'}\n"
        "      set-name: ens224\n"
        "      dhcp4: true\n"
        "    lan:\n"
        "      match: {name: en*, driver: vmxnet3}\n"
        "      dhcp4: true\n"
    )

    edited = netplan.adapt(before)

    assert edited.reasons == (HARDWARE,)
    assert adapted(before) == {
        "ethernets": {
            "ens192": {"match": {"name": "e*"}, "set-name": "ens192", "dhcp4": True},
            "ens224": {"dhcp4": True},
            "lan": {"match": {"name": "en*"}, "dhcp4": True},
        }
    }


def test_bonds_and_bridges_go_on_and_vlans_stay_with_a_word() -> None:
    before = (
        "network:\n"
        "  bonds:\n"
        "    bond0: {interfaces: [eth0, eth1], addresses: [10.0.0.1/24]}\n"
        "  bridges:\n"
        "    br0:\n"
        "      interfaces: [bond0]\n"
        "      macaddress: 00:50:56:00:00:01\n"
        "      addresses: [10.0.1.1/24]\n"
        "    inner:\n"
        "      addresses: [10.0.2.1/24]\n"
        "  vlans:\n"
        "    v7: {id: 7, link: bond0, addresses: [10.0.7.1/24]}\n"
        "  tunnels:\n"
        "    t0: {mode: gre, addresses: [10.0.8.1/24]}\n"
    )

    after = adapted(before)

    assert after == meaning(before) | {
        "bonds": {"bond0": {"interfaces": ["eth0", "eth1"], "dhcp4": True}},
        "bridges": {
            "br0": {"interfaces": ["bond0"], "dhcp4": True},
            "inner": {"addresses": ["10.0.2.1/24"]},
        },
    }
    assert [sentence.split()[0] for sentence in netplan.adapt(before).left] == [
        "bond0",
        "br0",
        "v7",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "network:\n",
        "network: ~\n",
        "# network:\n#   addresses: [10.0.0.1/24]\n",
        "network:\n  ethernets:\n    eth0:\n      dhcp4: true\n",
        "network:\n  ethernets:\n    eth0:\n      dhcp4: true\n      addresses: []\n",
        "network:\n  wifis:\n    wlan0:\n      addresses: [10.0.0.1/24]\n",
        "other:\n  ethernets:\n    eth0:\n      addresses: [10.0.0.1/24]\n",
    ],
)
def test_what_is_not_static_stays(text: str) -> None:
    assert netplan.adapt(text) == Edited(text)


@pytest.mark.parametrize(
    "text",
    [
        "network:\n  ethernets:\n    eth0: &one\n      addresses: [10.0.0.1/24]\n    eth1: *one\n",
        "network:\n  ethernets:\n    eth0:\n      <<: *x\n      addresses: [10.0.0.1/24]\n",
        "network:\n  ethernets:\n    eth0:\n\t  addresses: [10.0.0.1/24]\n",
        "network:\n  ethernets:\n    eth0:\n      addresses: [10.0.0.1/24\n",
        "network:\n  ethernets:\n    eth0:\n      addresses: !list [10.0.0.1/24]\n",
        "network:\n  note: |\n    addresses: []\n  ethernets: {}\n",
        "a: 1\n---\nnetwork:\n  ethernets:\n    eth0:\n      addresses: [10.0.0.1/24]\n",
        'network:\n  ethernets:\n    eth0:\n      note: "a\n       b"\n      addresses: [a]\n',
        "network:\n  ethernets:\n    eth0: {addresses: [10.0.0.1/24], # old\n     dhcp4: no}\n",
    ],
)
def test_more_than_is_understood_stays_and_is_said(text: str) -> None:
    edited = netplan.adapt(text)

    assert edited.text == text
    assert "stays" in edited.left[0]


def test_cloud_init_speaks_the_same_language() -> None:
    before = (
        "# made by curtin\n"
        "datasource_list: [NoCloud, None]\n"
        "network:\n  version: 2\n  ethernets:\n    eth0:\n      addresses: [10.0.0.1/24]\n"
    )

    edited = cloud_init.adapt(before)

    assert edited.text == before.replace("      add", "      dhcp4: true\n#      add")


@pytest.mark.parametrize("text", ["users: []\n", "network: {config: disabled}\n", ""])
def test_cloud_init_without_addresses_stays(text: str) -> None:
    assert cloud_init.adapt(text) == Edited(text)


def test_the_first_language_of_cloud_init_stays_and_is_said() -> None:
    before = (
        "network:\n  version: 1\n  config:\n  - type: physical\n    name: eth0\n"
        "    subnets:\n    - type: static\n      address: 10.0.0.1/24\n"
    )

    assert cloud_init.adapt(before) == Edited(before, (), (cloud_init.FIRST,))


INTERFACES = st.fixed_dictionaries(
    {},
    optional={
        "addresses": st.sampled_from([[], ["10.0.0.1/24"], ["10.0.0.1/24", "fe80::1/64"]]),
        "gateway4": st.just("10.0.0.9"),
        "routes": st.just([{"to": "default", "via": "10.0.0.9"}]),
        "nameservers": st.just({"search": ["a.example"], "addresses": ["10.0.0.53"]}),
        "dhcp4": st.booleans(),
        "mtu": st.integers(68, 9000),
        "optional": st.booleans(),
        "match": st.sampled_from(
            [{"name": "en*"}, {"name": "en*", "macaddress": "aa:bb:cc:0:0:1"}]
        ),
    },
)


@given(
    network=st.dictionaries(st.sampled_from(["eth0", "ens3", "lan-1"]), INTERFACES),
    style=st.sampled_from([None, True, False]),
    indent=st.sampled_from([2, 4, 7]),
    width=st.sampled_from([20, 80, 1000]),
)
@pytest.mark.slow
def test_whatever_yaml_writes_means_the_same_without_addresses(
    network: Value, style: bool | None, indent: int, width: int
) -> None:
    yaml = import_module("yaml")
    whole = json.loads(json.dumps({"network": {"version": 2, "ethernets": network}}))  # no aliases
    text = yaml.safe_dump(whole, default_flow_style=style, indent=indent, width=width)

    edited = netplan.adapt(text)

    assert not edited.left
    assert meaning(edited.text) == {
        "version": 2,
        "ethernets": {name: expected(cast("Value", one)) for name, one in network.items()},
    }


def expected(interface: Value) -> Value:
    """Return what is to become of an Ethernet interface."""
    after = dict(interface)
    if after.get("addresses") or after.get("gateway4"):
        for key in ("addresses", "gateway4", "routes", "nameservers"):
            after.pop(key, None)
        after["dhcp4"] = True
    if "match" in after:
        after["match"] = {"name": "en*"}
    return after
