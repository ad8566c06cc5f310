"""The guide's table of Windows, walked whole, and what it asks of one besides."""

from dataclasses import replace

import pytest

from converters.guests.guest import Extent, Guest, Volume, Windows, WindowsVolume
from converters.guests.judge import windows_advice, windows_rules
from converters.guests.judge.rules import Finding, Request
from converters.guests.judge.systems import opt_in, systems, windows_system
from converters.guests.look.windows import look_windows
from converters.guests.tree import System
from tests.guests import hives
from tests.guests.hives import PRODUCTS
from tests.guests.memory import MemoryTree

GIB = 1 << 30
CONFIG = "/Windows/System32/config"
UNKNOWN = "Unknown OS / Missing OS files."


def seen(name: str, **changes: str | int | tuple[str, ...]) -> Windows:
    """Return what is seen of a written Windows of a row."""
    row = PRODUCTS[name].but(**changes)
    tree = MemoryTree(
        {
            f"{CONFIG}/SOFTWARE": hives.software_hive(row),
            f"{CONFIG}/SYSTEM": hives.system_hive(row),
        },
        "0:1",
        free=10 * GIB,
    )
    return look_windows(System(tree), "0:1", (), 40 * GIB)


def guest(windows: Windows, filesystem: str = "ntfs") -> Guest:
    volume = Volume("0:1", (Extent(0, 1 << 20, 40 * GIB),), filesystem)
    return Guest(disks=(), volumes=(volume,), windows=windows)


def judged(windows: Windows, request: Request | None = None) -> list[Finding]:
    rules = (*windows_rules.RULES, *windows_advice.ADVICE)
    found = (rule(guest(windows), request or Request()) for rule in rules)
    return [finding for finding in found if finding is not None]


def error(windows: Windows, request: Request | None = None) -> str | None:
    wrong = (each.error for each in judged(windows, request) if each.blocking and not each.passed)
    return next(wrong, None)


def warned(windows: Windows) -> set[str]:
    return {each.rule for each in judged(windows) if not each.blocking and each.passed is False}


SUPPORTED = {
    "2003": "ServerEnterprise",
    "2003r2": "ServerStandard",
    "2008": "ServerEnterprise",
    "2008r2": "ServerDatacenter",
    "2008r2-web": "ServerWeb",
    "2012": "ServerStandard",
    "2012r2": "ServerDatacenterEval",
    "2016": "ServerStandardCore",
    "1709": "ServerStandardACor",
    "1803": "ServerDatacenterACor",
    "2019": "ServerDatacenter",
    "2022": "ServerStandard",
    "2025": "ServerDatacenter",
    "7": "Ultimate",
    "7-home": "HomePremium",
    "8": "Core",
    "8.1": "Enterprise",
    "10": "Core",
    "10-education": "Education",
    "11": "Professional",
}


def test_every_row_of_the_table_is_walked() -> None:
    rows = {windows_system(seen(name)) for name in SUPPORTED}

    assert rows == set(systems().windows)


@pytest.mark.parametrize("name", SUPPORTED)
def test_what_the_guide_lists_is_taken(name: str) -> None:
    windows = seen(name)
    if PRODUCTS[name].version >= "6.0":
        windows = seen(name, edition=SUPPORTED[name])

    assert error(windows) is None
    assert warned(windows) == set()


@pytest.mark.parametrize(
    "name",
    ["xp", "vista", "1903", "2016-nano", "2019-essentials", "8.1-home", "10-iot", "2003-sp0"],
)
def test_what_the_guide_does_not_list_is_unknown(name: str) -> None:
    assert error(seen(name)) == UNKNOWN


@pytest.mark.parametrize(
    ("name", "edition"),
    [("2012", "ServerWeb"), ("2012", "ServerSolution"), ("7", "Starter"), ("8", "Education")],
)
def test_other_editions_are_unknown(name: str, edition: str) -> None:
    assert error(seen(name, edition=edition)) == UNKNOWN


@pytest.mark.parametrize(
    ("name", "architecture", "text"),
    [
        ("2003", "x86", None),
        ("2008", "x86", None),
        ("7", "x86", None),
        ("2012r2", "x86", "Unsupported architecture i386"),
        ("11", "x86", "Unsupported architecture i386"),
        ("11", "ARM64", "Unsupported architecture arm64"),
    ],
)
def test_bits_are_those_of_the_row(name: str, architecture: str, text: str | None) -> None:
    assert error(seen(name, architecture=architecture)) == text


