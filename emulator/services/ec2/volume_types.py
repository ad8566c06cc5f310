"""EBS volume types: how large, fast and wide a volume of each may be.

The numbers are those of the API reference, data type EbsBlockDevice; the ratios those of EBS's own
guide, https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html.
"""

from typing import Final, NamedTuple

from emulator.errors import invalid_parameter_value
from emulator.services.ec2 import image_errors


class Bounds(NamedTuple):
    """The least and the most of something."""

    least: int
    most: int


class VolumeType(NamedTuple):
    """What a volume of one type may be."""

    sizes: Bounds  # GiB
    iops: Bounds | None = None  # None: a client has no say in it
    iops_a_gib: int = 0
    default_iops: int | None = None  # given to any size; None: a client must say
    throughput: Bounds | None = None  # MiB/s
    default_throughput: int | None = None


DEFAULT: Final = "gp2"
IOPS_A_MIB: Final = 4  # a volume needs four IOPS for each MiB/s of its throughput

VOLUME_TYPES: Final = {
    "gp2": VolumeType(Bounds(1, 16384)),
    "gp3": VolumeType(
        Bounds(1, 65536),
        Bounds(3000, 80000),
        iops_a_gib=500,
        default_iops=3000,
        throughput=Bounds(125, 2000),
        default_throughput=125,
    ),
    "io1": VolumeType(Bounds(4, 16384), Bounds(100, 64000), iops_a_gib=50),
    "io2": VolumeType(Bounds(4, 65536), Bounds(100, 256000), iops_a_gib=1000),
    "sc1": VolumeType(Bounds(125, 16384)),
    "st1": VolumeType(Bounds(125, 16384)),
    "standard": VolumeType(Bounds(1, 1024)),
}


class Speed(NamedTuple):
    """What is shown of a volume's speed."""

    iops: int | None
    throughput: int | None


def speed(name: str, size: int, iops: int | None, throughput: int | None) -> Speed:
    """Return the speed of a volume of a type and size.

    Raises InvalidParameterValue and InvalidParameterCombination for a volume that can't be.
    """
    volume_type = VOLUME_TYPES.get(name)
    if volume_type is None:
        raise invalid_parameter_value("volumeType", name)
    check(f"Volume of {size}GiB", f" for volume type {name}", size, volume_type.sizes, "GiB")
    if volume_type.iops is None:
        if iops is not None:
            raise image_errors.iops_not_supported(name)
    elif iops is None:
        iops = volume_type.default_iops
        if iops is None:
            raise image_errors.iops_required(name)
    else:
        check(f"Volume iops of {iops}", "", iops, volume_type.iops)
        if iops > max(volume_type.iops_a_gib * size, volume_type.default_iops or 0):
            raise image_errors.iops_ratio_too_high(iops / size, volume_type.iops_a_gib)
    if volume_type.throughput is None or iops is None:
        if throughput is not None:
            raise image_errors.throughput_not_supported()
    elif throughput is None:
        throughput = volume_type.default_throughput
    else:
        check(f"Volume throughput of {throughput}MiB/s", "", throughput, volume_type.throughput)
        if throughput * IOPS_A_MIB > iops:
            raise image_errors.throughput_ratio_too_high(throughput / iops, 1 / IOPS_A_MIB)
    return Speed(iops, throughput)


def check(subject: str, where: str, value: int, bounds: Bounds, unit: str = "") -> None:
    """Refuse a value out of its bounds."""
    if value < bounds.least:
        raise image_errors.too_little(subject, where, f"{bounds.least}{unit}")
    if value > bounds.most:
        raise image_errors.too_much(subject, where, f"{bounds.most}{unit}")
