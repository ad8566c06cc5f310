"""What holds for every transform of a guest's text, whatever the text is."""

from collections import Counter
from collections.abc import Callable
from time import process_time
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.adapt import (
    cloud_init,
    fstab,
    grub,
    ifcfg,
    ifcfg_suse,
    ifupdown,
    netplan,
    networkd,
    networkmanager,
    udev,
)
from converters.guests.adapt.text import Edited, decoded, encoded, split, unified
from tests.guests import test_grub
from tests.guests.test_grub import DEVICES, KERNELS

SIZE: Final = 32 << 10  # a thirty-second of the largest file
WORTH_A_LOOK: Final = 0.3  # seconds of the processor; most take a tenth of it
GROWTH: Final = 9.0  # of a text four times as long: 4 if time grows with it, 16 with its square

TRANSFORMS: Final[dict[str, Callable[[str], Edited]]] = {
    "fstab": lambda text: fstab.adapt(text, DEVICES),
    "ifupdown": ifupdown.adapt,
    "ifcfg": lambda text: ifcfg.adapt(text, "ifcfg-eth0"),
    "ifcfg alias": lambda text: ifcfg.adapt(text, "ifcfg-eth0:1"),
    "ifcfg global": ifcfg.adapt_global,
    "ifcfg routes": ifcfg.adapt_routes,
    "ifcfg of SUSE": lambda text: ifcfg_suse.adapt(text, "ifcfg-eth0"),
    "netconfig": ifcfg_suse.adapt_netconfig,
    "netplan": netplan.adapt,
    "networkd": networkd.adapt,
    "networkmanager": networkmanager.adapt,
    "cloud-init": cloud_init.adapt,
    "udev": udev.adapt,
    "grub2": test_grub.adapted,
    "grub legacy": lambda text: grub.adapt_legacy(text, DEVICES, KERNELS),
    "grub settings": lambda text: grub.adapt_settings(text, DEVICES),
    "grub entry": lambda text: grub.adapt_entry(text, DEVICES),
    "grub environment": lambda text: grub.adapt_environment(text, DEVICES),
}

PIECES: Final = [
    *("/dev/sda1", "/dev/sdb1", "UUID=x", "LABEL=a", "/", "/data", "none", "swap", "ext4", "cifs"),
    *("defaults", "bind", "nofail", "0", "1", "auto", "iface", "eth0", "eth0:1", "lo", "inet"),
    *("inet6", "static", "dhcp", "address", "gateway", "up", "ip", "route", "source", "mapping"),
    *("IPADDR=10.0.0.1", "BOOTPROTO=none", "HWADDR=x", "IPADDR='", "ONPARENT=yes", "DEVICE=eth0"),
    *("network:", "ethernets:", "bridges:", "vlans:", "eth0:", "addresses:", "match:", "dhcp4:"),
    *(
        "macaddress:",
        "set-name: a",
        "gateway4: x",
        "dhcp4: no",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
    ),
    *("[Match]", "[Network]", "[Address]", "[ipv4]", "[connection]", "[ethernet]", "Address=1"),
    *("MACAddress=x", "Name=e*", "DHCP=no", "method=manual", "address1=1", "type=ethernet"),
    *("mac-address=x", "set", "default=1", "timeout=5", "default", "timeout", "title", "menuentry"),
    *(
        "submenu",
        "linux",
        "kernel",
        "initrd",
        "root=/dev/sda1",
        "vmlinuz-6.1.0",
        "if",
        "then",
        "fi",
    ),
    *("GRUB_TIMEOUT=5", "GRUB_CMDLINE_LINUX=", "options", "NAME=eth0", "ATTR{address}==a"),
    *(
        "\n",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\n  ",
        "\n    ",
        "\n      ",
        "\n#",
        "\n# c ",
        " # ",
        "\t",
        " ",
    ),
    *(" ", " ", "\\", "\\\n", '"', "'", ";", "=", "#", "\r", "\0", "\x85", "\u2028", "\ufeff"),
    *("\udcff", "\x0b", "${x}", "$", "&a", "*a", "|", ">", "---", "<<: ", "-", "é"),
]

texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=30).map("\n".join),
    st.binary(max_size=200).map(decoded),
    st.text(max_size=200),
)

names = pytest.mark.parametrize("name", TRANSFORMS)


