"""Changes the text of systemd's .network files: static addresses become DHCP.

    [Match]                              [Match]
    MACAddress=00:50:56:00:00:01         Name=en* eth*
                                         #MACAddress=00:50:56:00:00:01
    [Network]                      ─►    [Network]
    Address=10.1.2.3/24                  DHCP=yes
    Gateway=10.1.2.1                     #Address=10.1.2.3/24
    DNS=10.1.2.53                        #Gateway=10.1.2.1
                                         #DNS=10.1.2.53

Sections of single addresses and routes go whole. See systemd.network(5).
"""

from typing import Final

from converters.guests.adapt.assumed import INTERFACE_GLOBS
from converters.guests.adapt.ini import Ini
from converters.guests.adapt.interfaces import (
    DHCP,
    HARDWARE,
    STACKED,
    VLAN,
    is_stacked,
    is_vlan,
    stays_inside,
)
from converters.guests.adapt.text import Edited

HARDWARE_KEYS: Final = ("MACAddress", "PermanentMACAddress", "Path", "Driver")
ADDRESS_KEYS: Final = ("Address", "Gateway", "DNS", "Broadcast")
WHOLE_SECTIONS: Final = ("Address", "Route", "RoutingPolicyRule", "NextHop")
REFUSALS: Final = ("UseDNS", "UseRoutes", "UseGateway")
OFF: Final = ("no", "false", "off", "0", "none", "")
ON: Final = ("yes", "true", "on", "1", "both", "ipv4", "v4")


def adapt(text: str) -> Edited:
    """Return a .network file for EC2."""
    file = Ini(text, continued=True)
    names = " ".join(key.value for key in file.all("Match", "Name")).split()
    if names and all(stays_inside(name) for name in names):
        return Edited(text)
    if any(key.value in ("loopback", "wlan", "wwan") for key in file.all("Match", "Type")):
        return Edited(text)
    sections = [number for number, one in enumerate(file.sections) if one.name in WHOLE_SECTIONS]
    gives = file.all("Network", "Address") + file.all("Address", "Address")
    static = any(key.value for key in gives)
    kinds = [key.value for key in file.all("Match", "Kind")]
    if static and ("vlan" in kinds or (names and all(is_vlan(name) for name in names))):
        return Edited(text, (), (VLAN.format(names[0] if names else "the interface"),))
    reasons = []
    left: tuple[str, ...] = ()
    if _forget_hardware(file, names):
        reasons.append(HARDWARE)
    if static:
        _to_dhcp(file, sections)
        reasons.append(DHCP)
        stacked = [name for name in names if is_stacked(name)]
        left = tuple(STACKED.format(name) for name in stacked[:1])
    return Edited(file.text, tuple(reasons), left)


def _forget_hardware(file: Ini, names: list[str]) -> bool:
    """Take away what ties the file to a network card of the old machine."""
    tied = file.all("Match", *HARDWARE_KEYS)
    tied = [key for key in tied if key.value and not (key.name == "Path" and key.value == "*")]
    for key in tied:
        file.disable(key)
    if tied and not names:
        file.add(tied[0].section, f"Name={' '.join(INTERFACE_GLOBS)}")
    own = file.all("Link", "MACAddress")
    for key in own:
        file.disable(key)
    return bool(tied or own)


def _to_dhcp(file: Ini, sections: list[int]) -> None:
    for key in file.all("Network", *ADDRESS_KEYS):
        file.disable(key)
    for section in ("DHCP", "DHCPv4"):
        for key in file.all(section, *REFUSALS):
            if key.value.lower() in OFF:
                file.disable(key)
    for number in sections:
        file.disable_section(number)
    protocols = file.all("Network", "DHCP")
    if protocols:
        if protocols[-1].value.lower() not in ON:
            file.set(protocols[-1], "yes")
        return
    for index, head in enumerate(file.sections):
        if head.name == "Network":
            file.add(index, "DHCP=yes")
            return
    file.add_section(file.sections[sections[0]].line, "[Network]", "DHCP=yes", "")
