"""An image with any of its fields changed is imported or refused; nothing crashes or hangs."""

import asyncio
import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.errors import ClientError
from converters.stages import inspect
from converters.stages.to_raw import to_raw
from tests import disks
from tests.converters import corpus
from tests.converters.mutations import FIELDS, PATIENCE, TOO_LARGE, image, resealed

pytestmark = pytest.mark.slow

VALUES = st.one_of(
    st.integers(0, 600),
    st.sampled_from([1 << power for power in range(8, 64)]),
    st.sampled_from([0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFFFFFFFFFF, 1 << 63]),
    st.integers(0, (1 << 64) - 1),
)


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
        if disk.size < TOO_LARGE:
            await to_raw(disk, path.with_suffix(".out"), lambda percent: None)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_mutated_image_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image"

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(data=mutated(kind))
    def look(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(ClientError):
            inspect._look(path, None)

    look()


@pytest.mark.parametrize("kind", FIELDS)
def test_a_mutated_image_is_imported_or_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "image"

    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(data=mutated(kind))
    def look(data: bytes) -> None:
        path.write_bytes(data)
        with contextlib.suppress(ClientError):
            asyncio.run(imported(path))

    look()


@settings(max_examples=200)
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


@pytest.mark.parametrize("kind", FIELDS)
def test_what_became_of_the_corpus_becomes_of_it_again(kind: str, tmp_path: Path) -> None:
    kept = [(case, outcome) for case, outcome in corpus.kept() if case.kind == kind]

    again = [(case, corpus.outcome(case, tmp_path)) for case, _ in kept]

    assert again == kept
    assert len(kept) == corpus.OF_A_KIND
