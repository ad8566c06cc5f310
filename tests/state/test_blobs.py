"""Blobs: bytes that are kept, linked, removed; folders to work in."""

from pathlib import Path

import pytest

from state.blobs import Blobs


def kept(blobs: Blobs, content: bytes = b"bytes") -> str:
    path = blobs.incoming()
    path.write_bytes(content)
    blob_id = blobs.new_id()
    blobs.keep(path, blob_id)
    assert not path.exists()
    return blob_id


def test_bytes_that_have_arrived_are_kept(blobs: Blobs) -> None:
    blob_id = kept(blobs)

    assert blobs.path(blob_id).read_bytes() == b"bytes"
    assert blobs.path(blob_id).parent.name == blob_id[-2:]


def test_blobs_are_there_after_a_restart(blobs: Blobs) -> None:
    blob_id = kept(blobs)

    assert Blobs(blobs.root).path(blob_id).read_bytes() == b"bytes"


def test_a_worker_keeps_what_it_made_in_its_scratch(blobs: Blobs) -> None:
    made = blobs.attempt_scratch("import-snap-1", 1) / "disk.raw"
    made.write_bytes(b"disk")

    blobs.keep(made, "b1")

    assert blobs.path("b1").read_bytes() == b"disk"


def test_keeping_again_is_as_good_as_keeping_once(blobs: Blobs) -> None:
    """A worker may die between the rename and the row; the next attempt publishes again."""
    for content in (b"first attempt", b"second attempt"):
        path = blobs.incoming()
        path.write_bytes(content)
        blobs.keep(path, "b1")

    assert blobs.path("b1").read_bytes() == b"second attempt"


def test_a_link_shares_the_bytes_and_outlives_the_source(blobs: Blobs) -> None:
    source = kept(blobs)
    working = blobs.attempt_scratch("import-snap-1", 1) / "disk.raw"

    blobs.link(source, "copy")
    blobs.link(source, working)

    assert blobs.path("copy").samefile(blobs.path(source))
    blobs.remove(source)
    assert blobs.path("copy").read_bytes() == working.read_bytes() == b"bytes"


def test_removing_twice_is_fine(blobs: Blobs) -> None:
    blob_id = kept(blobs)

    blobs.remove(blob_id)
    blobs.remove(blob_id)
    blobs.remove("never-kept")

    assert not blobs.path(blob_id).exists()


def test_each_attempt_has_an_empty_folder_of_its_own(blobs: Blobs) -> None:
    first = blobs.attempt_scratch("import-snap-1", 1)
    (first / "half").write_bytes(b"half of it")
    second = blobs.attempt_scratch("import-snap-1", 2)

    assert list(second.iterdir()) == []
    assert (first / "half").exists()
    assert list(blobs.attempt_scratch("import-snap-1", 1).iterdir()) == []


def test_scratch_is_removed_whole(blobs: Blobs) -> None:
    folder = blobs.attempt_scratch("import-snap-1", 1)
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "file").write_bytes(b"")

    blobs.remove_scratch("import-snap-1")
    blobs.remove_scratch("import-snap-1")

    assert list((blobs.root / "scratch").iterdir()) == []


@pytest.mark.parametrize("name", ["", "a", ".", "..", "../x", "a/b", "/etc/passwd", "a\0b", "-rf"])
def test_no_name_leads_out_of_the_root(blobs: Blobs, name: str) -> None:
    for use in (blobs.path, blobs.remove, blobs.scratch, blobs.remove_scratch):
        with pytest.raises(ValueError, match="not the name"):
            use(name)


def test_a_sweep_follows_no_links(blobs: Blobs, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"not ours")
    (blobs.root / "incoming" / "link").symlink_to(outside / "file")
    (blobs.root / "scratch" / "link").symlink_to(outside)

    blobs.sweep(known=lambda ids: set(), unfinished=lambda ids: set())

    assert (outside / "file").exists()
