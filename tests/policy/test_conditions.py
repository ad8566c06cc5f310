"""The condition operators, as AWS's documentation describes and exemplifies them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.policy import conditions, dates
from tests.policy.texts import allow, document

KEY = "example:Key"


def true(
    operator: str, wanted: Any, *values: str, version: str = "2012-10-17", **more: str
) -> bool:
    """Whether a condition is true of a request with these values of the key."""
    found = document(allow("s3:*", Condition={operator: {KEY: wanted}}), version=version)
    context = {KEY.lower(): values} if values else {}
    context.update({name.replace("_", ":"): (value,) for name, value in more.items()})
    return conditions.hold(
        found.statements[0].conditions, context, context if found.has_variables else None
    )


CASES: list[tuple[str, Any, str, bool]] = [
    ("StringEquals", "vmimport", "vmimport", True),
    ("StringEquals", "vmimport", "VMImport", False),
    ("StringEquals", "vm*", "vmimport", False),
    ("StringEquals", "vm*", "vm*", True),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", [], "b", False),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", [], "b", True),
    ("StringEqualsIgnoreCase", "VMImport", "vmimport", True),
    ("StringNotEqualsIgnoreCase", "VMImport", "vmimport", False),
    ("StringLike", ["", "home/", "home/?ob/*"], "home/Bob/a/b", True),
    ("StringLike", ["", "home/"], "", True),
    ("StringLike", "t2.*", "T2.micro", False),
    ("StringLike", "t2", "t2.micro", False),
    ("StringNotLike", "t2.*", "t2.micro", False),
    ("StringNotLike", "t2.*", "m5.large", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "10", True),
    ("NumericNotEquals", "10", "11", True),
    ("NumericLessThan", "10", "9.99", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "-1", "0", True),
    ("NumericGreaterThanEquals", "10", "9", False),
    ("NumericLessThan", "10", "ten", False),
    ("NumericEquals", "9" * 400, "9" * 400, False),
    ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", True),
    ("DateNotEquals", "2020-01-01T00:00:00Z", "1577836801", True),
    ("DateLessThan", "2020-01-01T00:00:01Z", "2020-01-01T01:00:00+01:00", True),
    ("DateLessThanEquals", "2020-01-01", "2020-01-01T00:00:00Z", True),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01.5Z", True),
    ("DateGreaterThanEquals", "2020", "1969-12-31", False),
    ("DateGreaterThan", "2020-01-01", "tomorrow", False),
    ("Bool", "true", "true", True),
    ("Bool", "False", "false", True),
    ("Bool", True, "false", False),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
    ("BinaryEquals", "AAE=", "AAI=", False),
    ("BinaryEquals", "no base64", "no base64", False),
    ("BinaryEquals", "AA E=", "AAE=", False),
    ("BinaryEquals", "AAE=", "AA E=", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.255", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.0", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::9", True),
    ("IpAddress", "203.0.113.5/24", "203.0.113.9", True),
    ("IpAddress", "203.0.113.0/24", "somewhere", False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.9", False),
    ("NotIpAddress", "203.0.113.0/24", "2001:db8::1", True),
    ("ArnEquals", "arn:aws:sns:*:1234:T?PIC", "arn:aws:sns:eu-west-1:1234:TOPIC", True),
    ("ArnLike", "arn:aws:vmie:eu-west-1:1234:*", "arn:aws:vmie:eu-west-1:1234:a:b/c", True),
    ("ArnLike", "arn:aws:vmie:*", "arn:aws:vmie:eu-west-1:123456789012:a", True),
    ("ArnLike", "*", "arn:aws:vmie:eu-west-1:123456789012:a", True),
    ("ArnLike", "*", "no arn", False),
    ("ArnLike", "arn:aws:SNS:*:*:*", "arn:aws:sns:eu-west-1:123456789012:TOPIC", False),
    ("ArnNotEquals", "arn:aws:iam::444455556666:user/a", "arn:aws:iam::444455556666:user/b", True),
    ("ArnNotLike", "arn:aws:iam::444455556666:user/*", "arn:aws:iam::444455556666:user/b", False),
    ("Null", "true", "there", False),
    ("Null", "false", "there", True),
    ("Null", "True", "there", False),
    ("Null", ["true", "false"], "there", True),
    ("StringEqualsIfExists", "a", "b", False),
    ("StringLikeIfExists", "t2.*", "t2.micro", True),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), CASES)
def test_operators_compare(operator: str, wanted: Any, value: str, expected: bool) -> None:
    assert true(operator, wanted, value) is expected


@pytest.mark.parametrize("name", [*conditions.OPERATORS, "Null"])
def test_every_operator_has_a_case(name: str) -> None:
    assert name in {operator for operator, *_ in CASES}


@pytest.mark.parametrize("name", conditions.OPERATORS)
def test_a_key_that_is_not_there_matches_nothing(name: str) -> None:
    negated = "Not" in name

    assert true(name, "1970") is negated
    assert true(f"{name}IfExists", "1970") is True
    assert true(f"ForAllValues:{name}", "1970") is True
    assert true(f"ForAnyValue:{name}", "1970") is False


def test_null_asks_whether_a_key_is_there() -> None:
    assert true("Null", "true")
    assert true("Null", True)
    assert not true("Null", "false")


def test_the_guides_example_of_a_text_that_is_like_another_but_no_arn_that_is() -> None:
    pattern = "arn:aws:someservice:*:111122223333:finance/*"
    value = "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"

    assert true("StringLike", pattern, value)
    assert not true("ArnLike", pattern, value)


TAGS = ["PostDateTime", "Message", "Tags"]
SETS: list[tuple[str, list[str], list[str], bool]] = [
    ("ForAllValues:StringLike", TAGS, ["PostDateTime", "Message"], True),
    ("ForAllValues:StringLike", TAGS, ["PostDateTime", "UserName"], False),
    ("ForAllValues:StringLike", TAGS, [""], True),
    ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["Message", "PostDateTime"], True),
    ("ForAnyValue:StringLike", ["ID", "PostDateTime"], ["UserName"], False),
    ("ForAnyValue:StringLike", ["*"], [""], False),
    ("ForAnyValue:StringLike", ["Tags"], ["", "Tags"], True),
    ("ForAllValues:StringLike", ["Tags"], ["", "Tags"], False),
    ("ForAllValues:StringNotEquals", ["ID"], ["UserName", "Message"], True),
    ("ForAllValues:StringNotEquals", ["ID"], ["UserName", "ID"], False),
    ("ForAnyValue:StringNotEquals", ["ID"], ["UserName", "ID"], True),
    ("ForAnyValue:StringNotEquals", ["ID"], ["ID"], False),
    ("ForAnyValue:StringEqualsIfExists", ["ID"], ["Tags"], False),
    ("StringEquals", ["ID"], ["Tags", "ID"], True),
    ("StringNotEquals", ["ID"], ["Tags", "ID"], False),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "wanted", "values", "expected"), SETS)
def test_sets_of_values(
    operator: str, wanted: list[str], values: list[str], expected: bool
) -> None:
    assert true(operator, wanted, *values) is expected


VARIABLES: list[tuple[str, str, str, bool]] = [
    ("StringEquals", "${aws:username}", "bob", True),
    ("StringEquals", "${AWS:UserName}", "bob", True),
    ("StringLike", "home/${aws:username}/*", "home/bob/a", True),
    ("StringLike", "home/${aws:username}/*", "home/eve/a", False),
    ("StringEquals", "${aws:userid, 'anonymous'}", "anonymous", True),
    ("StringEquals", "${aws:userid}", "", False),
    ("StringEquals", "${aws:userid}", "${aws:userid}", False),
    ("StringNotEquals", "${aws:userid}", "x", True),
    ("StringLike", "a${*}", "a*", True),
    ("StringLike", "a${*}", "abc", False),
    ("StringLike", "${?}${$}{aws:username}", "?${aws:username}", True),
    ("StringEquals", "${*}", "*", True),
    ("ArnLike", "arn:aws:iam::1:user/${aws:username}", "arn:aws:iam::1:user/bob", True),
    ("ArnEquals", "${aws:arn}", "arn:aws:iam::1:user/bob", True),
    ("StringEqualsIgnoreCase", "${aws:username}", "BOB", True),
    ("Bool", "${aws:flag}", "true", True),
    ("NumericEquals", "${aws:number}", "5", False),
    ("StringLike", "${aws:stars}", "anything", False),
    ("StringLike", "${aws:stars}", "*", True),
    ("StringEquals", "${aws:username", "${aws:username", True),
]


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), VARIABLES)
def test_variables(operator: str, wanted: str, value: str, expected: bool) -> None:
    known = {
        "aws_username": "bob",
        "aws_arn": "arn:aws:iam::1:user/bob",
        "aws_flag": "true",
        "aws_number": "5",
        "aws_stars": "*",
    }

    assert true(operator, wanted, value, **known) is expected


def test_the_old_language_has_no_variables() -> None:
    old = "2008-10-17"

    assert not true("StringEquals", "${aws:username}", "bob", version=old, aws_username="bob")
    assert true("StringEquals", "${aws:username}", "${aws:username}", version=old)
    assert true("StringLike", "${*}", "${anything}", version=old)


def test_the_case_of_keys_does_not_matter() -> None:
    found = document(
        allow("s3:*", Condition={"StringEquals": {"sts:EXTERNALid": "a", "AWS:username": "b"}})
    )
    conditions_of = found.statements[0].conditions

    assert conditions.hold(conditions_of, {"sts:externalid": ("a",), "aws:username": ("b",)}, None)
    assert not conditions.hold(conditions_of, {"sts:externalid": ("a",)}, None)


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_are_read_as_python_reads_them(moment: datetime) -> None:
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)

    found = dates.seconds(moment.isoformat())

    assert found is not None
    assert (
        found * 1_000_000 == (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    )
