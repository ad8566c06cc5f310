"""The OVF descriptor of a machine with one disk and one network card, as VMware's readers want it.

    vmx-07    vSphere 4 and later: up to 8 processors, 255 GiB, a BIOS
    vmx-08    vSphere 5 and later: up to 32 processors, 1011 GiB, a BIOS or UEFI
    vmx-10    vSphere 5.5 and later

Specification: DSP0243, "Open Virtualization Format", https://www.dmtf.org/standards/ovf. Below an
item elements stand in the order of their names: the schema has them so.
"""

from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

STREAM_OPTIMIZED: Final = (
    "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
)
CIM: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_"
NETWORK: Final = "VM Network"  # how vSphere calls the first of its own

# Up to how many processors and how much memory (MiB) a version of the hardware has; with UEFI?
HARDWARE: Final = ((7, 8, 255 << 10, False), (8, 32, 1011 << 10, True))
LATEST: Final = 10

# ResourceTypes of CIM
PROCESSOR, MEMORY, SCSI, ETHERNET, DISK = 3, 4, 6, 10, 17

# assumed: what is told of a system of which no more is known than this. CIM's number, VMware's word
SYSTEMS: Final = {
    ("linux", "x86_64"): (101, "otherLinux64Guest"),
    ("linux", "i386"): (36, "otherLinuxGuest"),
    ("windows", "x86_64"): (103, "windows7Server64Guest"),
    ("windows", "i386"): (69, "winNetStandardGuest"),
}


class Machine(NamedTuple):
    """What is told of a machine besides its disk."""

    name: str  # what its files are called, too
    label: str  # what a human being calls it
    platform: str  # linux, windows
    architecture: str  # i386, x86_64
    processors: int
    memory_mib: int
    uefi: bool


def descriptor(machine: Machine, file: str, file_size: int, capacity: int, populated: int) -> bytes:
    """Return the descriptor; sizes are bytes: of the file, of the disk, of what is on the disk."""
    number, word = SYSTEMS[machine.platform, machine.architecture]
    items = "".join(item(fields) for fields in hardware(machine))
    firmware = FIRMWARE if machine.uefi else ""
    return ENVELOPE.format(
        cim=CIM,
        file=quoteattr(file),
        file_size=file_size,
        capacity=capacity,
        format=STREAM_OPTIMIZED,
        populated=populated,
        network=NETWORK,
        name=quoteattr(machine.name),
        label=escape(machine.label),
        number=number,
        word=word,
        identifier=escape(machine.name),
        version=version(machine),
        items=items,
        firmware=firmware,
    ).encode()


def version(machine: Machine) -> int:
    """Return the oldest version of VMware's hardware that has what the machine has."""
    for number, processors, memory, uefi in HARDWARE:
        fits = machine.processors <= processors and machine.memory_mib <= memory
        if fits and (uefi or not machine.uefi):
            return number
    return LATEST


def hardware(machine: Machine) -> list[dict[str, object]]:
    """Return the items of the hardware section: the names of elements and their texts."""
    # Windows since 2008 has a driver for the one, Windows 2003 and every Linux for the other.
    modern = (machine.platform, machine.architecture) == ("windows", "x86_64")
    return [
        {
            "AllocationUnits": "hertz * 10^6",
            "Description": "Number of virtual CPUs",
            "ElementName": f"{machine.processors} virtual CPU(s)",
            "InstanceID": 1,
            "ResourceType": PROCESSOR,
            "VirtualQuantity": machine.processors,
        },
        {
            "AllocationUnits": "byte * 2^20",
            "Description": "Memory size",
            "ElementName": f"{machine.memory_mib} MB of memory",
            "InstanceID": 2,
            "ResourceType": MEMORY,
            "VirtualQuantity": machine.memory_mib,
        },
        {
            "Address": 0,
            "Description": "SCSI controller",
            "ElementName": "SCSI controller 0",
            "InstanceID": 3,
            "ResourceSubType": "lsilogicsas" if modern else "lsilogic",
            "ResourceType": SCSI,
        },
        {
            "AddressOnParent": 0,
            "ElementName": "Hard disk 1",
            "HostResource": "ovf:/disk/vmdisk1",
            "InstanceID": 4,
            "Parent": 3,
            "ResourceType": DISK,
        },
        {
            "AddressOnParent": 7,
            "AutomaticAllocation": "true",
            "Connection": NETWORK,
            "Description": f'E1000 ethernet adapter on "{NETWORK}"',
            "ElementName": "Network adapter 1",
            "InstanceID": 5,
            "ResourceSubType": "E1000",
            "ResourceType": ETHERNET,
        },
    ]


def item(fields: dict[str, object]) -> str:
    """Return one item of the hardware section."""
    lines = (
        f"        <rasd:{name}>{escape(str(text))}</rasd:{name}>\n" for name, text in fields.items()
    )
    return f"      <Item>\n{''.join(lines)}      </Item>\n"


FIRMWARE: Final = """\
      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>
"""
ENVELOPE: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" \
xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" \
xmlns:rasd="{cim}ResourceAllocationSettingData" \
xmlns:vmw="http://www.vmware.com/schema/ovf" \
xmlns:vssd="{cim}VirtualSystemSettingData">
  <References>
    <File ovf:href={file} ovf:id="file1" ovf:size="{file_size}"/>
  </References>
  <DiskSection>
    <Info>The disk of the machine</Info>
    <Disk ovf:capacity="{capacity}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk1" \
ovf:fileRef="file1" ovf:format="{format}" ovf:populatedSize="{populated}"/>
  </DiskSection>
  <NetworkSection>
    <Info>The network that the machine is to be in</Info>
    <Network ovf:name="{network}">
      <Description>Any network that gives out addresses by DHCP</Description>
    </Network>
  </NetworkSection>
  <VirtualSystem ovf:id={name}>
    <Info>A machine that was an EC2 instance</Info>
    <Name>{label}</Name>
    <OperatingSystemSection ovf:id="{number}" vmw:osType="{word}">
      <Info>The kind of system that is on the disk</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>What the machine must have</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>{identifier}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-{version:02}</vssd:VirtualSystemType>
      </System>
{items}{firmware}\
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"""
