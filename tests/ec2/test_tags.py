"""CreateTags, DeleteTags and DescribeTags."""

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from emulator.services.ec2.tags import FILTERS
from state.store import Store
from state.tasks import TaskState
from tests.ec2.conftest import put_images, put_snapshots
from tests.ec2.test_images import image
from tests.ec2.test_snapshots import snapshot
from tests.house import House, default_url
from tests.state import samples

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import TagTypeDef

DIGITS = "0123456789abcdef0"


def tags(**pairs: str) -> "list[TagTypeDef]":
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


@pytest.fixture
def resources(house: House) -> list[str]:
    """Three snapshots and a task."""
    found = [snapshot(house, number) for number in range(3)]
    put_snapshots(house, found)
    task = samples.task(
        f"import-snap-{secrets.token_hex(9)[:17]}", TaskState.COMPLETED, house.account_id
    )
    store = Store(default_url(house.data_dir))
    with store.begin() as tx:
        tx.tasks.add(task)
    store.close()
    return [*(each.id for each in found), task.id]


def of(house: House, resource_id: str) -> dict[str, str]:
    found = house.ec2().describe_tags(Filters=[{"Name": "resource-id", "Values": [resource_id]}])
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def test_tags_are_given_to_several_resources_and_get_other_values(
    house: House, resources: list[str]
) -> None:
    ec2 = house.ec2()

    ec2.create_tags(Resources=resources, Tags=tags(Name="one", Team="red"))
    ec2.create_tags(Resources=resources[:1], Tags=tags(Name="two", Empty=""))

    assert of(house, resources[0]) == {"Name": "two", "Team": "red", "Empty": ""}
    assert of(house, resources[3]) == {"Name": "one", "Team": "red"}
    (task,) = ec2.describe_import_snapshot_tasks(ImportTaskIds=resources[3:])["ImportSnapshotTasks"]
    assert task["Tags"] == tags(Name="one", Team="red")


def test_a_tag_without_a_value_has_an_empty_one(house: House, resources: list[str]) -> None:
    query = {
        "Action": "CreateTags",
        "Version": "2016-11-15",
        "AWSAccessKeyId": house.account_id,
        "ResourceId.1": resources[0],
        "Tag.1.Key": "Bare",
    }
    with urlopen(f"{house.endpoint}/?{urlencode(query)}") as answer:
        assert b"<return>true</return>" in answer.read()

    assert of(house, resources[0]) == {"Bare": ""}


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (None, {}),
        ([{"Key": "Name"}], {"Team": "red", "Empty": ""}),
        ([{"Key": "Name"}, {"Key": "Team"}, {"Key": "Other"}], {"Empty": ""}),
        ([{"Key": "Name", "Value": "one"}], {"Team": "red", "Empty": ""}),
        ([{"Key": "Name", "Value": "other"}], {"Name": "one", "Team": "red", "Empty": ""}),
        ([{"Key": "Name", "Value": ""}], {"Name": "one", "Team": "red", "Empty": ""}),
        ([{"Key": "Empty", "Value": ""}], {"Name": "one", "Team": "red"}),
    ],
)
def test_tags_are_removed(
    house: House, resources: list[str], given: Any, left: dict[str, str]
) -> None:
    ec2 = house.ec2()
    ec2.create_tags(Resources=resources, Tags=tags(Name="one", Team="red", Empty=""))

    ec2.delete_tags(Resources=resources[:2], **({} if given is None else {"Tags": given}))

    assert of(house, resources[0]) == of(house, resources[1]) == left
    assert of(house, resources[2]) == {"Name": "one", "Team": "red", "Empty": ""}


