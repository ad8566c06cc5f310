"""Looks into an installed Windows: its registry, its boot configuration and a few of its files.

    look_windows(system, "0:2", others=[the EFI system partition's tree], size=…) -> Windows

SOFTWARE says what it is, SYSTEM how it starts; BCD is on the system partition, which often isn't
the one with \\Windows. Nothing here raises for a broken guest: what could not be read is None or
empty, and `problem` says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from converters.guests.guest import LIST, TEXT, Windows, WindowsVolume
from converters.guests.look import bcd, pe
from converters.guests.look import windows_facts as facts
from converters.guests.look.languages import language
from converters.guests.look.registry import HIVE, Hive, empty_hive, open_hive
from converters.guests.look.windows_facts import NT, WINDOWS
from converters.guests.tree import Missing, System, Tree, Unreadable

CONFIG: Final = "/Windows/System32/config"

FIRST_11: Final = 22000  # the build; Windows 11 still calls itself 10 in ProductName

ARCHITECTURES: Final = {"amd64": "x86_64", "x86": "i386", "arm64": "arm64", "ia64": "ia64"}

STARTING: Final = (0, 1, 2)  # Start of a service that starts by itself

# Where Windows looks for an answer file, in its order; removable media come in between.
# https://learn.microsoft.com/windows-hardware/manufacture/desktop/windows-setup-automation-overview
ANSWER_FILES: Final = (
    "/Windows/Panther/Unattend/unattend.xml",
    "/Windows/Panther/unattend.xml",
    "/Windows/System32/Sysprep/unattend.xml",
    "/unattend.xml",
)

BOOT_FILES: Final = (
    "/bootmgr",
    "/ntldr",
    "/boot.ini",
    *bcd.STORES,
    "/EFI/Microsoft/Boot/bootmgfw.efi",
    "/EFI/Boot/bootx64.efi",
    "/Windows/Boot/PCAT/bootmgr",
    "/Windows/System32/winload.exe",
    "/Windows/System32/winload.efi",
)

HIBERNATED: Final = (b"hibr", b"HIBR")  # how a hiberfil.sys begins that is to be woken up


def look_windows(
    system: System, volume_id: str, others: Sequence[Tree] = (), size: int | None = None
) -> Windows:
    """Return what a Windows says of itself.

    Others: the trees of the other volumes, of which one may be the system partition; size: the
    bytes of this volume.
    """
    trees = [system.root, *others]
    problems: list[str] = []
    software = _hive(system.root, f"{CONFIG}/SOFTWARE", problems)
    registry = _hive(system.root, f"{CONFIG}/SYSTEM", problems)
    store = next((hive for tree in trees for hive in _stores(tree, problems)), None)
    files = _Files(system.root, problems)
    found = _put_together(software, registry, files, volume_id)
    hives = (("SOFTWARE", software), ("SYSTEM", registry), ("BCD", store))
    problems += [f"{name}: {hive.problem}" for name, hive in hives if hive and hive.problem]
    free = files.free()
    return replace(
        found,
        ems=_ems(store, files),
        boot_files=tuple(dict.fromkeys(name for tree in trees for name in _boot_files(tree))),
        shut_down=_shut_down(software, registry, files),
        space=None if free is None else WindowsVolume(size or 0, free),
        problem="; ".join(problems)[:TEXT] or None,
    )


def _put_together(
    software: Hive | None, registry: Hive | None, files: "_Files", volume_id: str
) -> Windows:
    soft, sys = software or empty_hive(), registry or empty_hive()
    at = sys.control_set()
    control, services = f"{at}\\Control", f"{at}\\Services"
    build = facts.build(soft)
    product = soft.text(NT, "ProductName") or ""
    if build is not None and build >= FIRST_11 and product.startswith("Windows 10"):
        product = product.replace("Windows 10", "Windows 11", 1)
    pages = sys.texts(f"{control}\\Session Manager\\Memory Management", "PagingFiles")
    universal = sys.number(f"{control}\\TimeZoneInformation", "RealTimeIsUniversal")
    denied = sys.number(f"{control}\\Terminal Server", "fDenyTSConnections")
    starts = facts.starts(sys, services)
    return Windows(
        volume=volume_id,
        product=product,
        edition=soft.text(NT, "EditionID") or facts.old_edition(sys, control),
        installation=soft.text(NT, "InstallationType") or facts.old_installation(sys, control),
        version=facts.version(soft),
        build=build,
        release=soft.text(NT, "DisplayVersion") or soft.text(NT, "ReleaseId"),
        service_pack=facts.service_pack(soft.text(NT, "CSDVersion")),
        architecture=_architecture(sys, control, files),
        language=language(sys.text(f"{control}\\Nls\\Language", "InstallLanguage")),
        languages=tuple(name[:TEXT] for name in sys.names(f"{control}\\MUI\\UILanguages"))[:LIST],
        hyper_v=facts.hyper_v(soft, starts),
        sysprepped=facts.sysprepped(soft, sys),
        pending_updates=_pending(soft, files),
        page_file="; ".join(pages)[:TEXT] if pages is not None else None,
        page_file_fixed=None if pages is None else facts.fixed_size(pages),
        real_time_is_universal=None if registry is None else universal == 1,
        autologon=soft.text(f"{NT}\\Winlogon", "AutoAdminLogon") == "1",
        remote_desktop=None if denied is None else denied == 0,
        dot_net=facts.dot_net(soft),
        boot_drivers=tuple(
            name[:TEXT] for name in sys.names(services) if starts[name[:TEXT].lower()] == 0
        )[:LIST],
        static_addresses=any(True for _ in facts.static_interfaces(sys)),
        unattend=next((path for path in ANSWER_FILES if files.there(path)), None),
        domain_controller_volume=facts.drive(
            sys.text(f"{services}\\NTDS\\Parameters", "DSA Database file")
        ),
        guest_tools=facts.tools(starts),
        dhcp_client=None if starts.get("dhcp") is None else starts["dhcp"] in STARTING,
    )


class _Files:
    """The files of the volume with \\Windows; what can't be read is not there."""

    def __init__(self, tree: Tree, problems: list[str]) -> None:
        self.tree = tree
        self.problems = problems

    def there(self, path: str) -> bool:
        return _is_file(self.tree, path)

    def head(self, path: str, size: int) -> bytes:
        try:
            return self.tree.read(path, size)
        except Missing:
            return b""
        except Unreadable as error:
            self.problems.append(str(error)[:TEXT])
            return b""

    def free(self) -> int | None:
        try:
            return self.tree.free()
        except Unreadable as error:
            self.problems.append(str(error)[:TEXT])
            return None


