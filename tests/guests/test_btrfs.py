"""Btrfs is read as Linux reads it, and what is damaged or hostile ends in a sentence."""

import hashlib
import json
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.look.sources import Disk
from converters.guests.look.trees import btrfs_nodes
from converters.guests.look.trees.btrfs import BtrfsTree
from converters.guests.look.trees.crc32c import crc32c
from converters.guests.look.trees.lzo import unlzo
from converters.guests.tree import DEPTH, Missing, Stat, System, Unreadable
from tests.guests.filesystems import FIXTURES, MIB, TOOLS

MANY = {f"/etc/some.d/{number:04}.conf": f"value = {number}\n" * 40 for number in range(600)}


class Patched:
    """A source with some bytes overwritten."""

    def __init__(self, source: Disk, patches: list[tuple[int, bytes]]) -> None:
        self._source = source
        self._patches = patches
        self.size = source.size

    def read_at(self, offset: int, size: int) -> bytes:
        found = bytearray(self._source.read_at(offset, size))
        for at, data in self._patches:
            for place, byte in enumerate(data, at - offset):
                if 0 <= place < len(found):
                    found[place] = byte
        return bytes(found)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the fixtures, which only a mounting system could make."""
    folder = tmp_path_factory.mktemp("btrfs")
    for name in ("features", "suse", "fedora"):
        with tarfile.open(FIXTURES / f"btrfs-{name}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        (folder / "btrfs.img").rename(folder / f"{name}.img")
    return folder


def opened(path: Path, subvolume: str | None = None) -> BtrfsTree:
    return BtrfsTree(Disk(path), "0:1", subvolume)


def everything(tree: BtrfsTree, above: str = "") -> Iterator[tuple[str, Stat]]:
    for name in tree.names(above or "/"):
        path = f"{above}/{name}"
        found = tree.stat(path)
        if found is None:  # only where a name's hash was spoilt
            continue
        yield path, found
        if found.kind == "dir":
            yield from everything(tree, path)


def test_every_file_is_what_linux_says_it_is(images: Path) -> None:
    tree = opened(images / "features.img")

    found = {}
    for path, status in everything(tree):
        content = status.target
        if status.kind == "file":
            content = hashlib.sha256(tree.read(path, 16 * MIB)).hexdigest()
        size = 0 if status.kind == "other" else status.size
        shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        shown = shown.encode("ascii", "backslashreplace").decode()
        mode = status.mode
        found[shown] = [status.kind, size, mode, status.uid, status.gid, content]

    told = json.loads((images / "features.json").read_text())
    assert found.keys() == told.keys()
    assert {path: facts for path, facts in found.items() if facts != told[path]} == {}


def test_labels_are_read(images: Path) -> None:
    tree = opened(images / "features.img")

    assert tree.label("/odd/owned") == b"system_u:object_r:etc_t:s0\0"
    assert tree.label("/odd/linked") == b"system_u:object_r:etc_t:s0\0"
    assert tree.label("/odd/link") is None
    assert tree.label("/nowhere") is None


def test_subvolumes_are_listed_and_entered(images: Path) -> None:
    tree = opened(images / "features.img")

    assert tree.subvolumes() == ("shot", "sub", "sub/a/b/inner")
    assert tree.default_path() == ""
    assert tree.read("/sub/a/b/inner/file", 100) == b"inside"
    assert tree.names("/shot/a/b/inner") == []  # a snapshot stops at the subvolumes below
    assert opened(images / "features.img", "sub/a/b/inner").read("/file", 3) == b"ins"


def test_the_default_subvolume_is_what_is_mounted(images: Path) -> None:
    tree = opened(images / "suse.img")

    assert tree.default_path() == "@/.snapshots/1/snapshot"
    assert tree.subvolumes() == ("@", "@/.snapshots", "@/.snapshots/1/snapshot", "@/home", "@/var")
    assert b'ID="sles"' in System(tree).read("/etc/os-release", 4096)
    assert opened(images / "suse.img", "").names("/") == ["@"]
    assert "snapshot" in opened(images / "suse.img", "@").names("/.snapshots/1")


def test_a_root_in_a_subvolume_is_seen_from_the_top(images: Path) -> None:
    tree = opened(images / "fedora.img")

    assert (tree.subvolumes(), tree.default_path()) == (("home", "root"), "")
    assert tree.stat("/etc") is None
    assert tree.read("/root/etc/hostname", 4096)
    root = opened(images / "fedora.img", "/root/")
    assert b'ID="fedora"' in System(root).read("/etc/os-release", 4096)
    for path in ("nowhere", "root/etc"):
        with pytest.raises(Missing):
            opened(images / "fedora.img", path)


def test_what_is_not_there_is_missing(images: Path) -> None:
    tree = opened(images / "features.img")

    for path in ("/x", "/odd/x/y", "/odd/owned/x", "/../odd", "/" + "a/" * 300):
        assert tree.stat(path) is None
        with pytest.raises(Missing):
            tree.read(path, 10)
        with pytest.raises(Missing):
            tree.names(path)
    with pytest.raises(Missing):
        tree.read("/odd", 10)
    with pytest.raises(Missing):
        tree.read("/odd/pipe", 10)


def made(tmp_path: Path, *options: str) -> Path:
    """Make a filesystem of some hundred files."""
    folder = tmp_path / "root"
    for path, content in MANY.items():
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "large").write_bytes(hashlib.shake_128(b"large").digest(3_000_000))
    image = tmp_path / "btrfs.img"
    with image.open("wb") as sparse:
        sparse.truncate(200 * MIB)
    subprocess.run(
        ["mkfs.btrfs", "-q", "-r", folder, *options, image], check=True, env=TOOLS,
        capture_output=True,
    )  # fmt: skip
    return image


@pytest.mark.guests
@pytest.mark.parametrize(
    "options",
    [
        ("--csum", "crc32c", "-n", "16384"),
        pytest.param(("--csum", "xxhash", "-n", "4096"), marks=pytest.mark.slow),
        ("--csum", "sha256", "-n", "65536"),
        pytest.param(("--csum", "blake2", "-n", "8192", "-m", "single"), marks=pytest.mark.slow),
        pytest.param(("-M", "-n", "4096"), marks=pytest.mark.slow),
        pytest.param(("-O", "^no-holes,^extref"), marks=pytest.mark.slow),
    ],
)
def test_every_checksum_and_node_size_is_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    image = made(tmp_path, *options)

    tree = opened(image)

    assert tree.names("/etc/some.d") == [path.rpartition("/")[2] for path in MANY]
    assert all(tree.read(path, MIB).decode() == content for path, content in MANY.items())
    assert tree.read("/large", 1 << 30) == hashlib.shake_128(b"large").digest(3_000_000)
    free = tree.free()
    assert free is not None
    assert 100 * MIB < free < 200 * MIB


@pytest.mark.guests
def test_other_readers_find_the_same(images: Path, tmp_path: Path) -> None:
    image = images / "features.img"
    restore = ["btrfs", "-q", "restore", "-S", str(image), str(tmp_path)]
    subprocess.run(restore, check=True, env=TOOLS, capture_output=True)
    tree = opened(image)

    for how in ("none", "zlib", "lzo", "zstd"):
        for name in ("words", "same", "mixed", "inline", "holes"):
            path = f"{how}/{name}"
            content = tree.read("/" + path, 16 * MIB)
            assert (tmp_path / path).read_bytes() == content, path
            if name == "holes":
                continue  # GRUB takes them for damage
            grub = ["grub-fstest", str(image), "cat", f"(loop0)/{path}"]
            assert subprocess.run(grub, check=True, capture_output=True).stdout == content, path


@pytest.mark.slow
@pytest.mark.guests
def test_a_damaged_node_is_read_from_its_copy(tmp_path: Path) -> None:
    image = made(tmp_path, "-m", "dup")
    tree = opened(image)
    list(everything(tree))
    nodes = sorted(tree._nodes._cache)
    first = [tree._nodes._find(node).physical[0] + node - tree._nodes._find(node).logical
             for node in nodes]  # fmt: skip
    second = [tree._nodes._find(node).physical[1] + node - tree._nodes._find(node).logical
              for node in nodes]  # fmt: skip

    damaged = BtrfsTree(Patched(Disk(image), [(at + 200, b"damage") for at in first]), "0:1")
    assert len(list(everything(damaged))) == len(list(everything(tree)))

    both = [(at + 200, b"damage") for at in (*first, *second)]
    with pytest.raises(Unreadable, match="the checksum of a node is wrong"):
        list(everything(BtrfsTree(Patched(Disk(image), both), "0:1")))


@pytest.mark.guests
def test_copies_on_other_devices_are_not_needed_and_stripes_are_told(tmp_path: Path) -> None:
    images = [tmp_path / "one.img", tmp_path / "two.img"]
    for image in images:
        with image.open("wb") as file:
            file.truncate(256 * MIB)
    for profile in ("raid1", "raid0"):
        command = ["mkfs.btrfs", "-q", "-f", "-m", profile, "-d", profile, *images]
        subprocess.run(command, check=True, env=TOOLS, capture_output=True)
        if profile == "raid1":
            assert [opened(image).names("/") for image in images] == [[], []]
        else:
            with pytest.raises(Unreadable, match="striped over devices"):
                opened(images[0])


@pytest.mark.parametrize(
    ("patch", "problem"),
    [
        ((64 << 10, bytes(4096)), "there is no Btrfs superblock"),
        (((64 << 10) + 100, b"\xff\xff"), "the superblock's checksum is wrong"),
    ],
)
def test_a_damaged_superblock_is_told(images: Path, patch: tuple[int, bytes], problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        BtrfsTree(Patched(Disk(images / "suse.img"), [patch]), "0:1")


def test_a_volume_that_ends_too_early_is_told(images: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.img"
    short.write_bytes((images / "suse.img").read_bytes()[: 5 * MIB])

    with pytest.raises(Unreadable):
        list(everything(opened(short)))


def walked(tree: BtrfsTree) -> None:
    """Ask everything that a look may ask."""
    tree.subvolumes()
    tree.default_path()
    tree.free()
    for path, status in islice(everything(tree), 5000):  # a directory may be in itself
        tree.label(path)
        if status.kind == "file":
            assert len(tree.read(path, MIB)) <= MIB
        assert path.count("/") <= DEPTH


@pytest.mark.slow
@pytest.mark.parametrize("name", ["suse", "features"])
def test_nodes_whose_checksums_were_made_right_do_no_harm(images: Path, name: str) -> None:
    disk = Disk(images / f"{name}.img")
    whole = BtrfsTree(disk, "0:1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(btrfs_nodes, "KEPT", 64 * MIB)
        for _ in everything(whole):
            pass
    places = [
        whole._nodes._find(node).physical[0] + node - whole._nodes._find(node).logical
        for node in whole._nodes._cache
    ]
    places += [btrfs_nodes.SUPERBLOCK, btrfs_nodes.SUPERBLOCK + 700]
    size = whole._nodes.node_size

    @settings(max_examples=60 if name == "suse" else 15)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(places),
                st.one_of(st.integers(88, 600), st.integers(0, size - 1)),
                st.one_of(
                    st.binary(min_size=1, max_size=9),
                    st.sampled_from([b"\xff" * 8, bytes(8), b"\xff\xff\xff\x7f"]),
                ),
            ),
            min_size=1,
            max_size=6,
        )
    )
    def fuzzed(changes: list[tuple[int, int, bytes]]) -> None:
        patches = [(place + at, data) for place, at, data in changes]
        begun = time.process_time()
        with suppress(Unreadable):
            walked(BtrfsTree(Patched(disk, patches), "0:1"))
        assert time.process_time() - begun < 10

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(btrfs_nodes, "_CHECKSUMS", {})
        fuzzed()


def test_the_checksum_is_the_one_of_the_standard() -> None:
    data = hashlib.shake_128(b"x").digest(1001)
    register = 0xFFFFFFFF
    for byte in data:
        register = crc32c(bytes([byte]), register)

    assert crc32c(b"123456789") ^ 0xFFFFFFFF == 0xE3069283
    assert crc32c(data) == register
    assert crc32c(bytes(16384)) != 0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (bytes([17 + 4]) + b"abcd" + bytes([17, 0, 0]), b"abcd"),
        (bytes([17 + 1]) + b"a" + bytes([33, 0, 0]) + bytes([17, 0, 0]), b"aaaa"),
        (bytes([0, 3]) + b"x" * 21 + bytes([17, 0, 0]), b"x" * 21),
    ],
)
def test_lzo_is_unpacked(data: bytes, expected: bytes) -> None:
    assert unlzo(data, 4096) == expected


@given(st.binary(max_size=300))
def test_noise_is_no_lzo(noise: bytes) -> None:
    with suppress(Unreadable):
        assert len(unlzo(noise, 4096)) <= 4096 + 300
