"""Release files as distributions ship them, and what is to be read from them."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.look.distribution import Distribution, read_distribution
from converters.guests.look.texts import assignments, unquoted
from tests.guests.memory import Broken, Content, Dir, Giant, Link, memory


def os_release(**said: str) -> str:
    return "".join(f'{name}="{value}"\n' for name, value in said.items())


DEBIAN_12 = """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
UBUNTU_2204 = """PRETTY_NAME="Ubuntu 22.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04.3 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=jammy
"""
CENTOS_7 = """NAME="CentOS Linux"
VERSION="7 (Core)"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="7"
PRETTY_NAME="CentOS Linux 7 (Core)"
ANSI_COLOR="0;31"
CPE_NAME="cpe:/o:centos:centos:7"

CENTOS_MANTISBT_PROJECT="CentOS-7"
REDHAT_SUPPORT_PRODUCT="centos"
"""
CENTOS_STREAM_9 = """NAME="CentOS Stream"
VERSION="9"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="9"
PLATFORM_ID="platform:el9"
PRETTY_NAME="CentOS Stream 9"
"""
ORACLE_8 = """NAME="Oracle Linux Server"
VERSION="8.9"
ID="ol"
ID_LIKE="fedora"
VARIANT="Server"
VERSION_ID="8.9"
PLATFORM_ID="platform:el8"
PRETTY_NAME="Oracle Linux Server 8.9"
ORACLE_SUPPORT_PRODUCT="Oracle Linux"
"""
SLES_15 = """NAME="SLES"
VERSION="15-SP5"
VERSION_ID="15.5"
PRETTY_NAME="SUSE Linux Enterprise Server 15 SP5"
ID="sles"
ID_LIKE="suse"
CPE_NAME="cpe:/o:suse:sles:15:sp5"
"""
AMAZON_2 = """NAME="Amazon Linux"
VERSION="2"
ID="amzn"
ID_LIKE="centos rhel fedora"
VERSION_ID="2"
PRETTY_NAME="Amazon Linux 2"
"""
REDHAT_5 = "Red Hat Enterprise Linux Server release 5.11 (Tikanga)\n"
SUSE_11 = "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 3\n"

