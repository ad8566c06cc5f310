"""What an AMI says of itself, as far as the client has told."""

from datetime import UTC, datetime

import pytest

from converters.pipelines.amis import device_names, imported_image, told_guest
from state.licences import USAGES
from state.snapshots import Snapshot
from state.tasks import DiskContainer, GuestSummary, ImportImageWork, Task

NOW = datetime(2025, 1, 1, tzinfo=UTC)
SNAPSHOT = Snapshot(
    id="snap-0123456789abcdef0",
    account_id="111122223333",
    region="us-east-1",
    created_at=NOW,
    size_gib=1,
    size_bytes=1 << 30,
    blob_id="blob",
)
LETTERS = "fghijklmnopqrstuvwxy"


@pytest.mark.parametrize(
    ("wishes", "names"),
    [
        ([None], ["a1"]),
        ([None, None, None], ["a1", "f", "g"]),
        ([None, "b", None], ["a1", "b", "f"]),
        (["b", None], ["b", "f"]),
        ([None, "f", None], ["a1", "f", "g"]),
        ([None, "a1", None], ["f", "a1", "g"]),
        (["a1", None], ["a1", "f"]),
        ([None] * 21, ["a1", *LETTERS]),
        ([*[None] * 20, "a1"], [*LETTERS, "a1"]),
        (["g", *[None] * 20], ["g", "f", *LETTERS[2:], "z"]),
    ],
)
def test_a_disk_has_the_name_it_is_given_or_the_next_that_is_free(
    wishes: list[str | None], names: list[str]
) -> None:
    wished = [wish and f"/dev/sd{wish}" for wish in wishes]

    assert device_names(wished) == [f"/dev/sd{name}" for name in names]


def test_a_name_is_the_same_without_the_folder_in_front() -> None:
    assert device_names([None, "sdf", None]) == ["/dev/sda1", "sdf", "/dev/sdg"]


def test_a_name_is_taken_however_it_is_written() -> None:
    assert device_names(["sda1", None, "sdf"]) == ["sda1", "/dev/sdg", "sdf"]


def work(**told: object) -> ImportImageWork:
    containers = (DiskContainer(snapshot_id="snap-0123456789abcdef0"),)
    return ImportImageWork.model_validate({"containers": containers, **told})


@pytest.mark.parametrize(
    ("told", "platform", "license_type", "operation"),
    [
        ({}, None, None, "RunInstances"),
        ({"license_type": "BYOL"}, None, "BYOL", "RunInstances"),
        ({"license_type": "AWS"}, "Windows", "AWS", "RunInstances:0002"),
        ({"platform": "Linux"}, "Linux", "BYOL", "RunInstances"),
        ({"platform": "Windows"}, "Windows", "AWS", "RunInstances:0002"),
        (
            {"platform": "Windows", "license_type": "AWS"},
            "Windows",
            "AWS",
            "RunInstances:0002",
        ),
        (
            {"platform": "Windows", "license_type": "BYOL"},
            "Windows",
            "BYOL",
            "RunInstances:0800",
        ),
        *(
            ({"usage_operation": name}, usage.platform, usage.license_type, name)
            for name, usage in USAGES.items()
        ),
    ],
)
def test_what_is_known_of_the_guest_is_what_was_told(
    told: dict[str, str], platform: str | None, license_type: str | None, operation: str
) -> None:
    assert told_guest(work(**told)) == GuestSummary(
        architecture="x86_64",
        platform=platform,
        license_type=license_type,
        usage_operation=operation,
    )


@pytest.mark.parametrize("operation", USAGES)
def test_the_ami_shows_what_it_is_charged_as(operation: str) -> None:
    asked = work(usage_operation=operation)
    task = Task(
        id="import-ami-0123456789abcdef0",
        account_id="111122223333",
        region="us-east-1",
        created_at=NOW,
        work=asked,
    )

    image = imported_image(task, "ami-1", told_guest(asked), [("/dev/sda1", SNAPSHOT)], NOW)

    assert image.usage_operation == operation
    assert image.platform_details == USAGES[operation].platform_details
    windows = "Windows" in image.platform_details
    assert image.platform == ("windows" if windows else None)
    assert image.description == f"AWS-VMImport service: {'Windows' if windows else 'Linux'}"


def test_a_guest_with_a_long_name_gives_a_description_as_long_as_one_may_be() -> None:
    asked = work()
    task = Task(
        id="import-ami-0123456789abcdef0",
        account_id="111122223333",
        region="us-east-1",
        created_at=NOW,
        work=asked,
    )
    disks = [("/dev/sda1", SNAPSHOT)]

    image = imported_image(task, "ami-1", told_guest(asked), disks, NOW, "Linux - " + "A" * 400)

    assert image.description is not None
    assert image.description.startswith("AWS-VMImport service: Linux - AAA")
    assert len(image.description) == 255
