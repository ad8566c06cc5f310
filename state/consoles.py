"""Consoles: what a machine has said on its serial port, and what is on its screen.

    <data>/consoles/<instance id>.log      what was said since it was last started, by its worker
    <data>/consoles/<instance id>.wanted   somebody wants to see the screen: an empty file
    <data>/consoles/<instance id>.jpg      the screen, by its worker; it takes `wanted` away then
    <data>/consoles/<instance id>.secret   a password, encrypted, that is in the log no more

Files, for they are in nobody's way, and may be lost.
"""

import os
import re
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

SHOWN: Final = 64 << 10  # bytes, the latest, of what was said
LONGEST: Final = 1 << 20  # bytes of a log, before its worker begins it anew with the latest
PATIENCE: Final = 5.0  # seconds to wait for a picture
AGAIN: Final = 0.05
# In time that is a line of its length, whatever a guest has said.
PASSWORD: Final = re.compile(rb"<Password>([A-Za-z0-9+/=\s]{1,4096})</Password>")


class Consoles:
    """The consoles of all instances, below a data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "consoles"

    def log(self, instance_id: str) -> Path:
        """Return the file of what was said; there need not be one."""
        return self._folder / f"{instance_id}.log"

    def picture(self, instance_id: str) -> Path:
        """Return the file of the screen; there need not be one."""
        return self._folder / f"{instance_id}.jpg"

    def wanted(self, instance_id: str) -> Path:
        """Return the file that is there while somebody waits for the screen."""
        return self._folder / f"{instance_id}.wanted"

    def make(self) -> None:
        """Make the folder, if there is none."""
        self._folder.mkdir(exist_ok=True)

    def said(self, instance_id: str) -> tuple[bytes, float] | None:
        """Return the latest of what was said, and when that was; None if there is nothing."""
        with suppress(FileNotFoundError), self.log(instance_id).open("rb") as file:
            found = os.fstat(file.fileno())
            file.seek(max(0, found.st_size - SHOWN))
            return file.read(SHOWN), found.st_mtime
        return None

    def password(self, instance_id: str) -> tuple[bytes, float] | None:
        """Return the latest password that was said, encrypted, and when; None if none was."""
        for path in (self.log(instance_id), self.secret(instance_id)):
            with suppress(FileNotFoundError), path.open("rb") as file:
                if found := PASSWORD.findall(file.read()):
                    return b"".join(found[-1].split()), os.fstat(file.fileno()).st_mtime
        return None

    def secret(self, instance_id: str) -> Path:
        """Return the file of a password that is in the log no more; there need not be one."""
        return self._folder / f"{instance_id}.secret"

    def keep_password(self, instance_id: str) -> None:
        """Keep a password that was said, before its log is begun anew: it is said only once."""
        with suppress(FileNotFoundError), self.log(instance_id).open("rb") as file:
            if PASSWORD.search(said := file.read()):
                at = os.fstat(file.fileno()).st_mtime
                beside = self.secret(instance_id).with_suffix(f".{os.getpid()}")
                beside.write_bytes(b"".join(each[0] for each in PASSWORD.finditer(said)))
                os.utime(beside, (at, at))
                beside.replace(self.secret(instance_id))

    def seen(self, instance_id: str, patience: float = PATIENCE) -> bytes | None:
        """Return a picture of the screen as it is now; None if its worker does not take one.

        Several may ask at once. Whose wish was taken away with another's asks again.
        """
        self.make()
        wanted, late = self.wanted(instance_id), time.monotonic() + patience
        asked = _touched(wanted)
        while (found := self._since(instance_id, asked)) is None:
            if time.monotonic() >= late:
                wanted.unlink(missing_ok=True)
                return None
            time.sleep(AGAIN)
            if not wanted.exists():
                _touched(wanted)
        return found

    def _since(self, instance_id: str, moment: int) -> bytes | None:
        """Return a picture, unless it is older than a moment."""
        with suppress(FileNotFoundError), self.picture(instance_id).open("rb") as file:
            if os.fstat(file.fileno()).st_mtime_ns >= moment:
                return file.read()
        return None

    def sweep(self, shown: Callable[[Collection[str]], Collection[str]]) -> None:
        """Forget what was said and seen of instances that are shown no more.

        shown tells which of some ids are still those of instances that anybody sees.
        """
        if not self._folder.is_dir():
            return
        found = {path.stem for path in self._folder.iterdir()}
        for instance_id in found - set(shown(found)):
            for path in self._folder.glob(f"{instance_id}.*"):
                path.unlink(missing_ok=True)


def _touched(path: Path) -> int:
    """Make a file, or make it new; return when that was, as the file says it."""
    with path.open("wb") as file:
        os.utime(file.fileno())
        return os.fstat(file.fileno()).st_mtime_ns