@pytest.mark.parametrize(
    ("name", "architecture", "region", "taken"),
    [
        ("2003", "AMD64", "eu-south-1", False),
        ("2008", "AMD64", "af-south-1", False),
        ("2008r2", "AMD64", "af-south-1", True),
        ("7", "x86", "eu-south-1", False),
        ("7", "AMD64", "eu-south-1", True),
        ("7", "x86", "eu-west-1", True),
        ("2019", "AMD64", "cn-north-1", True),
        ("2022", "AMD64", "cn-north-1", False),
        ("2025", "AMD64", "cn-northwest-1", False),
        ("2025", "AMD64", "us-gov-west-1", True),
        ("11", "AMD64", "me-central-1", False),
        ("11", "AMD64", "ap-southeast-3", False),
        ("11", "AMD64", "ap-southeast-2", True),
    ],
)
def test_some_regions_do_not_take_all(
    name: str, architecture: str, region: str, taken: bool
) -> None:
    text = error(
        seen(name, architecture=architecture), Request(region=region, opt_in=opt_in(region))
    )

    assert (text is None) is taken
    assert taken or (text is not None and f"not supported in the Region {region}" in text)


@pytest.mark.parametrize(
    ("name", "language", "packs", "taken"),
    [
        ("2019", "0409", ("en-US",), True),
        ("2019", "0407", ("de-DE",), True),
        ("2019", "0411", ("ja-JP",), False),
        ("2019", "0409", ("en-US", "zh-CN"), False),
        ("2019", "0409", ("en-US", "sr-Cyrl-RS"), False),
        ("2019", "0409", ("en-US", "sr-Latn-RS"), True),
        ("10", "0409", ("en-US", "fr-FR"), True),
        ("10", "0407", ("de-DE",), False),
        ("10", "0809", ("en-GB",), False),
        ("2019", "", (), None),
    ],
)
def test_a_language_is_written_in_latin_letters(
    name: str, language: str, packs: tuple[str, ...], taken: bool | None
) -> None:
    windows = seen(name, language=language, languages=packs)

    found = next(each for each in judged(windows) if each.rule == "windows-language")

    assert found.passed is taken


@pytest.mark.parametrize(
    ("packs", "advised"),
    [(("en-US",), False), (("en-US", "en-GB"), False), (("en-US", "fr-FR"), True)],
)
def test_english_is_the_best_language(packs: tuple[str, ...], advised: bool) -> None:
    assert ("english" in warned(seen("2019", languages=packs))) is advised


@pytest.mark.parametrize(("free", "taken"), [(6 * GIB, True), (6 * GIB - 1, False), (0, False)])
def test_six_gibibytes_are_free(free: int, taken: bool) -> None:
    windows = replace(seen("2019"), space=WindowsVolume(40 * GIB, free))

    assert (error(windows) is None) is taken


def test_the_role_of_hyper_v_is_refused() -> None:
    text = error(replace(seen("2019"), hyper_v=True))

    assert text is not None
    assert "Hyper-V" in text


@pytest.mark.parametrize(
    ("version", "taken", "advised"),
    [
        (None, False, True),
        ("2.0.50727", False, True),
        ("3.5.30729.1", False, True),
        ("3.5.30729.1 SP1", True, True),
        ("4.0.30319", True, True),
        ("4.5.50709", True, False),
        ("4.8.03761", True, False),
    ],
)
def test_the_net_framework_is_asked_for(version: str | None, taken: bool, advised: bool) -> None:
    windows = replace(seen("2008r2"), dot_net=version)

    text = error(windows)

    assert (text is None) is taken
    assert taken or (text or "").startswith("Booter Networking failure/instance not reachable.")
    assert ("dot-net-4.5" in warned(windows)) is advised


def test_a_windows_without_hives_is_unknown() -> None:
    broken = Windows("0:1", problem="SOFTWARE: the registry hive is broken")

    found = judged(broken)

    assert [(each.rule, each.error) for each in found] == [("windows-registry", UNKNOWN)]
    assert found[0].seen == "SOFTWARE: the registry hive is broken"


def test_a_volume_with_fat_is_refused() -> None:
    found = windows_rules.filesystem(guest(seen("2003"), "vfat"), Request())

    assert found is not None
    assert found.error == "Unsupported configuration - The root file system vfat is not supported"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"autologon": True}, "autologon"),
        ({"pending_updates": True}, "pending-updates"),
        ({"page_file_fixed": False}, "page-file"),
        ({"real_time_is_universal": False}, "universal-time"),
        ({"ems": True}, "emergency-services"),
        ({"remote_desktop": False}, "remote-desktop"),
        ({"static_addresses": True}, "dhcp-client"),
        ({"dhcp_client": False}, "dhcp-client"),
        ({"guest_tools": ("vmware-tools",)}, "guest-tools"),
        ({"domain_controller_volume": "D:"}, "directory-database"),
        ({"shut_down": False}, "shut-down"),
    ],
)
def test_advice_is_given_and_fails_nothing(changes: dict[str, object], rule: str) -> None:
    windows = replace(seen("2022"), **changes)  # type: ignore[arg-type]

    assert warned(windows) == {rule}
    assert error(windows) is None


def test_what_passes_needs_no_remedy_and_what_fails_has_one() -> None:
    names = [*SUPPORTED, "xp", "2016-nano", "2019-essentials"]

    for found in (each for name in names for each in judged(seen(name))):
        assert bool(found.remedy) is (found.passed is False), found
