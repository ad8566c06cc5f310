"""The formats of disk images, each known by its own bytes and by nothing else.

A module has a table of its layout, `matches` and `layout`; add a format to the list below. What
none of them knows is a raw disk.
"""

from typing import Final, Protocol

from converters.errors import ClientError
from converters.stages.formats import vhd, vhdx, vmdk
from converters.stages.formats.image import Image, Layout


class Format(Protocol):
    """What a module of this package offers."""

    @property
    def NAME(self) -> str:
        """The format as the service spells it."""

    @property
    def DRIVER(self) -> str:
        """The format as qemu spells it."""

    def matches(self, image: Image) -> bool:
        """Tell whether the image is, or means to be, of this format."""

    def layout(self, image: Image) -> Layout:
        """Return what the image says of its disk; ClientError if it is not to be trusted."""

    def broken(self) -> ClientError:
        """Return what to tell of an image that qemu cannot make sense of."""


FORMATS: Final[tuple[Format, ...]] = (vmdk, vhdx, vhd)


def named(name: str) -> Format:
    """Return the format that the service spells like this."""
    return next(known for known in FORMATS if name == known.NAME)
