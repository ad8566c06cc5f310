"""What the hives of a Windows tell, question by question; None where they don't."""

from collections.abc import Iterator
from typing import Final

from converters.guests.guest import TEXT
from converters.guests.look.registry import Hive

NT: Final = "Microsoft\\Windows NT\\CurrentVersion"
WINDOWS: Final = "Microsoft\\Windows\\CurrentVersion"
NET: Final = "Microsoft\\NET Framework Setup\\NDP"

# Services that the tools of hypervisors and clouds bring along.
TOOLS: Final = {
    "VMTools": "vmware-tools",
    "VBoxService": "virtualbox",
    "QEMU-GA": "qemu-ga",
    "xensvc": "xen-tools",
    "xenservice": "xen-tools",
    "prl_tools_service": "parallels-tools",
    "WindowsAzureGuestAgent": "azure-agent",
    "AmazonSSMAgent": "amazon-ssm-agent",
}


def build(soft: Hive) -> int | None:
    """Return the build: 17763."""
    text = soft.text(NT, "CurrentBuildNumber") or soft.text(NT, "CurrentBuild")
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 8 else None


def version(soft: Hive) -> str | None:
    """Return the version: 6.1, 10.0."""
    major = soft.number(NT, "CurrentMajorVersionNumber")
    if major is None:
        return soft.text(NT, "CurrentVersion")
    return f"{major}.{soft.number(NT, 'CurrentMinorVersionNumber') or 0}"


def service_pack(text: str | None) -> int:
    """Return the number of a service pack by CSDVersion; 0 if there is none."""
    number = (text or "").removeprefix("Service Pack ").partition(",")[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 3 else 0


def old_edition(sys: Hive, control: str) -> str | None:
    """Return the edition of a Windows before Vista, which has no EditionID."""
    suites = sys.texts(f"{control}\\ProductOptions", "ProductSuite")
    kind = sys.text(f"{control}\\ProductOptions", "ProductType")
    if kind is None:
        return None
    client = kind.lower() == "winnt"
    names = (
        {"personal": "Home"}
        if client
        else {
            "datacenter": "ServerDatacenter",
            "enterprise": "ServerEnterprise",
            "blade": "ServerWeb",
            "small business": "ServerSBSStandard",
            "small business(restricted)": "ServerSBSStandard",
            "storage server": "ServerStorageStandard",
            "compute server": "ServerComputeCluster",
        }
    )
    suite = {name.lower() for name in suites or ()}
    found = (edition for name, edition in names.items() if name in suite)
    return next(found, "Professional" if client else "ServerStandard")


def old_installation(sys: Hive, control: str) -> str | None:
    """Return Client or Server for a Windows that has no InstallationType."""
    kind = sys.text(f"{control}\\ProductOptions", "ProductType")
    return None if kind is None else "Client" if kind.lower() == "winnt" else "Server"


def hyper_v(soft: Hive, starts: dict[str, int | None]) -> bool:
    """Tell whether the role is installed: its management service, or the server manager's word.

    The packages of the role are on every system, installed or not, so they tell nothing.
    """
    components = "Microsoft\\ServerManager\\ServicingStorage\\ServerComponentCache\\Hyper-V"
    return starts.get("vmms", 4) != 4 or soft.number(components, "InstallState") == 1


def sysprepped(soft: Hive, sys: Hive) -> bool:
    """Tell whether it was generalized and waits for its first start."""
    state = soft.text(f"{WINDOWS}\\Setup\\State", "ImageState")
    if state is not None:
        return state.upper().startswith("IMAGE_STATE_GENERALIZE")
    # 3 while it waits, 7 once it has started; Server 2003 only says that setup isn't done.
    generalized = sys.number("Setup\\Status\\SysprepStatus", "GeneralizationState")
    return generalized == 3 or sys.number("Setup", "SystemSetupInProgress") == 1


def fixed_size(pages: tuple[str, ...]) -> bool:
    """Tell whether every page file begins with the size that it may grow to, and there is one."""
    sizes = [page.split()[-2:] for page in pages]
    return bool(sizes) and all(
        len(size) == 2 and size[0] == size[1] and size[0].isdecimal() and int(size[0][:9]) > 0
        for size in sizes
    )


def dot_net(soft: Hive) -> str | None:
    """Return the newest .NET Framework that is installed."""
    for name in ("v4\\Full", "v4\\Client", "v4.0\\Client", "v3.5", "v3.0", "v2.0.50727"):
        key = f"{NET}\\{name}"
        if soft.number(key, "Install") == 1:
            pack = soft.number(key, "SP")
            version = soft.text(key, "Version") or name.partition("\\")[0].removeprefix("v")
            return f"{version} SP{pack}" if pack else version
    return None


def starts(sys: Hive, services: str) -> dict[str, int | None]:
    """Return how each service starts, by its name in lower case."""
    names = sys.names(services)
    return {name[:TEXT].lower(): sys.number(f"{services}\\{name}", "Start") for name in names}


def tools(starts: dict[str, int | None]) -> tuple[str, ...]:
    """Return which tools of hypervisors and clouds are among the services."""
    return tuple(dict.fromkeys(tool for name, tool in TOOLS.items() if name.lower() in starts))


def drive(path: str | None) -> str | None:
    """Return the letter of a path's drive: "C:"."""
    return path[:2].upper() if path and path[1:2] == ":" and path[0].isalpha() else None


def static_interfaces(registry: Hive) -> Iterator[str]:
    """Yield the keys of the network interfaces that have an address of their own."""
    parent = f"{registry.control_set()}\\Services\\Tcpip\\Parameters\\Interfaces"
    for name in registry.names(parent):
        key = f"{parent}\\{name}"
        addresses = registry.texts(key, "IPAddress") or ()
        given = any(address not in ("", "0.0.0.0") for address in addresses)
        if registry.number(key, "EnableDHCP") == 0 and given:
            yield key
