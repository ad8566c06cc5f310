"""Volume types: which sizes and speeds there are, and what a client is told of others."""

import pytest

from emulator.errors import AwsError
from emulator.services.ec2.volume_types import VOLUME_TYPES, Bounds, Speed, speed


@pytest.mark.parametrize(
    ("name", "size", "iops", "throughput", "expected"),
    [
        ("gp2", 1, None, None, Speed(None, None)),
        ("gp2", 16384, None, None, Speed(None, None)),
        ("gp3", 1, None, None, Speed(3000, 125)),
        ("gp3", 1, 3000, None, Speed(3000, 125)),  # the baseline is there at any size
        ("gp3", 65536, 80000, 2000, Speed(80000, 2000)),
        ("gp3", 10, 5000, 750, Speed(5000, 750)),
        ("gp3", 10, None, 750, Speed(3000, 750)),
        ("io1", 4, 100, None, Speed(100, None)),
        ("io1", 4, 200, None, Speed(200, None)),
        ("io2", 256, 256000, None, Speed(256000, None)),
        ("sc1", 125, None, None, Speed(None, None)),
        ("st1", 16384, None, None, Speed(None, None)),
        ("standard", 1024, None, None, Speed(None, None)),
    ],
)
def test_a_volume_may_be_so(
    name: str, size: int, iops: int | None, throughput: int | None, expected: Speed
) -> None:
    assert speed(name, size, iops, throughput) == expected


VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


@pytest.mark.parametrize(
    ("name", "size", "iops", "throughput", "code", "message"),
    [
        ("gp4", 1, None, None, VALUE, "Value (gp4) for parameter volumeType is invalid."),
        ("gp2", 8, 100, None, COMBINATION, "The parameter iops is not supported for gp2 volumes."),
        ("gp2", 8, 0, None, COMBINATION, "The parameter iops is not supported for gp2 volumes."),
        (
            "st1",
            125,
            100,
            None,
            COMBINATION,
            "The parameter iops is not supported for st1 volumes.",
        ),
        (
            "io1",
            8,
            None,
            None,
            COMBINATION,
            "The parameter iops must be specified for io1 volumes.",
        ),
        (
            "io2",
            8,
            None,
            None,
            COMBINATION,
            "The parameter iops must be specified for io2 volumes.",
        ),
        ("io1", 8, 99, None, VALUE, "Volume iops of 99 is too low; minimum is 100."),
        ("io1", 9999, 64001, None, VALUE, "Volume iops of 64001 is too high; maximum is 64000."),
        ("gp3", 20, 2999, None, VALUE, "Volume iops of 2999 is too low; minimum is 3000."),
        (
            *("gp3", 20, 15000, None, VALUE),
            "Iops to volume size ratio of 750.000000 is too high; maximum is 500",
        ),
        (
            *("io1", 8, 401, None, VALUE),
            "Iops to volume size ratio of 50.125000 is too high; maximum is 50",
        ),
        (
            *("gp3", 20, 3000, 1000, VALUE),
            "Throughput (MiBps) to iops ratio of 0.333333 is too high; "
            "maximum is 0.250000 MiBps per iops",
        ),
        ("gp3", 20, 3000, 124, VALUE, "Volume throughput of 124MiB/s is too low; minimum is 125."),
        (
            *("gp3", 20, 10000, 2001, VALUE),
            "Volume throughput of 2001MiB/s is too high; maximum is 2000.",
        ),
        ("io1", 8, 100, 125, COMBINATION, "throughput can only be specified for volumeType gp3."),
        ("gp2", 8, None, 125, COMBINATION, "throughput can only be specified for volumeType gp3."),
    ],
)
def test_a_volume_may_not_be_so(
    name: str, size: int, iops: int | None, throughput: int | None, code: str, message: str
) -> None:
    with pytest.raises(AwsError) as caught:
        speed(name, size, iops, throughput)

    assert (caught.value.code, caught.value.message) == (code, message)


@pytest.mark.parametrize("name", VOLUME_TYPES)
def test_a_size_out_of_bounds_is_refused(name: str) -> None:
    least, most = VOLUME_TYPES[name].sizes
    iops = 100 if name.startswith("io") else None

    speed(name, least, iops, None)
    speed(name, most, iops, None)
    for size, bound in (
        (least - 1, f"minimum is {least}GiB."),
        (most + 1, f"maximum is {most}GiB."),
    ):
        with pytest.raises(AwsError) as caught:
            speed(name, size, iops, None)
        assert caught.value.code == "InvalidParameterValue"
        assert bound in caught.value.message


def test_nobody_changes_the_bounds_by_accident() -> None:
    assert {name: each.sizes for name, each in VOLUME_TYPES.items()} == {
        "gp2": Bounds(1, 16384),
        "gp3": Bounds(1, 65536),
        "io1": Bounds(4, 16384),
        "io2": Bounds(4, 65536),
        "sc1": Bounds(125, 16384),
        "st1": Bounds(125, 16384),
        "standard": Bounds(1, 1024),
    }
