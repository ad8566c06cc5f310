"""Changes the network part of /etc/cloud/cloud.cfg.d/*.cfg: static addresses become DHCP.

cloud-init writes the network's files anew on a new instance, and what stands here goes before what
EC2 says. The second version of its language is that of netplan; the first, a list of devices with
subnets, is left as it is. https://docs.cloud-init.io/en/latest/reference/network-config.html
"""

import re
from typing import Final

from converters.guests.adapt import netplan
from converters.guests.adapt.text import Edited

FIRST: Final = (
    "cloud-init's network configuration of version 1 gives static addresses and stays: it goes "
    "before what EC2 says."
)

_NETWORK: Final = re.compile(r"^(?:network|\"network\")[ ]*:|^[ ]*\{", re.MULTILINE)
_FIRST: Final = re.compile(r"^[ ]*-?[ ]*\"?type\"?:[ ]*[\"']?static", re.MULTILINE)


def adapt(text: str) -> Edited:
    """Return a file of cloud-init's for EC2."""
    if not _NETWORK.search(text):
        return Edited(text)
    if _FIRST.search(text):
        return Edited(text, (), (FIRST,))
    return netplan.adapt(text)
