"""The files and disks of a Windows; its hives come from hives.py."""

from pathlib import Path

from tests.guests.recipes import WindowsRecipe


def disks(recipe: WindowsRecipe, made: Path, scratch: Path, shared: Path) -> None:
    """Make the disk of a Windows in the folder made."""
    raise NotImplementedError("comes as soon as there are hives")
