"""`vmie ssh`: the port of an instance, by its tag."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.__main__ import main
from tests.house import House
from tests.instances.conftest import started

SSH = """#!/bin/sh
printf '%s\\n' "$@"
"""


def environment(house: House) -> dict[str, str]:
    """Return what tells a client where to go and who asks."""
    return {
        "AWS_ENDPOINT_URL": house.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": house.account_id,
        "AWS_SECRET_ACCESS_KEY": "anything",
    }


def vmie_ssh(house: House, folder: Path, *words: str) -> Any:
    """Run the command with an ssh that tells how it was called."""
    program = folder / "ssh"
    program.write_text(SSH)
    program.chmod(0o755)
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    environ = {**os.environ, **environment(house), **path}
    line = [sys.executable, "-m", "emulator", "ssh", *words]
    return subprocess.run(line, env=environ, capture_output=True, text=True, check=False)


def test_ssh_goes_where_the_tag_says(house: House, tmp_path: Path) -> None:
    instance = started(house)
    tag: Any = {"Key": "vmie:ssh", "Value": "127.0.0.1:40022"}
    house.ec2().create_tags(Resources=[instance], Tags=[tag])

    done = vmie_ssh(house, tmp_path, f"admin@{instance}", "-i", "key.pem", "uptime")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "-p",
        "40022",
        "-o",
        f"HostKeyAlias={instance}",
        "-o",
        "StrictHostKeyChecking=accept-new",
        "admin@127.0.0.1",
        "-i",
        "key.pem",
        "uptime",
    ]


def test_an_instance_that_cannot_be_reached_is_said_to_be_so(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable, value in environment(house).items():
        monkeypatch.setenv(variable, value)

    tagged = started(house)
    tag: Any = {"Key": "vmie:ssh", "Value": "-oProxyCommand=touch /tmp/x:22"}
    house.ec2().create_tags(Resources=[tagged], Tags=[tag])

    codes = [main(["ssh", each]) for each in (started(house), tagged, "i-0123456789abcdef0")]

    assert codes == [255, 255, 255]
    record, wrong, unknown = capsys.readouterr().err.splitlines()
    assert "does not run where its SSH could be reached" in record
    assert "does not run where its SSH could be reached" in wrong
    assert "InvalidInstanceID.NotFound" in unknown
