"""What is seen of an installed Windows: from hives that tests write, as the systems write them."""

import random
import struct
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.guest import Windows, WindowsVolume
from converters.guests.look import pe, registry
from converters.guests.look.registry import open_hive
from converters.guests.look.windows import look_windows
from converters.guests.tree import System, Unreadable
from tests.guests import hives
from tests.guests.hives import PRODUCTS, SET, Paths, Product
from tests.guests.memory import Broken, Content, Giant, MemoryTree

GIB = 1 << 30
CONFIG = "/Windows/System32/config"
SERVICES = f"{SET}\\Services"
CONTROL = f"{SET}\\Control"
WINDOWS = "Microsoft\\Windows\\CurrentVersion"


def program(machine: int) -> bytes:
    return (
        b"MZ".ljust(0x3C, b"\0")
        + struct.pack("<I", 0x80)
        + bytes(0x40)
        + b"PE\0\0"
        + struct.pack("<H", machine)
    )


def look(
    row: Product | str = "2019",
    software: Paths | None = None,
    system: Paths | None = None,
    files: dict[str, Content] | None = None,
    others: tuple[MemoryTree, ...] = (),
) -> Windows:
    row = PRODUCTS[row] if isinstance(row, str) else row
    contents: dict[str, Content] = {
        f"{CONFIG}/SOFTWARE": hives.software_hive(row, software or {}),
        f"{CONFIG}/SYSTEM": hives.system_hive(row, system or {}),
        **(files or {}),
    }
    tree = MemoryTree(contents, "0:2", free=10 * GIB, ignore_case=True)
    return look_windows(System(tree), "0:2", others, 40 * GIB)


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_product_tells_what_it_is(name: str) -> None:
    row = PRODUCTS[name]

    seen = look(row)

    assert seen.problem is None
    assert seen.product == row.product.replace("10", "11") if name == "11" else row.product
    assert (seen.build, seen.service_pack) == (row.build, row.service_pack)
    assert seen.version == ("10.0" if row.build >= 10240 else row.version)
    assert seen.architecture == {"AMD64": "x86_64", "x86": "i386"}[row.architecture]
    assert seen.language == "en-US"
    assert seen.languages == ("en-US",)
    assert seen.release == (row.release or None)


def test_a_server_in_good_order() -> None:
    seen = look(files={f"{CONFIG}/../ntoskrnl.exe": b""})

    assert seen == Windows(
        volume="0:2",
        product="Windows Server 2019 Datacenter",
        edition="ServerDatacenter",
        installation="Server",
        version="10.0",
        build=17763,
        release="1809",
        architecture="x86_64",
        language="en-US",
        languages=("en-US",),
        page_file="C:\\pagefile.sys 4096 4096",
        page_file_fixed=True,
        real_time_is_universal=True,
        remote_desktop=True,
        dot_net="4.8.03761",
        boot_drivers=("disk", "partmgr", "storahci", "volmgr"),
        space=WindowsVolume(40 * GIB, 10 * GIB),
        shut_down=True,
        dhcp_client=True,
    )


@pytest.mark.parametrize(
    ("suites", "kind", "edition", "installation"),
    [
        (("Terminal Server",), "ServerNT", "ServerStandard", "Server"),
        (("Enterprise", "Terminal Server"), "LanmanNT", "ServerEnterprise", "Server"),
        (("DataCenter", "Enterprise"), "ServerNT", "ServerDatacenter", "Server"),
        (("Blade",), "ServerNT", "ServerWeb", "Server"),
        ((), "WinNT", "Professional", "Client"),
        (("Personal",), "WinNT", "Home", "Client"),
    ],
)
def test_before_vista_the_edition_is_in_the_suites(
    suites: tuple[str, ...], kind: str, edition: str, installation: str
) -> None:
    options: Paths = {f"{CONTROL}\\ProductOptions": {"ProductSuite": suites, "ProductType": kind}}

    seen = look("2003", system=options)

    assert (seen.edition, seen.installation) == (edition, installation)


@pytest.mark.parametrize(
    ("machine", "architecture"), [(0x8664, "x86_64"), (0x14C, "i386"), (0xAA64, "arm64")]
)
def test_the_kernel_knows_better_than_the_registry(machine: int, architecture: str) -> None:
    seen = look(files={"/windows/SYSTEM32/ntoskrnl.exe": program(machine)})

    assert seen.architecture == architecture


