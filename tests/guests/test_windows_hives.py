"""A changed hive is a hive: pyregf and hivex read in it what was set, and all that was there."""

import io
import random
import struct
import subprocess
from pathlib import Path

import pyregf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.adapt.cells import Refused, checksum
from converters.guests.adapt.hives import BINARY, DWORD, MULTI_SZ, SZ, Hive, text, texts
from tests.guests import hives

KINDS: tuple[hives.Lists, ...] = ("lf", "lh", "li", "ri")
SERVICES = f"{hives.SET}\\Services"
TIME = f"{hives.SET}\\Control\\TimeZoneInformation"


def system(lists: hives.Lists = "lh", *more: hives.Paths) -> bytes:
    return hives.hive(hives.merged(hives.system(hives.PRODUCTS["2019"]), *more), lists=lists)


Contents = dict[str, dict[str, tuple[int, bytes]]]


def everything(content: bytes) -> Contents:
    """Return all keys and values, as pyregf reads them."""
    file = pyregf.file()
    file.open_file_object(io.BytesIO(content))
    assert not file.is_corrupted()
    found: Contents = {}

    def walk(key: pyregf.key, path: str) -> None:
        values = {}
        for value in key.values:
            size = value.data_size
            short = content[value.offset + 8 : value.offset + 8 + size]
            values[value.name or ""] = (value.type, short if size < 4 else value.data or b"")
        found[path] = values
        for child in key.sub_keys:
            assert key.get_sub_key_by_name(child.name) is not None
            walk(child, f"{path}\\{child.name}".lstrip("\\"))

    walk(file.get_root_key(), "")
    return found


