"""An OVA with anything in it changed is opened or refused; nothing crashes or hangs."""

import asyncio
import contextlib
import functools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.errors import ClientError
from converters.stages.inspect import inspect
from converters.stages.ova import check_capacity, inflate, is_archive, open_ova
from converters.stages.to_raw import to_raw
from tests import disks, ovas
from tests.ovas import BLOCK

PATIENCE = 30  # seconds; it takes 0.01 to open one, 0.2 to take its disks out
QUIET = settings(max_examples=200, suppress_health_check=list(HealthCheck))
WORDS = [
    *(
        b'"',
        b"<",
        b">",
        b"/",
        b"&",
        b"&#0;",
        b"&lt;",
        b"<!--",
        b"<![CDATA[",
        b"\0",
        b"\xff",
        b"../",
    ),
    *(b"ovf:", b"xsi:type=", b"gzip", b"vmdisk1", b"vmdisk2", b"file1", b"file2", b"disk1.vmdk"),
    *(b"0", b"-1", b"99999999999999999999", b"0x7fffffffffffffff", b"byte * 2^64", b"17", b"15"),
    *(b"<Item>", b"</Item>", b"<File/>", b"<Disk/>", b"<!DOCTYPE a>", b"<?xml?>", b"VirtualSystem"),
]
FIELDS = [
    (0, 100),
    (124, 136),
    (156, 157),
    (257, 265),
    (345, 500),
]  # name, size, kind, magic, prefix


@functools.cache
def ova(form: str, manifest: str | None = None) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.vmdk"
        small.write_bytes(disks.stream_vmdk())
        names = {"disk1.vmdk": small, "a/" + "long" * 20 + ".vmdk": small}
        path = Path(folder) / "vm.ova"
        ovas.ova(path, names, tar=form, gzipped=[*names][1:], manifest=manifest)
        return path.read_bytes()


async def imported(path: Path, all_the_way: bool = True) -> None:
    """Open an OVA and take its disks out; ClientError is as good as success."""
    with contextlib.suppress(ClientError):
        async with asyncio.timeout(PATIENCE):
            is_archive(path)
            for member in await open_ova(path):
                if not all_the_way:
                    continue
                image, window = path, {"offset": member.offset, "length": member.length}
                if member.gzipped:
                    image, window = path.with_suffix(".inflated"), {}
                    await inflate(path, member, image, lambda percent: None)
                disk = await inspect(image, None, **window)
                check_capacity(member, disk)
                await to_raw(disk, path.with_suffix(".raw"), lambda percent: None)


def look(path: Path, data: bytes, all_the_way: bool = False) -> None:
    path.write_bytes(data)
    asyncio.run(imported(path, all_the_way))


@pytest.mark.parametrize("form", ovas.FORMATS)
async def test_an_ova_cut_anywhere_is_opened_or_refused(form: str, tmp_path: Path) -> None:
    data = ova(form, "SHA1")
    path = tmp_path / "vm.ova"
    opened = 0
    for cut in sorted({*range(0, len(data), BLOCK), *range(0, 6 * BLOCK, 100)}, reverse=True):
        path.write_bytes(data[:cut])
        with contextlib.suppress(ClientError):
            await open_ova(path)
            opened += 1

    assert 1 < opened < 30  # what was cut off was no more than the padding at the end


@pytest.mark.slow
@pytest.mark.parametrize("form", ovas.FORMATS)
def test_an_ova_with_mutated_headers_is_opened_or_refused(form: str, tmp_path: Path) -> None:
    good = ova(form)
    heads = [at for at in range(0, len(good), BLOCK) if good[at + 257 :].startswith(b"ustar")]
    if form == "v7":
        heads = [at for at in range(0, len(good), BLOCK) if good[at + 148 :][6:8] == b"\0 "]

    @QUIET
    @given(
        changes=st.lists(
            st.tuples(
                st.sampled_from(heads),
                st.sampled_from(FIELDS),
                st.binary(min_size=1, max_size=12),
                st.integers(0, 100),
                st.booleans(),
            ),
            min_size=1,
            max_size=3,
        )
    )
    def check(changes: list[tuple[int, tuple[int, int], bytes, int, bool]]) -> None:
        data = good
        for at, (begin, end), new, skip, sealed in changes:
            place = at + begin + skip % (end - begin)
            data = disks.patched(data, place, new[: at + end - place])
            if sealed:
                data = disks.patched(data, at, ovas.checked(data[at : at + BLOCK]))
        look(tmp_path / "vm.ova", data)

    check()


@pytest.mark.slow
def test_an_ova_with_a_mutated_descriptor_is_imported_or_refused(tmp_path: Path) -> None:
    small = disks.stream_vmdk()
    text = ovas.descriptor(
        [ovas.Disk("disk1.vmdk", len(small), 1 << 22), ovas.Disk("disk2.vmdk", None, 1 << 22)]
    ).encode()

    @QUIET
    @given(
        changes=st.lists(
            st.tuples(
                st.integers(0, len(text)),
                st.integers(0, 40),
                st.one_of(st.sampled_from(WORDS), st.binary(max_size=5)),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def check(changes: list[tuple[int, int, bytes]]) -> None:
        mutated = text
        for at, length, new in changes:
            mutated = mutated[:at] + new + mutated[at + length :]
        files: dict[str, Path | bytes] = {
            "vm.ovf": mutated,
            "disk1.vmdk": small,
            "disk2.vmdk": small,
        }
        ovas.packed(tmp_path / "vm.ova", files)
        asyncio.run(imported(tmp_path / "vm.ova", all_the_way=False))

    check()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pax", "GNU"])
def test_an_ova_with_any_byte_changed_is_imported_or_refused(form: str, tmp_path: Path) -> None:
    good = ova(form)

    @settings(QUIET, max_examples=60)
    @given(at=st.integers(0, len(good) - 1), new=st.binary(min_size=1, max_size=8))
    def check(at: int, new: bytes) -> None:
        look(tmp_path / "vm.ova", disks.patched(good, at, new)[: len(good)], all_the_way=True)

    check()


@pytest.mark.slow
@given(data=st.binary(max_size=3000))
@QUIET
def test_any_extension_is_read_or_refused(data: bytes) -> None:
    for kind in (b"x", b"g", b"L", b"K"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "vm.ova"
            look(path, ovas.member(b"x", data, kind) + ova("ustar"))
            look(path, data + ova("ustar"))
