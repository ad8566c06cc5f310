"""The files of a Windows that is being adapted: found as they are spelled, and changed by plan.

Names are looked up without regard to case, as Windows does; a plan names them as they stand in the
filesystem, for whoever writes may be particular.
"""

from collections.abc import Mapping
from typing import Final

from converters.guests.adapt.changes import Changes
from converters.guests.adapt.kept import kept_name
from converters.guests.plan import FileChange
from converters.guests.tree import NAMES, Tree, Unreadable

DRIVE: Final = "C:"


class Places:
    """The volumes of a Windows by their ids."""

    def __init__(self, trees: Mapping[str, Tree], home: str, changes: Changes) -> None:
        """Home: the id of the volume with C:\\Windows."""
        self.trees = trees
        self.home = home
        self._changes = changes
        self._spelled: dict[
            tuple[str, str], dict[str, str]
        ] = {}  # names of directories read so far

    def spelled(self, volume: str, path: str) -> str | None:
        """Return the path of a file that is there, as the filesystem spells it."""
        found = ""
        try:
            for name in path.strip("/").split("/"):
                match = self._names(volume, found).get(name.casefold())
                if match is None:
                    return None
                found = f"{found}/{match}"
            stat = self.trees[volume].stat(found)
        except Unreadable:
            return None
        return found if stat is not None and stat.kind == "file" else None

    def there(self, path: str) -> bool:
        """Tell whether Windows has a file."""
        return self.spelled(self.home, path) is not None

    def read(self, volume: str, path: str, limit: int) -> bytes | None:
        """Return a file's bytes; None if it is not there, too long or unreadable, which is told."""
        found = self.spelled(volume, path)
        if found is None:
            return None
        try:
            stat = self.trees[volume].stat(found)
            if stat is not None and stat.size <= limit:
                return self.trees[volume].read(found, limit)
            problem = "it is too long"
        except Unreadable as error:
            problem = str(error)
        self._changes.leave(f"{self.shown(volume, found)} stays as it is: {problem}.")
        return None

    def replace(self, volume: str, path: str, content: bytes, reason: str, diff: str = "") -> None:
        """Plan new bytes for a file that is there."""
        found = self.spelled(volume, path)
        assert found is not None
        change = FileChange(
            volume=volume,
            path=found,
            shown=self.shown(volume, found),
            content=self._changes.contents.add(content),
            reason=reason,
            kept=kept_name(found, lambda name: self.spelled(volume, name) is not None),
            diff=diff,
        )
        self._changes.files.append(change)

    def create(self, volume: str, path: str, content: bytes, reason: str, diff: str = "") -> None:
        """Plan a file that is not there, with the directories above it."""
        inside = ""
        made: list[str] = []
        *above, last = path.strip("/").split("/")
        for name in above:
            try:
                match = None if made else self._names(volume, inside).get(name.casefold())
            except Unreadable as problem:
                self._changes.leave(f"{self.shown(volume, path)} can't be made: {problem}.")
                return
            inside = f"{inside}/{match or name}"
            if match is None:
                made.append(inside)
        change = FileChange(
            volume=volume,
            path=f"{inside}/{last}",
            shown=self.shown(volume, f"{inside}/{last}"),
            content=self._changes.contents.add(content),
            reason=reason,
            directories=tuple(made),
            diff=diff,
        )
        self._changes.files.append(change)

    def shown(self, volume: str, path: str) -> str:
        """Return a path as people write it: C:\\Windows, or with the id of another volume."""
        drive = DRIVE if volume == self.home else f"{volume} "
        return drive + path.replace("/", "\\")

    def _names(self, volume: str, directory: str) -> dict[str, str]:
        """Return the names in a directory by themselves without case; may raise Unreadable."""
        key = (volume, directory)
        if key not in self._spelled:
            names = self.trees[volume].names(directory or "/")[:NAMES]
            self._spelled[key] = {name.casefold(): name for name in reversed(names)}
        return self._spelled[key]
