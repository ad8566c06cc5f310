"""The disks of an OVA: found by the hardware's order, checked, and byte for byte what went in."""

import asyncio
import bz2
import gzip
import hashlib
import os
import threading
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from converters.codec import program
from converters.errors import ClientError
from converters.stages.inspect import inspect
from converters.stages.ova import Member, check_capacity, inflate, is_archive, open_ova
from converters.stages.to_raw import to_raw
from tests import disks, ovas
from tests.disks import KINDS, MIB, SAMPLES, SECTOR
from tests.ovas import DISK, IDE, SCSI, Item

GIB = 1 << 30
TIB = 1 << 40


def ignore(percent: int) -> None:
    """Nobody is shown the progress."""


async def raw_of(ova: Path, member: Member, target: Path) -> Path:
    """Take a disk out of an OVA, as a task would."""
    if member.gzipped:
        inflated = target.with_suffix(".inflated")
        await inflate(ova, member, inflated, ignore)
        disk = await inspect(inflated, None)
    else:
        disk = await inspect(ova, None, offset=member.offset, length=member.length)
    check_capacity(member, disk)
    return (await to_raw(disk, target, ignore)).path


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tiny(path: Path) -> Path:
    """A sound VMDK without data."""
    path.write_bytes(disks.stream_vmdk())
    return path


# Byte for byte


@pytest.mark.parametrize(
    "form",
    [pytest.param(form, marks=[pytest.mark.slow] * (form != "GNU")) for form in ovas.FORMATS],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_disk_comes_out_as_it_went_in(kind: str, form: str, tmp_path: Path) -> None:
    sources = [disks.raw(tmp_path / f"disk{seed}", 3 * MIB + SECTOR, seed) for seed in (1, 2)]
    images = {
        source.name: disks.converted(kind, source, source.with_suffix(".image"))
        for source in sources
    }
    ova = ovas.ova(tmp_path / "vm.ova", images, tar=form, manifest="SHA256")

    members = await open_ova(ova)

    assert [member.name for member in members] == [source.name for source in sources]
    for member, source in zip(members, sources, strict=True):
        raw = await raw_of(ova, member, tmp_path / "raw")
        assert digest(raw) == digest(source)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
async def test_a_gzipped_disk_comes_out_as_it_went_in(kind: str, tmp_path: Path) -> None:
    source = disks.raw(tmp_path / "disk", 3 * MIB + SECTOR)
    image = disks.converted(kind, source, tmp_path / "image")
    ova = ovas.ova(tmp_path / "vm.ova", {"disk": image}, gzipped=["disk"], manifest="SHA256")

    [member] = await open_ova(ova)
    raw = await raw_of(ova, member, tmp_path / "raw")

    assert digest(tmp_path / "raw.inflated") == digest(image)
    assert digest(raw) == digest(source)


async def test_an_ova_of_disks_made_by_real_tools(tmp_path: Path) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the samples are not at {SAMPLES}")
    vmdk = SAMPLES / "input.vmdk"
    text = (SAMPLES / "input.ovf").read_text()
    ova = ovas.ova(tmp_path / "vm.ova", {"input.vmdk": vmdk}, ovf=text, manifest="SHA1")

    [member] = await open_ova(ova)
    raw = await raw_of(ova, member, tmp_path / "raw")

    assert (member.length, member.capacity) == (152576, GIB)
    disks.qemu_img("compare", "-f", "vmdk", "-F", "raw", vmdk, raw)


@pytest.mark.slow
async def test_disks_of_three_makers_in_one_machine(tmp_path: Path) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the samples are not at {SAMPLES}")
    names = ["iotest-dynamic-1G.vhdx", "hyperv2012r2-dynamic.vhd", "iotest-version3.vmdk"]
    images = {}
    for name in names:
        images[name] = tmp_path / name
        images[name].write_bytes(bz2.decompress((SAMPLES / f"{name}.bz2").read_bytes()))
    ova = ovas.ova(tmp_path / "vm.ova", images, tar="pax", gzipped=names[:1])

    for member in await open_ova(ova):
        raw = await raw_of(ova, member, tmp_path / f"{member.name}.raw")
        driver = {".vhd": "vpc", ".vhdx": "vhdx", ".vmdk": "vmdk"}[Path(member.name).suffix]
        disks.qemu_img("compare", "-f", driver, "-F", "raw", images[member.name], raw)


async def test_nothing_is_unpacked(tmp_path: Path) -> None:
    image = disks.converted("stream VMDK", disks.raw(tmp_path / "disk", MIB), tmp_path / "image")
    ova = ovas.ova(tmp_path / "vm.ova", {"disk": image}, manifest="SHA256")
    before = digest(ova), sorted(tmp_path.iterdir())

    [member] = await open_ova(ova)
    await inspect(ova, None, offset=member.offset, length=member.length)

    assert (digest(ova), sorted(tmp_path.iterdir())) == before


# What is in the archive besides


async def test_the_order_is_the_hardwares_not_the_files(tmp_path: Path) -> None:
    hardware = [
        Item("3", SCSI, address=0),
        Item("4", IDE, address=0),
        Item("9", DISK, parent=3, place=1, resource="ovf:/disk/vmdisk1"),
        Item("10", DISK, parent=3, place=0, resource="ovf:/disk/vmdisk2"),
        Item("11", DISK, parent=4, place=0, resource="ovf:/disk/vmdisk3"),
    ]
    image = tiny(tmp_path / "image")
    ova = ovas.ova(tmp_path / "vm.ova", {"a": image, "b": image, "c": image}, hardware=hardware)

    assert [member.name for member in await open_ova(ova)] == ["c", "b", "a"]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("folder", ["", "./", "vm", "./a/b"])
async def test_the_descriptor_may_be_anywhere(folder: str, last: bool, tmp_path: Path) -> None:
    image = tiny(tmp_path / "image")
    disks_ = {"disk one.vmdk": image, "sub/two.vmdk": image}

    ova = ovas.ova(tmp_path / "vm.ova", disks_, last=last, folder=folder, manifest="SHA256")

    assert [member.name for member in await open_ova(ova)] == list(disks_)


async def test_other_files_are_left_alone(tmp_path: Path) -> None:
    ova = ovas.ova(
        tmp_path / "vm.ova",
        {"disk": tiny(tmp_path / "image")},
        manifest="SHA256",
        before={"._vm.ovf": b"\0what macOS knows", "._vm.mf": b"\0", "tools.iso": b"CD001" * 1000},
        after={"vm.cert": b"-----BEGIN CERTIFICATE-----", "texts/de.msg": b"", "old.mf": b""},
    )

    assert len(await open_ova(ova)) == 1


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("My%20Disk.vmdk", "My Disk.vmdk"),
        ("100%25.vmdk", "100%25.vmdk"),
        ("./disk.vmdk", "disk.vmdk"),
        ("Größe.vmdk", "Größe.vmdk"),
    ],
)
async def test_names_may_be_written_as_in_a_url(href: str, name: str, tmp_path: Path) -> None:
    image = tiny(tmp_path / "image")
    text = ovas.descriptor([ovas.Disk(href, image.stat().st_size, 3 * MIB)])

    ova = ovas.ova(tmp_path / "vm.ova", {name: image}, ovf=text)

    assert [member.name for member in await open_ova(ova)] == [href]