def verify(content: bytes, folder: Path) -> None:
    """Let hivex read the whole hive."""
    path = folder / "hive"
    path.write_bytes(content)
    told = subprocess.run(["hivexregedit", "--export", path, "\\"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("lists", KINDS)
def test_only_what_was_set_is_another(lists: hives.Lists) -> None:
    before = system(lists)
    hive = Hive(before)

    hive.set_number(TIME, "realtimeisuniversal", 7)
    hive.set(f"{SERVICES}\\Dhcp", "ImagePath", SZ, text("x" * 300))
    hive.set("MountedDevices", "\\DosDevices\\C:", BINARY, b"short")
    hive.set("Setup", "New", MULTI_SZ, texts(("a", "b")))
    hive.set("Setup", "Newer", DWORD, b"\1\0\0\0")
    after = hive.file()

    expected = everything(before)
    expected[TIME]["RealTimeIsUniversal"] = (DWORD, b"\7\0\0\0")
    expected[f"{SERVICES}\\Dhcp"]["ImagePath"] = (SZ, text("x" * 300))
    expected["MountedDevices"]["\\DosDevices\\C:"] = (BINARY, b"short")
    expected["Setup"] |= {"New": (MULTI_SZ, texts(("a", "b"))), "Newer": (DWORD, b"\1\0\0\0")}
    assert everything(after) == expected
    assert hive.changed


@pytest.mark.parametrize("lists", KINDS)
def test_keys_come_and_go_in_order(lists: hives.Lists) -> None:
    before = system(lists)
    hive = Hive(before)

    for name in ("aaa", "Middle", "zzz", "äöü", "日本"):
        hive.add_key(f"{SERVICES}\\{name}\\Parameters")
        hive.set(f"{SERVICES}\\{name}\\Parameters", "", SZ, text(name))
    assert hive.remove_key(f"{SERVICES}\\stornvme")
    assert not hive.remove_key(f"{SERVICES}\\nowhere")
    after = hive.file()

    expected = everything(before)
    del expected[f"{SERVICES}\\stornvme"]
    for name in ("aaa", "Middle", "zzz", "äöü", "日本"):
        expected[f"{SERVICES}\\{name}"] = {}
        expected[f"{SERVICES}\\{name}\\Parameters"] = {"": (SZ, text(name))}
    assert everything(after) == expected
    names = Hive(after).names(SERVICES)
    assert names == sorted(names, key=str.upper)


@pytest.mark.guests
@pytest.mark.parametrize("lists", KINDS)
def test_hivex_reads_and_writes_what_was_changed(tmp_path: Path, lists: hives.Lists) -> None:
    hive = Hive(system(lists))
    for number in range(60):
        hive.add_key(f"{SERVICES}\\driver{number}\\Parameters")
        hive.set(f"{SERVICES}\\driver{number}", "Long", BINARY, bytes(range(200)))
    for number in range(0, 60, 2):
        hive.remove_key(f"{SERVICES}\\driver{number}\\Parameters")
        hive.remove(f"{SERVICES}\\driver{number}", "long")
    path = tmp_path / "hive"
    path.write_bytes(hive.file())

    script = f"cd {SERVICES}\\driver3\nlsval\nadd New\ncd New\nsetval 1\nMore\nstring:x\ncommit\n"
    told = subprocess.run(
        ["hivexsh", "-w", path], input=script, capture_output=True, text=True, check=True
    )

    verify(path.read_bytes(), tmp_path)
    assert told.stdout.startswith('"Long"=hex(3):00,01,02')
    assert Hive(path.read_bytes()).value(f"{SERVICES}\\driver3\\New", "more") == (SZ, text("x"))


def test_sequences_checksum_and_sizes_are_right() -> None:
    before = system()
    hive = Hive(before)
    hive.set("Setup", "Long", BINARY, bytes(9000))

    after = hive.file()

    first, second = struct.unpack_from("<II", after, 4)
    assert first == second == struct.unpack_from("<I", before, 4)[0] + 1
    assert struct.unpack_from("<I", after, 508)[0] == checksum(after) == hives.checksum(after)
    size = struct.unpack_from("<I", after, 40)[0]
    assert len(after) == 4096 + size
    offset = 0
    while offset < size:
        mark, itself, length = struct.unpack_from("<4sII", after, 4096 + offset)
        assert (mark, itself) == (b"hbin", offset)
        cell = offset + 32
        while cell < offset + length:
            cell += abs(struct.unpack_from("<i", after, 4096 + cell)[0])
        assert cell == offset + length
        offset += length
    assert offset == size


def test_the_same_again_changes_nothing() -> None:
    hive = Hive(system())

    hive.set_number(TIME, "RealTimeIsUniversal", 1)

    assert not hive.changed
    assert not hive.remove("Setup", "nothing")
    assert not hive.has("Nowhere\\at all")
    assert hive.value("Nowhere", "x") is None


def test_values_shrink_grow_and_go() -> None:
    hive = Hive(hives.hive({"a": {"v": bytes(100), "w": 5}}))
    for size in (100, 4, 0, 3, 5, 96, 100, 104, 5000, 8, 16344):
        hive.set("a", "v", BINARY, bytes([size % 256]) * size)
        assert everything(hive.file())["a"]["v"] == (BINARY, bytes([size % 256]) * size)
    assert hive.remove("a", "v")
    assert everything(hive.file())["a"] == {"w": (DWORD, b"\5\0\0\0")}
    assert hive.remove("a", "w")
    assert everything(hive.file())["a"] == {}
    hive.set_number("a", "x", 1)
    assert everything(hive.file())["a"] == {"x": (DWORD, b"\1\0\0\0")}


def test_what_would_break_a_hive_is_refused() -> None:
    hive = Hive(hives.hive({"a\\b": {}}))

    with pytest.raises(Refused, match="no key"):
        hive.set_number("missing", "x", 1)
    with pytest.raises(Refused, match="16345 bytes"):
        hive.set("a", "x", BINARY, bytes(16345))
    with pytest.raises(Refused, match="subkeys"):
        hive.remove_key("a")


def test_a_full_list_is_refused() -> None:
    hive = Hive(hives.hive({f"Key{number:04}": {} for number in range(500)}))

    with pytest.raises(Refused, match="full"):
        hive.add_key("Another")


def test_a_hive_that_was_never_closed_is_refused() -> None:
    with pytest.raises(Refused, match="not closed"):
        Hive(hives.hive({"a": {}}, dirty=True))


@pytest.mark.parametrize(
    ("at", "content"),
    [
        (0, b"fger"),
        (20, b"\2"),
        (24, b"\x09"),
        (28, b"\1"),
        (40, b"\0\0\0\0"),
        (40, b"\1\0\0\0"),
        (40, b"\0\0\0\x70"),
        (36, b"\0\0\0\0"),
        (36, b"\xff\xff\xff\xff"),
        (36, b"\x24\0\0\0"),
        (36, b"\x20\0\0\0"),
        (4096, b"nope"),
    ],
)
def test_a_broken_base_block_is_refused(at: int, content: bytes) -> None:
    broken = bytearray(system())
    broken[at : at + len(content)] = content
    if at != 508:
        struct.pack_into("<I", broken, 508, checksum(broken))

    with pytest.raises(Refused):
        Hive(bytes(broken))


def test_a_wrong_checksum_and_short_files_are_refused() -> None:
    broken = bytearray(system())
    broken[508] ^= 1

    for content in (bytes(broken), b"", b"regf", system()[:6000]):
        with pytest.raises(Refused):
            Hive(content)


def test_a_hive_of_circles_ends() -> None:
    content = bytearray(hives.hive({"a": {}, "b": {}}, lists="ri"))
    at = content.index(b"ri", 4096)
    leaf = content.index(b"lh", 4096)
    root = struct.unpack_from("<I", content, 36)[0]
    struct.pack_into("<I", content, leaf + 4, root)  # the root's child is the root
    hive = Hive(bytes(content))
    assert hive.has("ROOT\\ROOT\\ROOT")
    struct.pack_into("<II", content, at + 4, at - 4096 - 4, at - 4096 - 4)  # an ri of itself

    with pytest.raises(Refused):
        Hive(bytes(content)).has("a")


def _change_all(content: bytes) -> None:
    hive = Hive(content)
    hive.set_number(TIME, "RealTimeIsUniversal", 0)
    for name in hive.names(SERVICES):
        hive.remove_key(f"{SERVICES}\\{name}\\StartOverride")
        hive.set_number(f"{SERVICES}\\{name}", "Start", 0)
    hive.set("MountedDevices", "\\DosDevices\\C:", BINARY, bytes(24))
    hive.add_key(f"{SERVICES}\\new")
    hive.file()


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
@pytest.mark.slow
def test_a_damaged_hive_is_changed_or_refused(chance: random.Random, wounds: int) -> None:
    content = bytearray(system("lh", {f"{SERVICES}\\disk\\StartOverride": {"0": 3}}))
    for _ in range(wounds):
        at = chance.randrange(4096, len(content))
        content[at] = chance.choice([0, 255, chance.randrange(256)])

    try:
        _change_all(bytes(content))
    except Refused:
        return
