"""The hardware section of an OVF: the drives of a virtual machine in the order of a BIOS.

    Item   InstanceID 3, ResourceType 6 (a SCSI controller), Address 0
    Item   InstanceID 9, ResourceType 17 (a disk drive), Parent 3, AddressOnParent 0

Where an item stands in the file means nothing. OVF 2 calls drives StorageItem, OVF 0.9 writes
InstanceId and BusNumber.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from converters.errors import several_machines
from converters.stages.envelope import attribute, children, kind, local, within

Item = Mapping[str, str]  # texts by the names of its elements

DISKS: Final = (17, 19, 31, 32)  # disk drive, storage extent, logical disk, storage volume
# assumed: IDE (5) before SATA (20) before SCSI (6), as most BIOSes look for a disk to boot from;
# then others, among them NVMe (20 too), from which a BIOS can't boot; then drives without a parent
RANKS: Final = {5: 0, 20: 1, 6: 2}
OTHERS: Final = 3
ORPHANS: Final = 4
NVME: Final = "nvme"
LAST: Final = 1 << 31  # where what is not a number goes


class Place(NamedTuple):
    """Where a drive is, to be sorted by."""

    rank: int
    controller: int
    instance: int
    address: int


def drives(root: Element) -> list[Item]:
    """Return the items of the hard disks, the first to boot from first; ClientError."""
    items = [
        {local(field.tag): (field.text or "").strip() for field in reversed(item)}
        for item in _items(root)
    ]
    by_instance = {instance(item): item for item in reversed(items)}
    found = [item for item in items if _number(item.get("ResourceType")) in DISKS]
    return sorted(found, key=lambda item: _place(item, by_instance))


def instance(item: Item) -> str:
    """Return the id of an item."""
    return item.get("InstanceID") or item.get("InstanceId") or ""


def _items(root: Element) -> Iterator[Element]:
    # assumed: that a collection with one machine is as good as the machine; that of several
    # hardware sections the first counts, and of several configurations the default
    machines = [element for element in root.iter() if kind(element) == "VirtualSystem"]
    if len(machines) != 1:
        raise several_machines()
    chosen = _configuration(root)
    for section in children(machines[0], "VirtualHardwareSection"):
        for item in children(section, "Item", "StorageItem"):
            configurations = attribute(item, "configuration")
            if configurations is None or chosen in configurations.split():
                yield item
        return


def _configuration(root: Element) -> str | None:
    offered = list(within(root, "DeploymentOptionSection", "Configuration"))
    preferred = [element for element in offered if attribute(element, "default") in ("true", "1")]
    return next((attribute(element, "id") for element in preferred + offered), None)


def _place(item: Item, by_instance: Mapping[str, Item]) -> Place:
    address = _number(item.get("AddressOnParent"))
    parent = by_instance.get(item.get("Parent", ""))
    if parent is None or parent is item:
        return Place(ORPHANS, 0, 0, address)
    rank = RANKS.get(_number(parent.get("ResourceType")), OTHERS)
    if NVME in parent.get("ResourceSubType", "").lower():
        rank = OTHERS
    controller = _number(parent.get("Address") or parent.get("BusNumber"))
    return Place(rank, controller, _number(instance(parent)), address)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else LAST
