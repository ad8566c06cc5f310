"""The parts of a VMDK's sparse extent, for whoever reads or writes one.

Specification: "Virtual Disk Format 5.0", VMware, https://www.vmware.com/app/vmdk/?src=vmdk.
"""

import struct
from typing import Final, NamedTuple

SECTOR: Final = 512  # bytes; all places and lengths are sectors
MAGIC: Final = b"KDMV"
FLAGS: Final = 0x30001  # newlines are there to be checked, compressed, with markers
COMPRESSED_WITH_MARKERS: Final = 0x30000
ZEROED_GRAINS: Final = 0x4  # an entry of 1 is a grain of zeros
DEFLATE: Final = 1
AT_END: Final = 0xFFFFFFFFFFFFFFFF  # the directory is where the footer says
NEWLINES: Final = b"\n \r\n"  # a transfer as text would have changed them
ENTRIES: Final = 512  # of a grain table

# Before a grain: its sector on the disk, its deflated bytes. They follow at once.
MARKER: Final = struct.Struct("<QI")
# Before anything else, filling a sector: how many sectors follow, 0, what they are.
OTHER_MARKER: Final = struct.Struct("<QII")
END_OF_STREAM, GRAIN_TABLE, GRAIN_DIRECTORY, FOOTER = range(4)


class Header(NamedTuple):
    """The first 79 bytes of a sparse extent."""

    magic: bytes
    version: int
    flags: int
    capacity: int  # sectors
    grain: int  # sectors
    descriptor: int  # sector
    descriptor_length: int  # sectors
    entries: int  # of a grain table
    spare_directory: int  # sector
    directory: int  # sector
    overhead: int  # sectors
    unclean: bool
    newlines: bytes
    compression: int


HEADER: Final = struct.Struct("<4sIIQQQQIQQQ?4sH")
