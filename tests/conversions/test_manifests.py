"""Import manifests as they are read: what honest ones say, and what hostile ones are told."""

from pathlib import Path

import pytest

from converters.errors import ClientError
from converters.stages import import_manifest
from converters.stages.import_manifest import Part, read

PART = (
    '<part index="{0}"><byte-range end="{2}" start="{1}"/><key>k</key><head-url>h</head-url>'
    "<get-url>https://s3/part{0}?a=1&amp;b=2</get-url><delete-url>d</delete-url></part>"
)


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "manifest.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def manifest(*ranges: tuple[int, int, int], size: int, head: str = "") -> str:
    parts = "".join(PART.format(*each) for each in ranges)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<manifest><version>2010-11-15</version>'
        "<file-format>RAW</file-format><importer><name>x</name></importer>"
        f"<self-destruct-url>s</self-destruct-url><import><size>{size}</size>"
        f'<volume-size>1</volume-size><parts count="{len(ranges)}">{parts}</parts>'
        "</import></manifest>"
    )


def test_parts_are_found_in_any_order(tmp_path: Path) -> None:
    found = read(written(tmp_path, manifest((1, 100, 149), (0, 0, 99), size=150)))

    assert found.format == "RAW"
    assert found.size == 150
    assert found.parts == (
        Part(0, 100, "https://s3/part0?a=1&b=2"),
        Part(100, 50, "https://s3/part1?a=1&b=2"),
    )
    assert "https" not in repr(found), "presigned URLs are secrets"


@pytest.mark.parametrize("end", [149, 150, 199])
def test_the_last_part_may_be_said_to_end_later(tmp_path: Path, end: int) -> None:
    found = read(written(tmp_path, manifest((0, 0, 99), (1, 100, end), size=150)))

    assert [part.length for part in found.parts] == [100, 50]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not well-formed"),
        ("<manifest>", "not well-formed"),
        ("\0" * 100, "not well-formed"),
        ("<a>" * 20 + "</a>" * 20, "not well-formed"),
        ("<manifest/>", "its size is no number"),
        (manifest(size=150), "there are no parts"),
        (manifest((0, 0, 9), size=0), "the size is 0"),
        (manifest((0, 0, 99), size=150), "the parts end at 100, the image at 150"),
        (manifest((0, 0, 99), (1, 101, 149), size=150), "part 1 does not follow"),
        (manifest((0, 0, 99), (1, 99, 149), size=150), "part 1 does not follow"),
        (manifest((0, 0, 149), (1, 150, 160), size=150), "part 1 does not follow"),
        (manifest((0, 0, 99), (0, 100, 149), size=150), "not numbered from 0"),
        (manifest((1, 0, 149), size=150), "not numbered from 0"),
        (manifest((0, 0, -1), size=150), "its end is no number"),
        (manifest((0, 0, 10**30), size=150), "its end is no number"),
        (manifest((0, 0, 149), size=150).replace("get-url", "got-url"), "has no get-url"),
        (manifest((0, 0, 149), size=150).replace('count="1"', 'count="2"'), "1 parts, not 2"),
        (
            manifest(
                (0, 0, 149), size=150, head='<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            ),
            "not well-formed",
        ),
        (manifest((0, 0, 149), size=150).replace("https", "x" * 20_000), "not well-formed"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        read(written(tmp_path, text))


@pytest.mark.parametrize(
    "junk",
    [
        f"<!--{' ' * 200_000}-->",
        f"<{'a' * 200_000}/>",
        f"<a b='{'c' * 200_000}'/>",
        "".join(f"<a{number}/>" for number in range(1000)),
        "<a " + "".join(f"b{number}='1' " for number in range(1000)) + "/>",
    ],
    ids=["comment", "name", "attribute", "names", "attributes"],
)
def test_what_would_keep_the_parser_busy_is_refused(tmp_path: Path, junk: str) -> None:
    whole = manifest((0, 0, 149), size=150)
    harmless = whole.replace("<manifest>", f"<manifest><!-- {'x' * 1000} --><a b='c'/>")

    assert read(written(tmp_path, harmless)).size == 150
    with pytest.raises(ClientError, match="not well-formed"):
        read(written(tmp_path, whole.replace("<manifest>", f"<manifest>{junk}")))


def test_there_are_only_so_many_elements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_manifest, "MOST_ELEMENTS", 16)

    assert read(written(tmp_path, manifest((0, 0, 149), size=150))).size == 150
    with pytest.raises(ClientError, match="not well-formed"):
        read(written(tmp_path, manifest((0, 0, 99), (1, 100, 149), size=150)))


def test_a_disk_of_16_tib_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match="must be smaller than 16 TiB"):
        read(written(tmp_path, manifest((0, 0, (16 << 40) - 1), size=16 << 40)))


def test_there_are_only_so_many_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_manifest, "MOST_PARTS", 1)

    with pytest.raises(ClientError, match="there are more than 1 parts"):
        read(written(tmp_path, manifest((0, 0, 99), (1, 100, 149), size=150)))
