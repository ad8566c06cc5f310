"""The kernel modules that a guest has for one of its kernels, as its own depmod wrote them down.

/lib/modules/VERSION/modules.dep      path: paths of what it needs, the nearest first
                    /modules.alias    alias PATTERN NAME
                    /modules.builtin  paths of what is in the kernel itself
/boot/config-VERSION                  tells the same where modules.builtin is not there yet
"""

import posixpath
import re
from typing import Final

from converters.guests.boot_modules import ALL_MODULES, NEEDS, module_name
from converters.guests.look.unpacking import unpacked
from converters.guests.tree import System, Unreadable

TEXT: Final = 16 << 20  # bytes of a text of depmod's
NEEDED: Final = 200  # modules that one needs
MODULE: Final = 32 << 20  # bytes of a module, unpacked
_VERSION: Final = re.compile(r"[\w.+~-]{1,200}", re.ASCII)
_NAME: Final = re.compile(r"\w{1,100}", re.ASCII)
_PATH: Final = re.compile(r"[\w./+~-]{1,400}", re.ASCII)


class Drivers:
    """Modules of one kernel, by name. Raises Unreadable for texts that cannot be read."""

    def __init__(self, system: System, version: str) -> None:
        if not _VERSION.fullmatch(version) or version in (".", ".."):
            raise Unreadable("the kernel's version is no name of a folder")
        self._system = system
        self._folder = f"/lib/modules/{version}"
        self._needed = _dependencies(self._text("modules.dep"))
        self._paths = {name: path for name, (path, _) in self._needed.items()}
        self.builtin = frozenset(
            name for line in self._text("modules.builtin").split() if (name := module_name(line))
        ) | _configured(system, version)

    def __contains__(self, name: str) -> bool:
        return name in self._paths

    def path(self, name: str) -> str:
        """Return a module's path below the folder of its kernel."""
        path = posixpath.normpath(self._paths[name])
        path = path.removeprefix(self._folder + "/")
        if path.startswith(("/", "../")) or not _PATH.fullmatch(path):
            raise Unreadable(f"{name} is outside the folder of its kernel")
        return path

    def needs(self, name: str) -> tuple[str, ...]:
        """Return the modules that one needs, the nearest first."""
        return tuple(needed for needed in self._needed[name][1] if needed in self._paths)

    def load(self, name: str) -> bytes:
        """Return a module, unpacked: every kernel and every insmod takes it so."""
        data = self._system.read(f"{self._folder}/{self.path(name)}", MODULE)
        data = unpacked(data, MODULE)
        if not data.startswith(b"\x7fELF"):
            raise Unreadable(f"{self._folder}/{self.path(name)} is no kernel module")
        return data

    def aliases(self, names: frozenset[str]) -> list[tuple[str, str]]:
        """Return the patterns of devices that some modules are for, each with its module."""
        found = []
        for line in self._text("modules.alias").split("\n"):
            words = line.split()
            if len(words) == 3 and words[0] == "alias" and words[2].replace("-", "_") in names:
                found.append((words[1], words[2].replace("-", "_")))
        return found

    def _text(self, name: str) -> str:
        path = f"{self._folder}/{name}"
        if not self._system.is_file(path):
            return ""
        return self._system.read(path, TEXT).decode("utf-8", "surrogateescape")


def _dependencies(text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for line in text.replace("\\\n", " ").split("\n"):
        path, colon, rest = line.partition(":")
        name = module_name(path.strip())
        if colon and name and name not in found and _NAME.fullmatch(name):
            needed = tuple(need for word in rest.split()[:NEEDED] if (need := module_name(word)))
            found[name] = (path.strip(), needed)
    return found


def _configured(system: System, version: str) -> frozenset[str]:
    """Return the modules of the table that the kernel's configuration says are built in."""
    path = f"/boot/config-{version}"
    if not system.is_file(path):
        return frozenset()
    lines = frozenset(system.read(path, TEXT).decode("utf-8", "replace").split("\n"))
    return (
        frozenset(
            need.modules[0]
            for need in NEEDS
            if any(f"{option}=y" in lines for option in need.options)
        )
        & ALL_MODULES
    )
