"""The systems that can be imported, as systems.toml lists them; read once.

A version or a kernel matches an entry by whole components: "3.10.0" is 3.10.0-1160.el7.x86_64,
"4.4" is 4.4.21-69-default and never 4.40.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from converters.guests.guest import Windows

DATA: Final = Path(__file__).with_name("systems.toml")
NUMBERS: Final = 8  # of a version that are looked at; no version has more
BITS: Final = {"i386": 32, "x86_64": 64}


@dataclass(frozen=True, slots=True)
class Release:
    """Versions of a distribution and their kernels: a row of the guide's table."""

    versions: tuple[str, ...]
    kernels: tuple[str, ...]
    not_kernels: tuple[str, ...]
    uek: tuple[str, ...]
    uek_name: str

    def has_version(self, version: str) -> bool:
        """Tell whether a version is one of these."""
        return any(_in_range(version, each) for each in self.versions)

    def has_kernel(self, kernel: str) -> bool:
        """Tell whether these versions are supported with a kernel."""
        listed = self.kernels
        if self.uek and "uek" in kernel:
            if self.uek_name not in kernel:
                return False
            listed = self.uek
        return _begins(kernel, listed) and not _begins(kernel, self.not_kernels)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A Linux and its releases."""

    key: str
    name: str
    series: int
    releases: tuple[Release, ...]

    def exactly(self, version: str) -> tuple[Release, ...]:
        """Return the rows that name a version."""
        return tuple(row for row in self.releases if row.has_version(version))

    def nearly(self, version: str) -> tuple[Release, ...]:
        """Return the rows of the same series: those of Debian 12 for 12.9."""
        wanted = _numbers(version)[: self.series]
        return tuple(
            row
            for row in self.releases
            if any(_numbers(each)[: self.series] == wanted for each in row.versions)
        )


@dataclass(frozen=True, slots=True)
class WindowsSystem:
    """A Windows and what is asked of it: a row of the guide's table."""

    name: str
    client: bool
    builds: tuple[int, int]  # both included
    product: str
    editions: tuple[str, ...]  # the guide's words
    edition_ids: frozenset[str]  # what stands in the registry for them
    not_installations: tuple[str, ...]
    bits: tuple[int, ...]
    opt_in_bits: tuple[int, ...]
    service_pack: int
    not_regions: frozenset[str]
    language: str | None
    uefi: bool


@dataclass(frozen=True, slots=True)
class Systems:
    """The whole file."""

    linux: dict[str, Distribution]
    windows: tuple[WindowsSystem, ...]
    default_regions: frozenset[str]
    other_partitions: tuple[str, ...]


@cache
def systems() -> Systems:
    """Read the file."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    regions: dict[str, Any] = data["regions"]
    return Systems(
        linux={key: _distribution(key, row) for key, row in data["linux"].items()},
        windows=tuple(_windows(row, data["editions"], regions) for row in data["windows"]),
        default_regions=frozenset(regions["default"]),
        other_partitions=tuple(regions["other_partitions"]),
    )


def distribution(key: str | None) -> Distribution | None:
    """Return a distribution of the table."""
    return systems().linux.get(key or "")


def windows_system(windows: Windows) -> WindowsSystem | None:
    """Return the row of a Windows, by its build and whether it is a client; None: not listed.

    Editions, Regions and the like are not looked at. A Windows 11 calls itself "Windows 10".
    """
    if windows.build is None:
        return None
    for row in systems().windows:
        least, most = row.builds
        named = row.product.lower() in windows.product.lower()
        if named and least <= windows.build <= most and row.client == is_client(windows):
            return row
    return None


def is_client(windows: Windows) -> bool:
    """Tell whether a Windows is no server: only the client's own licence will do for it."""
    if windows.installation is not None:
        return windows.installation == "Client"
    return "server" not in f"{windows.product} {windows.edition}".lower()


def opt_in(region: str) -> bool:
    """Tell whether an account must opt in to a Region before it can be used."""
    known = systems()
    return region not in known.default_regions and not region.startswith(known.other_partitions)


def bits(architecture: str | None) -> int | None:
    """Return the bits of an architecture that EC2 can start by way of an import."""
    return BITS.get(architecture or "")


# reading the file ---------------------------------------------------------------------------------


def _distribution(key: str, row: dict[str, Any]) -> Distribution:
    return Distribution(
        key=key,
        name=row["name"],
        series=row.get("series", 1),
        releases=tuple(
            Release(
                versions=tuple(each["versions"]),
                kernels=tuple(each["kernels"]),
                not_kernels=tuple(each.get("not", ())),
                uek=tuple(each.get("uek", ())),
                uek_name=each.get("uek_name", ""),
            )
            for each in row["releases"]
        ),
    )


def _windows(
    row: dict[str, Any], editions: dict[str, list[str]], regions: dict[str, list[str]]
) -> WindowsSystem:
    least, dash, most = row["builds"].partition("-")
    return WindowsSystem(
        name=row["name"],
        client=row.get("client", False),
        builds=(int(least), int(most or (1 << 30 if dash else least))),
        product=row.get("product", ""),
        editions=tuple(row["editions"]),
        edition_ids=frozenset(each for word in row["editions"] for each in editions[word]),
        not_installations=tuple(row.get("not_installations", ())),
        bits=tuple(row["bits"]),
        opt_in_bits=tuple(row.get("opt_in_bits", row["bits"])),
        service_pack=row.get("service_pack", 0),
        not_regions=frozenset(
            region for name in row.get("not_regions", ()) for region in regions.get(name, [name])
        ),
        language=row.get("language"),
        uefi=row.get("uefi", False),
    )


# matching -----------------------------------------------------------------------------------------


def _begins(text: str, entries: Iterable[str]) -> bool:
    return any(
        text.startswith(entry) and not text[len(entry) : len(entry) + 1].isalnum()
        for entry in entries
    )


def _in_range(version: str, entry: str) -> bool:
    low, _, high = entry.partition("-")
    return _cut(version, low) >= _numbers(low) and _cut(version, high or low) <= _numbers(
        high or low
    )


def _cut(version: str, entry: str) -> list[int]:
    """Return a version's numbers, as many as an entry has."""
    length = len(_numbers(entry))
    return (_numbers(version) + [0] * length)[:length]


def _numbers(version: str) -> list[int]:
    """Return the numbers of a version; those of a range are its first one's."""
    found = re.match(r"\d{1,9}(\.\d{1,9})*(?!\d)", version, re.ASCII)
    return [int(number) for number in found[0].split(".")[:NUMBERS]] if found else []
