"""The verdict: the first rule decides and all are kept; what the AMI of a guest would be."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.guests.guest import Boot, Guest, Linux, Windows
from converters.guests.judge.licences import OPERATIONS
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import RULES, judge
from converters.guests.plain import from_json, to_json
from state.licences import usage_operation
from tests.guests.found import DISK, VOLUME, client, guest, kernel, linux, windows


def test_a_sound_linux_is_accepted_as_what_it_is() -> None:
    verdict = judge(guest(), Request())

    assert verdict.accepted
    assert verdict.certain
    assert verdict.error is None
    assert verdict.platform == "Linux"
    assert verdict.architecture == "x86_64"
    assert verdict.boot_mode == "legacy-bios"
    assert verdict.license_type == "BYOL"
    assert verdict.usage_operation == "RunInstances"
    assert verdict.description == "Linux - debian 12.4 - 6.1.0-17-amd64"


@pytest.mark.parametrize(
    ("system", "told", "license_type", "operation"),
    [
        (windows(), Request(), "AWS", "RunInstances:0002"),
        (windows(), Request(license_type="BYOL"), "BYOL", "RunInstances:0800"),
        (client(), Request(), "BYOL", "RunInstances:0800"),
        (
            windows(),
            Request(
                usage_operation="RunInstances:0006", usage_platform="Windows", usage_license="AWS"
            ),
            "AWS",
            "RunInstances:0006",
        ),
    ],
)
def test_a_sound_windows_has_a_licence(
    system: Windows, told: Request, license_type: str, operation: str
) -> None:
    verdict = judge(guest(system), told)

    assert verdict.accepted, verdict.error
    assert verdict.platform == "Windows"
    assert (verdict.license_type, verdict.usage_operation) == (license_type, operation)
    assert verdict.description == f"Windows - {system.product}"


def test_the_first_rule_in_the_services_order_decides_and_all_are_kept() -> None:
    broken = linux(
        architecture="i386",
        fstab_problem="missing",
        boot=Boot(loader="lilo"),
        kernels=(kernel("2.4.37", initrd=None),),
    )

    verdict = judge(guest(broken), Request(license_type="AWS"))

    errors = [found.error for found in verdict.findings if found.passed is False and found.blocking]
    assert verdict.error == "Unsupported architecture i386" == errors[0]
    assert errors[1:4] == [
        "Invalid configuration - Could not read fstab",
        "Unable to determine kernel version.",
        "Unsupported kernel version 2.4.37",
    ]
    assert errors[-1] == "The license type AWS is not supported for Linux"


def test_what_the_client_says_stands_where_nothing_could_be_seen() -> None:
    unread = Guest(disks=(DISK,), volumes=(VOLUME,), unseen=("0:1: JFS",))

    verdict = judge(unread, Request(platform="Windows", architecture="x86_64", boot_mode="uefi"))

    assert verdict.accepted
    assert not verdict.certain
    assert verdict.usage_operation == "RunInstances:0002"
    assert (verdict.platform, verdict.architecture) == ("Windows", "x86_64")
    assert verdict.boot_mode == "uefi"


def test_operations_are_those_of_the_table_of_licences() -> None:
    for (platform, license_type), operation in OPERATIONS.items():
        assert usage_operation(platform, license_type) == operation


def test_every_rule_has_a_name_of_its_own_for_each_guest() -> None:
    for system in (linux(), windows(), client()):
        names = [found.rule for found in judge(guest(system), Request()).findings]

        assert len(names) == len(set(names))


def test_every_rule_says_what_it_asks_and_where_the_guide_does() -> None:
    seen = 0
    for system in (
        linux(),
        linux(boot=Boot(loader="grub2", bls=True, default_found=True)),
        windows(),
    ):
        for found in judge(guest(system), Request(platform="Linux")).findings:
            assert found.sentence.endswith(".")
            assert found.section
            seen += 1
    assert seen > len(RULES)


def test_a_verdict_is_plain_enough_for_json() -> None:
    verdict = judge(guest(), Request())

    assert from_json(type(verdict), to_json(verdict)) == verdict
    assert asdict(verdict)["findings"][0]["rule"] == "partitions"


TEXTS = st.none() | st.text(max_size=20) | st.sampled_from(["debian", "12.4", "6.1.0-17-amd64"])


@given(
    distribution=TEXTS,
    version=TEXTS,
    name=st.text(max_size=20),
    started=st.text(max_size=40),
    architecture=TEXTS,
    loader=TEXTS,
    told=st.sampled_from([Request(), Request("Windows"), Request("Linux", boot_mode="uefi")]),
)
def test_whatever_a_guest_says_of_itself_there_is_a_verdict(
    distribution: str | None,
    version: str | None,
    name: str,
    started: str,
    architecture: str | None,
    loader: str | None,
    told: Request,
) -> None:
    system = linux(
        distribution or "",
        version,
        started,
        name=name,
        architecture=architecture,
        boot=Boot(loader=loader),
    )

    verdict = judge(guest(system), told)

    assert verdict.accepted is (verdict.error is None)


@given(
    product=st.text(max_size=30),
    build=st.none() | st.integers(-1, 1 << 40),
    edition=TEXTS,
    language=TEXTS,
)
def test_whatever_a_windows_says_of_itself_there_is_a_verdict(
    product: str, build: int | None, edition: str | None, language: str | None
) -> None:
    system = windows(product, build=build, edition=edition, language=language)

    verdict = judge(guest(system), Request())

    assert verdict.accepted is (verdict.error is None)


def test_a_linux_that_is_listed_nowhere_has_a_description() -> None:
    nameless: Linux = replace(linux(), name="", distribution="arch", kernels=())

    assert judge(guest(nameless), Request()).description == "Linux - arch"