@pytest.mark.parametrize(
    "head", [b"", b"MZ", b"MZ" + bytes(62), program(0x8664)[:-3], b"MZ" + b"\xff" * 200]
)
def test_what_is_no_program_has_no_machine(head: bytes) -> None:
    assert pe.machine(head) is None


@pytest.mark.parametrize(
    ("number", "name"), [("0407", "de-DE"), ("0411", "ja-JP"), ("7777", "7777"), ("what", None)]
)
def test_the_language_is_the_one_that_was_installed(number: str, name: str | None) -> None:
    assert look(PRODUCTS["10"].but(language=number)).language == name


def test_the_current_control_set_is_the_one_that_counts() -> None:
    old = {"ControlSet002\\Control\\Nls\\Language": {"InstallLanguage": "0407"}}

    assert look(system=old).language == "en-US"
    assert look(system=old | {"Select": {"Current": 2}}).language == "de-DE"


@pytest.mark.parametrize(
    ("software", "system"),
    [
        ({}, {f"{SERVICES}\\vmms": {"Start": 2}}),
        (
            {
                "Microsoft\\ServerManager\\ServicingStorage\\ServerComponentCache\\Hyper-V": {
                    "InstallState": 1
                }
            },
            {},
        ),
    ],
)
def test_the_role_of_hyper_v_is_seen(software: Paths, system: Paths) -> None:
    assert look(software=software, system=system).hyper_v


@pytest.mark.parametrize(
    ("software", "system"),
    [
        ({}, {f"{SERVICES}\\vmicheartbeat": {"Start": 3}}),
        ({}, {f"{SERVICES}\\vmms": {"Start": 4}}),
        (
            {
                "Microsoft\\ServerManager\\ServicingStorage\\ServerComponentCache\\Hyper-V": {
                    "InstallState": 0
                }
            },
            {},
        ),
    ],
)
def test_a_guest_of_hyper_v_has_not_the_role(software: Paths, system: Paths) -> None:
    assert not look(software=software, system=system).hyper_v


@pytest.mark.parametrize(
    ("state", "generalized"),
    [
        ("IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE", True),
        ("IMAGE_STATE_GENERALIZE_RESEAL_TO_AUDIT", True),
        ("IMAGE_STATE_SPECIALIZE_RESEAL_TO_OOBE", False),
        ("IMAGE_STATE_COMPLETE", False),
    ],
)
def test_a_generalized_windows_says_so(state: str, generalized: bool) -> None:
    seen = look(software={f"{WINDOWS}\\Setup\\State": {"ImageState": state}})

    assert seen.sysprepped is generalized


def test_without_an_image_state_setup_tells() -> None:
    system = hives.merged(hives.system(PRODUCTS["2003"]), {"Setup": {"SystemSetupInProgress": 1}})
    software = hives.software(PRODUCTS["2003"])
    del software[f"{WINDOWS}\\Setup\\State"]
    tree = MemoryTree(
        {f"{CONFIG}/SOFTWARE": hives.hive(software), f"{CONFIG}/SYSTEM": hives.hive(system)}
    )

    assert look_windows(System(tree), "0").sysprepped


@pytest.mark.parametrize(
    ("software", "files"),
    [
        ({f"{WINDOWS}\\Component Based Servicing\\RebootPending": {}}, {}),
        ({f"{WINDOWS}\\WindowsUpdate\\Auto Update\\RebootRequired": {"x": 1}}, {}),
        ({}, {"/Windows/WinSxS/pending.xml": "<x/>"}),
    ],
)
def test_pending_updates_are_seen(software: Paths, files: dict[str, Content]) -> None:
    assert look(software=software, files=files).pending_updates


@pytest.mark.parametrize(
    ("pages", "fixed"),
    [
        (("C:\\pagefile.sys 4096 4096",), True),
        (("C:\\pagefile.sys 4096 4096", "D:\\pagefile.sys 0 0"), False),
        (("C:\\pagefile.sys 1024 4096",), False),
        (("C:\\pagefile.sys 0 0",), False),
        (("?:\\pagefile.sys",), False),
        ((), False),
        (("C:\\page file.sys " + "9" * 300 + " " + "9" * 300,), False),
    ],
)
def test_a_page_file_is_fixed_or_not(pages: tuple[str, ...], fixed: bool) -> None:
    key = f"{CONTROL}\\Session Manager\\Memory Management"

    assert look(system={key: {"PagingFiles": pages}}).page_file_fixed is fixed


