"""What is planned for a Windows: carried out in memory, and looked at again."""

import io
import struct
import uuid
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pyregf
import pytest

from converters.guests.adapt import boot_ini
from converters.guests.adapt.bios import UNTRIED
from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.hives import Hive
from converters.guests.adapt.unattend import unattend
from converters.guests.adapt.windows import NO_AGENT, NOT_SHUT_DOWN, adapt
from converters.guests.guest import Extent, Guest, Partition, Table, Volume
from converters.guests.look.windows import look_windows
from converters.guests.plan import FileChange
from converters.guests.tree import System
from tests.guests import hives
from tests.guests.hives import PRODUCTS, SET
from tests.guests.memory import Broken, Content, MemoryTree

GIB = 1 << 30
MIB = 1 << 20
CONFIG = "/Windows/System32/config"
SERVICES = f"{SET}\\Services"
INTERFACES = f"{SERVICES}\\Tcpip\\Parameters\\Interfaces"
DRIVERS: dict[str, Content] = {
    f"/Windows/System32/drivers/{name}.sys": "" for name in ("stornvme", "storahci", "disk", "ena")
}

ESP, RESERVED, DATA = (
    "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
    "E3C9E316-0B5C-4DB8-817D-F92DF00215AE",
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
)
GUIDS = [str(uuid.UUID(int=number << 64 | 0x8000_0000_0000_0000)) for number in (1, 2, 3)]
DISK = Table(
    disk=0,
    size=40 * GIB,
    scheme="gpt",
    partitions=(
        Partition(1, 1 * MIB, 100 * MIB, ESP, uuid=GUIDS[0]),
        Partition(2, 101 * MIB, 16 * MIB, RESERVED, uuid=GUIDS[1]),
        Partition(3, 117 * MIB, 39 * GIB, DATA, uuid=GUIDS[2]),
    ),
)
WINDOWS_OFFSET = 117 * MIB


class Machine:
    """A Windows in memory: files by volume, and its sectors."""

    def __init__(self, folder: Path, **volumes: dict[str, Content]) -> None:
        self.folder = folder
        self.files = {f"0:{name[1:]}": dict(files) for name, files in volumes.items()}
        self.sectors: dict[int, bytes] = {}
        self.changes = Changes(System(MemoryTree({})), Contents(folder))

    @property
    def home(self) -> str:
        return next(volume for volume, files in self.files.items() if f"{CONFIG}/SYSTEM" in files)

    def trees(self) -> dict[str, MemoryTree]:
        return {
            volume: MemoryTree(files, volume, 10 * GIB, ignore_case=True)
            for volume, files in self.files.items()
        }

    def guest(self, table: Table | None = None, modes: tuple[str, ...] = ("legacy-bios",)) -> Guest:
        trees = self.trees()
        others = [tree for volume, tree in trees.items() if volume != self.home]
        windows = look_windows(System(trees[self.home]), self.home, others, 39 * GIB)
        volumes = tuple(Volume(name, (Extent(0, 0, GIB),), "ntfs") for name in trees)
        return Guest((table,) if table else (), volumes, windows=windows, boot_modes=modes)

    def adapted(self, guest: Guest, boot_mode: str | None = "legacy-bios") -> str | None:
        def read(disk: int, offset: int, size: int) -> bytes:
            return self.sectors.get(offset, b"").ljust(size, b"\0")[:size]

        mode = adapt(guest, self.changes, self.trees(), boot_mode, read)
        for change in self.changes.files:
            self.carry_out(change)
        return mode

    def carry_out(self, change: FileChange) -> None:
        files = self.files[change.volume]
        if change.kept is not None:
            files[change.kept] = files[change.path]
        else:
            assert change.path not in files
        files[change.path] = (self.folder / change.content).read_bytes()

    def change(self, path: str) -> FileChange:
        return next(each for each in self.changes.files if each.path == path)


def machine(folder: Path, *more: hives.Paths, row: str = "2019", **files: Content) -> Machine:
    product = PRODUCTS[row]
    return Machine(
        folder,
        v1={
            f"{CONFIG}/SOFTWARE": hives.software_hive(product),
            f"{CONFIG}/SYSTEM": hives.system_hive(product, *more),
            **DRIVERS,
        },
    )


