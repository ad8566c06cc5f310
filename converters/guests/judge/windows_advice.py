"""What the guide asks to be done to a Windows before it is exported; none of it fails an import."""

from collections.abc import Callable
from typing import Final

from converters.guests.guest import Guest
from converters.guests.judge import rules
from converters.guests.judge.rules import Failed, Look, Outcome, Passed, Request, Rule, rule
from converters.guests.judge.windows_rules import (
    in_another_script,
    languages,
    net_version,
    readable,
)

WANTED_NET: Final = (4, 5)
ENGLISH: Final = "en"


def _advice(
    name: str, sentence: str, section: str = rules.WINDOWS_CONFIGURATION
) -> Callable[[Look], Rule]:
    return rule(name, sentence, section, blocking=False)


@_advice("dot-net-4.5", "The .NET Framework 4.5 or a later one is installed.")
def new_dot_net(guest: Guest, request: Request) -> Outcome | None:
    """Ask for what today's agents run on."""
    windows = readable(guest)
    if windows is None:
        return None
    if net_version(windows) < WANTED_NET:
        return Failed(windows.dot_net or "none", "Install it in the guest before the export.")
    return Passed(windows.dot_net or "")


@_advice("autologon", "Nobody is logged on automatically.")
def autologon(guest: Guest, request: Request) -> Outcome | None:
    """Ask for autologon to be off."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.autologon:
        return Failed(
            "AutoAdminLogon is 1",
            "Switch it off: reg add 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\"
            "Winlogon' /v AutoAdminLogon /d 0 /f",
        )
    return Passed()


@_advice("pending-updates", "No updates wait for a restart.")
def updates(guest: Guest, request: Request) -> Outcome | None:
    """Ask for installed updates to be finished."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.pending_updates:
        return Failed("some do", "Restart the machine until Windows Update has nothing left to do.")
    return Passed()


@_advice("page-file", "The page file has a fixed size.", rules.WINDOWS_LIMITS)
def page_file(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a page file that doesn't grow into the last gibibytes."""
    windows = readable(guest)
    if windows is None or windows.page_file_fixed is None or not windows.page_file:
        return None
    if not windows.page_file_fixed:
        return Failed(
            windows.page_file,
            "Set one size in System > Advanced > Performance > Virtual memory: initial = maximum.",
        )
    return Passed(windows.page_file)


@_advice("universal-time", "The clock of the hardware runs on universal time.")
def universal_time(guest: Guest, request: Request) -> Outcome | None:
    """Ask for RealTimeIsUniversal, as the clock of an instance runs."""
    windows = readable(guest)
    if windows is None or windows.real_time_is_universal is None:
        return None
    if not windows.real_time_is_universal:
        return Failed(
            "RealTimeIsUniversal is not set",
            "The import sets it; or: reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\"
            "TimeZoneInformation /v RealTimeIsUniversal /t REG_DWORD /d 1 /f",
        )
    return Passed()


@_advice("emergency-services", "Emergency Management Services are off.", rules.WINDOWS_LIMITS)
def emergency_services(guest: Guest, request: Request) -> Outcome | None:
    """Tell that they are switched off."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.ems:
        return Failed("they are on", "The import switches them off; or: bcdedit /ems off")
    return Passed()


@_advice("remote-desktop", "Remote Desktop is on.")
def remote_desktop(guest: Guest, request: Request) -> Outcome | None:
    """Ask for the way to get in."""
    windows = readable(guest)
    if windows is None or windows.remote_desktop is None:
        return None
    if not windows.remote_desktop:
        return Failed(
            "fDenyTSConnections is 1",
            "Switch it on, in the firewall too, else nobody gets into the instance.",
        )
    return Passed()


@_advice("dhcp-client", "The network is configured by DHCP.", rules.WINDOWS_ERRORS)
def dhcp(guest: Guest, request: Request) -> Outcome | None:
    """Ask for the DHCP client; static addresses are removed."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.dhcp_client is False:
        return Failed(
            "the service Dhcp is off",
            "Switch it on: sc config Dhcp start= auto; the instance gets no address otherwise.",
        )
    if windows.static_addresses:
        return Failed(
            "interfaces have addresses of their own",
            "Nothing need be done: the import changes them to DHCP.",
        )
    return Passed()


@_advice("guest-tools", "The tools of the hypervisor that it comes from are removed.",
         rules.CONFIGURATION)  # fmt: skip
def guest_tools(guest: Guest, request: Request) -> Outcome | None:
    """Ask for VMware's tools and the like to be gone."""
    windows = readable(guest)
    if windows is None:
        return None
    tools = [tool for tool in windows.guest_tools if tool != "amazon-ssm-agent"]
    if tools:
        return Failed(", ".join(tools), "Uninstall them before the export.")
    return Passed()


@_advice("directory-database", "The database of Active Directory is on the volume of Windows.",
         rules.WINDOWS_ERRORS)  # fmt: skip
def directory_database(guest: Guest, request: Request) -> Outcome | None:
    """Ask a domain controller for its database."""
    windows = readable(guest)
    if windows is None or windows.domain_controller_volume is None:
        return None
    if windows.domain_controller_volume != "C:":
        return Failed(
            f"it is on {windows.domain_controller_volume}",
            "Move it to C: with ntdsutil: a domain controller without it doesn't start.",
        )
    return Passed("C:")


@_advice("shut-down", "Windows was shut down before the export.", rules.CONFIGURATION)
def shut_down(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a shutdown: a hibernated system or an open registry can't be changed."""
    windows = readable(guest)
    if windows is None or windows.shut_down is None:
        return None
    if not windows.shut_down:
        return Failed(
            "it is hibernated, or its registry was not closed",
            "Shut it down with: shutdown /s /f /t 0, without fast startup (powercfg /h off). As it "
            "is, nothing in the guest can be adapted.",
        )
    return Passed()


@_advice("english", "English is the only language that is installed.", rules.WINDOWS_LIMITS)
def english(guest: Guest, request: Request) -> Outcome | None:
    """Recommend English, as the guide does."""
    windows = readable(guest)
    packs = languages(windows) if windows is not None else ()
    foreign = [pack for pack in packs if pack.split("-")[0].lower() != ENGLISH]
    if not packs or any(map(in_another_script, packs)):
        return None
    if foreign:
        return Failed(", ".join(foreign[:5]), "Remove other language packs: lpksetup /u NAME")
    return Passed()


ADVICE: Final[tuple[Rule, ...]] = (
    shut_down,
    new_dot_net,
    autologon,
    updates,
    page_file,
    universal_time,
    emergency_services,
    remote_desktop,
    dhcp,
    guest_tools,
    directory_database,
    english,
)
