"""Switches off udev's rules that give network cards names by their MAC addresses.

    SUBSYSTEM=="net", …, ATTR{address}=="00:50:56:00:00:01", NAME="eth0"

The card on EC2 is another one; with the rule in force it would be called eth1, which nothing
configures. A rule goes on after a backslash. See udev(7).
"""

from typing import Final

from converters.guests.adapt.text import Edited, body, commented, is_idle, split

FORGOTTEN: Final = "names of network cards no longer go by MAC address"
ADDRESSES: Final = ("ATTR{address}", "ATTRS{address}", "SYSFS{address}")


def adapt(text: str) -> Edited:
    """Return a file of rules without those for MAC addresses."""
    lines = split(text)
    number = 0
    while number < len(lines):
        first = number
        if not is_idle(lines[number]):
            while body(lines[number]).endswith("\\") and number + 1 < len(lines):
                number += 1
            rule = "".join(lines[first : number + 1])
            if "NAME=" in rule and any(address in rule for address in ADDRESSES):
                for at in range(first, number + 1):
                    lines[at] = commented(lines[at])
        number += 1
    after = "".join(lines)
    return Edited(after, (FORGOTTEN,) if after != text else ())