def ends_well(name: str, text: str) -> None:
    """Done twice is done once; comments, bytes and the last line's ending stay."""
    edited = TRANSFORMS[name](text)

    assert TRANSFORMS[name](edited.text).text == edited.text
    if not (name == "grub legacy" and "kopt" in text):  # those are settings of update-grub's
        assert comments(text) <= comments(edited.text)
    assert text.endswith("\n") == edited.text.endswith("\n") or not text
    assert (edited.text == text) or edited.reasons
    assert (b"\xff" in encoded(text)) <= (b"\xff" in encoded(edited.text))


@names
@settings(max_examples=40)
@given(text=texts)
def test_a_transform_ends_well(name: str, text: str) -> None:
    ends_well(name, text)


@pytest.mark.slow
@names
@settings(max_examples=300)
@given(text=texts)
def test_a_transform_always_ends_well(name: str, text: str) -> None:
    ends_well(name, text)


def comments(text: str) -> Counter[str]:
    """Return the lines that are comments in every one of these languages."""
    return Counter(line.rstrip("\r\n") for line in split(text) if line.startswith("#"))


EVIL: Final = [
    *("a", " ", "\t", "#", "\\", '"', "'", "{", "[", "}", "-", "- ", ": ", "a: ", "=", "/", ">"),
    *("\\\n", "\n", " \n", "a\n", "# \n", "{\n", "[a", "{a: ", "a:\n ", "- - ", "'\n", '"\n'),
    *("ip ", "iface a inet static\n", "auto a\n", "up ip \\\n", "address 1\n", "IPADDR=1\n"),
    *("IPADDR='", "IPADDR=\\", "[Network]\n", "[Address]\nAddress=1\n", "Address=1\n", "[ipv4]\n"),
    *("root=/dev/sda1 ", "root=", "/dev/sda1 ", "linux root=/dev/sda1\n", "menuentry a {\n"),
    *("submenu a {", "if a\n", "title a\n", "set timeout=", "set default=", "$x", "${", "default "),
    *("/dev/sda1 /a ext4 a 0 0\n", "//a /b cifs\n", "/dev/disk/by-id/a-part", "UUID=a a a\n"),
    *('ATTR{address}=="a", NAME="b"\n', "network:\n", "network: {", "a: [a, "),
]


@pytest.mark.slow
@names
def test_time_grows_with_the_text_alone(name: str) -> None:
    fronts = [
        "",
        "network:\n  ethernets:\n    eth0:\n      addresses: ",
        "[Match]\n[Network]\nAddress=1",
    ]
    shapes = [
        (front, piece)
        for piece in EVIL
        for front in fronts[: 3 if name in ("netplan", "networkd") else 1]
    ]

    grown = {shape: growth(TRANSFORMS[name], *shape) for shape in shapes}

    assert {shape: times for shape, times in grown.items() if times > GROWTH} == {}


def growth(transform: Callable[[str], Edited], front: str, piece: str) -> float:
    """Return how many times longer a text takes that is four times as long; 0 for quick ones."""
    if cost(transform, front, piece, SIZE, tries=1) < WORTH_A_LOOK:
        return 0
    return cost(transform, front, piece, SIZE) / cost(transform, front, piece, SIZE // 4)


def cost(
    transform: Callable[[str], Edited], front: str, piece: str, size: int, tries: int = 4
) -> float:
    """Return the seconds of the processor that a text of some size takes in the best of tries."""
    text = front + piece * (size // len(piece))
    seconds = []
    for _ in range(tries):
        begin = process_time()
        transform(text)
        seconds.append(process_time() - begin)
    return min(seconds)


@given(before=texts, after=texts)
def test_a_diff_is_bounded_and_fit_for_a_terminal(before: str, after: str) -> None:
    diff = unified(before, after, "/etc/fstab")

    assert (diff == "") == (before == after)
    assert all(letter in "\n\t" or letter.isprintable() for letter in diff)


def test_a_diff_of_long_files_is_short() -> None:
    before = "".join(f"{number % 7}\n" for number in range(1990))
    after = "".join(f"{number % 5}\n" for number in range(1990))
    many = "x\n" * 50_000

    assert len(unified(before, after, "a").splitlines()) < 410
    assert "too much" in unified(many, "#x\n" * 50_000, "a")


def test_a_diff_counts_lines_from_the_beginning() -> None:
    before = "".join(f"{number}\n" for number in range(100))

    diff = unified(before, before.replace("\n50\n", "\nfifty\n"), "/a")

    assert "@@ -48,7 +48,7 @@\n 47\n 48\n 49\n-50\n+fifty\n 51\n 52\n 53\n" in diff