def _is_file(tree: Tree, path: str) -> bool:
    try:
        found = tree.stat(path)
    except Unreadable:
        return False
    return found is not None and found.kind == "file"


def _hive(tree: Tree, path: str, problems: list[str]) -> Hive | None:
    name = path.rpartition("/")[2]
    try:
        found = tree.stat(path)
        if found is None or found.kind != "file":
            raise Missing("it is not there")
        if found.size > HIVE:
            raise Unreadable(f"its {found.size} bytes are too many")
        return open_hive(tree.read(path, HIVE))
    except Unreadable as error:
        problems.append(f"{name}: {str(error)[:TEXT]}")
        return None


def _stores(tree: Tree, problems: list[str]) -> Iterator[Hive]:
    for path in bcd.STORES:
        if _is_file(tree, path):
            hive = _hive(tree, path, problems)
            if hive is not None:
                yield hive


def _boot_files(tree: Tree) -> Iterator[str]:
    return (path.removeprefix("/") for path in BOOT_FILES if _is_file(tree, path))


def _ems(store: Hive | None, files: _Files) -> bool:
    if store is not None:
        return any(switch.on for switch in bcd.ems_switches(store))
    return bcd.boot_ini_ems(files.head("/boot.ini", 65536).decode("latin-1"))


def _shut_down(software: Hive | None, registry: Hive | None, files: _Files) -> bool | None:
    if software is None or registry is None:
        return None
    hibernated = files.head("/hiberfil.sys", 4) in HIBERNATED
    return not (software.dirty or registry.dirty or hibernated)


def _architecture(sys: Hive, control: str, files: _Files) -> str | None:
    """Return what the kernel is made for; what the registry says where there is none."""
    real = pe.machine(files.head("/Windows/System32/ntoskrnl.exe", pe.HEAD))
    said = sys.text(f"{control}\\Session Manager\\Environment", "PROCESSOR_ARCHITECTURE")
    return real or ARCHITECTURES.get((said or "").lower())


def _pending(soft: Hive, files: _Files) -> bool:
    keys = (
        f"{WINDOWS}\\Component Based Servicing\\RebootPending",
        f"{WINDOWS}\\WindowsUpdate\\Auto Update\\RebootRequired",
    )
    return any(soft.has(key) for key in keys) or files.there("/Windows/WinSxS/pending.xml")
