"""Filesystems with files in them, made by their own tools: no mount, no root, a few milliseconds.

ext by mke2fs -d and debugfs, XFS by mkfs.xfs -p, Btrfs by mkfs.btrfs --rootdir, FAT by mformat and
mcopy, NTFS by ntfscp onto a template whose folders are there already (fixtures/make.py).
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
import uuid as uuids
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20
FIXTURES: Final = Path(__file__).parent / "fixtures"
NTFS: Final = FIXTURES / "ntfs.tar.xz"
TOOLS: Final = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}


@dataclass(frozen=True, slots=True)
class File:
    """What is to be at a path."""

    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    target: str | None = None  # it is a symbolic link
    directory: bool = False
    label: str | None = None  # SELinux's


Files = Mapping[str, File]  # by absolute path; directories on the way need not be named


def text(content: str, mode: int = 0o644, label: str | None = None) -> File:
    """A text file of root's."""
    return File(content.encode(), mode, label=label)


def link(target: str) -> File:
    """A symbolic link."""
    return File(target=target, mode=0o777)


def directory(mode: int = 0o755) -> File:
    """A directory with nothing in it."""
    return File(directory=True, mode=mode)


def without(files: Files, absent: Iterable[str]) -> dict[str, File]:
    """Leave out some paths with all below them."""
    gone = tuple(absent)
    return {
        path: file
        for path, file in files.items()
        if not any(path == one or path.startswith(one + "/") for one in gone if one)
    }


def ext(
    target: Path,
    files: Files,
    kind: str = "ext4",
    size: int = 48 * MIB,
    uuid: str | None = None,
    label: str = "",
    features: str = "",
) -> Path:
    """Make ext2, ext3 or ext4."""
    _sparse(target, size)
    command = ["mke2fs", "-q", "-F", "-t", kind, "-L", label, "-U", uuid or _uuid(target)]
    command += ["-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0"]
    command += ["-O", features] if features else []
    with staged(files) as folder:
        run(*command, "-d", folder, target)
    commands = []
    for path, file in files.items():
        quoted = '"' + path + '"'
        if os.getuid() or file.uid or file.gid:
            commands += [f"sif {quoted} uid {file.uid}", f"sif {quoted} gid {file.gid}"]
        if file.label:
            commands.append(f"ea_set {quoted} security.selinux {file.label}\\000")
    if commands:
        run("debugfs", "-w", "-f", "-", target, given="\n".join(commands))
    return target


def xfs(
    target: Path,
    files: Files,
    version: int = 5,
    size: int = 300 * MIB,
    uuid: str | None = None,
    label: str = "",
) -> Path:
    """Make XFS, version 5 (with checksums) or 4. Names with spaces can't be had."""
    _sparse(target, size)
    meta = f"uuid={uuid or _uuid(target)}"
    meta += ",crc=0,finobt=0" if version == 4 else ",crc=1"
    options = ["-m", meta] + (["-i", "sparse=0"] if version == 4 else ["-i", "nrext64=0"])
    options += ["-m", "rmapbt=0,reflink=0"] if version == 4 else []
    with (
        staged(files) as folder,
        tempfile.NamedTemporaryFile("w", errors="surrogateescape") as prototype,
    ):
        prototype.write("\n".join(["/stub", "0 0", "d--755 0 0", *_prototype(folder, "", files)]))
        prototype.write("\n$\n")
        prototype.flush()
        run("mkfs.xfs", "-q", "-f", "-L", label, *options, "-p", prototype.name, target)
    for path, file in files.items():
        if file.label:
            commands = [
                f"path {path}",
                f"attr_set -s selinux -v {len(file.label) + 1}",
                f'write a.sfattr.list[0].value "{file.label}"',
            ]
            run("xfs_db", "-x", *(part for one in commands for part in ("-c", one)), target)
    return target


def btrfs(
    target: Path, files: Files, size: int = 128 * MIB, uuid: str | None = None, label: str = ""
) -> Path:
    """Make Btrfs with nothing but its top level."""
    _sparse(target, size)
    with staged(files) as folder:
        run(
            "mkfs.btrfs", "-q", "-f", "-L", label, "-U", uuid or _uuid(target), "-r", folder, target
        )
    return target


def fat(
    target: Path, files: Files, size: int = 40 * MIB, serial: int = 0xC0FFEE01, label: str = "EFI"
) -> Path:
    """Make FAT12, 16 or 32, by size as mkfs.fat chooses."""
    _sparse(target, size)
    bits = "32" if size >= 34 * MIB else "16" if size >= 16 * MIB else "12"
    run("mkfs.fat", "-F", bits, "-n", label, "-i", f"{serial:08X}", target)
    with staged(files) as folder:
        names = sorted(folder.iterdir())
        if names:
            run("mcopy", "-s", "-o", "-m", "-i", target, *names, "::/")
    return target


