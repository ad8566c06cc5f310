"""Encrypted disks as our own reader has them, with qemu-img as the oracle."""

import random
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from converters import qemu_img
from state import disk_keys
from state.blobs import Blobs
from state.disks import open_snapshot
from state.disks.qcow2 import CLUSTER, REACH
from state.disks.sealed import create, open_sealed
from state.luks import FIRST, HEADER, SLOT, Unopened, Xts, make, master_key
from state.snapshots import Snapshot
from state.store import Store
from tests import disks
from tests.disks import MIB
from tests.state.samples import NOW
from tests.state.test_disk_keys import kept
from tests.state.test_keys import key

PASSPHRASE = b"0f" * 32


async def sealed(raw: Path, passphrase: bytes = PASSPHRASE) -> Path:
    """A raw disk as it is kept."""
    target = raw.with_suffix(".sealed")
    create(target, raw.stat().st_size, passphrase)
    await qemu_img.seal(raw, target, passphrase, lambda percent: None)
    return target


def made_by_qemu(raw: Path) -> Path:
    """The same, down to its headers written by qemu-img."""
    target = raw.with_suffix(".sealed")
    options = "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10"
    secret = f"secret,id=s,data={PASSPHRASE.decode()}"
    command = ["qemu-img", "convert", "--object", secret, "-f", "raw", "-O", "qcow2"]
    for _ in range(5):  # now and then it can't measure its own speed
        if not subprocess.run([*command, "-o", options, raw, target], check=False).returncode:
            return target
    raise AssertionError("qemu-img makes no LUKS")


def compare(sealed_at: Path, raw: Path) -> None:
    content = raw.read_bytes()
    size = len(content)
    chance = random.Random(1)
    with closing(open_sealed(sealed_at, size, PASSPHRASE)) as disk:
        assert disk.read(0, size) == content
        for _ in range(50):
            offset, length = chance.randrange(size), chance.randrange(200_000)
            assert disk.read(offset, length) == content[offset:][:length].ljust(length, b"\0")
        covered = bytearray(size)
        last = -1
        for begin, end in disk.data():
            assert last < begin < end <= size
            covered[begin:end] = content[begin:end]
            last = end
        assert covered == content
        offset = size // 3
        assert [end for _, end in disk.data(offset)] == [
            end for _, end in disk.data() if end > offset
        ]


@pytest.mark.parametrize("size", [1, 511, CLUSTER, 3 * MIB + 100])
async def test_what_qemu_img_has_sealed_is_read_byte_for_byte(tmp_path: Path, size: int) -> None:
    raw = disks.raw(tmp_path / "disk.raw", size)

    compare(await sealed(raw), raw)