async def test_an_ova_is_known_by_its_bytes(tmp_path: Path) -> None:
    image = tiny(tmp_path / "image")

    for form in ovas.FORMATS:
        assert is_archive(ovas.ova(tmp_path / "vm.ova", {"disk": image}, tar=form))
    assert not is_archive(image)
    assert not is_archive(disks.raw(tmp_path / "raw", MIB))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("form", ovas.FORMATS)
@pytest.mark.parametrize("declared", [None, "OVA", "raw"])
async def test_an_ova_is_no_disk(
    declared: str | None, form: str, last: bool, tmp_path: Path
) -> None:
    image = tiny(tmp_path / "image")
    ova = ovas.ova(tmp_path / "vm.ova", {"disk": image}, tar=form, last=last)

    with pytest.raises(ClientError, match="Unsupported specified file format"):
        await inspect(ova, declared)
    os.truncate(ova, 30_000)
    with pytest.raises(ClientError, match="Unsupported specified file format"):
        await inspect(ova, declared)


async def test_a_disk_with_an_archive_on_it_is_a_disk(tmp_path: Path) -> None:
    path = ovas.packed(tmp_path / "disk", {"meta-data": b"instance-id: i-1"})
    with path.open("ab") as file:
        file.write(os.urandom(MIB))

    assert (await inspect(path, "RAW")).format == "RAW"


