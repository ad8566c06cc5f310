"""What the names of network interfaces tell: which of them can come along to EC2.

Only one Ethernet interface does. What stands on it (a bridge, a bond) goes on with DHCP; a VLAN has
nobody to talk to; what never leaves the machine keeps its addresses.
"""

import re
from typing import Final

DHCP: Final = "static addresses become DHCP"
HARDWARE: Final = "nothing is tied to the old MAC address"
VLAN: Final = "{} is a VLAN and keeps its address, for only one plain interface comes along."
STACKED: Final = "{} gets its address by DHCP over the one interface that comes along."

_INSIDE: Final = re.compile(
    r"(?:lo|dummy|tun|tap|wg|veth|docker|podman|cni|virbr|lxcbr|lxdbr|vnet|gre|gretap|sit|tunl|ip6tnl"
    r"|ppp|vxlan|flannel|cali|ifb|can|usb|wl|ww|ib)(?:[-\d.:_*]\S*|an\d+\S*|p\d+\S*)?"
)
_VLAN: Final = re.compile(r"(?:.+\.\d{1,4}|vlan\d{1,4})")
_STACKED: Final = re.compile(r"(?:br|bond|team|vmbr|xenbr|ovsbr)[-\d_]\S*")


def stays_inside(name: str) -> bool:
    """Tell whether an interface is no way out: loopback, tunnels, bridges of virtual machines."""
    return _INSIDE.fullmatch(name) is not None


def is_vlan(name: str) -> bool:
    """Tell whether a name is that of a VLAN."""
    return _VLAN.fullmatch(name) is not None


def is_stacked(name: str) -> bool:
    """Tell whether a name is that of a bridge or a bond."""
    return _STACKED.fullmatch(name) is not None
