"""An image with any of its fields changed is imported or refused; nothing crashes or hangs."""

import asyncio
import contextlib
import functools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.errors import ClientError
from converters.stages import inspect
from converters.stages.from_raw import from_raw
from converters.stages.to_raw import to_raw
from tests import disks
from tests.disks import MIB, SECTOR

pytestmark = pytest.mark.slow

KIB = 1024
PATIENCE = 30  # seconds; an image of 1 MiB takes 0.1

# Where the headers and tables of each kind are: ranges of offsets, from the end if negative.
FIELDS: dict[str, tuple[tuple[int, int], ...]] = {
    "stream VMDK": ((0, 80), (SECTOR, 2 * SECTOR), (21 * SECTOR, 31 * SECTOR)),
    "VMDK with a footer": ((0, 80), (21 * SECTOR, 31 * SECTOR), (-2048, 0)),
    "exported VMDK": ((0, 80), (128 * SECTOR, 128 * SECTOR + 64), (-12 * SECTOR, 0)),
    "fixed VHD": ((-SECTOR, 0),),
    "dynamic VHD": ((0, 2048), (-SECTOR, 0)),
    "exported VHD": ((0, 2048), (-SECTOR, 0)),
    "dynamic VHDX": (
        (64 * KIB, 64 * KIB + 80),
        (192 * KIB, 192 * KIB + 80),
        (2 * MIB, 2 * MIB + 64),
        (3 * MIB, 3 * MIB + 200),
        (3 * MIB + 64 * KIB, 3 * MIB + 64 * KIB + 64),
    ),
}
VALUES = st.one_of(
    st.integers(0, 600),
    st.sampled_from([1 << power for power in range(8, 64)]),
    st.sampled_from([0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFFFFFFFFFF, 1 << 63]),
    st.integers(0, (1 << 64) - 1),
)


@functools.cache
def image(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "VMDK with a footer":
            return disks.with_footer(Path(folder))
        if kind.startswith("exported "):
            return asyncio.run(exported(Path(folder), kind.removeprefix("exported ")))
        return disks.made(kind, Path(folder), MIB)


async def exported(folder: Path, disk_format: str) -> bytes:
    raw, target = disks.raw(folder / "disk", MIB), folder / "image"
    await from_raw(raw, MIB, disk_format, target, lambda percent: None)
    return target.read_bytes()


def resealed(kind: str, data: bytes) -> bytes:
    """The image with its checksums right again, so that what is behind them is reached."""
    if kind == "dynamic VHDX":
        for at, length in ((64 * KIB, 4 * KIB), (128 * KIB, 4 * KIB), (192 * KIB, 64 * KIB)):
            data = disks.patched(data, at, disks.sealed(data[at : at + length]))
    if kind in ("dynamic VHD", "exported VHD"):
        footer = disks.checked(data[:SECTOR], 64)
        header = disks.checked(data[SECTOR : 3 * SECTOR], 36)
        return footer + header + data[3 * SECTOR : -SECTOR] + footer
    if kind == "fixed VHD":
        return data[:-SECTOR] + disks.checked(data[-SECTOR:], 64)
    return data


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> bytes:
    data = image(kind)
    for _ in range(draw(st.integers(1, 3))):
        begin, end = draw(st.sampled_from(FIELDS[kind]))
        offset = draw(st.integers(begin, end - 1)) & ~draw(st.sampled_from([0, 3, 7]))
        width = draw(st.sampled_from([1, 2, 4, 8]))
        value = draw(VALUES) & ((1 << 8 * width) - 1)
        new = value.to_bytes(width, "big" if "VHD" in kind and "X" not in kind else "little")
        at = offset + len(data) if offset < 0 else offset
        data = disks.patched(data, at, new)[: len(data)]
    if draw(st.booleans()):
        data = resealed(kind, data)
    if draw(st.integers(0, 9)) == 0:
        data = data[: draw(st.integers(0, len(data)))]
    return data


async def imported(path: Path) -> None:
    async with asyncio.timeout(PATIENCE):
        disk = await inspect.inspect(path, None)
        if disk.size < 1 << 35:  # larger ones are right, but take qemu-img seconds to walk
            await to_raw(disk, path.with_suffix(".out"), lambda percent: None)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_mutated_image_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image"

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=mutated(kind))
    def look(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(ClientError):
            inspect._look(path, None)

    look()


@pytest.mark.parametrize("kind", FIELDS)
def test_a_mutated_image_is_imported_or_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image"

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=mutated(kind))
    def look(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(ClientError):
            asyncio.run(imported(path))

    look()


@settings(max_examples=200, deadline=None)
@given(
    data=st.binary(max_size=2000),
    magic=st.sampled_from(
        [b"KDMV", b"COWD", b"vhdxfile", b"conectix", b"QFI\xfb", b"# Disk D", b""]
    ),
)
def test_any_bytes_are_read_or_refused(data: bytes, magic: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(magic + data)
        file.flush()
        with contextlib.suppress(ClientError):
            inspect._look(Path(file.name), None)
