"""Run the programs of real clients: an empty home, and nothing but the house to talk to.

Where `make clients` has not been run the tests of the programs it installs are skipped.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.install import CLIENTS
from tests.house import House

PATIENCE = 90  # seconds; the slowest takes fifteen on an idle machine
NOWHERE = "http://127.0.0.1:9"  # what a client wants of the internet fails at once


def program(name: str) -> Path:
    """Find a program in an environment of its own, `ansible/bin/ansible-playbook`, or in PATH."""
    path = CLIENTS / name
    if "/" not in name:
        path = Path(shutil.which(name) or name)
    if not path.is_file():
        pytest.skip(f"{name} is not here: run `make clients`")
    return path


def run(house: House, folder: Path, *words: str | Path, fails: bool = False) -> str:
    """Run a program to its end in a folder; return what it prints, and complains of if it fails."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=environment(house, folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # it may start programs of its own
    )
    try:
        said, complained = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, complained = process.communicate()
    assert bool(process.returncode) is fails, f"{said}\n{complained}"
    return said + complained if fails else said


def environment(house: House, home: Path) -> dict[str, str]:
    """Return the variables by which clients find the house, and nothing of this machine's."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": house.endpoint,
        "AWS_ACCESS_KEY_ID": house.account_id,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "CHECKPOINT_DISABLE": "1",
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
        "NO_PROXY": "127.0.0.1",
    }
