"""What a volume may be sold as: its size, type and speed."""

from emulator.services.ec2 import volume_types
from emulator.services.ec2.volumes import errors
from state.volumes import Shape

SHARED = frozenset({"io1", "io2"})  # types that may be attached to several instances


def checked_shape(
    size: int, volume_type: str, iops: int | None, throughput: int | None, *, multi_attach: bool
) -> Shape:
    """Return a shape that a volume may have; raises for any other."""
    if volume_type not in volume_types.VOLUME_TYPES:
        raise errors.unknown_type(volume_type)
    speed = volume_types.speed(volume_type, size, iops, throughput)
    if multi_attach and volume_type not in SHARED:
        raise errors.multi_attach_not_supported(volume_type)
    return Shape(
        size_gib=size,
        volume_type=volume_type,
        iops=speed.iops,
        throughput=speed.throughput,
        multi_attach=multi_attach,
    )