def test_storage_drivers_start_with_the_boot_loader(tmp_path: Path) -> None:
    vm = machine(
        tmp_path,
        {
            f"{SERVICES}\\storahci": {"Start": 0},
            f"{SERVICES}\\storahci\\StartOverride": {"0": 3},
            f"{SERVICES}\\vioscsi": hives.service(3, "System32\\drivers\\vioscsi.sys"),
        },
    )

    vm.adapted(vm.guest())

    seen = vm.guest().windows
    assert seen is not None
    assert seen.boot_drivers == ("disk", "partmgr", "storahci", "stornvme", "volmgr")
    system = Hive(as_bytes(vm.files["0:1"][f"{CONFIG}/SYSTEM"]))
    assert not system.has(f"{SERVICES}\\storahci\\StartOverride")
    assert system.number(f"{SERVICES}\\vioscsi", "Start") == 3  # its file is not there
    change = vm.change(f"{CONFIG}/SYSTEM")
    assert change.shown == "C:\\Windows\\System32\\config\\SYSTEM"
    assert change.reason == "storage drivers start with the boot loader"
    assert change.kept == f"{CONFIG}/.SYSTEM.vmimport"
    assert change.diff == (
        "--- C:\\Windows\\System32\\config\\SYSTEM\n"
        "+++ C:\\Windows\\System32\\config\\SYSTEM\n"
        f"@@ {SERVICES}\\stornvme @@\n"
        '-"Start"=dword:00000003\n'
        '+"Start"=dword:00000000\n'
        f"@@ {SERVICES}\\storahci\\StartOverride @@\n"
        "-[key]\n"
        '-"0"=dword:00000003\n'
    )


@pytest.mark.parametrize(
    "image",
    [
        "\\SystemRoot\\System32\\drivers\\stornvme.sys",
        "system32\\DRIVERS\\stornvme.sys",
        "\\??\\C:\\Windows\\System32\\drivers\\stornvme.sys",
        None,
    ],
)
def test_a_driver_is_found_where_its_image_is(tmp_path: Path, image: str | None) -> None:
    paths = hives.system(PRODUCTS["2019"])
    values: dict[str, hives.Value] = {"Start": 3}
    paths[f"{SERVICES}\\stornvme"] = values | ({"ImagePath": image} if image else {})
    vm = machine(tmp_path)
    vm.files["0:1"][f"{CONFIG}/SYSTEM"] = hives.hive(paths)

    vm.adapted(vm.guest())

    assert "stornvme" in (vm.guest().windows or pytest.fail("no Windows")).boot_drivers


def test_static_addresses_become_dhcp(tmp_path: Path) -> None:
    interface = f"{INTERFACES}\\{{22222222-0000-0000-0000-000000000000}}"
    vm = machine(
        tmp_path,
        {
            interface: {
                "EnableDHCP": 0,
                "IPAddress": ("10.0.0.5", "10.0.0.6"),
                "SubnetMask": ("255.255.255.0", "255.255.255.0"),
                "DefaultGateway": ("10.0.0.1",),
                "NameServer": "10.0.0.2",
                "Domain": "example.com",
            }
        },
    )

    vm.adapted(vm.guest())

    system = Hive(as_bytes(vm.files["0:1"][f"{CONFIG}/SYSTEM"]))
    assert system.number(interface, "EnableDHCP") == 1
    assert set(system.value_names(interface)) == {"EnableDHCP", "NameServer", "Domain"}
    assert system.value(interface, "NameServer") == (1, b"\0\0")
    assert "static addresses become DHCP" in vm.change(f"{CONFIG}/SYSTEM").reason


def test_the_clock_runs_on_universal_time(tmp_path: Path) -> None:
    vm = machine(tmp_path)
    paths = hives.system(PRODUCTS["2019"])
    del paths[f"{SET}\\Control\\TimeZoneInformation"]["RealTimeIsUniversal"]
    vm.files["0:1"][f"{CONFIG}/SYSTEM"] = hives.hive(paths)

    vm.adapted(vm.guest())

    windows = vm.guest().windows
    assert windows is not None
    assert windows.real_time_is_universal


