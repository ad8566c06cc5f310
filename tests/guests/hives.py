"""Registry hives written from nothing, for guests that tests build.

    hive({"Select": {"Current": 1}, "ControlSet001\\Services\\vmms": {"Start": 2}}) -> bytes

A hive is given as paths of keys, each with its values; the keys on the way are made. The kind of a
value follows from its type: str is REG_SZ, Expand REG_EXPAND_SZ, int REG_DWORD, bytes REG_BINARY,
a tuple REG_MULTI_SZ. `software`, `system` and `bcd` give the paths of a Windows as a PRODUCTS row
describes it; more paths are laid over them: `hive(merged(system(row), {...}))`.

Layout: https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Literal

Value = str | int | bytes | tuple[str, ...]
Paths = Mapping[str, Mapping[str, Value]]
Lists = Literal["lf", "lh", "li", "ri"]

FILETIME: Final = 132_223_104_000_000_000  # 1 January 2020
NOTHING: Final = 0xFFFF_FFFF
PAGE: Final = 4096
BIN_HEADER: Final = 32  # bytes of a bin's


class Expand(str):
    """A text with %variables% in it: REG_EXPAND_SZ."""


@dataclass
class _Key:
    name: str
    values: dict[str, Value] = field(default_factory=dict)
    keys: dict[str, "_Key"] = field(default_factory=dict)  # by name in upper case


def hive(paths: Paths, root: str = "ROOT", lists: Lists = "lh", dirty: bool = False) -> bytes:
    """Return the bytes of a hive. Lists: how subkeys are listed; dirty: it was never closed."""
    top = _Key(root)
    for path, values in paths.items():
        key = top
        for name in [name for name in path.split("\\") if name]:
            key = key.keys.setdefault(name.upper(), _Key(name))
        key.values.update(values)
    return _Writer(lists).file(top, dirty)


def merged(*several: Paths) -> dict[str, dict[str, Value]]:
    """Return paths laid over each other: values of later ones win."""
    result: dict[str, dict[str, Value]] = {}
    for paths in several:
        for path, values in paths.items():
            result.setdefault(path, {}).update(values)
    return result


class _Writer:
    """Lays cells one after the other into bins of a page, or of more for a cell that needs it."""

    def __init__(self, lists: Lists) -> None:
        self.lists = lists
        self.bins = bytearray()  # offsets count from the first one
        self.end = 0  # of the last one
        self.security = 0

    def file(self, top: _Key, dirty: bool) -> bytes:
        self.security = BIN_HEADER  # the first cell
        owner = struct.pack("<BB6sI", 1, 1, b"\0\0\0\0\0\5", 18)  # S-1-5-18, the system
        descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 20, 20 + len(owner), 0, 0) + owner * 2
        links = (0, self.security, self.security, _count(top), len(descriptor))
        self.cell(b"sk" + struct.pack("<HIIII", *links) + descriptor)
        root = self.key(top, 0, 0x2C)
        self.fill()
        head = bytearray(PAGE)
        sequences = (2, 1) if dirty else (1, 1)
        struct.pack_into("<4sIIQ", head, 0, b"regf", *sequences, FILETIME)
        struct.pack_into("<IIIIIII", head, 20, 1, 3, 0, 1, root, len(self.bins), 1)
        struct.pack_into("<I", head, 508, checksum(head))
        return bytes(head + self.bins)

    def cell(self, content: bytes) -> int:
        size = -(-(len(content) + 4) // 8) * 8
        if self.end - len(self.bins) < size:
            self.fill()
            length = -(-(BIN_HEADER + size) // PAGE) * PAGE
            self.bins += b"hbin" + struct.pack("<II8xQI", self.end, length, FILETIME, 0)
            self.end += length
        offset = len(self.bins)
        self.bins += struct.pack("<i", -size) + content.ljust(size - 4, b"\0")
        return offset

    def fill(self) -> None:
        free = self.end - len(self.bins)
        if free:
            self.bins += struct.pack("<i", free) + bytes(free - 4)

    def value(self, name: str, value: Value) -> int:
        kind, content = encoded(value)
        size = len(content)
        if size <= 4:
            place = int.from_bytes(content, "little")
            size |= 0x8000_0000
        else:
            place = self.cell(content)
        raw, latin = _named(name)
        return self.cell(
            b"vk" + struct.pack("<HIIIHH", len(raw), size, place, kind, 1 if latin else 0, 0) + raw
        )

    def key(self, key: _Key, parent: int, flags: int = 0) -> int:
        raw, latin = _named(key.name)
        here = self.cell(b"nk" + bytes(74) + raw)  # filled in below
        names = sorted(key.keys)
        children = [(name, self.key(key.keys[name], here)) for name in names]
        listed = self.listed(children) if children else NOTHING
        cells = [self.value(name, value) for name, value in key.values.items()]
        values = self.cell(struct.pack(f"<{len(cells)}I", *cells)) if cells else NOTHING
        longest_key = max((2 * len(name) for name in names), default=0)
        longest_name = max((2 * len(name) for name in key.values), default=0)
        longest_value = max((len(encoded(value)[1]) for value in key.values.values()), default=0)
        struct.pack_into(
            "<HQIIIIIIIIIIIIIIIHH",
            self.bins,
            here + 6,
            flags | (0x20 if latin else 0),
            FILETIME,
            0,
            parent,
            len(children),
            0,
            listed,
            NOTHING,
            len(cells),
            values,
            self.security,
            NOTHING,
            longest_key,
            0,
            longest_name,
            longest_value,
            0,
            len(raw),
            0,
        )
        return here

    def listed(self, children: list[tuple[str, int]]) -> int:
        if self.lists == "ri":
            halves = [0, len(children) // 2, len(children)]
            leaves = [self.leaf(children[a:b], "lh") for a, b in pairwise(halves) if b > a]
            return self.cell(b"ri" + struct.pack(f"<H{len(leaves)}I", len(leaves), *leaves))
        return self.leaf(children, self.lists)

    def leaf(self, children: list[tuple[str, int]], kind: Lists) -> int:
        items = b""
        for name, offset in children:
            items += struct.pack("<I", offset)
            if kind == "lh":
                items += struct.pack("<I", name_hash(name))
            elif kind == "lf":
                items += name.encode("latin-1", "replace")[:4].ljust(4, b"\0")
        return self.cell(kind.encode() + struct.pack("<H", len(children)) + items)


def checksum(head: bytes | bytearray) -> int:
    """Return what a base block says at 508: the first 127 words, one XORed with the next."""
    result = 0
    for (word,) in struct.iter_unpack("<I", head[:508]):
        result ^= word
    return {0: 1, 0xFFFF_FFFF: 0xFFFF_FFFE}.get(result, result)


def name_hash(name: str) -> int:
    """Return the hash of a key's name in an lh list."""
    result = 0
    for letter in name.upper():
        result = (result * 37 + ord(letter)) & 0xFFFF_FFFF
    return result