@pytest.mark.parametrize(
    ("key", "value", "code", "message"),
    [
        (
            "aws:mine",
            "x",
            "InvalidParameterValue",
            "Value ( aws:mine ) for parameter key is invalid. "
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        ("AWS:mine", "x", "InvalidParameterValue", None),
        ("", "x", "InvalidParameterValue", "Tag key cannot be null or empty."),
        (
            "k" * 129,
            "x",
            "InvalidParameterValue",
            "Tag key exceeds the maximum length of 128 characters",
        ),
        (
            "k",
            "v" * 257,
            "InvalidParameterValue",
            "Tag value exceeds the maximum length of 256 characters",
        ),
    ],
)
def test_a_tag_that_cannot_be_is_refused(
    house: House, resources: list[str], key: str, value: str, code: str, message: str | None
) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().create_tags(Resources=resources, Tags=[{"Key": key, "Value": value}])

    assert caught.value.response["Error"]["Code"] == code
    if message is not None:
        assert caught.value.response["Error"]["Message"] == message
    assert of(house, resources[0]) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [("k" * 128, "v" * 256), ("ä" * 128, "🦉" * 256), ("awsome", " "), ("a:b/c", "<&>\"'")],
)
def test_a_tag_may_be_long_and_in_any_script(
    house: House, resources: list[str], key: str, value: str
) -> None:
    house.ec2().create_tags(Resources=resources[:1], Tags=[{"Key": key, "Value": value}])

    assert of(house, resources[0]) == {key: value}


def test_a_resource_has_50_tags_at_most(house: House, resources: list[str]) -> None:
    ec2 = house.ec2()
    fifty = {f"key{number}": "x" for number in range(50)}
    ec2.create_tags(Resources=resources[:1], Tags=tags(**fifty))

    ec2.create_tags(Resources=resources[:1], Tags=tags(key7="y"))
    with pytest.raises(ClientError) as caught:
        ec2.create_tags(Resources=[resources[1], resources[0]], Tags=tags(another="x"))

    assert caught.value.response["Error"]["Code"] == "TagLimitExceeded"
    assert of(house, resources[0]) == fifty | {"key7": "y"}
    assert of(house, resources[1]) == {}


def test_a_key_may_be_named_once(house: House, resources: list[str]) -> None:
    with pytest.raises(ClientError, match="Duplicate tag key 'a' specified"):
        house.ec2().create_tags(Resources=resources, Tags=[*tags(a="1"), *tags(a="2")])