@pytest.mark.slow
async def test_a_container_of_qemu_imgs_own_is_read_like_ours(tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk.raw", 3 * MIB + 100)

    compare(made_by_qemu(raw), raw)


async def test_qemu_img_opens_what_was_sealed(tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk.raw", 3 * MIB + 100)

    target = tmp_path / "again.raw"
    path = await sealed(raw)
    await qemu_img.unseal(path, target, raw.stat().st_size, PASSPHRASE, lambda percent: None)

    assert target.read_bytes() == raw.read_bytes()
    with pytest.raises(qemu_img.Failed):
        await qemu_img.unseal(path, target, MIB, PASSPHRASE[:-1] + b"0", lambda percent: None)


async def test_an_empty_disk_of_16_tib_takes_no_room(tmp_path: Path) -> None:
    size = 16 << 40
    create(tmp_path / "disk", size, PASSPHRASE)

    assert (tmp_path / "disk").stat().st_blocks * 512 < 2 * MIB
    with closing(open_sealed(tmp_path / "disk", size, PASSPHRASE)) as disk:
        assert list(disk.data()) == []
        assert disk.read(size - 3, 3) == bytes(3)


async def test_pieces_far_apart_are_found(tmp_path: Path) -> None:
    raw = tmp_path / "disk.raw"
    places = [0, REACH - 10, 3 * REACH + 5, 7 * REACH + CLUSTER]
    with raw.open("wb") as file:
        for place in places:
            file.seek(place)
            file.write(b"here it is, over two clusters?")
    size = raw.stat().st_size

    with closing(open_sealed(await sealed(raw), size, PASSPHRASE)) as disk:
        for place in places:
            assert disk.read(place, 10) == b"here it is"
        assert disk.read(REACH - 10, 30) == b"here it is, over two clusters?"
        assert [begin for begin, _ in disk.data()] == [
            0, REACH - CLUSTER, 3 * REACH, 7 * REACH + CLUSTER
        ]  # fmt: skip


async def test_nothing_of_the_disk_can_be_seen_in_its_file(tmp_path: Path) -> None:
    raw = tmp_path / "disk.raw"
    raw.write_bytes(disks.words(MIB))

    content = (await sealed(raw)).read_bytes()

    assert b"quick brown fox" not in content
    assert PASSPHRASE not in content
    assert bytes.fromhex(PASSPHRASE.decode()) not in content


def test_each_disk_has_a_master_key_of_its_own() -> None:
    one, other = make(PASSPHRASE), make(PASSPHRASE)

    assert one.key != other.key
    assert one.material != other.material


def opened(head: bytes, passphrase: bytes = PASSPHRASE) -> bytes:
    return master_key(lambda offset, length: head[offset : offset + length], passphrase)


def whole(passphrase: bytes = PASSPHRASE) -> bytes:
    made = make(passphrase)
    return (made.header.ljust(FIRST, b"\0") + made.material).ljust(3 * MIB, b"\0")


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda head: head[:100_000],
    "cut off in its header": lambda head: head[:500],
    "not LUKS": lambda head: b"\0" + head[1:],
    "another cipher": lambda head: head[:40] + b"cbc-plain64" + head[51:],
    "no slot": lambda head: head[: HEADER.size] + bytes(8 * SLOT.size) + head[FIRST:],
    "a bit of the material": lambda head: head[:9000] + bytes([head[9000] ^ 1]) + head[9001:],
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_head_that_is_spoilt_opens_nothing(name: str) -> None:
    with pytest.raises(Unopened):
        opened(SPOILT[name](whole()))


def test_another_passphrase_opens_nothing_though_the_first_one_has() -> None:
    head = whole()
    assert opened(head) == opened(head)
    for _ in range(2):
        with pytest.raises(Unopened):
            opened(head, PASSPHRASE[:-1] + b"0")


@pytest.mark.parametrize("spoil", [b"", b"QFI\xfb", b"raw disk" * 10_000])
def test_another_file_is_no_sealed_disk(tmp_path: Path, spoil: bytes) -> None:
    (tmp_path / "disk").write_bytes(spoil)

    with pytest.raises(Unopened):
        open_sealed(tmp_path / "disk", MIB, PASSPHRASE)


def test_xts_is_that_of_ieee_1619() -> None:
    # Vector 10 of the standard: AES-256, the tweak being 0xff, a sector that counts from 0 up.
    one = bytes.fromhex("2718281828459045235360287471352662497757247093699959574966967627")
    two = bytes.fromhex("3141592653589793238462643383279502884197169399375105820974944592")
    plain = bytes(range(256)) * 2

    turned = Xts(one + two).encrypt(plain, 0xFF)

    assert turned[:16].hex() == "1c3b3a102f770386e4836c99e370cf9b"
    assert Xts(one + two).decrypt(turned, 0xFF) == plain


async def test_a_snapshot_is_opened_with_its_key_or_as_the_raw_disk_it_is(
    store: Store, tmp_path: Path
) -> None:
    arn = kept(store, key())
    raw = disks.raw(tmp_path / "disk.raw", MIB)
    content = raw.read_bytes()
    blobs = Blobs(tmp_path / "data")
    with store.read() as tx:
        passphrase, text = disk_keys.new(tx, arn, "snap-1", NOW)
    blobs.keep(await sealed(raw, passphrase), "blob-sealed")
    blobs.keep(raw, "blob-plain")
    plain = Snapshot(
        id="snap-1",
        account_id="1",
        region="r",
        created_at=NOW,
        size_gib=1,
        size_bytes=MIB,
        blob_id="blob-plain",
    )
    encrypted = {"blob_id": "blob-sealed", "encrypted": True, "kms_key_id": arn, "sealed": text}
    for snapshot in (plain, plain.model_copy(update=encrypted)):
        with store.read() as tx, closing(open_snapshot(tx, blobs, snapshot, NOW)) as disk:
            assert disk.read(0, MIB) == content