def test_the_control_set_that_starts_next_is_changed_too(tmp_path: Path) -> None:
    paths = hives.system(PRODUCTS["2019"])
    next_one = {
        path.replace("ControlSet001", "ControlSet002"): values
        for path, values in paths.items()
        if path.startswith("ControlSet001")
    }
    vm = machine(tmp_path)
    both = hives.merged(paths, next_one, {"Select": {"Default": 2}})
    vm.files["0:1"][f"{CONFIG}/SYSTEM"] = hives.hive(both)

    vm.adapted(vm.guest())

    system = Hive(as_bytes(vm.files["0:1"][f"{CONFIG}/SYSTEM"]))
    for number in (1, 2):
        assert system.number(f"ControlSet00{number}\\Services\\stornvme", "Start") == 0


def test_nothing_to_do_is_nothing_planned(tmp_path: Path) -> None:
    vm = machine(tmp_path, {f"{SERVICES}\\stornvme": {"Start": 0}})

    mode = vm.adapted(vm.guest())

    assert vm.changes.files == []
    assert vm.changes.left_out == [NO_AGENT]
    assert mode == "legacy-bios"


def test_emergency_services_are_switched_off(tmp_path: Path) -> None:
    vm = machine(tmp_path)
    vm.files["0:2"] = {"/BOOT/bcd": hives.bcd_hive(ems=True)}
    before = vm.guest()

    vm.adapted(before)

    after = vm.guest()
    assert before.windows is not None
    assert after.windows is not None
    assert (before.windows.ems, after.windows.ems) == (True, False)
    change = vm.change("/BOOT/bcd")
    assert change.shown == "0:2 \\BOOT\\bcd"
    assert change.reason == "emergency services are switched off"


def test_boot_ini_loses_its_redirection(tmp_path: Path) -> None:
    text = (
        "[boot loader]\r\ntimeout=30\r\nredirect=COM1\r\nredirectbaudrate=115200\r\n"
        "[operating systems]\r\n"
        'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Server /redirect" /fastdetect /redirect\r\n'
    )
    vm = machine(tmp_path, row="2003")
    vm.files["0:1"]["/boot.ini"] = text

    vm.adapted(vm.guest())

    assert as_bytes(vm.files["0:1"]["/boot.ini"]).decode() == (
        "[boot loader]\r\ntimeout=30\r\n[operating systems]\r\n"
        'multi(0)disk(0)rdisk(0)partition(1)\\WINDOWS="Server /redirect" /fastdetect\r\n'
    )
    windows = vm.guest().windows
    assert windows is not None
    assert not windows.ems


def test_boot_ini_without_them_stays() -> None:
    text = '[boot loader]\ntimeout=3\n[operating systems]\nmulti(0)="x" /noexecute=optout'

    assert boot_ini.ems_off(text) == text


def sysprepped(vm: Machine, row: str = "2019") -> Machine:
    state = {"Microsoft\\Windows\\CurrentVersion\\Setup\\State": {
        "ImageState": "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE"
    }}  # fmt: skip
    vm.files["0:1"][f"{CONFIG}/SOFTWARE"] = hives.software_hive(PRODUCTS[row], state)
    return vm


def test_a_generalized_windows_gets_an_answer_file(tmp_path: Path) -> None:
    vm = sysprepped(machine(tmp_path))

    vm.adapted(vm.guest())

    change = vm.change("/Windows/Panther/unattend.xml")
    assert change.directories == ("/Windows/Panther",)
    assert change.kept is None
    assert change.shown == "C:\\Windows\\Panther\\unattend.xml"
    assert change.diff.count("\n+") > 15


def test_an_answer_file_of_ones_own_stays(tmp_path: Path) -> None:
    vm = sysprepped(machine(tmp_path))
    vm.files["0:1"]["/Windows/Panther/Unattend/Unattend.xml"] = "<mine/>"

    vm.adapted(vm.guest())

    assert [change.path for change in vm.changes.files] == [f"{CONFIG}/SYSTEM"]


