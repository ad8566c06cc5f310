"""The Systems Manager agent's package, unpacked into a guest."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.guests.adapt.agent import NO_PACKAGE, NOT_STARTED, adapt_agent
from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.packages import files
from converters.guests.guest import Linux
from converters.guests.tree import Unreadable
from tests.guests import packages
from tests.guests.memory import Content, Dir, Link, memory

Write = Callable[[Path, dict[str, tuple[int, bytes]], str], Path]

SYSTEMD: dict[str, Content] = {
    "/etc": Dir(label="system_u:object_r:etc_t:s0"),
    "/lib": Link("usr/lib"),
    "/usr/bin": Dir(label="system_u:object_r:bin_t:s0"),
    "/usr/lib/systemd/systemd": b"",
    "/usr/lib/systemd/system": Dir(),
}
LINUX = Linux("0:1", architecture="x86_64", package_manager="dpkg")


def planned(
    folder: Path,
    package: Path | None,
    linux: Linux = LINUX,
    system: dict[str, Content] = SYSTEMD,
) -> Changes:
    """Return the changes for the agent."""
    there = memory(system)
    changes = Changes(there, Contents(folder))
    adapt_agent(linux, package, there, changes)
    return changes


def deb(folder: Path, machine: int = 62) -> Path:
    return packages.deb(folder / "agent.deb", packages.agent(machine))


@pytest.mark.parametrize("packer", packages.PACKERS)
@pytest.mark.parametrize("write", [packages.deb, packages.rpm])
def test_all_files_come_out_of_a_package(tmp_path: Path, packer: str, write: Write) -> None:
    package = write(tmp_path / "a", packages.agent(), packer)

    found = {one.path: (one.mode, one.data) for one in files(package)}

    assert {path: one for path, one in found.items() if one[1] is not None} == {
        f"/{name}": one for name, one in packages.agent().items()
    }


def test_files_go_where_they_belong_and_systemd_wants_them(tmp_path: Path) -> None:
    changes = planned(tmp_path, deb(tmp_path))

    found = {change.shown: change for change in changes.files}
    assert found["/usr/bin/amazon-ssm-agent"].mode == 0o755
    assert found["/usr/bin/amazon-ssm-agent"].label == "system_u:object_r:bin_t:s0"
    assert found["/etc/amazon/ssm/seelog.xml.template"].directories == (
        "/etc/amazon",
        "/etc/amazon/ssm",
    )
    service = found["/lib/systemd/system/amazon-ssm-agent.service"]
    assert (service.path, service.directories) == (
        "/usr/lib/systemd/system/amazon-ssm-agent.service",
        (),
    )
    wanted = found["/etc/systemd/system/multi-user.target.d/amazon-ssm-agent.conf"]
    assert (tmp_path / wanted.content).read_text() == "[Unit]\nWants=amazon-ssm-agent.service\n"
    assert all(change.kept is None for change in changes.files)
    [sentence] = changes.left_out
    assert "dpkg does not know" in sentence


def test_directories_are_made_once(tmp_path: Path) -> None:
    several = packages.agent() | {"opt/a/b/c": (0o644, b"1"), "opt/a/d": (0o644, b"2")}
    package = packages.deb(tmp_path / "agent.deb", several)

    changes = planned(tmp_path, package)

    made = [path for change in changes.files for path in change.directories]
    assert made.count("/opt/a") == 1
    assert made.count("/etc/amazon") == 1


def test_an_agent_that_is_there_stays(tmp_path: Path) -> None:
    there = SYSTEMD | {"/usr/bin/amazon-ssm-agent": packages.program()}

    changes = planned(tmp_path, deb(tmp_path), system=there)

    assert (changes.files, changes.left_out) == ([], [])


def test_upstart_finds_its_job_and_others_start_nothing(tmp_path: Path) -> None:
    upstart = planned(tmp_path, deb(tmp_path), system={"/sbin/initctl": b""})
    neither = planned(tmp_path, deb(tmp_path), system={"/sbin/init": b""})

    assert NOT_STARTED not in upstart.left_out
    assert "/etc/init/amazon-ssm-agent.conf" in [change.shown for change in upstart.files]
    assert NOT_STARTED in neither.left_out


def test_without_a_package_nothing_is_done_and_that_is_said(tmp_path: Path) -> None:
    changes = planned(tmp_path, None)

    assert (changes.files, changes.left_out) == ([], [NO_PACKAGE])


@pytest.mark.parametrize(
    ("linux", "machine", "word"),
    [
        (LINUX, 183, "arm64"),
        (LINUX, 243, "another architecture"),
        (replace(LINUX, architecture="arm64"), 62, "x86_64"),
        (replace(LINUX, free=1 << 20), 62, "full"),
    ],
)
def test_a_package_that_does_not_fit_is_left(
    tmp_path: Path, linux: Linux, machine: int, word: str
) -> None:
    changes = planned(tmp_path, deb(tmp_path, machine), linux)

    assert changes.files == []
    assert word in changes.left_out[0]


def test_another_package_is_left(tmp_path: Path) -> None:
    package = packages.deb(tmp_path / "other.deb", {"usr/bin/other": (0o755, b"")})

    changes = planned(tmp_path, package)

    assert changes.files == []
    assert "other.deb is not its package" in changes.left_out[0]


def test_a_package_leads_nowhere_outside(tmp_path: Path) -> None:
    package = packages.deb(tmp_path / "a.deb", {"../../etc/cron.d/x": (0o755, b"")})

    with pytest.raises(Unreadable, match="called"):
        list(files(package))


def test_a_package_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converters.guests.adapt.packages.WHOLE", 100)

    with pytest.raises(Unreadable, match="too much"):
        list(files(deb(tmp_path)))


@pytest.mark.parametrize("write", [packages.deb, packages.rpm])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
@pytest.mark.slow
def test_a_broken_package_is_refused_in_a_sentence(
    tmp_path: Path, write: Write, data: st.DataObject
) -> None:
    package = tmp_path / "broken"
    write(package, packages.agent(), "")
    whole = bytearray(package.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(whole) - 1, 2000)))
        whole[at] = data.draw(st.integers(0, 255))
    package.write_bytes(whole[: data.draw(st.sampled_from([len(whole), len(whole) // 2, 40]))])

    folder = tmp_path / "contents"
    folder.mkdir(exist_ok=True)
    changes = planned(folder, package)

    assert changes.files or "not installed" in changes.left_out[0]


def test_a_package_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    changes = planned(tmp_path, tmp_path / "gone.deb")

    assert changes.files == []
    assert "was not installed" in changes.left_out[0]


@pytest.mark.guests
def test_systemd_starts_what_the_plan_puts_there(tmp_path: Path) -> None:
    root, contents = tmp_path / "root", tmp_path / "contents"
    contents.mkdir()
    for change in planned(contents, deb(tmp_path)).files:
        target = root / change.path.strip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((contents / change.content).read_bytes())
        target.chmod(change.mode)
    units = root / "usr/lib/systemd/system"
    for name in ("sysinit", "basic", "multi-user", "shutdown"):
        (units / f"{name}.target").write_text(f"[Unit]\nDescription={name}\n")

    said = subprocess.run(
        ["systemd-analyze", f"--root={root}", "verify", "multi-user.target"],
        env={"SYSTEMD_LOG_LEVEL": "debug", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "job amazon-ssm-agent.service/start" in said.stderr + said.stdout
