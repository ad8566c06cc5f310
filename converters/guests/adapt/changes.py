"""Collects the changes of a plan: new contents go into a folder, where they go stands in a value.

Reads of the guest, to know the owner, the mode and the SELinux label of what is replaced; writes
nothing but the contents.
"""

import posixpath
from pathlib import Path
from typing import Final

from converters.guests.adapt.kept import kept_name
from converters.guests.adapt.text import COMPARED as LINES
from converters.guests.adapt.text import MOST, Edited, decoded, encoded, told, unified
from converters.guests.look.texts import plain
from converters.guests.plan import FileChange, SectorChange
from converters.guests.tree import Missing, Place, System, Tree, Unreadable

Where = tuple[str, str | None, str]  # volume, subvolume, path in it

TEXTS: Final = 8 << 20  # bytes of all text files together that are read
COMPARED: Final = 20_000  # lines of all texts together whose changes are shown
LEFT: Final = 200  # sentences
SENTENCE: Final = 400  # letters of one
LABEL: Final = 256  # bytes of an SELinux label


class Contents:
    """The folder with the new bytes of a plan: numbered files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def file(self) -> tuple[str, Path]:
        """Return the name of the next file, and the path to write it."""
        self._count += 1
        name = f"{self._count:04}"
        return name, self._folder / name

    def add(self, data: bytes) -> str:
        """Keep bytes; return the name of their file."""
        name, path = self.file()
        path.write_bytes(data)
        return name


class Changes:
    """The changes so far. Whoever plans says what; where and how it is kept is found out here."""

    def __init__(self, system: System, contents: Contents) -> None:
        self.contents = contents
        self.files: list[FileChange] = []
        self.sectors: list[SectorChange] = []
        self.left_out: list[str] = []
        self._system = system
        self._texts = TEXTS
        self._compared = COMPARED
        self._changed: set[Where] = set()
        self._made: set[Where] = set()  # directories

    def leave(self, sentence: str) -> None:
        """Say what should be changed and will not be; the same sentence counts once."""
        fit = told(sentence, SENTENCE)
        if fit not in self.left_out and len(self.left_out) < LEFT:
            self.left_out.append(fit)

    def volume(self, shown: str) -> str | None:
        """Return the id of the volume that a file of the guest is on; None: it is not there."""
        try:
            place = self._system.place(shown)
        except Unreadable:
            return None
        return place.tree.volume_id if place.stat is not None else None

    def names(self, shown: str) -> list[str]:
        """Return the names in a directory that are plain text; none if it cannot be read."""
        try:
            return [name for name in self._system.names(shown) if plain(name)]
        except Unreadable:
            return []

    def edited(self, shown: str) -> "Draft | None":
        """Return a text file of the guest to work on; None if it is not there or cannot be read."""
        try:
            place = self._system.place(shown)
            if place.stat is None or place.stat.kind != "file":
                return None
            if _where(place.tree, place.path) in self._changed:
                return None  # two names of one file
            if place.stat.size > min(MOST, self._texts):
                self.leave(f"{shown} is too long to be a configuration and stays as it is.")
                return None
            data = place.tree.read(place.path, MOST)
            self._texts -= len(data)
        except Missing:
            return None
        except Unreadable as problem:
            self.leave(f"{shown} could not be read and stays as it is: {problem}.")
            return None
        if b"\0" in data:
            self.leave(f"{shown} is not text and stays as it is.")
            return None
        return Draft(shown, place, decoded(data))

    def replace(self, shown: str, content: str, reason: str, diff: str = "") -> bool:
        """Plan new bytes for a file, kept in the folder under a name; False: it is not there."""
        try:
            place = self._system.place(shown)
            if place.stat is None or place.stat.kind != "file" or not self._free(place, shown):
                return False
            tree, path = place.tree, place.path
            change = FileChange(
                volume=tree.volume_id,
                path=path,
                shown=shown,
                content=content,
                reason=reason,
                kept=kept_name(path, lambda name: tree.stat(name) is not None),
                mode=place.stat.mode,
                uid=place.stat.uid,
                gid=place.stat.gid,
                label=_label(tree, path),
                diff=diff,
                subvolume=_subvolume(tree),
            )
        except Unreadable as problem:
            return self._unreadable(shown, problem)
        return self._add(change)

    def create(self, shown: str, content: str, reason: str, mode: int = 0o644) -> bool:
        """Plan a file that is not there, with the directories above it; False: it is there."""
        try:
            place, made = self._above(posixpath.dirname(shown))
            path = posixpath.join(made[-1] if made else place.path, posixpath.basename(shown))
            there = None if made else place.tree.stat(path)
            if there is not None or not self._free(Place(place.tree, path, None), shown):
                return False
            change = FileChange(
                volume=place.tree.volume_id,
                path=path,
                shown=shown,
                content=content,
                reason=reason,
                mode=mode,
                label=_label(place.tree, place.path),
                directories=tuple(
                    path for path in made if _where(place.tree, path) not in self._made
                ),
                subvolume=_subvolume(place.tree),
            )
            self._made |= {_where(place.tree, path) for path in made}
        except Unreadable as problem:
            return self._unreadable(shown, problem)
        return self._add(change)

    def _above(self, directory: str) -> tuple[Place, list[str]]:
        """Return the nearest directory that is there, and those that must be made in it."""
        names: list[str] = []
        while not self._system.is_dir(directory):
            if self._system.stat(directory, follow=False) is not None:
                raise Unreadable(f"{directory} is no directory")
            names.insert(0, posixpath.basename(directory))
            directory = posixpath.dirname(directory)
        place = self._system.place(directory)
        made: list[str] = []
        for name in names:
            made.append(posixpath.join(made[-1] if made else place.path, name))
        return place, made

    def save(self, draft: "Draft") -> None:
        """Plan what was made of a text, if it is another one now."""
        for sentence in draft.left:
            self.leave(sentence)
        if draft.text != draft.before:
            content = self.contents.add(encoded(draft.text))
            diff = unified(draft.before, draft.text, draft.shown, min(LINES, self._compared))
            self._compared = max(self._compared - draft.before.count("\n"), 0)
            self.replace(draft.shown, content, "; ".join(draft.reasons), diff)

    def _free(self, place: Place, shown: str) -> bool:
        """Tell whether nobody has changed a file yet, and whether its path can be told."""
        if not (plain(place.path) and plain(shown)):
            self.leave("A file whose name is not UTF-8 text stays as it is.")
            return False
        return _where(place.tree, place.path) not in self._changed

    def _add(self, change: FileChange) -> bool:
        self._changed.add((change.volume, change.subvolume, change.path))
        self.files.append(change)
        return True

    def _unreadable(self, shown: str, problem: Unreadable) -> bool:
        self.leave(f"{shown} could not be read and stays as it is: {problem}.")
        return False


class Draft:
    """A text file of the guest that goes through transforms."""

    def __init__(self, shown: str, place: Place, text: str) -> None:
        self.shown = shown
        self.place = place
        self.before = text
        self.text = text
        self.reasons: list[str] = []
        self.left: list[str] = []

    def apply(self, edited: Edited) -> bool:
        """Take over what a transform made of the text; tell whether it changed anything."""
        changed = edited.text != self.text
        self.text = edited.text
        if changed:
            self.reasons += [reason for reason in edited.reasons if reason not in self.reasons]
        self.left += [f"{self.shown}: {sentence}" for sentence in edited.left]
        return changed


def _label(tree: Tree, path: str) -> str | None:
    """Return the SELinux label of a file as text."""
    label = tree.label(path)
    if not label or len(label) > LABEL:
        return None
    try:
        return label.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        return None


def _where(tree: Tree, path: str) -> Where:
    return tree.volume_id, _subvolume(tree), path


def _subvolume(tree: Tree) -> str | None:
    """Return which subvolume of a Btrfs a tree is; None: the default one, or no Btrfs."""
    return getattr(tree, "subvolume", None)