def encoded(value: Value) -> tuple[int, bytes]:
    """Return a value's registry type and bytes."""
    match value:
        case Expand():
            return 2, value.encode("utf-16-le") + b"\0\0"
        case str():
            return 1, value.encode("utf-16-le") + b"\0\0"
        case bytes():
            return 3, value
        case int():
            return 4, struct.pack("<I", value)
        case _:
            return 7, "".join(f"{item}\0" for item in (*value, "")).encode("utf-16-le")


def _named(name: str) -> tuple[bytes, bool]:
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def _count(key: _Key) -> int:
    return 1 + sum(_count(child) for child in key.keys.values())


# What the installed systems say of themselves.


@dataclass(frozen=True)
class Product:
    """A Windows, as its registry tells it."""

    product: str
    edition: str
    build: int
    version: str = "6.3"  # CurrentVersion: it stays 6.3 from Windows 8.1 on
    installation: str = "Server"
    release: str = ""  # ReleaseId, or DisplayVersion from 20H2 on
    service_pack: int = 0
    architecture: str = "AMD64"  # or x86, ARM64
    language: str = "0409"  # en-US
    languages: tuple[str, ...] = ("en-US",)

    def but(self, **changes: str | int | tuple[str, ...]) -> "Product":
        """Return the same with something else in it."""
        return replace(self, **changes)  # type: ignore[arg-type]


def _server(
    year: str, edition: str, build: int, release: str = "", version: str = "6.3"
) -> Product:
    return Product(
        f"Windows Server {year} {edition}", f"Server{edition}", build, version, "Server", release
    )


def _client(
    name: str, edition: str, build: int, release: str = "", version: str = "6.3"
) -> Product:
    return Product(name, edition, build, version, "Client", release)