def test_static_addresses_are_seen() -> None:
    interface = (
        f"{SERVICES}\\Tcpip\\Parameters\\Interfaces\\{{22222222-0000-0000-0000-000000000000}}"
    )

    static = look(system={interface: {"EnableDHCP": 0, "IPAddress": ("10.0.0.5",)}})
    empty = look(system={interface: {"EnableDHCP": 0, "IPAddress": ("0.0.0.0",)}})
    left_over = look(system={interface: {"EnableDHCP": 1, "IPAddress": ("10.0.0.5",)}})

    assert static.static_addresses
    assert not empty.static_addresses
    assert not left_over.static_addresses


def test_switches_of_the_registry_are_seen() -> None:
    seen = look(
        software={f"{hives.NT}\\Winlogon": {"AutoAdminLogon": "1"}},
        system={
            f"{CONTROL}\\Terminal Server": {"fDenyTSConnections": 1},
            f"{CONTROL}\\TimeZoneInformation": {"RealTimeIsUniversal": 0},
            f"{SERVICES}\\NTDS\\Parameters": {"DSA Database file": "d:\\NTDS\\ntds.dit"},
            f"{SERVICES}\\Dhcp": {"Start": 4},
            f"{SERVICES}\\VMTools": {"Start": 2},
            f"{SERVICES}\\qemu-ga": {"Start": 2},
        },
        files={"/Windows/Panther/Unattend.xml": "<unattend/>"},
    )

    assert seen.autologon
    assert seen.dhcp_client is False
    assert seen.remote_desktop is False
    assert seen.real_time_is_universal is False
    assert seen.domain_controller_volume == "D:"
    assert seen.guest_tools == ("vmware-tools", "qemu-ga")
    assert seen.unattend == "/Windows/Panther/unattend.xml"


@pytest.mark.parametrize(
    ("framework", "version"),
    [
        ({"v3.5": {"Install": 1, "SP": 1, "Version": "3.5.30729.5420"}}, "3.5.30729.5420 SP1"),
        ({"v2.0.50727": {"Install": 1}}, "2.0.50727"),
        ({"v4\\Full": {"Install": 0}}, None),
    ],
)
def test_the_newest_net_framework_is_told(framework: Paths, version: str | None) -> None:
    software = hives.software(PRODUCTS["2008"])
    net = "Microsoft\\NET Framework Setup\\NDP"
    del software[f"{net}\\v4\\Full"]
    more = {f"{net}\\{name}": values for name, values in framework.items()}
    tree = MemoryTree({f"{CONFIG}/SOFTWARE": hives.hive(hives.merged(software, more))})

    assert look_windows(System(tree), "0").dot_net == version


@pytest.mark.parametrize("place", ["/Boot/BCD", "/EFI/Microsoft/Boot/BCD"])
@pytest.mark.parametrize("ems", [False, True])
def test_emergency_services_are_seen_on_the_system_partition(place: str, ems: bool) -> None:
    other = MemoryTree({place: hives.bcd_hive(ems)}, "0:1")

    seen = look(others=(other,))

    assert seen.ems is ems
    assert place.removeprefix("/") in seen.boot_files


def test_the_settings_that_others_inherit_switch_nothing_on() -> None:
    inherited = hives.merged(
        hives.bcd(), {f"Objects\\{hives.EMS_SETTINGS}\\Elements\\16000020": {"Element": b"\1"}}
    )

    assert not look(files={"/Boot/BCD": hives.hive(inherited)}).ems


@pytest.mark.parametrize(
    ("text", "ems"),
    [
        ("[boot loader]\r\ntimeout=30\r\nredirect=COM1\r\n", True),
        ('[operating systems]\r\nmulti(0)…="2003" /fastdetect /redirect\r\n', True),
        ("[boot loader]\r\ntimeout=30\r\n", False),
    ],
)
def test_server_2003_switches_them_in_boot_ini(text: str, ems: bool) -> None:
    assert look("2003", files={"/boot.ini": text}).ems is ems


