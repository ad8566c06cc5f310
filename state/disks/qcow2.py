"""What our own readers of qcow2 files go by.

https://www.qemu.org/docs/master/interop/qcow2.html

    header · where the L1 table is
    L1 table ──► L2 tables, an entry of 8 bytes for each cluster of 64 KiB: 0 if never written
"""

from typing import Final

MAGIC: Final = b"QFI\xfb"
VERSION: Final = 3
BITS: Final = 16  # of the size of a cluster
CLUSTER: Final = 1 << BITS
ENTRIES: Final = CLUSTER // 8  # of an L2 table
REACH: Final = ENTRIES * CLUSTER  # bytes of the disk that an L2 table tells of: 512 MiB
OFFSET: Final = 0x00FF_FFFF_FFFF_FE00  # the bits of an entry that say where
