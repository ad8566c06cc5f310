"""Which distribution a guest is, and which version of it, told by its release files.

os-release comes first: https://www.freedesktop.org/software/systemd/man/os-release.html. Where it
knows the major version only (Debian, CentOS) an older file beside it tells the minor one. Systems
from before os-release (RHEL 6, SLES 11, Debian 6) have nothing but the older file.
"""

import re
from dataclasses import dataclass
from typing import Final

from converters.guests.look.texts import assignments, is_file, read_text, short
from converters.guests.tree import System

RELEASE: Final = 64 << 10  # bytes of a release file that are read

# What os-release or lsb-release calls a distribution → key of the systems table.
KEYS: Final = {
    "ol": "oracle",
    "oraclelinux": "oracle",
    "oracleserver": "oracle",
    "enterpriseenterpriseserver": "oracle",
    "amzn": "amazon",
    "amazonami": "amazon",
    "amazon": "amazon",
    "redhatenterpriseserver": "rhel",
    "redhatenterprise": "rhel",
    "redhatenterpriselinux": "rhel",
    "redhat": "rhel",
    "sles_sap": "sles",
    "sle_hpc": "sles",
    "suse linux": "sles",
    "suse": "sles",
    "almalinux": "almalinux",
}

# First words of a release file, as they were ever written → key. The order decides.
SENTENCES: Final = (
    ("oracle linux", "oracle"),
    ("oracle vm server", "oracle-vm"),
    ("enterprise linux enterprise linux", "oracle"),
    ("red hat enterprise linux", "rhel"),
    ("red hat linux", "redhat-linux"),
    ("centos", "centos"),
    ("rocky linux", "rocky"),
    ("almalinux", "almalinux"),
    ("scientific linux", "scientific"),
    ("cloudlinux", "cloudlinux"),
    ("xenserver", "xenserver"),
    ("fedora", "fedora"),
    ("amazon linux", "amazon"),
    ("suse linux enterprise server", "sles"),
    ("suse linux enterprise desktop", "sled"),
    ("opensuse", "opensuse"),
    ("suse linux", "opensuse"),
)

# Files with a sentence, in the order in which they are believed: Oracle's and CentOS's own one
# before redhat-release, which Oracle Linux keeps with Red Hat's name in it.
FILES: Final = (
    "/etc/oracle-release",
    "/etc/enterprise-release",
    "/etc/centos-release",
    "/etc/rocky-release",
    "/etc/almalinux-release",
    "/etc/fedora-release",
    "/etc/redhat-release",
    "/etc/SuSE-release",
    "/etc/system-release",
)
OTHERS: Final = {
    "/etc/alpine-release": "alpine",
    "/etc/slackware-version": "slackware",
    "/etc/gentoo-release": "gentoo",
    "/etc/arch-release": "arch",
    "/etc/mandriva-release": "mandriva",
}

_NUMBER: Final = re.compile(r"release (\d{1,4}(?:\.\d{1,4}){0,3})")
_UPDATE: Final = re.compile(r"\(.{0,40}?Update (\d{1,2})\)")
_DEBIAN: Final = re.compile(r"\d{1,2}(\.\d{1,3}){0,2}")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._ -]{0,40}")


@dataclass(frozen=True, slots=True)
class Distribution:
    """What the release files say."""

    key: str | None = None  # of the systems table
    name: str = ""
    version: str | None = None
    source: str | None = None  # the file that told


def read_distribution(system: System) -> Distribution:
    """Return what the guest says of itself; an empty value if no release file was found."""
    return (
        _os_release(system)
        or _lsb_release(system)
        or _sentence(system)
        or _debian(system)
        or _others(system)
        or Distribution()
    )


def _os_release(system: System) -> Distribution | None:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        said = assignments(read_text(system, path, RELEASE) or "")
        key = _key(said.get("ID"))
        if key is None:
            continue
        name = said.get("PRETTY_NAME") or said.get("NAME") or key
        version = said.get("VERSION_ID") or None
        precise = _precise(system, key, version)
        return Distribution(key, short(name), _cut(precise or version), path)
    return None


def _precise(system: System, key: str, version: str | None) -> str | None:
    """Return a version with its minor part from an older file, if both speak of the same major."""
    if version and "." in version:
        return None
    older = None
    if key == "debian":
        older = _debian(system)
    elif key in ("centos", "rhel", "oracle", "rocky", "almalinux", "sles"):
        older = _sentence(system)
    if older is None or older.version is None or older.key != key:
        return None
    if version and older.version.split(".")[0] != version:
        return None
    return older.version


def _lsb_release(system: System) -> Distribution | None:
    said = assignments(read_text(system, "/etc/lsb-release", RELEASE) or "")
    key = _key(said.get("DISTRIB_ID"))
    if key is None:
        return None
    name = said.get("DISTRIB_DESCRIPTION") or said["DISTRIB_ID"]
    version = said.get("DISTRIB_RELEASE") or None
    return Distribution(
        key, short(name), _cut(_precise(system, key, version) or version), "/etc/lsb-release"
    )


def _sentence(system: System) -> Distribution | None:
    for path in FILES:
        text = read_text(system, path, RELEASE)
        first = short((text or "").strip().split("\n")[0])
        said = first.casefold()
        for start, key in SENTENCES:
            if said.startswith(start):
                return Distribution(key, first, _sentence_version(key, first, text or ""), path)
    return None


def _sentence_version(key: str, first: str, text: str) -> str | None:
    if key in ("sles", "sled", "opensuse"):
        said = assignments(text)
        level = said.get("PATCHLEVEL", "0")
        version = said.get("VERSION")
        return _cut(version if level in ("0", "") or not version else f"{version}.{level}")
    number = _NUMBER.search(first)
    if number is None:
        return None
    parts = number[1].split(".")
    update = _UPDATE.search(first)  # "release 4 (Nahant Update 8)"
    if update and len(parts) == 1:
        parts.append(update[1])
    return ".".join(parts[:2])  # of 7.9.2009 the last is a date


def _debian(system: System) -> Distribution | None:
    said = (read_text(system, "/etc/debian_version", RELEASE) or "").strip()
    if not said:
        return None
    number = _DEBIAN.fullmatch(said)  # "trixie/sid" has none yet
    return Distribution(
        "debian", short(f"Debian GNU/Linux {said}"), number and number[0], "/etc/debian_version"
    )


def _others(system: System) -> Distribution | None:
    for path, key in OTHERS.items():
        if is_file(system, path):
            said = short((read_text(system, path, RELEASE) or "").split("\n")[0])
            number = re.search(r"\d[\d.]{0,20}", said)
            return Distribution(key, said or key, number and number[0], path)
    return None


def _key(said: str | None) -> str | None:
    name = (said or "").strip().casefold()
    return KEYS.get(name, name) if _ID.fullmatch(name) else None


def _cut(version: str | None) -> str | None:
    return short(version)[:40] or None if version else None