@pytest.mark.parametrize(
    ("resource_id", "code"),
    [
        (f"snap-{DIGITS}", "InvalidSnapshot.NotFound"),
        (f"import-snap-{DIGITS}", "InvalidConversionTaskId.Malformed"),
        (f"import-ami-{DIGITS}", "InvalidConversionTaskId.Malformed"),
        (f"ami-{DIGITS}", "InvalidAMIID.NotFound"),
        (f"vol-{DIGITS}", "InvalidVolume.NotFound"),
        (f"i-{DIGITS}", "InvalidInstanceID.NotFound"),
        (f"export-ami-{DIGITS}", "InvalidExportTaskID.NotFound"),
        ("snap-x", "InvalidID"),
        ("fleet-12345678", "InvalidID"),
        ("nonsense", "InvalidID"),
    ],
)
@pytest.mark.parametrize("action", ["create_tags", "delete_tags"])
def test_only_what_is_there_has_tags(
    house: House, resources: list[str], action: str, resource_id: str, code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(house.ec2(), action)(Resources=[*resources, resource_id], Tags=tags(a="b"))

    assert caught.value.response["Error"]["Code"] == code
    assert of(house, resources[0]) == {}


def test_nobody_tags_the_resources_of_another(house: House, resources: list[str]) -> None:
    for client in (house.ec2("210987654321"), house.ec2(region="eu-west-1")):
        with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
            client.create_tags(Resources=resources[:1], Tags=tags(a="b"))
        assert (
            client.describe_tags(Filters=[{"Name": "resource-id", "Values": resources}])["Tags"]
            == []
        )


def test_an_image_has_tags_of_its_owner_alone(house: House, resources: list[str]) -> None:
    found = image(house, 0)
    put_images(house, [found], {found.id: ["all"]})
    ec2, other = house.ec2(), house.ec2("210987654321")

    ec2.create_tags(Resources=[*resources, found.id], Tags=tags(Name="one", Team="red"))
    ec2.delete_tags(Resources=[found.id], Tags=[{"Key": "Name"}])

    (shown,) = ec2.describe_images(ImageIds=[found.id])["Images"]
    assert shown["Tags"] == tags(Team="red")
    (tag,) = ec2.describe_tags(Filters=[{"Name": "resource-type", "Values": ["image"]}])["Tags"]
    assert (tag["ResourceId"], tag["Key"], tag["Value"]) == (found.id, "Team", "red")
    with pytest.raises(ClientError, match=r"InvalidAMIID\.NotFound"):
        other.create_tags(Resources=[found.id], Tags=tags(Team="blue"))


def test_a_dry_run_changes_nothing(house: House, resources: list[str]) -> None:
    ec2 = house.ec2()
    ec2.create_tags(Resources=resources[:1], Tags=tags(a="b"))

    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.create_tags(Resources=resources[:1], Tags=tags(c="d"), DryRun=True)
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.delete_tags(Resources=resources[:1], DryRun=True)
    with pytest.raises(ClientError, match="DryRunOperation"):
        ec2.describe_tags(DryRun=True)

    assert of(house, resources[0]) == {"a": "b"}


# DescribeTags ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("key", ["Name"], ["0 Name", "3 Name"]),
        ("key", ["T*", "Empty"], ["0 Team", "1 Empty", "3 Team"]),
        ("resource-id", ["{0}"], ["0 Name", "0 Team"]),
        ("resource-id", ["import-snap-*"], ["3 Name", "3 Team"]),
        ("resource-type", ["snapshot"], ["0 Name", "0 Team", "1 Empty"]),
        ("resource-type", ["import-snapshot-task"], ["3 Name", "3 Team"]),
        ("resource-type", ["*"], ["0 Name", "0 Team", "1 Empty", "3 Name", "3 Team"]),
        ("resource-type", ["instance"], []),
        ("value", ["red"], ["0 Team"]),
        ("value", ["r??", ""], ["0 Team", "1 Empty"]),
        ("tag:Team", ["red", "blue"], ["0 Team", "3 Team"]),
        ("tag:Name", ["red"], []),
    ],
)
def test_tags_are_filtered(
    house: House, resources: list[str], name: str, values: list[str], expected: list[str]
) -> None:
    ec2 = house.ec2()
    ec2.create_tags(Resources=resources[:1], Tags=tags(Name="one", Team="red"))
    ec2.create_tags(Resources=resources[1:2], Tags=tags(Empty=""))
    ec2.create_tags(Resources=resources[3:], Tags=tags(Name="task", Team="blue"))
    filled = [value.replace("{0}", resources[0]) for value in values]

    found = ec2.describe_tags(Filters=[{"Name": name, "Values": filled}])["Tags"]

    assert [f"{resources.index(tag['ResourceId'])} {tag['Key']}" for tag in found] == expected


def test_the_table_above_is_whole() -> None:
    marks = test_tags_are_filtered.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}

    assert {name for name in tried if not name.startswith("tag")} == FILTERS.fields.keys()


def test_an_unknown_filter_is_refused(house: House) -> None:
    with pytest.raises(ClientError, match="The filter 'nope' is invalid"):
        house.ec2().describe_tags(Filters=[{"Name": "nope", "Values": ["x"]}])


@pytest.mark.parametrize("size", [5, 6, 24, 1000])
def test_pages_hold_every_tag_once(house: House, resources: list[str], size: int) -> None:
    ec2 = house.ec2()
    ec2.create_tags(Resources=resources, Tags=tags(**{f"key{n}": str(n) for n in range(6)}))

    pages = list(ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": size}))

    found = [(tag["ResourceId"], tag["Key"]) for page in pages for tag in page["Tags"]]
    assert found == [(each, f"key{n}") for each in resources for n in range(6)]
    assert len(pages) == -(-24 // size)


@pytest.mark.parametrize("size", [0, 4, 1001])
def test_a_page_has_between_5_and_1000_tags(house: House, size: int) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        house.ec2().describe_tags(MaxResults=size)
