"""A sample for demonstrations: a disk with a small Linux on it, and the OVA of a machine with it.

The OVA is what VMware exports: a descriptor, a manifest, and the disk as stream-optimized VMDK.
"""

import hashlib
import os
import shutil
import struct
import tarfile
from dataclasses import dataclass
from pathlib import Path

from converters import sample_guest
from converters.lifeline import Limits, run

SIZE_MIB = 64
PARTITION_AT = 1 << 20  # bytes
SECTOR = 512  # bytes
LIMITS = Limits(address_space=2 << 30, cpu_seconds=60, file_size=1 << 30)
SBIN = "/usr/sbin:/sbin:/opt/homebrew/opt/e2fsprogs/sbin"  # not in every user's PATH


OVF = """<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
    xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
  <References><File ovf:id="file" ovf:href="{name}" ovf:size="{size}"/></References>
  <DiskSection>
    <Info>The disk</Info>
    <Disk ovf:diskId="disk" ovf:fileRef="file" ovf:capacity="{mib}"
        ovf:capacityAllocationUnits="byte * 2^20"/>
  </DiskSection>
  <VirtualSystem ovf:id="demo">
    <Info>A machine</Info>
    <VirtualHardwareSection>
      <Info>Its hardware</Info>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceType>6</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:AddressOnParent>0</rasd:AddressOnParent>
        <rasd:HostResource>ovf:/disk/disk</rasd:HostResource>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:Parent>1</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
"""


class MissingProgram(Exception):
    """A program that the sample needs is not installed; says which package has it."""

    def __init__(self, program: str, package: str) -> None:
        super().__init__(f"{program} is not installed; try: sudo apt-get install {package}")


@dataclass(frozen=True, slots=True)
class Sample:
    """The same disk, bare and packed."""

    raw: Path
    ova: Path


async def make(folder: Path) -> Sample:
    """Make the sample in an empty folder; MissingProgram, or RuntimeError with what went wrong."""
    files = folder / "files"
    files.mkdir()
    sample_guest.write(files)
    (files / "noise").write_bytes(os.urandom(16 << 20))
    raw, vmdk = folder / "disk.raw", folder / "disk.vmdk"
    with raw.open("wb") as disk:
        disk.write(boot_record(SIZE_MIB << 20))
        disk.truncate(SIZE_MIB << 20)
    ext4 = ["-q", "-F", "-t", "ext4", "-L", "vmie-demo", "-E", f"offset={PARTITION_AT}"]
    size = f"{(SIZE_MIB << 10) - (PARTITION_AT >> 10)}k"
    await finished("mke2fs", "e2fsprogs", *ext4, "-d", str(files), str(raw), size)
    options = ["-O", "vmdk", "-o", "subformat=streamOptimized", str(raw), str(vmdk)]
    await finished("qemu-img", "qemu-utils", "convert", "-f", "raw", *options)
    return Sample(raw, packed(folder / "demo.ova", vmdk))


def boot_record(size: int) -> bytes:
    """Return the first sector of a disk of size bytes with one active Linux partition."""
    first = PARTITION_AT // SECTOR
    entry = struct.pack("<BxxxBxxxII", 0x80, 0x83, first, size // SECTOR - first)
    code = b"\xeb\xfe"  # a jump to itself: it is there, and that is all
    return code.ljust(446, b"\0") + entry.ljust(64, b"\0") + b"\x55\xaa"


def packed(target: Path, vmdk: Path) -> Path:
    """Pack a machine with one disk; the descriptor comes first, as DSP0243 wants it."""
    ovf = target.with_suffix(".ovf")
    ovf.write_text(OVF.format(name=vmdk.name, size=vmdk.stat().st_size, mib=SIZE_MIB))
    manifest = target.with_suffix(".mf")
    manifest.write_text(
        "".join(
            f"SHA256({file.name})= {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
            for file in (ovf, vmdk)
        )
    )
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        for file in (ovf, manifest, vmdk):
            archive.add(file, file.name)
    return target


async def finished(program: str, package: str, *arguments: str) -> None:
    """Run a program to its good end."""
    found = shutil.which(program) or shutil.which(program, path=SBIN)
    if found is None:
        raise MissingProgram(program, package)
    ended = await run([found, *arguments], LIMITS)
    if ended.code:
        raise RuntimeError(f"{program} ended with {ended.code}: {ended.stderr.strip()}")
