"""The files of a Linux: what a reader looks at, as its distribution and version would have it."""

from functools import lru_cache

from tests.guests import binaries, configuration, identities, kernels, loaders
from tests.guests.filesystems import File, directory, link, text, without
from tests.guests.recipes import Recipe
from tests.guests.ways import SELINUX, Places, secure, ways


def linux(recipe: Recipe, places: Places) -> dict[str, File]:
    """Return all files of a Linux, /boot among them."""
    how = ways(recipe)
    files: dict[str, File] = {}
    for name in ("proc", "sys", "dev", "run", "tmp", "home", "root", "mnt", "media", "srv", "opt",
                 "boot", "var/log", "var/lib", "var/tmp", "usr/share", "data"):  # fmt: skip
        files[f"/{name}"] = directory(0o1777 if name.endswith("tmp") else 0o755)
    usr = "/usr" if how.merged else ""
    for name in ("bin", "sbin", "lib", "lib64"):
        files[f"/{name}"] = link(f"usr/{name}") if how.merged else directory()
        files[f"/usr/{name}"] = directory()
    program = File(_program(recipe.architecture), 0o755)
    for name in ("bin/bash", "bin/sh", "bin/ls", "bin/mount", "sbin/init", "sbin/ip"):
        files[f"{usr}/{name}"] = program
    files["/usr/bin/ssh"] = files["/usr/sbin/sshd"] = files["/usr/bin/env"] = program
    files |= identities.identity(recipe)
    files["/etc/fstab"] = text(
        configuration.fstab(recipe, places), label=SELINUX % "etc" if secure(recipe) else None
    )
    if secure(recipe):
        files["/etc/selinux/config"] = text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    files |= kernels.kernels(recipe, how, usr)
    files |= loaders.boot(recipe, how, places)
    files |= configuration.network(recipe, how)
    files |= configuration.packages(how, recipe)
    return without(files, recipe.absent) | dict(recipe.extra)


@lru_cache
def _program(architecture: str) -> bytes:
    return binaries.elf(architecture, 3, {".text": b"\xc3" * 64})
