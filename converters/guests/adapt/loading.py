"""How each kind of initial RAM disk is told to load a module: files that it reads when it starts.

    initramfs-tools     conf/modules: a name on a line, for modprobe
    dracut              etc/modules-load.d/*.conf where systemd is in it, else a hook before udev's
    mkinitcpio          config: MODULES, for modprobe
    mkinitrd (SUSE)     run_all.sh, config/start.sh: RESOLVED_INITRD_MODULES, for modprobe
    mkinitrd (Red Hat)  init: a line with insmod for each

Beside these, udev loads by modules.alias whatever fits a device, in all but the last. Of the
guest's own words nothing but names of letters, digits and underscores gets to where a shell reads.
"""

import re
from collections.abc import Sequence
from typing import Final

from converters.guests.boot_modules import NEEDS
from converters.guests.look.initrd import Contents
from converters.guests.tree import Unreadable

NAME: Final = "vmimport"
_SUSE: Final = ("config/start.sh", "run_all.sh")
_SUSE_NAMES: Final = re.compile(rb"(?m)^(.*\bRESOLVED_INITRD_MODULES=')")
_HOOKS: Final = (  # a folder that is there, and the one with the hooks before udev's work
    ("usr/lib/dracut/hooks", "usr/lib/dracut/hooks/pre-udev"),
    ("lib/dracut/hooks", "lib/dracut/hooks/pre-udev"),
    ("pre-udev", "pre-udev"),  # up to dracut 004; assumed: seen in its source only
    ("usr/lib/dracut", "usr/lib/dracut/hooks/pre-udev"),
    ("lib/dracut", "lib/dracut/hooks/pre-udev"),
)
_LOADER: Final = "systemd/systemd-modules-load"
_QUIET: Final = frozenset(name for need in NEEDS if not need.probes for name in need.modules)
_PLACE: Final = re.compile(rb"(?m)^(?:insmod .*|modprobe .*)$")
_BEFORE: Final = re.compile(rb"(?m)^(?:mkblkdevs|mkrootdev|mount .*|switchroot.*|echo Scanning.*)$")


def loaded(contents: Contents, names: Sequence[str], paths: Sequence[str]) -> dict[str, bytes]:
    """Return the files, by their paths, that make an initial RAM disk load modules.

    names are those to load by name, paths those of all that are added, in the order of insmod.
    Raises Unreadable where it cannot be told how this one loads any.
    """
    match contents.initrd.generator:
        case "initramfs-tools":
            before = contents.text("conf/modules") or b""
            lines = before + (b"" if not before or before.endswith(b"\n") else b"\n")
            return {"conf/modules": lines + _lines(_probing(names))}
        case "dracut":
            return _dracut(contents, names)
        case "mkinitcpio":
            before = contents.text("config") or b""
            more = f'\nMODULES="$MODULES {" ".join(_probing(names))}"\n'
            return {"config": before + more.encode()}
        case "mkinitrd":
            suse = {path: text for path in _SUSE if (text := contents.text(path))}
            return _suse(suse, names) if suse else _red_hat(contents, paths)
    raise Unreadable("it is not known how it loads modules")


def _probing(names: Sequence[str]) -> list[str]:
    """Return the names without those that udev should load: they complain on other machines."""
    return [name for name in names if name not in _QUIET]


def _lines(names: Sequence[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


def _dracut(contents: Contents, names: Sequence[str]) -> dict[str, bytes]:
    if any(path.endswith(_LOADER) for path in contents.files):
        return {f"etc/modules-load.d/{NAME}.conf": _lines(_probing(names))}
    hooks = next((hooks for folder, hooks in _HOOKS if contents.is_dir(folder)), None)
    if hooks is not None:
        script = "".join(f"modprobe -q {name} 2>/dev/null || :\n" for name in names)
        return {f"{hooks}/01-{NAME}.sh": b"#!/bin/sh\n" + script.encode()}
    raise Unreadable("it has no place for a hook of dracut's")


def _suse(texts: dict[str, bytes], names: Sequence[str]) -> dict[str, bytes]:
    """Return the two scripts with the names added; the second repeats what the first says."""
    words = " ".join(_probing(names)).encode() + b" "
    changed = {
        path: _SUSE_NAMES.sub(lambda found: found[1] + words, text, count=1)
        for path, text in texts.items()
    }
    changed = {path: text for path, text in changed.items() if text != texts[path]}
    if not changed:
        raise Unreadable("it has no list of modules")
    return changed


def _red_hat(contents: Contents, paths: Sequence[str]) -> dict[str, bytes]:
    """Return the script with insmod for each module behind those that are there."""
    script = "init" if contents.text("init") is not None else "linuxrc"
    text = contents.text(script) or b""
    if not text.startswith(b"#!"):
        raise Unreadable("it has no script that loads modules")
    lines = "".join(f"insmod /{path}\n" for path in paths).encode()
    places = [found.end() + 1 for found in _PLACE.finditer(text)]
    if places:
        at = places[-1]
    elif found := _BEFORE.search(text):
        at = found.start()
    else:
        raise Unreadable("it has no script that loads modules")
    head = text[:at] if text[:at].endswith(b"\n") else text[:at] + b"\n"
    return {script: head + lines + text[at:]}