PRODUCTS: Final = {
    "2003": Product("Microsoft Windows Server 2003", "Enterprise", 3790, "5.2", "", "", 2),
    "2003-sp0": Product("Microsoft Windows Server 2003", "", 3790, "5.2", "", "", 0),
    "2003r2": Product("Microsoft Windows Server 2003 R2", "", 3790, "5.2", "", "", 2, "x86"),
    "2008": Product(
        "Windows Server (R) 2008 Standard", "ServerStandard", 6002, "6.0", "Server", "", 2
    ),
    "2008r2": _server("2008 R2", "Standard", 7601, version="6.1").but(service_pack=1),
    "2008r2-web": Product("Windows Web Server 2008 R2", "ServerWeb", 7601, "6.1", service_pack=1),
    "2012": _server("2012", "Standard", 9200, version="6.2"),
    "2012r2": _server("2012 R2", "Datacenter", 9600),
    "2016": _server("2016", "Standard", 14393, "1607"),
    "2016-nano": _server("2016", "Datacenter", 14393, "1607").but(
        edition="ServerDatacenterNano", installation="Nano Server"
    ),
    "1709": _server("", "Standard", 16299, "1709").but(
        product="Windows Server Standard", edition="ServerStandardACor", installation="Server Core"
    ),
    "1803": _server("", "Datacenter", 17134, "1803").but(
        product="Windows Server Datacenter",
        edition="ServerDatacenterACor",
        installation="Server Core",
    ),
    "1903": _server("", "Datacenter", 18362, "1903").but(
        product="Windows Server Datacenter",
        edition="ServerDatacenterACor",
        installation="Server Core",
    ),
    "2019": _server("2019", "Datacenter", 17763, "1809"),
    "2022": _server("2022", "Standard", 20348, "21H2"),
    "2025": _server("2025", "Datacenter", 26100, "24H2"),
    "2019-essentials": _server("2019", "Essentials", 17763, "1809").but(edition="ServerSolution"),
    "7": _client("Windows 7 Professional", "Professional", 7601, version="6.1").but(service_pack=1),
    "7-home": _client("Windows 7 Home Premium", "HomePremium", 7601, version="6.1"),
    "8": _client("Windows 8", "Core", 9200, version="6.2"),
    "8.1": _client("Windows 8.1 Pro", "Professional", 9600),
    "8.1-home": _client("Windows 8.1", "Core", 9600),
    "10": _client("Windows 10 Pro", "Professional", 19045, "22H2"),
    "10-education": _client("Windows 10 Education", "Education", 19045, "22H2"),
    "10-iot": _client("Windows 10 IoT Enterprise", "IoTEnterprise", 19045, "22H2"),
    "11": _client("Windows 10 Pro", "Professional", 22631, "23H2"),  # it says 10 of itself
    "xp": _client("Microsoft Windows XP", "", 2600, version="5.1").but(service_pack=3),
    "vista": _client("Windows Vista (TM) Ultimate", "Ultimate", 6002, version="6.0"),
}

NT: Final = "Microsoft\\Windows NT\\CurrentVersion"
SET: Final = "ControlSet001"


def software(row: Product) -> dict[str, dict[str, Value]]:
    """Return what is in the SOFTWARE hive."""
    current: dict[str, Value] = {
        "ProductName": row.product,
        "CurrentVersion": row.version,
        "CurrentBuild": str(row.build),
        "CurrentBuildNumber": str(row.build),
        "SystemRoot": "C:\\Windows",
        "RegisteredOwner": "Windows User",
    }
    if row.version >= "6.0":
        current |= {"EditionID": row.edition, "InstallationType": row.installation}
    if row.build >= 10240:
        current |= {"CurrentMajorVersionNumber": 10, "CurrentMinorVersionNumber": 0}
    if row.release:
        current["DisplayVersion" if row.release[2] == "H" else "ReleaseId"] = row.release
    if row.service_pack:
        current["CSDVersion"] = f"Service Pack {row.service_pack}"
    return {
        NT: current,
        f"{NT}\\Winlogon": {"Shell": "explorer.exe", "AutoAdminLogon": "0"},
        "Microsoft\\Windows\\CurrentVersion": {"ProgramFilesDir": "C:\\Program Files"},
        "Microsoft\\Windows\\CurrentVersion\\Setup\\State": {"ImageState": "IMAGE_STATE_COMPLETE"},
        "Microsoft\\NET Framework Setup\\NDP\\v4\\Full": {
            "Install": 1,
            "Release": 528040,
            "Version": "4.8.03761",
        },
    }


