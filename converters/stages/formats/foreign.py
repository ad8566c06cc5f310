"""Formats that are recognised only to be refused: qemu would open them, the service does not.

    qcow2, qcow   0  "QFI\\xfb"            QED      0   "QED\\0"
    VDI          64  0xbeda107f           Parallels  0  "WithoutFreeSpace", "WithouFreSpacExt"
    OVA           a tar archive with an OVF descriptor, or one that is not sound

A disk that happens to begin so would be refused too; a real one begins with boot code.
"""

from typing import Final

from converters.errors import ClientError
from converters.stages import tar
from converters.stages.formats.image import SECTOR, Image

MAGICS: Final = (
    (0, b"QFI\xfb"),
    (0, b"QED\0"),
    (0, b"WithoutFreeSpace"),
    (0, b"WithouFreSpacExt"),
    (64, b"\x7f\x10\xda\xbe"),
)
OVF: Final = ".ovf"


def matches(image: Image) -> bool:
    """Tell whether this is one of the formats that are not imported."""
    head = image.begins(SECTOR)
    if any(head.startswith(magic, offset) for offset, magic in MAGICS):
        return True
    return tar.matches(image) and _is_ova(image)


def _is_ova(image: Image) -> bool:
    try:
        return any(name.lower().endswith(OVF) for name in tar.files(image))
    except ClientError:
        return True
