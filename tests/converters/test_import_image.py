"""The pipeline of images on a real store: what becomes an AMI, what is shown, what is left over."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from converters import errors
from converters.pipelines import cores
from converters.stages.inspect import Disk
from converters.stages.to_raw import RawDisk, to_raw
from state.images import BlockDevice, Image
from state.jobs import Attempt
from state.snapshots import Snapshot
from state.tasks import (
    DiskContainer,
    DiskProgress,
    DiskSource,
    GuestSummary,
    ImportImageWork,
    TaskState,
)
from tests import disks, ovas
from tests.converters.desk import BUCKET, NOW, OWNER, Desk
from tests.disks import KINDS, MIB, REFUSED

TASK = "import-ami-0123456789abcdef0"
TO_RAW = "converters.pipelines.import_image.to_raw"
ToRaw = Callable[[Disk, Path, Callable[[int], None]], Awaitable[RawDisk]]


def container(key: str = "disk", **members: object) -> DiskContainer:
    source = DiskSource(bucket=BUCKET, key=key)
    return DiskContainer.model_validate({"source": source, **members})


def submit(desk: Desk, *containers: DiskContainer, **members: object) -> None:
    asked = {"containers": containers or (container(),), **members}
    desk.submit(ImportImageWork.model_validate(asked))


def put_snapshot(desk: Desk, data: bytes, **members: object) -> Snapshot:
    blob_id = desk.blobs.new_id()
    arriving = desk.blobs.incoming()
    arriving.write_bytes(data)
    desk.blobs.keep(arriving, blob_id)
    snapshot = Snapshot.model_validate(
        {
            "id": "snap-0123456789abcdef0",
            "account_id": OWNER[0],
            "region": OWNER[1],
            "created_at": NOW,
            "size_gib": 1,
            "size_bytes": len(data),
            "blob_id": blob_id,
            **members,
        }
    )
    with desk.store.begin() as tx:
        tx.snapshots.add(snapshot)
    return snapshot


def made(desk: Desk) -> Image:
    """The one AMI."""
    assert (desk.task.state, desk.task.error) == (TaskState.COMPLETED, None)
    (image,) = desk.images()
    assert desk.task.image_id == image.id
    return image


def assert_nothing_is_left(desk: Desk, snapshots: int = 0) -> None:
    assert desk.images() == []
    assert len(desk.snapshots()) == snapshots
    assert desk.kept() == snapshots
    assert desk.scratch() == []


@pytest.fixture
def pair(desk: Desk) -> dict[str, Path]:
    """Two disks, by the names of their images; the images stand beside them."""
    pair = {}
    for number, kind in enumerate(["stream VMDK", "dynamic VHD"]):
        source = disks.raw(desk.folder / f"source-{number}", (number + 2) * MIB, seed=number)
        disks.converted(kind, source, desk.folder / f"image-{number}")
        pair[f"image-{number}"] = source
    return pair


# what comes of it --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*KINDS, "raw"])
async def test_a_disk_becomes_an_ami(desk: Desk, kind: str) -> None:
    source = disks.raw(desk.folder / "source", 2 * MIB + 512)
    image = source
    if kind != "raw":
        image = disks.converted(kind, source, desk.folder / "image")
    desk.put(image)
    submit(
        desk,
        platform="Linux",
        boot_mode="uefi",
        image_tags={"Name": "mine"},
        snapshot_tags={"of": "mine"},
    )

    await desk.run()

    ami = made(desk)
    (snapshot,) = desk.snapshots()
    assert desk.bytes_of(snapshot.id) == source.read_bytes()
    assert (snapshot.size_bytes, snapshot.size_gib) == (2 * MIB + 512, 1)
    assert snapshot.description == f"Created by AWS-VMImport service for {TASK}"
    assert snapshot.volume_id == "vol-ffffffff"
    assert ami == Image(
        id=ami.id,
        account_id=OWNER[0],
        region=OWNER[1],
        created_at=ami.created_at,
        name=TASK,
        location=f"{OWNER[0]}/{TASK}",
        description="AWS-VMImport service: Linux",
        devices=(
            BlockDevice(
                device_name="/dev/sda1",
                snapshot_id=snapshot.id,
                volume_size=1,
                volume_type="gp2",
                delete_on_termination=False,
            ),
        ),
        root_device_name="/dev/sda1",
        architecture="x86_64",
        usage_operation="RunInstances",
        platform_details="Linux/UNIX",
        virtualization_type="hvm",
        boot_mode="uefi",
        task_id=TASK,
    )
    with desk.store.read() as tx:
        assert tx.tags.of([ami.id, snapshot.id]) == {
            ami.id: {"Name": "mine"},
            snapshot.id: {"of": "mine"},
        }
        assert tx.permissions.of([ami.id]) == {ami.id: []}
    assert desk.task.finished_at is not None
    assert desk.task.disks == (
        DiskProgress(
            format=KINDS[kind][0] if kind in KINDS else "RAW",
            size_bytes=image.stat().st_size,
            progress=100,
            status="completed",
            snapshot_id=snapshot.id,
            device_name="/dev/sda1",
        ),
    )


@pytest.mark.parametrize("declared", [None, "ova"])
@pytest.mark.parametrize("gzipped", [False, True])
async def test_an_ova_becomes_an_ami_with_a_snapshot_of_each_disk(
    desk: Desk, pair: dict[str, Path], declared: str | None, gzipped: bool
) -> None:
    images = {name: desk.folder / name for name in pair}
    desk.put(ovas.ova(desk.folder / "vm.ova", images, gzipped=["image-1"] if gzipped else []))
    submit(desk, container(format=declared, device_name="/dev/sdb"))

    await desk.run()

    ami = made(desk)
    assert [device.device_name for device in ami.devices] == ["/dev/sdb", "/dev/sdf"]
    assert ami.root_device_name == "/dev/sdb"
    for source, snapshot_id in zip(pair.values(), ami.snapshot_ids, strict=True):
        assert desk.bytes_of(snapshot_id) == source.read_bytes()
    told = desk.task.disks
    assert [each.snapshot_id for each in told] == list(ami.snapshot_ids)
    assert [each.format for each in told] == ["VMDK", "VHD"]
    assert [each.device_name for each in told] == ["/dev/sdb", "/dev/sdf"]
    assert {each.container for each in told} == {0}
    sizes = [path.stat().st_size for path in images.values()]
    assert told[0].size_bytes == sizes[0]
    assert (told[1].size_bytes < sizes[1]) if gzipped else (told[1].size_bytes == sizes[1])


async def test_several_containers_become_one_ami_in_their_order(
    desk: Desk, pair: dict[str, Path]
) -> None:
    desk.put(disks.words(MIB), "raw")
    for name in pair:
        desk.put(desk.folder / name, name)
    before = put_snapshot(desk, disks.words(MIB + 1))
    submit(
        desk,
        container("image-1", format="vhd"),
        DiskContainer(snapshot_id=before.id),
        container("raw", device_name="/dev/sdf"),
        container("image-0", format="VMDK"),
    )

    await desk.run()

    ami = made(desk)
    assert [device.device_name for device in ami.devices] == [
        "/dev/sda1",
        "/dev/sdg",
        "/dev/sdf",
        "/dev/sdh",
    ]
    assert [desk.bytes_of(snapshot_id) for snapshot_id in ami.snapshot_ids] == [
        pair["image-1"].read_bytes(),
        disks.words(MIB + 1),
        disks.words(MIB),
        pair["image-0"].read_bytes(),
    ]
    assert [each.container for each in desk.task.disks] == [0, 1, 2, 3]
    assert [each.format for each in desk.task.disks] == ["VHD", None, "RAW", "VMDK"]


async def test_a_snapshot_shares_its_bytes_with_the_one_made_of_it(desk: Desk) -> None:
    before = put_snapshot(desk, disks.words(MIB))
    submit(desk, DiskContainer(snapshot_id=before.id))

    await desk.run()

    made(desk)
    _, after = desk.snapshots()
    assert after.id != before.id
    assert after.blob_id != before.blob_id
    assert desk.blobs.path(after.blob_id).samefile(desk.blobs.path(before.blob_id))


async def test_the_bytes_may_go_once_they_have_been_validated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = put_snapshot(desk, b"snapshot")
    desk.put(disks.made("stream VMDK", desk.folder))
    submit(desk, container(), DiskContainer(snapshot_id=before.id))

    async def removing(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        desk.remove()
        with desk.store.begin() as tx:
            tx.snapshots.remove(before.id)
        desk.blobs.remove(before.blob_id)
        return await to_raw(disk, target, report)

    monkeypatch.setattr(TO_RAW, removing)
    await desk.run()

    assert desk.bytes_of(made(desk).snapshot_ids[1]) == b"snapshot"


async def test_nothing_is_unpacked(
    desk: Desk, pair: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put(ovas.ova(desk.folder / "vm.ova", {name: desk.folder / name for name in pair}))
    submit(desk)
    found: dict[str, int] = {}
    keep = desk.blobs.keep

    def keeping(path: Path, blob_id: str) -> None:
        if not found:
            files = (each for each in (desk.blobs.root / "scratch").rglob("*") if each.is_file())
            found.update({each.name: each.stat().st_ino for each in files})
        keep(path, blob_id)

    monkeypatch.setattr(desk.blobs, "keep", keeping)
    await desk.run()

    made(desk)
    assert found.pop("image-0") == desk.blobs.path(desk.object().blob_id).stat().st_ino
    raws = {found.pop("disk-0.raw"), found.pop("disk-1.raw")}
    assert raws.issuperset(found.values())  # all that is there besides are their second names


# what is shown meanwhile -------------------------------------------------------------------------


@pytest.fixture
def reports(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str | None, Any]]:
    """What was reported so far."""
    reported: list[tuple[int, str | None, Any]] = []
    report = Attempt.report

    def reporting(
        self: Attempt, progress: int, message: str | None = None, disks: Any = None
    ) -> None:
        reported.append((progress, message, disks))
        report(self, progress, message, disks)

    monkeypatch.setattr(Attempt, "report", reporting)
    return reported


async def test_progress_and_messages_are_those_that_clients_have_seen(
    desk: Desk, pair: dict[str, Path], reports: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.put(ovas.ova(desk.folder / "vm.ova", {name: desk.folder / name for name in pair}))
    submit(desk, architecture="i386", platform="Windows", license_type="BYOL")
    preparing = []
    keep = desk.blobs.keep

    def keeping(path: Path, blob_id: str) -> None:
        preparing.append(desk.task)
        keep(path, blob_id)

    monkeypatch.setattr(desk.blobs, "keep", keeping)
    assert (desk.task.progress, desk.task.message) == (1, "pending")
    await desk.run()

    assert desk.seen[:2] == [(18, "validated"), (28, "converting")]
    assert (reports[0][:2], {each[1] for each in reports}) == (
        (3, "validating"),
        {"validating", "validated", "converting"},
    )
    validated = next(disks for _, message, disks in reports if message == "validated")
    assert validated == tuple(
        DiskProgress(format=name, size_bytes=(desk.folder / f"image-{number}").stat().st_size)
        for number, name in enumerate(["VMDK", "VHD"])
    )
    percents = [progress for progress, _, _ in reports]
    assert percents == sorted(percents)
    assert (preparing[0].progress, preparing[0].message) == (76, "preparing ami")
    assert preparing[0].guest == GuestSummary(
        architecture="i386",
        platform="Windows",
        license_type="BYOL",
        usage_operation="RunInstances:0800",
    )
    assert preparing[0].disks == desk.task.disks
    assert preparing[0].image_id is None


async def test_disks_are_converted_side_by_side_each_with_its_own_progress(
    desk: Desk, reports: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", 2)
    for number in range(2):
        source = disks.raw(desk.folder / "source", 8 * MIB, seed=number)
        desk.put(disks.converted("stream VMDK", source, desk.folder / str(number)), str(number))
    submit(desk, container("0"), container("1"))
    together = asyncio.Barrier(2)

    async def meeting(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        def reporting(percent: int) -> None:
            report(min(percent, 99))

        async with asyncio.timeout(30):
            await together.wait()
            raw = await to_raw(disk, target, reporting)
            await together.wait()
        return raw

    monkeypatch.setattr(TO_RAW, meeting)
    await desk.run()

    made(desk)
    shown = [told for _, message, told in reports if message == "converting"]
    assert any(
        all(each.status == "active" and 0 < each.progress < 100 for each in told) for told in shown
    )


async def test_progress_is_weighted_by_bytes(
    desk: Desk, reports: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", 2)
    sizes = {"small": MIB, "large": 8 * MIB}
    for key, size in sizes.items():
        desk.put(disks.raw(desk.folder / key, size), key)
    before = put_snapshot(desk, disks.words(9 * MIB))
    submit(desk, *map(container, sizes), DiskContainer(snapshot_id=before.id))
    steps = {name: asyncio.Event() for name in ("small", "half")}

    async def ordered(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        if disk.size == MIB:
            raw = await to_raw(disk, target, lambda _: None)
            report(50)
            steps["small"].set()
            await steps["half"].wait()
            return raw
        await steps["small"].wait()
        report(50)
        steps["half"].set()
        return await to_raw(disk, target, lambda _: None)

    monkeypatch.setattr(TO_RAW, ordered)
    await desk.run()

    made(desk)
    converting = [each for each in reports if each[1] == "converting"]
    for progress, _, told in converting:
        done = sum(
            size * each.progress for size, each in zip(sizes.values(), told[:2], strict=True)
        )
        assert progress == 19 + 9 * done // (9 * 100 * MIB)
    assert {progress for progress, _, _ in converting} >= {19, 23, 28}
    assert converting[0][2][0].status == "active"
    assert {each.status for each in converting[-1][2]} == {"completed"}


# what is refused ---------------------------------------------------------------------------------


def as_ova(folder: Path) -> Path:
    """An OVA with a disk in it."""
    source = disks.raw(folder / "in-an-ova", MIB)
    image = disks.converted("stream VMDK", source, folder / "disk.vmdk")
    return ovas.ova(folder / "vm.ova", {"disk.vmdk": image})


def with_many_disks(folder: Path) -> Path:
    """An OVA with one disk too many."""
    source = disks.raw(folder / "in-an-ova", 512)
    image = disks.converted("stream VMDK", source, folder / "disk.vmdk")
    return ovas.ova(folder / "vm.ova", {f"disk-{number}.vmdk": image for number in range(22)})


def raw_in_an_ova(folder: Path) -> Path:
    return ovas.ova(folder / "vm.ova", {"disk.vmdk": disks.raw(folder / "in-an-ova", MIB)})


def without_descriptor(folder: Path) -> Path:
    return ovas.packed(folder / "vm.ova", {"disk.vmdk": disks.made("stream VMDK", folder)})


def larger_than_it_says(folder: Path) -> Path:
    """An OVA with a disk of two GiB, of which its descriptor says one byte."""
    source = disks.sparse(folder / "in-an-ova", 2 << 30)
    image = disks.converted("dynamic VHD", source, folder / "disk.vhd")
    return ovas.ova(folder / "vm.ova", {"disk.vhd": image}, capacities={"disk.vhd": 1})


def garbled_in_an_ova(folder: Path) -> Path:
    bad = folder / "bad.vmdk"
    bad.write_bytes(REFUSED["VMDK with garbled grains"][0](folder))
    good = disks.converted("dynamic VHD", disks.raw(folder / "good", MIB), folder / "good.vhd")
    return ovas.ova(folder / "vm.ova", {"good.vhd": good, "bad.vmdk": bad})


def too_large(folder: Path) -> Path:
    return disks.sparse(folder / "large", errors.LIMIT_OF_IMAGES)


Case = tuple[list[tuple[Callable[[Path], bytes | Path], str | None]], errors.ClientError]
REASONS: dict[str, Case] = {
    "a raw disk as an OVA": ([(lambda f: disks.words(MIB), "OVA")], errors.unsupported_ova()),
    "an OVA as a VMDK": ([(as_ova, "VMDK")], errors.wrong_format()),
    "an OVA as a raw disk": ([(as_ova, "raw")], errors.wrong_format()),
    "an OVA after a disk": (
        [(lambda f: disks.words(MIB), None), (as_ova, None)],
        errors.ova_among_disks(),
    ),
    "two OVAs": ([(as_ova, None), (as_ova, None)], errors.ova_among_disks()),
    "22 disks in an OVA": ([(with_many_disks, "OVA")], errors.too_many_disks()),
    "22 disks": ([(lambda f: b"disk", None)] * 22, errors.too_many_disks()),
    "a raw disk in an OVA": ([(raw_in_an_ova, None)], errors.wrong_format()),
    "an archive without a descriptor": ([(without_descriptor, None)], errors.no_descriptor()),
    "a disk larger than its OVA says": (
        [(larger_than_it_says, None)],
        errors.wrong_capacity("disk.vhd"),
    ),
    "a garbled disk in an OVA": ([(garbled_in_an_ova, None)], errors.corrupt_vmdk()),
    "a disk of 8 TiB": ([(too_large, "RAW")], errors.disk_too_large(errors.LIMIT_OF_IMAGES)),
    "a bad disk after a good one": (
        [(lambda f: disks.words(MIB), None), (REFUSED["differencing VHD"][0], "VHD")],
        errors.broken_vhd(),
    ),
    "a disk that can't be read to its end": (
        [(lambda f: disks.words(MIB), None), (REFUSED["VMDK with garbled grains"][0], None)],
        errors.corrupt_vmdk(),
    ),
    "an object that has gone": ([], errors.object_gone()),
}


@pytest.mark.parametrize("reason", REASONS)
async def test_what_is_refused_ends_the_task_with_its_sentence(desk: Desk, reason: str) -> None:
    objects, error = REASONS[reason]
    for number, (build, _) in enumerate(objects):
        desk.put(build(desk.folder), str(number))
    formats = [declared for _, declared in objects] or [None]
    submit(desk, *(container(str(n), format=declared) for n, declared in enumerate(formats)))

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == f"ClientError: {error}"
    assert_nothing_is_left(desk)


async def test_a_snapshot_that_has_gone_is_told(desk: Desk) -> None:
    submit(desk, DiskContainer(snapshot_id="snap-0123456789abcdef0"))

    await desk.run()

    assert desk.task.error == (
        "ClientError: Disk validation failed "
        "[The snapshot 'snap-0123456789abcdef0' does not exist.]"
    )
    assert_nothing_is_left(desk)


async def test_a_snapshot_of_another_account_is_used_only_if_it_is_shared(desk: Desk) -> None:
    theirs = put_snapshot(desk, disks.words(MIB), account_id="444455556666")
    submit(desk, DiskContainer(snapshot_id=theirs.id))

    await desk.run()

    assert desk.task.error == f"ClientError: {errors.snapshot_gone(theirs.id)}"


async def test_a_shared_snapshot_is_used(desk: Desk) -> None:
    theirs = put_snapshot(desk, disks.words(MIB), account_id="444455556666")
    with desk.store.begin() as tx:
        tx.permissions.put(OWNER[1], theirs.id, [OWNER[0]])
    submit(desk, DiskContainer(snapshot_id=theirs.id))

    await desk.run()

    assert desk.bytes_of(made(desk).snapshot_ids[0]) == disks.words(MIB)


async def test_one_failing_disk_stops_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", 2)
    desk.put(disks.words(2 * MIB), "slow")
    desk.put(disks.words(MIB), "bad")
    submit(desk, container("slow"), container("bad"), container("slow"))
    stopped: list[int] = []
    started = asyncio.Event()

    async def failing(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
        if disk.size == MIB:
            await started.wait()
            raise errors.corrupt_vmdk()
        target.write_bytes(b"part of it")
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(disk.size)
        raise AssertionError

    monkeypatch.setattr(TO_RAW, failing)
    monkeypatch.setattr(cores, "CORES", 3)
    async with asyncio.timeout(30):
        await desk.run()

    assert desk.task.error == f"ClientError: {errors.corrupt_vmdk()}"
    assert stopped == [2 * MIB, 2 * MIB]
    assert_nothing_is_left(desk)


async def test_an_image_of_that_name_is_in_the_way(desk: Desk) -> None:
    desk.put(disks.words(MIB))
    submit(desk)
    other = Image(
        id="ami-0123456789abcdef0",
        account_id=OWNER[0],
        region=OWNER[1],
        created_at=NOW,
        name=TASK,
        location=f"{OWNER[0]}/{TASK}",
        devices=(),
        root_device_name="/dev/sda1",
    )
    with desk.store.begin() as tx:
        tx.images.add(other)

    await desk.run()

    assert desk.task.error == f"ClientError: {errors.image_name_taken(TASK)}"
    assert desk.images() == [other]
    assert (desk.snapshots(), desk.kept(), desk.scratch()) == ([], 0, [])


# at any moment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("swept", [False, True])
async def test_a_crash_in_mid_publish_makes_no_second_ami(
    desk: Desk, pair: dict[str, Path], swept: bool
) -> None:
    desk.put(ovas.ova(desk.folder / "vm.ova", {name: desk.folder / name for name in pair}))
    submit(desk)

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("state.rows.images.Images.add", crash)
        with pytest.raises(Crash):
            await desk.run()
    assert desk.task.state is TaskState.PUBLISHING
    assert (desk.kept(), desk.snapshots()) == (2, [])
    announced = [each.snapshot_id for each in desk.task.disks]
    if swept:  # as the next start does with bytes that no row names
        desk.blobs.sweep(known=lambda _: {desk.object().blob_id}, unfinished=set)
        assert desk.kept() == 0

    await desk.run()

    ami = made(desk)
    assert list(ami.snapshot_ids) == announced
    assert [desk.bytes_of(each) for each in ami.snapshot_ids] == [
        source.read_bytes() for source in pair.values()
    ]
    assert desk.kept() == 2


@pytest.mark.parametrize(("kept", "gone"), [(1, False), (1, True), (2, False)])
async def test_a_cancel_that_comes_before_the_commit_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, kept: int, gone: bool
) -> None:
    for key in "ab":
        desk.put(disks.words(MIB), key)
    submit(desk, container("a"), container("b"))
    keep = desk.blobs.keep
    count = itertools.count(1)

    def keep_and_cancel(path: Path, blob_id: str) -> None:
        keep(path, blob_id)
        if next(count) == kept:
            with desk.store.begin() as tx:
                tx.tasks.move(desk.task, TaskState.DELETING)
            if gone:
                desk.blobs.remove_scratch(TASK)

    monkeypatch.setattr(desk.blobs, "keep", keep_and_cancel)
    with suppress(asyncio.CancelledError):
        await desk.run()

    assert desk.task.state in (TaskState.DELETING, TaskState.CANCELLED)
    assert (desk.snapshots(), desk.images(), desk.kept()) == ([], [], 0)