def test_server_2003_reads_no_answer_file(tmp_path: Path) -> None:
    vm = sysprepped(machine(tmp_path, row="2003"), "2003")

    vm.adapted(vm.guest())

    assert all("unattend" not in change.path for change in vm.changes.files)
    assert any("sysprep.inf" in sentence for sentence in vm.changes.left_out)


@pytest.mark.parametrize(("architecture", "named"), [("x86_64", "amd64"), ("i386", "x86")])
def test_the_answer_file_says_what_the_guide_says(architecture: str, named: str) -> None:
    root = ElementTree.fromstring(unattend(architecture))

    names = {"u": "urn:schemas-microsoft-com:unattend"}
    settings = root.findall("u:settings", names)
    components = {each.get("name"): each for each in settings[0].findall("u:component", names)}
    assert [each.get("pass") for each in settings] == ["oobeSystem"]
    assert {each.get("processorArchitecture") for each in components.values()} == {named}
    shell = components["Microsoft-Windows-Shell-Setup"]
    assert shell.findtext("u:OOBE/u:HideEULAPage", namespaces=names) == "true"
    language = components["Microsoft-Windows-International-Core"]
    assert {child.text for child in language} == {"en-US"}
    assert len(language) == 4
    assert b"\r\n" in unattend(architecture)


def test_a_hibernated_windows_is_left_alone(tmp_path: Path) -> None:
    vm = machine(tmp_path)
    vm.files["0:1"]["/hiberfil.sys"] = b"HIBR"

    vm.adapted(vm.guest())

    assert vm.changes.files == []
    assert vm.changes.left_out == [NOT_SHUT_DOWN]


@pytest.mark.parametrize("content", [Broken(), b"regf" + bytes(9000), b""])
def test_a_hive_that_can_not_be_changed_stays(tmp_path: Path, content: Content) -> None:
    vm = machine(tmp_path)
    guest = vm.guest()
    vm.files["0:1"][f"{CONFIG}/SYSTEM"] = content

    vm.adapted(guest)

    assert vm.changes.files == []
    assert any("SYSTEM stays as it is" in sentence for sentence in vm.changes.left_out)


def test_missing_drivers_are_told(tmp_path: Path) -> None:
    vm = machine(tmp_path)
    for name in DRIVERS:
        del vm.files["0:1"][name]

    vm.adapted(vm.guest())

    assert sum("has no driver for the" in sentence for sentence in vm.changes.left_out) == 2


# from UEFI to BIOS --------------------------------------------------------------------------------


def device(guid: str, disk: int = 99) -> bytes:
    """Return a device of a store on a GPT: a partition, as bcdedit writes it."""
    parts = struct.pack("<IIII", 6, 0, 72, 0) + uuid.UUID(guid).bytes_le
    return bytes(16) + parts + struct.pack("<II", 0, 0) + uuid.UUID(int=disk).bytes_le + bytes(16)


def uefi_store() -> bytes:
    manager, loader = f"Objects\\{hives.BOOT_MANAGER}", f"Objects\\{hives.LOADER}"
    paths = hives.merged(
        hives.bcd(path="\\Windows\\system32\\winload.efi"),
        {
            f"{manager}\\Elements\\11000001": {"Element": device(GUIDS[0])},
            f"{manager}\\Elements\\12000002": {"Element": "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"},
            f"{loader}\\Elements\\11000001": {"Element": device(GUIDS[2])},
            f"{loader}\\Elements\\21000001": {"Element": device(GUIDS[2])},
            "Objects\\{11111111-0000-0000-0000-000000000000}\\Elements\\11000001": {
                "Element": b"\1" * 32 + device(GUIDS[2])[16:] + b"W\0i\0m\0"
            },
        },
    )
    return hives.hive(paths, "NewStoreRoot")