# The manifest


@pytest.mark.parametrize("algorithm", ["SHA1", "SHA256", "SHA512", "mixed"])
async def test_digests_are_compared(algorithm: str, tmp_path: Path) -> None:
    image = tiny(tmp_path / "image")
    ova = ovas.ova(tmp_path / "vm.ova", {"disk": image}, manifest=algorithm)
    members = await open_ova(ova)

    with ova.open("r+b") as file:
        file.seek(members[0].offset + members[0].length - 1)
        file.write(b"x")

    with pytest.raises(ClientError, match="The digest of the file 'disk' does not match"):
        await open_ova(ova)


MANIFESTS: dict[str, Callable[[str, str], str]] = {
    "upper case": lambda name, digest: f"SHA256({name})= {digest.upper()}\n",
    "lower case": lambda name, digest: f"sha256({name})= {digest}\n",
    "spaces": lambda name, digest: f"\n  SHA256 ({name}) =   {digest}  \r\n\r\n",
    "no spaces": lambda name, digest: f"SHA256({name})={digest}",
    "a dash": lambda name, digest: f"SHA-256({name})= {digest}\n",
    "OpenSSL 3": lambda name, digest: f"SHA2-256({name})= {digest}\n",
    "a byte order mark": lambda name, digest: f"\ufeffSHA256({name})= {digest}\n",
    "here": lambda name, digest: f"SHA256(./{name})= {digest}\n",
    "twice": lambda name, digest: f"SHA256({name})= {digest}\n" * 2,
    "nothing": lambda name, digest: "",
}


@pytest.mark.parametrize("spelling", MANIFESTS)
async def test_manifests_are_spelt_in_many_ways(spelling: str, tmp_path: Path) -> None:
    image = tiny(tmp_path / "image")
    lines = MANIFESTS[spelling]("disk(1).vmdk", digest(image))

    ova = ovas.ova(tmp_path / "vm.ova", {"disk(1).vmdk": image}, after={"vm.MF": lines.encode()})

    assert len(await open_ova(ova)) == 1


@pytest.fixture
def slow_hashing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """It takes 0.2 s to hash a megabyte; set when it has begun."""
    begun = threading.Event()
    truly = hashlib.new

    class Slow:
        def __init__(self, name: str) -> None:
            self.hash = truly(name)

        def update(self, data: bytes) -> None:
            begun.set()
            time.sleep(0.2)

    monkeypatch.setattr(hashlib, "new", Slow)
    return begun


@pytest.fixture
def slow_ova(slow_hashing: threading.Event, tmp_path: Path) -> Path:
    """An OVA with 13 s of hashing to do."""
    files: dict[str, Path | bytes] = {"disk": disks.sparse(tmp_path / "image", 64 * MIB)}
    text = ovas.descriptor([ovas.Disk("disk", 64 * MIB, GIB)])
    lines = f"SHA1(disk)= {'0' * 40}\n".encode()
    return ovas.packed(tmp_path / "vm.ova", {"vm.ovf": text.encode(), **files, "vm.mf": lines})


async def test_comparing_stops_when_it_is_cancelled(
    slow_ova: Path, slow_hashing: threading.Event
) -> None:
    opening = asyncio.create_task(open_ova(slow_ova))
    await asyncio.to_thread(slow_hashing.wait)

    begin = time.monotonic()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening

    assert time.monotonic() - begin < 1
    assert not [each for each in threading.enumerate() if each.name.startswith("manifest")]


async def test_comparing_takes_no_thread_from_other_tasks(
    slow_ova: Path, slow_hashing: threading.Event
) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    opening = asyncio.create_task(open_ova(slow_ova))
    while not slow_hashing.is_set():
        await asyncio.sleep(0.01)

    done, _ = await asyncio.wait([asyncio.create_task(asyncio.to_thread(int))], timeout=5)

    assert done
    opening.cancel()
    await asyncio.wait([opening])


async def test_memory_stays_flat(tmp_path: Path) -> None:
    image = disks.sparse(tmp_path / "image", 64 * MIB, head=b"disk")
    text = ovas.descriptor([ovas.Disk("disk", 64 * MIB, GIB)])
    files: dict[str, Path | bytes] = {"vm.ovf": text.encode(), "disk": image}
    lines = ovas.manifest_of(files)
    ova = ovas.packed(tmp_path / "vm.ova", {**files, "vm.mf": lines})
    tracemalloc.start()

    try:
        await open_ova(ova)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 * MIB


