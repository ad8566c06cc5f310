"""Changes the text of NetworkManager's keyfiles: static addresses become DHCP.

    [ethernet]                           [ethernet]
    mac-address=00:50:56:00:00:01        #mac-address=00:50:56:00:00:01
    [ipv4]                         ─►    [ipv4]
    method=manual                        method=auto
    address1=10.1.2.3/24,10.1.2.1        #address1=10.1.2.3/24,10.1.2.1
    dns=10.1.2.53;                       #dns=10.1.2.53;

A key stands on one line, a comment begins with a hash. See nm-settings-keyfile(5).
"""

import re
from typing import Final

from converters.guests.adapt.ini import Ini
from converters.guests.adapt.interfaces import (
    DHCP,
    HARDWARE,
    STACKED,
    VLAN,
    is_stacked,
    stays_inside,
)
from converters.guests.adapt.text import Edited

WIRED: Final = ("ethernet", "802-3-ethernet")
STACKS: Final = ("bond", "bridge", "team")
HARDWARE_KEYS: Final = ("mac-address", "cloned-mac-address")
GIVES: Final = re.compile(r"address(?:es)?\d*")
BELONGS: Final = re.compile(r"(?:address(?:es)?|route|routing-rule)s?\d*(?:_options)?|gateway|dns")
REFUSALS: Final = ("ignore-auto-dns", "ignore-auto-routes", "never-default")


def adapt(text: str) -> Edited:
    """Return a keyfile for EC2."""
    file = Ini(text, marks="#")
    kind = "".join(key.value for key in file.all("connection", "type")[:1])
    name = "".join(key.value for key in file.all("connection", "interface-name")[:1])
    if kind not in (*WIRED, *STACKS, "vlan") or stays_inside(name):
        return Edited(text)
    static = any(
        key.value
        and (GIVES.fullmatch(key.name) or (key.name == "method" and key.value == "manual"))
        for key in file.all("ipv4") + file.all("ipv6")
    )
    if static and kind == "vlan":
        return Edited(text, (), (VLAN.format(name or "the interface"),))
    reasons: list[str] = []
    if _forget_hardware(file):
        reasons.append(HARDWARE)
    if static:
        for section in ("ipv4", "ipv6"):
            _to_dhcp(file, section)
        reasons.append(DHCP)
    stacked = static and (kind in STACKS or is_stacked(name))
    return Edited(file.text, tuple(reasons), (STACKED.format(name or kind),) if stacked else ())


def _forget_hardware(file: Ini) -> bool:
    tied = [
        key
        for section in (*WIRED, *STACKS)
        for key in file.all(section, *HARDWARE_KEYS)
        if key.value
    ]
    tied += [key for key in file.all("match", "path", "driver") if key.value]
    for key in tied:
        file.disable(key)
    return bool(tied)


def _to_dhcp(file: Ini, section: str) -> None:
    for key in file.all(section):
        refused = key.name in REFUSALS and key.value == "true"
        if refused or (key.value and BELONGS.fullmatch(key.name)):
            file.disable(key)
        elif key.name == "method" and key.value == "manual":
            file.set(key, "auto")
