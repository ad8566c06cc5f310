"""Changes the text of SUSE's ifcfg files, which wicked reads: static addresses become DHCP.

    BOOTPROTO='static'           ─►    BOOTPROTO='dhcp'
    IPADDR='10.1.2.3/24'               #IPADDR='10.1.2.3/24'
    IPADDR_1='10.1.2.4/24'             #IPADDR_1='10.1.2.4/24'
    LLADDR='00:50:56:00:00:01'         #LLADDR='00:50:56:00:00:01'

A missing BOOTPROTO means static. See ifcfg(5) of sysconfig or wicked.
"""

import re
from typing import Final

from converters.guests.adapt.ifcfg import CLEVER, Dialect, settings, to_dhcp
from converters.guests.adapt.text import Edited, commented, split

NAME_SERVERS: Final = "name servers of the old network are switched off"

SUSE: Final = Dialect(
    gives=re.compile(r"IPADDR\w*"),
    belongs=re.compile(
        r"(?:IPADDR|NETMASK|PREFIXLEN|NETWORK|BROADCAST|REMOTE_IPADDR|LABEL|SCOPE|GATEWAY)(?:_?\w+)?"
    ),
    hardware=re.compile(r"LLADDR|MACADDR|HWADDR"),
    vlan=(("VLAN", "yes"), ("ETHERDEVICE", "")),
    stacked=(("BRIDGE", "yes"), ("BONDING_MASTER", "yes"), ("TEAM_RUNNER", "")),
)


def adapt(text: str, name: str) -> Edited:
    """Return an ifcfg file for EC2, given its name."""
    return to_dhcp(text, name, SUSE)


def adapt_netconfig(text: str) -> Edited:
    """Return /etc/sysconfig/network/config without name servers that are asked first."""
    lines = split(text)
    found = settings(lines)
    if found is None:
        return Edited(text, (), (CLEVER,))
    for one in found:
        if one.key == "NETCONFIG_DNS_STATIC_SERVERS" and one.value:
            lines[one.number] = commented(lines[one.number])
    after = "".join(lines)
    return Edited(after, (NAME_SERVERS,) if after != text else ())
