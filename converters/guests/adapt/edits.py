r"""Changes of a registry hive that are told to people: why, and value by value as a diff.

--- C:\Windows\System32\config\SYSTEM
+++ C:\Windows\System32\config\SYSTEM
@@ ControlSet001\Services\storahci @@
-"Start"=dword:00000003
+"Start"=dword:00000000
"""

from typing import Final

from converters.guests.adapt.hives import DWORD, MULTI_SZ, SZ, Hive

SHOWN: Final = 120  # letters of a value in a diff
EXPAND_SZ: Final = 2


class Edits:
    """A hive that is being changed, and what was changed so far."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes of a hive; this and all methods may raise hives.Refused."""
        self.hive = Hive(content)
        self.reasons: list[str] = []
        self._lines: dict[str, list[str]] = {}

    def set(self, path: str, name: str, kind: int, data: bytes, reason: str) -> None:
        """Set a value of a key that is there."""
        before = self.hive.value(path, name)
        if before == (kind, data):
            return
        self.hive.set(path, name, kind, data)
        if before is not None:
            self._told(path, f'-"{name}"={shown(*before)}', reason)
        self._told(path, f'+"{name}"={shown(kind, data)}', reason)

    def set_number(self, path: str, name: str, number: int, reason: str) -> None:
        """Set a REG_DWORD of a key that is there."""
        self.set(path, name, DWORD, number.to_bytes(4, "little"), reason)

    def remove(self, path: str, name: str, reason: str) -> None:
        """Remove a value, if it is there."""
        before = self.hive.value(path, name)
        if before is not None and self.hive.remove(path, name):
            self._told(path, f'-"{name}"={shown(*before)}', reason)

    def remove_key(self, path: str, reason: str) -> None:
        """Remove a key that has no subkeys, if it is there."""
        values = [(name, self.hive.value(path, name)) for name in self.hive.value_names(path)]
        if self.hive.remove_key(path):
            self._told(path, "-[key]", reason)
            for name, value in values:
                if value is not None:
                    self._told(path, f'-"{name}"={shown(*value)}', reason)

    def diff(self, name: str) -> str:
        """Return what was changed, for people."""
        if not self._lines:
            return ""
        lines = [f"--- {name}", f"+++ {name}"]
        for path, changed in self._lines.items():
            lines += [f"@@ {path} @@", *changed]
        return "\n".join(lines) + "\n"

    def _told(self, path: str, line: str, reason: str) -> None:
        self._lines.setdefault(path, []).append(line)
        if reason not in self.reasons:
            self.reasons.append(reason)


def shown(kind: int, data: bytes) -> str:
    """Return a value as files of the registry editor show it, cut and on one line."""
    if kind == DWORD and len(data) == 4:
        return f"dword:{int.from_bytes(data, 'little'):08x}"
    if kind in (SZ, EXPAND_SZ, MULTI_SZ):
        text = data[: len(data) & ~1].decode("utf-16-le", "replace").rstrip("\0")
        text = text.replace("\0", "; ")
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
        return f'"{text[:SHOWN]}"' + ("…" if len(text) > SHOWN else "")
    digits = data[: SHOWN // 3].hex(",")
    return f"hex({kind:x}):{digits}" + ("…" if len(data) > SHOWN // 3 else "")