def ntfs(target: Path, files: Files, scratch: Path | None = None, size: int = 8 << 30) -> Path:
    """Make NTFS; the folders are those of the template, which lies in scratch afterwards."""
    template = (scratch or target.parent) / "ntfs.template"
    if not template.exists():
        _unpacked(template)
    copied(template, target)
    if size != template.stat().st_size:
        resize(target, size)
    for path, file in files.items():
        with tempfile.NamedTemporaryFile() as content:
            content.write(file.content)
            content.flush()
            run("ntfscp", "-q", target, content.name, path.lstrip("/"))
    return target


def prepared(target: Path, name: str) -> Path:
    """Unpack a filesystem out of the fixtures."""
    with (
        tarfile.open(FIXTURES / f"{name}.tar.xz") as archive,
        tempfile.TemporaryDirectory(dir=target.parent) as folder,
    ):
        archive.extractall(folder, filter="data")
        [image] = Path(folder).iterdir()
        return image.rename(target)


def resize(image: Path, size: int) -> None:
    """Make an NTFS larger or smaller, and its file with it."""
    if size > image.stat().st_size:
        os.truncate(image, size)
    run("ntfsresize", "-f", "-s", str(size), image, given="y\n")
    os.truncate(image, size)
    run("ntfsfix", "-d", image)  # resizing asks for a check at the next start


def copied(source: Path, target: Path, offset: int = 0, size: int | None = None) -> Path:
    """Copy a sparse file, or a piece of it."""
    with source.open("rb") as old, target.open("wb") as new:
        end = source.stat().st_size if size is None else offset + size
        new.truncate(end - offset)
        here = offset
        while here < end:
            try:
                here = os.lseek(old.fileno(), here, os.SEEK_DATA)
            except OSError:  # no more data
                break
            hole = min(os.lseek(old.fileno(), here, os.SEEK_HOLE), end)
            while here < hole:
                here += os.copy_file_range(
                    old.fileno(), new.fileno(), hole - here, here, here - offset
                )
    return target


def run(*command: str | Path, given: str | None = None) -> bytes:
    """Run a tool; return what it prints; AssertionError with what it complains of."""
    done = subprocess.run(
        [str(part) for part in command],
        input=given.encode() if given is not None else None,
        stdin=subprocess.DEVNULL if given is None else None,
        capture_output=True,
        env=TOOLS,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def _sparse(target: Path, size: int) -> None:
    with target.open("wb") as file:
        file.truncate(size)


def _uuid(target: Path) -> str:
    """A UUID that is the same whenever a disk of this name is made."""
    return str(uuids.uuid5(uuids.NAMESPACE_DNS, f"{target.name}.example"))


@contextmanager
def staged(files: Files) -> Iterator[Path]:
    """Lay the files out in a folder."""
    folder = Path(tempfile.mkdtemp(prefix="stage-"))
    folder.chmod(0o755)
    try:
        for path, file in files.items():
            place = folder / path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            if file.target is not None:
                place.symlink_to(file.target)
                continue
            if file.directory:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(file.content)
            place.chmod(file.mode)
        yield folder
    finally:
        shutil.rmtree(folder)


def _prototype(folder: Path, path: str, files: Files) -> Iterator[str]:
    """Yield the lines of a prototype file for what is in a folder, mkfs.xfs(8)."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        there = f"{path}/{entry.name}"
        file = files.get(there, File(directory=True))
        owner = f"{file.uid} {file.gid}"
        mode = entry.stat(follow_symlinks=False).st_mode
        special = ("u" if mode & 0o4000 else "-") + ("g" if mode & 0o2000 else "-")
        if entry.is_symlink():
            yield f"{entry.name} l--777 {owner} {Path(entry.path).readlink()}"
        elif entry.is_dir():
            yield f"{entry.name} d{special}{mode & 0o777:03o} {owner}"
            yield from _prototype(Path(entry.path), there, files)
            yield "$"
        else:
            yield f"{entry.name} -{special}{mode & 0o777:03o} {owner} {entry.path}"


def _unpacked(template: Path) -> None:
    """Unpack the NTFS template, once for all who ask at the same time."""
    with tempfile.TemporaryDirectory(dir=template.parent) as folder:
        prepared(Path(folder) / "image", "ntfs").rename(template)