# gzip


def gzipped(target: Path, data: bytes, capacity: int = GIB) -> Member:
    """An archive with nothing but a gzipped disk, and junk around it."""
    target.write_bytes(b"junk" * 128 + data + b"junk" * 128)
    return Member("disk", SECTOR, len(data), capacity, True)


async def test_streams_may_follow_each_other(tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, b"".join(gzip.compress(part) for part in (b"one", b"", b"two")))

    await inflate(ova, member, tmp_path / "disk", ignore)

    assert (tmp_path / "disk").read_bytes() == b"onetwo"


async def test_what_is_inflated_is_sparse(tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, gzip.compress(b"begin" + bytes(64 * MIB) + b"end", 1))
    seen: list[int] = []

    await inflate(ova, member, tmp_path / "disk", seen.append)

    assert (tmp_path / "disk").stat().st_size == 64 * MIB + 8
    assert (tmp_path / "disk").stat().st_blocks * SECTOR < MIB
    assert seen == sorted(set(seen))
    assert seen[-1] == 100


GARBLED = {
    "nothing": b"",
    "not gzip": b"KDMV" * 100,
    "deflated only": gzip.compress(b"data")[10:-8],
    "cut in its header": gzip.compress(b"data" * 1000)[:7],
    "cut in its data": gzip.compress(os.urandom(1_000_000))[:500_000],
    "cut in its trailer": gzip.compress(b"data")[:-1],
    "a wrong checksum": gzip.compress(b"data")[:-8] + bytes(4) + gzip.compress(b"data")[-4:],
    "a wrong length": gzip.compress(b"data")[:-4] + b"\5\0\0\0",
    "junk behind": gzip.compress(b"data") + b"junk",
    "zeros behind": gzip.compress(b"data") + bytes(512),
    "the second stream cut": gzip.compress(b"data") + gzip.compress(b"data")[:-9],
}


@pytest.mark.parametrize("name", GARBLED)
async def test_what_will_not_inflate_is_refused(name: str, tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, GARBLED[name])

    with pytest.raises(ClientError, match="Uncompressed data has an invalid length"):
        await inflate(ova, member, tmp_path / "disk", ignore)


@pytest.mark.slow
async def test_a_bomb_is_not_inflated_to_its_end(tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, gzip.compress(bytes(MIB)) * 600, capacity=MIB)

    with pytest.raises(ClientError, match="Uncompressed data has an invalid length"):
        await inflate(ova, member, tmp_path / "disk", ignore)

    assert (tmp_path / "disk").stat().st_blocks * SECTOR < MIB


async def test_a_cancelled_inflation_writes_no_more(tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, gzip.compress(disks.words(MIB)) * 600)
    begun = asyncio.Event()
    inflating = asyncio.create_task(
        inflate(ova, member, tmp_path / "disk", lambda percent: begun.set() if percent else None)
    )
    await begun.wait()

    begin = time.monotonic()
    inflating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await inflating

    assert time.monotonic() - begin < 1
    written = (tmp_path / "disk").stat().st_blocks
    await asyncio.sleep(0.1)
    assert (tmp_path / "disk").stat().st_blocks == written


async def test_a_full_disk_is_our_fault(tmp_path: Path) -> None:
    ova = tmp_path / "vm.ova"
    member = gzipped(ova, gzip.compress(b"data"))

    with pytest.raises(program.Failed, match="No such file"):
        await inflate(ova, member, tmp_path / "nowhere" / "disk", ignore)


# The capacity


@pytest.mark.parametrize("capacity", [0, MIB, 3 * MIB, 8 * TIB])
async def test_a_disk_may_be_smaller_or_a_little_larger_than_said(
    capacity: int, tmp_path: Path
) -> None:
    disk = await inspect(tiny(tmp_path / "disk"), None)

    check_capacity(Member("disk", 0, 0, capacity, False), disk)


async def test_a_disk_much_larger_than_said_is_refused(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(disks.stream_vmdk(capacity=3 * GIB // SECTOR))
    disk = await inspect(tmp_path / "disk", None)

    with pytest.raises(ClientError, match="The disk 'a' is larger than its capacity"):
        check_capacity(Member("a", 0, 0, 2 * GIB - 1, False), disk)
