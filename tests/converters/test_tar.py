"""Archives are read as tar and Python read them; what could be used to trick us is refused."""

import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from converters.errors import ClientError
from converters.stages import tar
from converters.stages.formats.image import Image
from converters.stages.tar import File
from tests import ovas
from tests.ovas import BLOCK, END, header, member, padded, pax, record

GIB = 1 << 30
NAMES = ["a", "vm.ovf", "größe.vmdk", "x" * 99, "y" * 100, "folder/" * 20 + "z", "w" * 300]
SIZES = [0, 1, 511, 512, 513, 100_000]
UNSUPPORTED = "Disk validation failed [Unsupported OVA format]"


def files(path: Path) -> list[File]:
    with Image(path) as image:
        return list(tar.files(image).values())


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize("form", ovas.FORMATS)
def test_files_are_where_python_finds_them(form: str, tmp_path: Path) -> None:
    short = form in ("ustar", "v7")
    names = [name for name in NAMES if len(name) < 100 or not short]
    contents: dict[str, Path | bytes] = {
        name: os.urandom(size) for name, size in zip(names, SIZES * 2, strict=False)
    }
    path = ovas.packed(tmp_path / "tar", contents, form)

    found = files(path)

    with tarfile.open(path) as oracle:
        expected = [File(each.name, each.offset_data, each.size) for each in oracle.getmembers()]
    assert found == expected
    data = path.read_bytes()
    assert [data[each.offset :][: each.length] for each in found] == list(contents.values())


@pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_archives_of_gnu_tar(form: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    longer = "long" * 30 + ".vmdk" if form in ("oldgnu", "gnu", "posix") else "long.vmdk"
    for name, size in (("vm.ovf", 1000), (longer, 70_000), ("empty", 0)):
        (folder / name).write_bytes(os.urandom(size))
    path = tmp_path / "tar"
    subprocess.run(["tar", f"--format={form}", "-cf", path, "-C", folder, "."], check=True)

    found = {file.name: file for file in files(path)}

    data = path.read_bytes()
    assert sorted(found) == sorted(["vm.ovf", longer, "empty"])
    for name, file in found.items():
        assert data[file.offset :][: file.length] == (folder / name).read_bytes()


@pytest.mark.parametrize("form", ["base-256", "pax", "octal"])
def test_a_member_may_have_more_than_eight_gib(form: str, tmp_path: Path) -> None:
    size = 9 * GIB if form != "octal" else 8 * GIB - 1
    heads = {
        "base-256": header(b"disk", ovas.base_256(size)),
        "pax": pax([("size", str(size)), ("mtime", "1.5")]) + header(b"disk", 0),
        "octal": header(b"disk", b"%011o\0" % size),
    }
    path = written(tmp_path / "tar", heads[form])
    begin = path.stat().st_size
    os.truncate(path, begin + -(-size // BLOCK) * BLOCK)
    with path.open("ab") as file:
        file.write(member(b"next", b"data") + END)

    assert files(path)[0] == File("disk", begin, size)
    assert files(path)[1].name == "next"


ENDINGS: dict[str, Callable[[bytes], bytes]] = {
    "two blocks": lambda data: data + END,
    "one block": lambda data: data + END[:BLOCK],
    "none": lambda data: data,
    "part of a block": lambda data: data + bytes(100),
    "not even the padding": lambda data: data[:-508],
    "ten kilobytes": lambda data: data + bytes(10240),
    "what comes behind is not looked at": lambda data: data + END + b"junk" * BLOCK,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_archive_may_end_in_many_ways(ending: str, tmp_path: Path) -> None:
    path = written(tmp_path / "tar", ENDINGS[ending](member(b"a", b"12") + member(b"b", b"1234")))

    assert [file.name for file in files(path)] == ["a", "b"]


ACCEPTED: dict[str, tuple[list[bytes], list[str]]] = {
    "a folder": ([member(b"vm/", b"", b"5"), member(b"vm/a", b"1")], ["vm/a"]),
    "a folder with a size": ([header(b"vm/", 99, b"5"), member(b"vm/a", b"1")], ["vm/a"]),
    "a contiguous file": ([member(b"a", b"1", b"7")], ["a"]),
    "a file of an old tar": ([member(b"a", b"1", b"\0")], ["a"]),
    "dots and slashes": ([member(b"./b//./a", b"1")], ["b/a"]),
    "a prefix": ([header(b"a", 0, prefix=b"folder/sub")], ["folder/sub/a"]),
    "no prefix in GNU's headers": (
        [header(b"a", 0, magic=b"ustar  \0", prefix=b"junk")],
        ["a"],
    ),
    "GNU's long name": ([member(b"x", b"long/name\0", b"L"), member(b"a", b"1")], ["long/name"]),
    "GNU's long link": ([member(b"x", b"unused\0", b"K"), member(b"a", b"1")], ["a"]),
    "pax for all": ([pax([("comment", "x")], b"g"), member(b"a", b"1")], ["a"]),
    "pax for one": ([pax([("path", "b=\n"), ("size", "0")]), header(b"a", 0)], ["b=\n"]),
    "names of any bytes": ([member(b"\xff\x01", b"1")], ["\\xff\x01"]),
    "a size with spaces": ([header(b"a", b"         0 \0")], ["a"]),
    "a size without an end": ([header(b"a", b"000000000000")], ["a"]),
    "a size that is not there": ([header(b"a", b"\0" * 12)], ["a"]),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_not_usual_but_right(name: str, tmp_path: Path) -> None:
    parts, expected = ACCEPTED[name]

    found = files(written(tmp_path / "tar", *parts, END))

    assert [file.name for file in found] == expected


def test_a_checksum_of_signed_bytes_is_right_too(tmp_path: Path) -> None:
    block = header("größe".encode(), 0)
    blank = block[:148] + b" " * 8 + block[156:]
    total = sum(byte - 256 if byte > 127 else byte for byte in blank)

    path = written(tmp_path / "tar", block[:148] + b"%06o\0 " % total + block[156:], END)

    assert files(path)[0].name == "größe"


def damaged(block: bytes) -> bytes:
    return block[:10] + b"x" + block[11:]


REFUSED: dict[str, list[bytes]] = {
    "nothing": [],
    "the end alone": [END],
    "less than a header": [header(b"a", 0)[:511]],
    "zeros and then a file": [bytes(BLOCK), member(b"a", b"1")],
    "a wrong checksum": [damaged(header(b"a", 0))],
    "no checksum": [header(b"a", 0)[:148] + bytes(8) + header(b"a", 0)[156:]],
    "junk after a member": [member(b"a", b"1"), b"junk" * BLOCK],
    "a header cut off": [member(b"a", b"1"), header(b"b", 0)[:300]],
    "data cut off": [header(b"a", 100), bytes(99)],
    "data cut off, far away": [header(b"a", ovas.base_256(1 << 62)), bytes(BLOCK)],
    "the largest size": [header(b"a", b"\xff" * 12), bytes(BLOCK)],
    "a negative size": [header(b"a", b"-0000000001\0"), bytes(BLOCK)],
    "a size that is no number": [header(b"a", b"00000000009\0"), bytes(BLOCK)],
    "a size of pax that is no number": [pax([("size", "1e3")]), header(b"a", 0), END],
    "a negative size of pax": [pax([("size", "-1")]), header(b"a", 0), END],
    "a size of pax of many digits": [pax([("size", "9" * 5000)]), header(b"a", 0), END],
    "a member without a name": [header(b"", 0), END],
    "a name of pax with a NUL": [pax([("path", "a\0b")]), header(b"a", 0), END],
    "a hard link": [header(b"a", 0, b"1", link=b"b"), END],
    "a symbolic link": [header(b"disk.vmdk", 0, b"2", link=b"/etc/passwd"), END],
    "a long symbolic link": [member(b"x", b"/etc", b"K"), header(b"a", 0, b"2"), END],
    "a character device": [header(b"a", 0, b"3"), END],
    "a block device": [header(b"a", 0, b"4"), END],
    "a pipe": [header(b"a", 0, b"6"), END],
    "a sparse file of GNU": [header(b"a", 0, b"S"), END],
    "a sparse file of pax": [pax([("GNU.sparse.major", "1")]), header(b"a", 0), END],
    "a sparse file of pax 0.1": [pax([("GNU.sparse.map", "0,1")]), header(b"a", 0), END],
    "several volumes": [header(b"a", 0, b"M"), END],
    "a kind nobody knows": [header(b"a", 0, b"Z"), END],
    "a size for all": [pax([("size", "7")], b"g"), header(b"a", 0), END],
    "a name for all": [pax([("path", "b")], b"g"), header(b"a", 0), END],
    "a record without a length": [member(b"x", b"path=b\n", b"x"), header(b"a", 0), END],
    "a record too long": [member(b"x", b"99 path=b\n", b"x"), header(b"a", 0), END],
    "a record too short": [member(b"x", b"3 path=b\n", b"x"), header(b"a", 0), END],
    "a record of length 0": [member(b"x", b"0 path=b\n", b"x"), header(b"a", 0), END],
    "a record without an end": [member(b"x", b"9 path=bc", b"x"), header(b"a", 0), END],
    "an extension that is too large": [header(b"x", 1 << 20, b"x"), bytes(1 << 20), END],
    "an extension cut off": [header(b"x", 60_000, b"L"), bytes(BLOCK)],
    "an extension of nothing": [pax([("path", "b")]), END],
    "an extension at the end": [member(b"x", b"name", b"L")],
    "too many members": [b"".join(header(b"%d" % number, 0) for number in range(10_001))],
    "too many extensions": [member(b"x", record("comment", "x"), b"x") * 10_001],
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if "many" in name else []) for name in REFUSED],
)
def test_what_is_no_archive_of_plain_files_is_refused(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "tar", *REFUSED[name])

    with pytest.raises(ClientError) as refused:
        files(path)

    assert str(refused.value) == UNSUPPORTED


@pytest.mark.parametrize("again", [b"disk", b"./disk", b"x/../disk", b".//disk"])
def test_two_members_of_one_name_are_refused(again: bytes, tmp_path: Path) -> None:
    path = written(tmp_path / "tar", member(b"disk", b"1"), member(again, b"2"), END)

    with pytest.raises(ClientError, match="'disk' is in the archive more than once"):
        files(path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (header(b"a", 0), True),
        (pax([("path", "a")]), True),
        (header(b"a", 0, magic=b""), True),
        (header(b"a", 0)[:511], False),
        (damaged(header(b"a", 0)), False),
        (b"", False),
        (bytes(BLOCK), False),
        (b"KDMV".ljust(BLOCK, b"\0"), False),
        (b"\xff" * BLOCK, False),
        (padded(b"\xeb\x63\x90" + b"GRUB" * 100), False),
    ],
)
def test_an_archive_is_known_by_its_first_header(
    data: bytes, expected: bool, tmp_path: Path
) -> None:
    with Image(written(tmp_path / "tar", data)) as image:
        assert tar.matches(image) is expected