@pytest.mark.parametrize("start", [b"hibr", b"HIBR"])
def test_a_hibernated_windows_was_not_shut_down(start: bytes) -> None:
    assert look(files={"/hiberfil.sys": b"WAKE" + bytes(4092)}).shut_down is True
    assert look(files={"/hiberfil.sys": start + bytes(4092)}).shut_down is False
    assert look(files={"/hiberfil.sys": bytes(4096)}).shut_down is True


def test_a_hive_that_was_never_closed_is_told() -> None:
    dirty = hives.hive(hives.system(PRODUCTS["2019"]), dirty=True)

    assert look(files={f"{CONFIG}/SYSTEM": dirty}).shut_down is False


@pytest.mark.parametrize(
    "content", [b"", b"regf", bytes(8192), b"regf" + bytes(8188), Broken(), Giant(1 << 40)]
)
def test_a_broken_hive_is_a_problem_and_no_more(content: Content) -> None:
    seen = look(files={f"{CONFIG}/SOFTWARE": content})

    assert seen.product == ""
    assert seen.problem is not None
    assert "SOFTWARE" in seen.problem
    assert seen.architecture == "x86_64"


def test_a_volume_without_hives_says_what_is_missing() -> None:
    seen = look_windows(System(MemoryTree({"/Windows/x": ""}, "1")), "1")

    assert seen == replace(
        Windows("1", dot_net=None), problem="SOFTWARE: it is not there; SYSTEM: it is not there"
    )


def test_a_bin_of_many_megabytes_is_not_searched() -> None:
    content = hives.hive({"a": {"long": bytes(3 << 20)}})

    with pytest.raises(Unreadable, match="bin of 31"):
        open_hive(content)


def test_too_many_keys_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "KEYS", 300)
    many = hives.hive({f"Select\\Key{number}": {"x": 1} for number in range(301)})

    hive = open_hive(many)

    assert hive.control_set() == "ControlSet001"
    assert hive.names("Select") == []
    assert hive.problem == "Select: it has too many keys"


def test_a_text_of_a_megabyte_is_not_read() -> None:
    seen = look(software={hives.NT: {"ProductName": "W" * 1_000_000, "EditionID": "E" * 1000}})

    assert seen.product == ""
    assert seen.edition == "E" * 400


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
@pytest.mark.slow
def test_a_damaged_hive_never_raises(chance: random.Random, wounds: int) -> None:
    files: dict[str, Content] = {}
    for name, paths in (("SOFTWARE", hives.software), ("SYSTEM", hives.system)):
        content = bytearray(hives.hive(paths(PRODUCTS["2019"])))
        for _ in range(wounds):
            at = chance.randrange(4096, len(content))
            content[at] = chance.choice([0, 255, chance.randrange(256)])
        files[f"{CONFIG}/{name}"] = bytes(content)
    began = time.perf_counter()

    look(files=files)

    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("lists", ["lh", "ri"])
def test_a_list_of_subkeys_that_holds_itself_ends(lists: hives.Lists) -> None:
    content = bytearray(hives.hive({"a\\b": {}, "c": {}}, lists=lists))
    at = content.index(b"ri" if lists == "ri" else b"lh", 4096)
    count = int.from_bytes(content[at + 2 : at + 4], "little")
    for index in range(count):
        struct.pack_into("<I", content, at + 4 + index * (4 if lists == "ri" else 8), at - 4096 - 4)

    try:
        hive = open_hive(bytes(content))
    except Unreadable:
        return
    assert len(hive.names("")) < 100


def test_a_key_that_is_its_own_child_ends() -> None:
    content = bytearray(hives.hive({"a": {}}))
    at = content.index(b"lh", 4096)
    content[at + 4 : at + 8] = content[4096 - 4060 : 4096 - 4056]  # the root

    hive = open_hive(bytes(content))

    assert hive.number("\\".join(["ROOT"] * 300), "x") is None


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_short_values_are_read_as_they_stand(size: int) -> None:
    content = b"\1\2\3\4\5"[:size]

    assert open_hive(hives.hive({"a": {"v": content}})).binary("a", "v") == content
