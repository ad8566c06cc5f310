"""Shows volumes to an emulated computer as disks of their own, wherever their bytes stand.

    one extent   ──► a window on the raw disk: QEMU's raw driver with offset and size
    several      ──► a VMDK descriptor whose flat extents are pieces of the raw disks: a logical
                     volume needs no device mapper

The kernel in the appliance never sees the client's partition tables.
https://github.com/libyal/libvmdk/blob/main/documentation/VMWare%20Virtual%20Disk%20Format%20(VMDK).asciidoc
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from converters.guests.guest import Volume
from converters.guests.write.outcome import Refused

SECTOR: Final = 512
# The page cache of this machine is what is read afterwards, and the disk is made anew after a
# crash: nothing is gained by waiting for the medium. Two volumes may share a disk, so no locks.
CACHE: Final = "cache=unsafe,discard=ignore"

# No empty lines: QEMU takes one before an extent for that extent, and has it twice.
DESCRIPTOR: Final = """# Disk DescriptorFile
version=1
CID=fffffffe
parentCID=ffffffff
createType="twoGbMaxExtentFlat"
# Extents
{extents}
# Geometry
ddb.virtualHWVersion = "4"
ddb.geometry.cylinders = "1"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
ddb.adapterType = "ide"
"""


def drive(name: str, volume: Volume, disks: Sequence[Path], scratch: Path) -> list[str]:
    """Return the options of QEMU for a disk that is a volume; scratch gets a descriptor."""
    if len(volume.extents) == 1:
        [extent] = volume.extents
        backend = "driver=raw,file.driver=file,file.locking=off"
        backend += f",offset={extent.offset},size={extent.size // SECTOR * SECTOR}"
        backend += f",file.filename={escaped(disks[extent.disk])}"
    else:
        backend = _joined(name, volume, disks, scratch)
    return attached(name, backend, CACHE)


def content(name: str, path: Path) -> list[str]:
    """Return the options of QEMU for a disk that can only be read."""
    backend = f"driver=raw,file.driver=file,file.filename={escaped(path)}"
    return attached(name, backend, "readonly=on")


def attached(name: str, backend: str, how: str) -> list[str]:
    """Return the options of QEMU for a disk of which the backend is known."""
    drive = f"if=none,id={name},{backend},{how}"
    return ["-drive", drive, "-device", f"virtio-blk-pci,drive={name}"]


def escaped(path: Path) -> str:
    """Return a path as it may stand between the commas of QEMU's options."""
    return str(path).replace(",", ",,")


def _joined(name: str, volume: Volume, disks: Sequence[Path], scratch: Path) -> str:
    for number in {extent.disk for extent in volume.extents}:
        link = scratch / f"disk{number}"  # a name that needs no quoting
        if not link.is_symlink():
            link.symlink_to(disks[number].absolute())
    lines = []
    for extent in volume.extents:
        if extent.offset % SECTOR or extent.size % SECTOR:
            raise Refused("its pieces do not begin at sectors")
        lines.append(
            f'RW {extent.size // SECTOR} FLAT "disk{extent.disk}" {extent.offset // SECTOR}'
        )
    descriptor = scratch / f"{name}.vmdk"
    descriptor.write_text(DESCRIPTOR.format(extents="\n".join(lines)))
    backend = f"driver=vmdk,file.driver=file,file.locking=off,file.filename={escaped(descriptor)}"
    return backend + "".join(f",extents.{number}.locking=off" for number in range(len(lines)))
