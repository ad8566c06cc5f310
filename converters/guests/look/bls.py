"""Boot loader entries in files of their own: /boot/loader/entries/*.conf.

    title Rocky Linux (5.14.0-362.8.1.el9_3.x86_64) 9.3 (Blue Onyx)
    version 5.14.0-362.8.1.el9_3.x86_64
    linux /vmlinuz-5.14.0-362.8.1.el9_3.x86_64
    initrd /initramfs-5.14.0-362.8.1.el9_3.x86_64.img $tuned_initrd
    options root=/dev/mapper/rl-root ro crashkernel=1G-4G:192M $tuned_params

https://uapi-group.org/specifications/specs/boot_loader_specification/. GRUB as Red Hat builds it
sorts them by the names of the files, read as a package's name-version-release, newest first.
"""

import functools
import re
from typing import Final

from converters.guests.look.entries import Entry
from converters.guests.look.texts import is_backup, lines, names, read_text, short
from converters.guests.tree import System

FILES: Final = 200  # that are read
FILE: Final = 16 << 10  # bytes of one

_PART: Final = re.compile(r"[0-9]+|[a-zA-Z]+|~")


def read_entries(system: System, folder: str) -> list[tuple[str, Entry]]:
    """Return the files of a folder and their entries, in the order of GRUB's menu."""
    found: list[tuple[str, Entry]] = []
    for name in names(system, folder)[: 4 * FILES]:
        if not name.endswith(".conf") or is_backup(name) or len(found) >= FILES:
            continue
        text = read_text(system, f"{folder}/{name}", FILE)
        entry = read_entry(text or "", name.removesuffix(".conf"))
        if entry is not None:
            found.append((f"{folder}/{name}", entry))
    order = functools.cmp_to_key(lambda one, two: compare(str(one), str(two)))
    return sorted(found, key=lambda item: order(item[1].id), reverse=True)


def read_entry(text: str, identity: str) -> Entry | None:
    """Return the entry of a file; None if it starts no Linux kernel."""
    said: dict[str, str] = {}
    for _, line in lines(text):
        key, _, value = line.strip().partition(" ")
        if "\t" in key:
            key, _, value = line.strip().partition("\t")
        value = value.strip()
        if key in ("initrd", "options") and key in said:
            said[key] = f"{said[key]} {value}"[:FILE]
        elif key and not key.startswith("#"):
            said.setdefault(key, value)
    if "linux" not in said:
        return None
    images = [word for word in said.get("initrd", "").split() if not word.startswith("$")]
    return Entry(
        title=short(said.get("title", identity)),
        id=short(identity),
        kernel=short(said["linux"]),
        initrd=short(images[-1]) if images else "",
        arguments=short(said.get("options", "")),
    )


def compare(one: str, two: str) -> int:
    """Compare two names of files as name-version-release: negative, zero or positive."""
    for left, right in zip(_split(one), _split(two), strict=True):
        order = compare_versions(left, right)
        if order:
            return order
    return (one > two) - (one < two)


def compare_versions(one: str, two: str) -> int:
    """Compare two versions as rpm does: numbers beat letters, a tilde is older than nothing."""
    left, right = _PART.findall(one[:200]), _PART.findall(two[:200])
    for here, there in zip(left, right, strict=False):
        if here == there:
            continue
        if "~" in (here, there):
            return -1 if here == "~" else 1
        if here.isdigit() and there.isdigit():
            if int(here) != int(there):
                return 1 if int(here) > int(there) else -1
        elif here.isdigit() or there.isdigit():
            return 1 if here.isdigit() else -1
        else:
            return 1 if here > there else -1
    longer = left[len(right) :] or right[len(left) :]
    if not longer:
        return 0
    sign = 1 if len(left) > len(right) else -1
    return -sign if longer[0] == "~" else sign


def _split(name: str) -> tuple[str, str, str]:
    """Return name, version and release; without dashes it is all name."""
    rest, _, release = name.rpartition("-")
    start, _, version = rest.rpartition("-")
    return (start or rest or release, version if start else "", release if rest else "")
