"""Forms as clients really write them, and as nobody should."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.protocol import query
from emulator.protocol.faults import (
    InvalidValue,
    MalformedQuery,
    MissingMember,
    UnknownAction,
    UnknownMember,
    WireError,
)
from emulator.protocol.models import operation_model


def parse(action: str, *form: tuple[str, str], service: str = "ec2") -> dict[str, Any]:
    """Read a form."""
    return query.parse(operation_model(service, action), form)


def test_parameters_of_every_request_are_not_members() -> None:
    common = ["Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod",
              "SignatureVersion", "Timestamp", "Expires", "SecurityToken", "X-Amz-Date",
              "X-Amz-Signature", "x-amz-security-token"]  # fmt: skip

    assert parse("DescribeRegions", *((name, "x") for name in common)) == {}


def test_an_empty_text_is_not_given() -> None:
    got = parse(
        "ImportSnapshot",
        ("Description", ""),
        ("DiskContainer.Description", ""),
        ("DiskContainer.Url", "s3://b/k"),
        ("DryRun", ""),
        ("TagSpecification", ""),
    )

    assert got == {"DiskContainer": {"Url": "s3://b/k"}}


def test_an_empty_text_for_what_is_required_is_missing() -> None:
    with pytest.raises(MissingMember) as fault:
        parse("DeleteSnapshot", ("SnapshotId", ""))

    assert fault.value.name == "SnapshotId"


def test_the_empty_value_of_a_tag_is_a_value() -> None:
    got = parse("DeleteTags", ("ResourceId.1", "snap-1"), ("Tag.1.Key", "a"), ("Tag.1.Value", ""))

    assert got == {"Resources": ["snap-1"], "Tags": [{"Key": "a", "Value": ""}]}


def test_an_empty_item_of_a_list_is_an_item() -> None:
    got = parse("DescribeTags", ("Filter.1.Name", "value"), ("Filter.1.Value.1", ""))

    assert got == {"Filters": [{"Name": "value", "Values": [""]}]}


def test_gaps_in_the_numbers_are_closed_and_the_order_is_theirs() -> None:
    got = parse(
        "DescribeSnapshots",
        ("SnapshotId.10", "c"),
        ("SnapshotId.9", "b"),
        ("SnapshotId.999999999", "d"),
        ("SnapshotId.2", "a"),
    )

    assert got == {"SnapshotIds": ["a", "b", "c", "d"]}


def test_a_small_first_letter_is_forgiven() -> None:
    got = parse("DescribeConversionTasks", ("conversionTaskId.1", "a"), ("conversionTaskId.2", "b"))

    assert got == {"ConversionTaskIds": ["a", "b"]}


@pytest.mark.parametrize(
    ("monitoring", "data"),
    [("Monitoring", "UserData.Data"), ("Monitoring.Enabled", "UserData")],
    ids=["new", "old"],
)
def test_the_first_tools_wrote_some_members_otherwise(monitoring: str, data: str) -> None:
    got = parse(
        "ImportInstance",
        ("Platform", "Linux"),
        (f"LaunchSpecification.{monitoring}", "true"),
        (f"LaunchSpecification.{data}", "eA=="),
    )

    assert got["LaunchSpecification"] == {"Monitoring": True, "UserData": {"Data": "eA=="}}
    for name in ("Monitoring.Disabled", "UserData.Text"):
        with pytest.raises(UnknownMember) as fault:
            parse("ImportInstance", ("Platform", "Linux"), (f"LaunchSpecification.{name}", "x"))
        assert fault.value.name == f"LaunchSpecification.{name}"


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_booleans_are_read_in_any_case(text: str) -> None:
    assert parse("DescribeRegions", ("AllRegions", text)) == {"AllRegions": True}


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ([("Bogus", "x")], "Bogus"),
        ([("Filter.1.Bogus", "x")], "Filter.1.Bogus"),
        ([("Filter.first.Name", "x")], "Filter.first"),
        ([("Filter.-1.Name", "x")], "Filter.-1"),
        ([("Filter.१.Name", "x")], "Filter.१"),
        ([("Filter..Name", "x")], "Filter."),
        ([("Filter.99999999999999999999.Name", "x")], "Filter.99999999999999999999"),
        ([("MaxResults.1", "5")], "MaxResults.1"),
        ([("", "x")], ""),
    ],
)
def test_what_the_action_does_not_have_is_named(form: list[tuple[str, str]], name: str) -> None:
    with pytest.raises(UnknownMember) as fault:
        parse("DescribeSnapshots", *form)

    assert fault.value.name == name


@pytest.mark.parametrize(
    ("action", "name", "text"),
    [
        ("DescribeSnapshots", "MaxResults", "five"),
        ("DescribeSnapshots", "MaxResults", "5.0"),
        ("DescribeSnapshots", "MaxResults", "1_0"),
        ("DescribeSnapshots", "MaxResults", "99999999999"),
        ("DescribeSnapshots", "MaxResults", "9" * 5000),
        ("DescribeSnapshots", "DryRun", "yes"),
        ("DescribeSnapshots", "SnapshotId", "snap-1"),
        ("DescribeSnapshots", "Filter.1", "x"),
        ("ImportSnapshot", "ClientData.UploadStart", "yesterday"),
        ("ImportSnapshot", "ClientData.UploadStart", "9" * 60),
        ("ImportSnapshot", "ClientData.UploadSize", "1e"),
        ("ImportSnapshot", "DiskContainer", "x"),
    ],
)
def test_a_text_of_the_wrong_type_is_named(action: str, name: str, text: str) -> None:
    with pytest.raises(InvalidValue) as fault:
        parse(action, (name, text))

    assert (fault.value.name, fault.value.value) == (name, text)


@pytest.mark.parametrize(
    "form",
    [
        [("SnapshotId.1", "a"), ("SnapshotId.1", "b")],
        [("Filter.1", "a"), ("Filter.1.Name", "b")],
        [("Filter.1.Name", "b"), ("Filter.1", "a")],
        [("MaxResults", "5"), ("maxResults", "6")],
        [("A." * 100_000, "x")],
    ],
)
def test_names_that_contradict_each_other_are_refused(form: list[tuple[str, str]]) -> None:
    with pytest.raises(MalformedQuery):
        parse("DescribeSnapshots", *form)


def test_what_is_missing_is_named_as_the_client_writes_it() -> None:
    with pytest.raises(MissingMember) as fault:
        parse("CreateTags", ("Tag.1.Key", "a"))

    assert fault.value.name == "ResourceId"


def test_an_action_that_the_service_does_not_have_is_named() -> None:
    with pytest.raises(UnknownAction) as fault:
        operation_model("ec2", "MakeCoffee")

    assert fault.value.action == "MakeCoffee"


def test_the_query_protocol_keeps_empty_texts_and_lists() -> None:
    got = parse(
        "TagRole", ("RoleName", ""), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", ""),
        service="iam",
    )  # fmt: skip

    assert got == {"RoleName": "", "Tags": [{"Key": "a", "Value": ""}]}
    assert parse("UntagRole", ("RoleName", "r"), ("TagKeys", ""), service="iam")["TagKeys"] == []


NAMES = st.lists(
    st.sampled_from(["Filter", "Filters", "Tag", "Name", "Value", "1", "2", "", "SnapshotId", "x"]),
    min_size=1,
    max_size=5,
).map(".".join)


@settings(max_examples=200)
@given(st.lists(st.tuples(NAMES, st.text(max_size=8)), max_size=6))
def test_no_form_meets_another_exception(form: list[tuple[str, str]]) -> None:
    for action in ("DescribeSnapshots", "CreateTags", "ImportSnapshot"):
        try:
            assert isinstance(parse(action, *form), dict)
        except WireError as fault:
            assert str(fault) or form  # noqa: PT017
