"""Manifests of OVAs: what the digests of the files must be, and whether they are.

    SHA256(vm.ovf)= 0123…           one line a file; SHA1, SHA256 and SHA512 may be mixed,
                                    and OpenSSL 3 calls the latter two SHA2-256 and SHA2-512

As many files are read at once as there are cores: hashlib lets go of the interpreter. What the
manifest does not list is not checked, and neither is the signature (.cert) of the manifest.
"""

import hashlib
import os
import posixpath
import re
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Final

from converters.errors import missing_file, unreadable_manifest, wrong_digest
from converters.stages.tar import File

LARGEST: Final = 4 << 20  # bytes; 10,000 files with long names have less
LINE: Final = re.compile(r"SHA(?:2-|-)?(1|256|512)\s*\((.+)\)\s*=\s*([0-9a-f]+)", re.IGNORECASE)
CHUNK: Final = 1 << 20  # bytes; one who cancels waits for no more

Digests = dict[str, dict[str, str]]  # by name of the file, then by algorithm


class Stopped(Exception):
    """Nobody wants to know any more."""


def read(manifest: bytes, folder: str) -> Digests:
    """Return the digests of files, whose names are relative to the folder; ClientError."""
    found: Digests = {}
    for line in manifest.decode("utf-8-sig", "backslashreplace").splitlines():
        if not line.strip():
            continue
        parts = LINE.fullmatch(line.strip())
        if parts is None:
            raise unreadable_manifest()
        algorithm = f"sha{parts[1]}"
        digests = found.setdefault(posixpath.normpath(posixpath.join(folder, parts[2])), {})
        if digests.setdefault(algorithm, parts[3].lower()) != parts[3].lower():
            raise unreadable_manifest()
    return found


def check(path: Path, files: Mapping[str, File], digests: Digests, stop: Event) -> None:
    """Compare the files of the archive at path with their digests; ClientError, Stopped."""
    for name in digests:
        if name not in files:
            raise missing_file(name)
    # The longest first, so that no core is still busy with one when the others have ended.
    order = sorted(digests, key=lambda name: files[name].length, reverse=True)
    with ThreadPoolExecutor(os.cpu_count(), "manifest") as threads:
        checks = [threads.submit(_check, path, files[name], digests[name], stop) for name in order]
        wait(checks, return_when=FIRST_EXCEPTION)
        stop.set()  # for those that still run, and those that have not begun
    failures = [failure for each in checks if (failure := each.exception())]
    for failure in sorted(failures, key=lambda failure: isinstance(failure, Stopped)):
        raise failure


def _check(path: Path, file: File, digests: Mapping[str, str], stop: Event) -> None:
    hashes = {algorithm: hashlib.new(algorithm) for algorithm in digests}
    buffer = memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as archive:
        archive.seek(file.offset)
        left = file.length
        while left:
            if stop.is_set():
                raise Stopped
            read = archive.readinto(buffer[:left])
            if not read:
                raise EOFError(f"{path} has become shorter")
            for each in hashes.values():
                each.update(buffer[:read])
            left -= read
    if any(hashes[algorithm].hexdigest() != digest for algorithm, digest in digests.items()):
        raise wrong_digest(file.name)
