"""Tags of roles and of policies, which are alike."""

from typing import Any

import pytest

from tests.iam.conftest import refusal


class Tagged:
    """A role or a policy, with the calls for its tags."""

    def __init__(self, iam: Any, kind: str, named: dict[str, str]) -> None:
        self.tag: Any = lambda tags: getattr(iam, f"tag_{kind}")(
            **named, Tags=[{"Key": key, "Value": value} for key, value in tags]
        )
        self.untag: Any = lambda *keys: getattr(iam, f"untag_{kind}")(**named, TagKeys=list(keys))
        self.list: Any = lambda **page: getattr(iam, f"list_{kind}_tags")(**named, **page)

    @property
    def tags(self) -> list[tuple[str, str]]:
        return [(tag["Key"], tag["Value"]) for tag in self.list()["Tags"]]


@pytest.fixture(params=["role", "policy"])
def tagged(request: pytest.FixtureRequest, iam: Any, role: str, policy: str) -> Tagged:
    named = {"RoleName": role} if request.param == "role" else {"PolicyArn": policy}
    return Tagged(iam, request.param, named)


def test_tags_are_given_changed_and_taken(tagged: Tagged) -> None:
    tagged.tag([("b", "1"), ("A", "")])
    tagged.tag([("B", "2")])
    tagged.untag("a", "none")

    assert tagged.tags == [("B", "2")]


def test_tags_are_listed_page_by_page(tagged: Tagged) -> None:
    tagged.tag([(letter, letter) for letter in "cab"])

    first = tagged.list(MaxItems=2)
    rest = tagged.list(Marker=first["Marker"])

    assert first["IsTruncated"] is True
    assert rest["IsTruncated"] is False
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == ["a", "b", "c"]


def test_keys_that_are_the_same_or_of_aws_are_refused(tagged: Tagged) -> None:
    twice = refusal(tagged.tag, tags=[("k", "1"), ("K", "2")])
    reserved = refusal(tagged.tag, tags=[("aws:k", "1")])

    assert twice[:2] == reserved[:2] == (400, "InvalidInput")
    assert twice[2].startswith("Duplicate tag keys found.")
    assert tagged.tags == []


def test_there_are_fifty_tags_at_most(tagged: Tagged) -> None:
    tagged.tag([(f"k{number}", "") for number in range(50)])
    tagged.tag([("k1", "again")])

    more = refusal(tagged.tag, tags=[("one more", "")])

    assert more == (409, "LimitExceeded", "Cannot exceed quota for TagsPerResource: 50")
    assert len(tagged.tags) == 50