def volume_start(hidden: int = WINDOWS_OFFSET // 512) -> bytes:
    """Return the first sectors of an NTFS that Windows has formatted."""
    head = b"\xeb\x52\x90NTFS    ".ljust(28, b"\0") + struct.pack("<I", hidden)
    head = head.ljust(84, b"\0") + b"\xfa\x33\xc0"
    return head.ljust(510, b"\0") + b"\x55\xaa" + b"\7\0" + "BOOTMGR".encode("utf-16-le")


def uefi_machine(folder: Path) -> Machine:
    letters = {
        "MountedDevices": {
            "\\DosDevices\\C:": b"DMIO:ID:" + uuid.UUID(GUIDS[2]).bytes_le,
            "\\DosDevices\\E:": b"DMIO:ID:" + uuid.UUID(int=77).bytes_le,
        }
    }
    row = PRODUCTS["2019"]
    vm = Machine(
        folder,
        v1={
            "/EFI/Microsoft/Boot/BCD": uefi_store(),
            "/EFI/Microsoft/Boot/bootmgfw.efi": "",
        },
        v3={
            f"{CONFIG}/SOFTWARE": hives.software_hive(row),
            f"{CONFIG}/SYSTEM": hives.system_hive(row, letters),
            "/Windows/Boot/PCAT/bootmgr": b"the manager",
            "/Windows/System32/winload.exe": "",
            **DRIVERS,
        },
    )
    vm.sectors = {
        WINDOWS_OFFSET: volume_start(),
        512: b"EFI PART",
        DISK.size - 512: b"EFI PART",
    }
    return vm


def test_windows_with_a_gpt_starts_by_bios_afterwards(tmp_path: Path) -> None:
    vm = uefi_machine(tmp_path)

    mode = vm.adapted(vm.guest(DISK, ("uefi",)), "legacy-bios")

    assert mode == "legacy-bios"
    assert vm.changes.left_out == [UNTRIED, NO_AGENT]
    assert [change.offset for change in vm.changes.sectors] == [512, DISK.size - 512, 0]
    mbr = (tmp_path / vm.changes.sectors[-1].content).read_bytes()
    signature = struct.unpack_from("<I", mbr, 440)[0]
    entries = [struct.unpack_from("<B3xB3xII", mbr, 446 + 16 * index) for index in range(4)]
    assert entries == [
        (0, 0xEF, 2048, 100 * 2048),
        (0x80, 0x07, WINDOWS_OFFSET // 512, 39 * GIB // 512),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]
    files = vm.files["0:3"]
    assert files["/bootmgr"] == b"the manager"
    store = Hive(as_bytes(files["/Boot/BCD"]))
    manager, loader = f"Objects\\{hives.BOOT_MANAGER}", f"Objects\\{hives.LOADER}"
    partition = struct.pack("<IIIIQQIII", 6, 0, 72, 0, WINDOWS_OFFSET, 0, 0, 1, signature)
    mine = (3, bytes(16) + partition + bytes(28))
    assert store.value(f"{manager}\\Elements\\11000001", "Element") == mine
    assert store.value(f"{loader}\\Elements\\11000001", "Element") == mine
    assert store.value(f"{loader}\\Elements\\21000001", "Element") == mine
    assert path_of(store, f"{manager}\\Elements\\12000002") == "\\bootmgr"
    assert path_of(store, f"{loader}\\Elements\\12000002") == "\\Windows\\system32\\winload.exe"
    nested = store.value(
        "Objects\\{11111111-0000-0000-0000-000000000000}\\Elements\\11000001", "Element"
    )
    assert nested == (3, b"\1" * 32 + mine[1][16:] + b"W\0i\0m\0")
    system = Hive(as_bytes(files[f"{CONFIG}/SYSTEM"]))
    letter = struct.pack("<IQ", signature, WINDOWS_OFFSET)
    assert system.value("MountedDevices", "\\DosDevices\\C:") == (3, letter)
    assert len((system.value("MountedDevices", "\\DosDevices\\E:") or (0, b""))[1]) == 24
    assert vm.files["0:1"]["/EFI/Microsoft/Boot/BCD"] == uefi_store()
    pyregf.file().open_file_object(io.BytesIO(as_bytes(files["/Boot/BCD"])))


def test_a_volume_learns_where_it_begins(tmp_path: Path) -> None:
    vm = uefi_machine(tmp_path)
    vm.sectors[WINDOWS_OFFSET] = volume_start(hidden=5)

    vm.adapted(vm.guest(DISK, ("uefi",)), "legacy-bios")

    found = {each.offset: each.content for each in vm.changes.sectors}
    sector = (tmp_path / found[WINDOWS_OFFSET]).read_bytes()
    assert sector == volume_start()[:512]


def test_a_store_for_bios_that_is_there_is_the_one_that_changes(tmp_path: Path) -> None:
    vm = uefi_machine(tmp_path)
    vm.files["0:3"] |= {"/bootmgr": b"its own", "/boot/bcd": uefi_store()}

    vm.adapted(vm.guest(DISK, ("uefi",)), "legacy-bios")

    assert vm.files["0:3"]["/bootmgr"] == b"its own"
    assert vm.change("/boot/bcd").kept == "/boot/.bcd.vmimport"


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("/Windows/Boot/PCAT/bootmgr", "no boot manager for BIOS"),
        ("/Windows/System32/winload.exe", "no winload.exe"),
    ],
)
def test_without_its_own_boot_files_the_gpt_stays(tmp_path: Path, missing: str, why: str) -> None:
    vm = uefi_machine(tmp_path)
    del vm.files["0:3"][missing]

    mode = vm.adapted(vm.guest(DISK, ("uefi",)), "legacy-bios")

    assert mode == "uefi"
    assert vm.changes.sectors == []
    assert [change.path for change in vm.changes.files] == [f"{CONFIG}/SYSTEM"]
    assert any(why in each and "keeps its GPT" in each for each in vm.changes.left_out)


@pytest.mark.parametrize("head", [b"", b"\xeb\x52\x90NTFS    ".ljust(510, b"\0") + b"\x55\xaa"])
def test_a_volume_that_can_not_start_keeps_the_gpt(tmp_path: Path, head: bytes) -> None:
    vm = uefi_machine(tmp_path)
    vm.sectors[WINDOWS_OFFSET] = head

    assert vm.adapted(vm.guest(DISK, ("uefi",)), "legacy-bios") == "uefi"
    assert vm.changes.sectors == []


@pytest.mark.parametrize("path", ["/EFI/Microsoft/Boot/BCD", f"{CONFIG}/SYSTEM"])
def test_a_registry_that_can_not_be_changed_keeps_the_gpt(tmp_path: Path, path: str) -> None:
    vm = uefi_machine(tmp_path)
    guest = vm.guest(DISK, ("uefi",))
    volume = "0:1" if path.startswith("/EFI") else "0:3"
    content = bytearray(as_bytes(vm.files[volume][path]))
    content[508] ^= 1
    vm.files[volume][path] = bytes(content)

    assert vm.adapted(guest, "legacy-bios") == "uefi"
    assert vm.changes.sectors == []
    assert any("checksum" in sentence for sentence in vm.changes.left_out)


def test_a_dynamic_disk_keeps_its_gpt(tmp_path: Path) -> None:
    vm = uefi_machine(tmp_path)
    table = replace(DISK, dynamic=True)

    assert vm.adapted(vm.guest(table, ("uefi",)), "legacy-bios") == "uefi"
    assert any("dynamic" in sentence for sentence in vm.changes.left_out)


def test_uefi_that_is_wanted_stays(tmp_path: Path) -> None:
    vm = uefi_machine(tmp_path)

    assert vm.adapted(vm.guest(DISK, ("uefi",)), "uefi") == "uefi"
    assert vm.changes.sectors == []
    assert all("GPT" not in sentence for sentence in vm.changes.left_out)


def as_bytes(content: Content) -> bytes:
    if isinstance(content, str):
        return content.encode()
    assert isinstance(content, bytes)
    return content


def path_of(store: Hive, key: str) -> str:
    found = store.value(key, "Element")
    assert found is not None
    return found[1].decode("utf-16-le").rstrip("\0")