def service(start: int, image: str) -> dict[str, Value]:
    """Return the values of a driver's key below Services."""
    return {"Type": 1, "Start": start, "ErrorControl": 1, "ImagePath": Expand(image)}


def system(row: Product) -> dict[str, dict[str, Value]]:
    """Return what is in the SYSTEM hive."""
    control, services = f"{SET}\\Control", f"{SET}\\Services"
    tcpip = f"{services}\\Tcpip\\Parameters"
    drivers = {"storahci": 0, "disk": 0, "volmgr": 0, "partmgr": 0, "stornvme": 3, "Tcpip": 1}
    suites = (row.edition, "Terminal Server") if row.edition else ("Terminal Server",)
    paths: dict[str, dict[str, Value]] = {
        "Select": {"Current": 1, "Default": 1, "Failed": 0, "LastKnownGood": 1},
        "Setup": {"SystemSetupInProgress": 0},
        "MountedDevices": {"\\DosDevices\\C:": struct.pack("<IQ", 0x57494E31, 2048 * 512)},
        f"{control}\\ComputerName\\ComputerName": {"ComputerName": "WIN-IMPORT"},
        f"{control}\\Nls\\Language": {"Default": row.language, "InstallLanguage": row.language},
        f"{control}\\ProductOptions": {
            "ProductType": "WinNT" if row.installation == "Client" else "ServerNT",
            "ProductSuite": suites if row.version < "6.0" else (),
        },
        f"{control}\\Session Manager\\Environment": {"PROCESSOR_ARCHITECTURE": row.architecture},
        f"{control}\\Session Manager\\Memory Management": {
            "PagingFiles": ("C:\\pagefile.sys 4096 4096",)
        },
        f"{control}\\Terminal Server": {"fDenyTSConnections": 0},
        f"{control}\\TimeZoneInformation": {"TimeZoneKeyName": "UTC", "RealTimeIsUniversal": 1},
        f"{services}\\Dhcp": {"Start": 2, "ImagePath": Expand("%SystemRoot%\\svchost.exe")},
        f"{tcpip}\\Interfaces\\{{11111111-2222-3333-4444-555555555555}}": {"EnableDHCP": 1},
    }
    for name, start in drivers.items():
        paths[f"{services}\\{name}"] = service(start, f"System32\\drivers\\{name}.sys")
    for name in row.languages:
        paths[f"{control}\\MUI\\UILanguages\\{name}"] = {"LCID": 0}
    return paths


BOOT_MANAGER: Final = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
EMS_SETTINGS: Final = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}"
LOADER: Final = "{01234567-89ab-cdef-0123-456789abcdef}"


def bcd(
    ems: bool = False, path: str = "\\windows\\system32\\winload.exe"
) -> dict[str, dict[str, Value]]:
    """Return what is in a boot configuration hive."""
    manager, loader = f"Objects\\{BOOT_MANAGER}", f"Objects\\{LOADER}"
    paths: dict[str, dict[str, Value]] = {
        "Description": {"KeyName": "BCD00000000", "System": 1},
        f"{manager}\\Description": {"Type": 0x10100002},
        f"{manager}\\Elements\\12000004": {"Element": "Windows Boot Manager"},
        f"{manager}\\Elements\\23000003": {"Element": LOADER},
        f"{manager}\\Elements\\24000001": {"Element": (LOADER,)},
        f"{loader}\\Description": {"Type": 0x10200003},
        f"{loader}\\Elements\\12000002": {"Element": path},
        f"{loader}\\Elements\\12000004": {"Element": "Windows"},
        f"{loader}\\Elements\\22000002": {"Element": "\\windows"},
        f"Objects\\{EMS_SETTINGS}\\Description": {"Type": 0x20100000},
        f"Objects\\{EMS_SETTINGS}\\Elements\\16000020": {"Element": bytes([ems])},
    }
    if ems:
        paths[f"{loader}\\Elements\\260000b0"] = {"Element": b"\1"}
    return paths


def software_hive(row: Product, *more: Paths) -> bytes:
    """Return the SOFTWARE hive of a Windows, with more paths laid over it."""
    return hive(merged(software(row), *more))


def system_hive(row: Product, *more: Paths) -> bytes:
    """Return the SYSTEM hive of a Windows, with more paths laid over it."""
    return hive(merged(system(row), *more))


def bcd_hive(ems: bool = False, path: str = "\\windows\\system32\\winload.exe") -> bytes:
    """Return a boot configuration hive."""
    return hive(bcd(ems, path), "NewStoreRoot")