CASES: list[tuple[str, dict[str, Content], tuple[str | None, str | None, str | None]]] = [
    (
        "Debian 12: the point release stands in debian_version",
        {"/usr/lib/os-release": DEBIAN_12, "/etc/os-release": Link("../usr/lib/os-release"),
         "/etc/debian_version": "12.4\n"},
        ("debian", "12.4", "/etc/os-release"),
    ),
    (
        "Debian 12 whose debian_version is of another major one",
        {"/etc/os-release": DEBIAN_12, "/etc/debian_version": "11.9\n"},
        ("debian", "12", "/etc/os-release"),
    ),
    (
        "Debian testing has no number",
        {"/etc/os-release": os_release(ID="debian", PRETTY_NAME="Debian GNU/Linux trixie/sid"),
         "/etc/debian_version": "trixie/sid\n"},
        ("debian", None, "/etc/os-release"),
    ),
    ("Debian 6", {"/etc/debian_version": "6.0.8\n"}, ("debian", "6.0.8", "/etc/debian_version")),
    (
        "Debian 7",
        {"/etc/os-release": os_release(ID="debian", VERSION_ID="7"), "/etc/debian_version": "7.8"},
        ("debian", "7.8", "/etc/os-release"),
    ),
    (
        "os-release is only below /usr",
        {"/usr/lib/os-release": DEBIAN_12},
        ("debian", "12", "/usr/lib/os-release"),
    ),
    (
        "Ubuntu keeps its version, whatever debian_version says",
        {"/etc/os-release": UBUNTU_2204, "/etc/debian_version": "bookworm/sid\n"},
        ("ubuntu", "22.04", "/etc/os-release"),
    ),
    (
        "Ubuntu 10.04 has lsb-release only",
        {"/etc/lsb-release": "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\nDISTRIB_CODENAME=lucid\n"
         'DISTRIB_DESCRIPTION="Ubuntu 10.04.4 LTS"\n', "/etc/debian_version": "squeeze/sid\n"},
        ("ubuntu", "10.04", "/etc/lsb-release"),
    ),
    (
        "CentOS 7: os-release knows the major version only",
        {"/etc/os-release": CENTOS_7, "/etc/redhat-release": Link("centos-release"),
         "/etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n"},
        ("centos", "7.9", "/etc/os-release"),
    ),
    (
        "CentOS 8",
        {"/etc/os-release": os_release(ID="centos", VERSION_ID="8"),
         "/etc/centos-release": "CentOS Linux release 8.2.2004 (Core) \n"},
        ("centos", "8.2", "/etc/os-release"),
    ),
    (
        "CentOS Stream 9",
        {"/etc/os-release": CENTOS_STREAM_9, "/etc/redhat-release": "CentOS Stream release 9\n"},
        ("centos", "9", "/etc/os-release"),
    ),
    (
        "CentOS 6",
        {"/etc/centos-release": "CentOS release 6.8 (Final)\n"},
        ("centos", "6.8", "/etc/centos-release"),
    ),
    (
        "CentOS 5",
        {"/etc/redhat-release": "CentOS release 5.11 (Final)\n"},
        ("centos", "5.11", "/etc/redhat-release"),
    ),
    (
        "RHEL 9",
        {"/etc/os-release": os_release(ID="rhel", VERSION_ID="9.3")},
        ("rhel", "9.3", "/etc/os-release"),
    ),
    (
        "RHEL 6",
        {"/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
         "/etc/system-release": Link("redhat-release"), "/etc/lsb-release": "LSB_VERSION=4.0\n"},
        ("rhel", "6.10", "/etc/redhat-release"),
    ),
    ("RHEL 5", {"/etc/redhat-release": REDHAT_5}, ("rhel", "5.11", "/etc/redhat-release")),
    (
        "RHEL 4 counts its updates",
        {"/etc/redhat-release": "Red Hat Enterprise Linux AS release 4 (Nahant Update 8)\n"},
        ("rhel", "4.8", "/etc/redhat-release"),
    ),
    (
        "Oracle Linux 8",
        {"/etc/os-release": ORACLE_8,
         "/etc/redhat-release": "Red Hat Enterprise Linux release 8.9 (Ootpa)\n"},
        ("oracle", "8.9", "/etc/os-release"),
    ),
    (
        "Oracle Linux 6 keeps a redhat-release with Red Hat's name",
        {"/etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
         "/etc/oracle-release": "Oracle Linux Server release 6.10\n"},
        ("oracle", "6.10", "/etc/oracle-release"),
    ),
    (
        "Oracle's Enterprise Linux 5",
        {"/etc/redhat-release": REDHAT_5, "/etc/enterprise-release":
         "Enterprise Linux Enterprise Linux Server release 5.5 (Carthage)\n"},
        ("oracle", "5.5", "/etc/enterprise-release"),
    ),
    (
        "Rocky Linux",
        {"/etc/os-release": os_release(ID="rocky", VERSION_ID="9.3")},
        ("rocky", "9.3", "/etc/os-release"),
    ),
    (
        "Fedora 39",
        {"/etc/os-release": 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=39\n'},
        ("fedora", "39", "/etc/os-release"),
    ),
    (
        "Fedora without os-release",
        {"/etc/fedora-release": "Fedora release 18 (Spherical Cow)\n"},
        ("fedora", "18", "/etc/fedora-release"),
    ),
    ("SLES 15 SP5", {"/etc/os-release": SLES_15}, ("sles", "15.5", "/etc/os-release")),
    (
        "SLES 15 without a service pack",
        {"/etc/os-release": os_release(ID="sles", VERSION_ID="15")},
        ("sles", "15", "/etc/os-release"),
    ),
    (
        "SLES 12 SP5 for SAP",
        {"/etc/os-release": os_release(ID="sles_sap", VERSION_ID="12.5")},
        ("sles", "12.5", "/etc/os-release"),
    ),
    (
        "SLES 12 of 2014",
        {"/etc/os-release": os_release(ID="sles", VERSION_ID="12"), "/etc/SuSE-release":
         "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 0\n"},
        ("sles", "12", "/etc/os-release"),
    ),
    ("SLES 11 SP3", {"/etc/SuSE-release": SUSE_11}, ("sles", "11.3", "/etc/SuSE-release")),
    ("Amazon Linux 2", {"/etc/os-release": AMAZON_2}, ("amazon", "2", "/etc/os-release")),
    (
        "Amazon Linux 2023",
        {"/etc/os-release": os_release(ID="amzn", VERSION_ID="2023")},
        ("amazon", "2023", "/etc/os-release"),
    ),
    (
        "the first Amazon Linux",
        {"/etc/system-release": "Amazon Linux AMI release 2011.09\n"},
        ("amazon", "2011.09", "/etc/system-release"),
    ),
    (
        "anything else goes by its ID",
        {"/etc/os-release": os_release(ID="opensuse-leap", VERSION_ID="15.5")},
        ("opensuse-leap", "15.5", "/etc/os-release"),
    ),
    (
        "AlmaLinux",
        {"/etc/os-release": os_release(ID="almalinux", VERSION_ID="9.3")},
        ("almalinux", "9.3", "/etc/os-release"),
    ),
    ("Alpine", {"/etc/alpine-release": "3.18.4\n"}, ("alpine", "3.18.4", "/etc/alpine-release")),
    ("nothing at all", {"/etc": Dir()}, (None, None, None)),
    ("a directory", {"/etc/os-release": Dir()}, (None, None, None)),
    ("a link that leads nowhere", {"/etc/os-release": Link("/nowhere")}, (None, None, None)),
    ("links in a circle", {"/etc/os-release": Link("os-release")}, (None, None, None)),
    (
        "a broken os-release, a sound older file",
        {"/etc/os-release": Broken(), "/etc/redhat-release": REDHAT_5},
        ("rhel", "5.11", "/etc/redhat-release"),
    ),
    ("zeros", {"/etc/os-release": Giant(1 << 40)}, (None, None, None)),
    ("noise", {"/etc/os-release": bytes(range(256)) * 99}, (None, None, None)),
    ("an ID that is none", {"/etc/os-release": 'ID="$(reboot)"\n'}, (None, None, None)),
    (
        "quotes of a shell",
        {"/etc/os-release": "export ID='debian' # a comment\nVERSION_ID=1\"2\"\n"},
        ("debian", "12", "/etc/os-release"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "wanted"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_distribution_is_told_by_its_release_files(
    files: dict[str, Content], wanted: tuple[str | None, str | None, str | None]
) -> None:
    found = read_distribution(memory(files))

    assert (found.key, found.version, found.source) == wanted


def test_the_name_is_the_one_that_people_read() -> None:
    found = read_distribution(memory({"/etc/os-release": UBUNTU_2204}))

    assert found.name == "Ubuntu 22.04.3 LTS"
    assert read_distribution(memory({"/etc/SuSE-release": SUSE_11})).name == (
        "SUSE Linux Enterprise Server 11 (x86_64)"
    )


def test_names_are_cut_to_what_a_guest_holds() -> None:
    files: dict[str, Content] = {
        "/etc/os-release": f"ID=debian\nPRETTY_NAME='{'x' * 5000}'\nVERSION_ID={'1' * 5000}\n"
    }

    found = read_distribution(memory(files))

    assert len(found.name) == 400
    assert len(found.version or "") == 40


@given(st.binary(max_size=300))
def test_no_release_file_is_too_wild(content: bytes) -> None:
    files = ["os-release", "lsb-release", "redhat-release", "SuSE-release", "debian_version"]

    found = read_distribution(memory({f"/etc/{name}": content for name in files}))

    assert isinstance(found, Distribution)


WORD = st.text(st.sampled_from("ab 1\"'\\$#=;\t"), max_size=12)


@given(WORD)
def test_quotes_are_those_of_a_shell(value: str) -> None:
    quoted = shlex.quote(value)

    assert unquoted(quoted) == value
    assert assignments(f"# A=0\n A={quoted} # more\nB\n") == {"A": value}


@given(WORD)
def test_anything_may_stand_behind_an_equals_sign(value: str) -> None:
    assert set(assignments(f"A={value}")) == {"A"}
