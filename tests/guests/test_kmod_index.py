"""The indexes of kmod are written as depmod writes them, letter by letter, and read back whole."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.adapt.kmod_index import Entry, read_index, write_index
from converters.guests.tree import Unreadable

MODULES = sorted(Path("/lib/modules").glob("*/modules.dep.bin"))
words = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@pytest.mark.guests
@pytest.mark.parametrize("name", ["dep", "alias", "builtin"])
def test_an_index_is_depmods_to_the_byte(name: str) -> None:
    assert MODULES, "needs the modules of a kernel: linux-image-cloud-amd64"
    index = (MODULES[-1].parent / f"modules.{name}.bin").read_bytes()

    entries = read_index(index)

    assert len(entries) > 50
    assert write_index(entries) == index


@given(st.lists(st.builds(Entry, words, words, st.integers(0, 1000)), max_size=40))
def test_what_was_written_is_read(entries: list[Entry]) -> None:
    expected = sorted(set(entries), key=lambda entry: (entry.key, entry.priority, entry.value))

    assert read_index(write_index(entries)) == expected


def test_a_key_that_begins_another_stays_apart() -> None:
    entries = [Entry("virtio", "a.ko:"), Entry("virtio_blk", "b.ko: a.ko", 2), Entry("v", "c.ko:")]

    assert {entry.key for entry in read_index(write_index(entries))} == {
        "v",
        "virtio",
        "virtio_blk",
    }


def test_keys_that_no_module_has_are_left_out() -> None:
    assert read_index(write_index([Entry("ü", "x"), Entry("a" * 600, "y")])) == []


LOOP = bytes.fromhex("b007f457 00020001 2000000c") + bytes((97, 97)) + bytes.fromhex("2000000c")


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 64, write_index([Entry("nvme", "nvme.ko:")])[:-3], LOOP, LOOP[:8] + b"\xff" * 9],
)
def test_damage_is_told(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_index(data)


@given(st.binary(max_size=200), st.integers(0, 200))
def test_damaged_ones_end(noise: bytes, at: int) -> None:
    index = bytearray(write_index([Entry(name, name) for name in ("ena", "nvme", "nvme_core")]))
    index[at : at + len(noise)] = noise

    with suppress(Unreadable):
        read_index(bytes(index))
