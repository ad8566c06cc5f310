"""Who sees a snapshot before and after it is shared, and the attributes that say so."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.ec2.conftest import OPEN_REGION, key_arn, made_key, made_snapshot, refusal
from tests.house import House, Server, new_account

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

WAYS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "all": lambda snapshot, owner: {},
    "by id": lambda snapshot, owner: {"SnapshotIds": [snapshot]},
    "of the owner": lambda snapshot, owner: {"OwnerIds": [owner]},
    "own": lambda snapshot, owner: {"OwnerIds": ["self"]},
    "restorable by me": lambda snapshot, owner: {"RestorableByUserIds": ["self"]},
    "restorable by all": lambda snapshot, owner: {"RestorableByUserIds": ["all"]},
    "filtered by owner": lambda snapshot, owner: {
        "Filters": [{"Name": "owner-id", "Values": [owner]}]
    },
    "in pages": lambda snapshot, owner: {"OwnerIds": [owner], "MaxResults": 5},
}
SHARED = {"all", "by id", "of the owner", "restorable by me", "filtered by owner", "in pages"}
PUBLIC = SHARED - {"restorable by me"} | {"restorable by all"}


@pytest.fixture
def house(server: Server) -> House:
    """An account in the Region where things may be public."""
    return House(server, region=OPEN_REGION)


def seen(viewer: House, owner: House, snapshot: str) -> set[str]:
    """Return the ways to list by which an account sees a snapshot."""
    return {
        name
        for name, request in WAYS.items()
        if snapshot
        in {
            each["SnapshotId"]
            for each in viewer.ec2().describe_snapshots(**request(snapshot, owner.account_id))[
                "Snapshots"
            ]
        }
    }


def share(owner: House, snapshot: str, operation: str = "add", **users: list[str]) -> None:
    owner.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot,
        Attribute="createVolumePermission",
        OperationType=operation,  # type: ignore[arg-type]
        **users,  # type: ignore[arg-type]
    )


def permissions(owner: House, snapshot: str) -> list[Any]:
    answer = owner.ec2().describe_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission"
    )
    assert answer["SnapshotId"] == snapshot
    return list(answer["CreateVolumePermissions"])


def test_a_snapshot_is_seen_by_its_owner_alone(house: House, friend: House) -> None:
    snapshot = made_snapshot(house)

    assert seen(house, house, snapshot) == SHARED | {"own"}
    assert seen(friend, house, snapshot) == set()
    assert permissions(house, snapshot) == []


def test_a_shared_snapshot_is_seen_by_those_it_is_shared_with(
    house: House, friend: House, server: Server
) -> None:
    snapshot = made_snapshot(house)
    share(house, snapshot, UserIds=[friend.account_id])

    assert seen(friend, house, snapshot) == SHARED
    assert seen(House(server, region=OPEN_REGION), house, snapshot) == set()
    assert permissions(house, snapshot) == [{"UserId": friend.account_id}]

    share(house, snapshot, "remove", UserIds=[friend.account_id])
    assert seen(friend, house, snapshot) == set()


def test_a_public_snapshot_is_seen_by_everybody(house: House, friend: House) -> None:
    snapshot = made_snapshot(house)
    share(house, snapshot, GroupNames=["all"])

    assert seen(friend, house, snapshot) == PUBLIC
    assert "restorable by all" in seen(house, house, snapshot)
    assert permissions(house, snapshot) == [{"Group": "all"}]

    house.ec2().reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert seen(friend, house, snapshot) == set()


def test_an_owner_finds_what_others_may_restore(house: House, friend: House) -> None:
    snapshot, other = made_snapshot(house), made_snapshot(house)
    share(house, snapshot, UserIds=[friend.account_id])

    found = house.ec2().describe_snapshots(RestorableByUserIds=[friend.account_id])["Snapshots"]

    assert [each["SnapshotId"] for each in found] == [snapshot]
    assert other not in {each["SnapshotId"] for each in found}


def test_tags_are_shown_to_the_owner_alone(house: House, friend: House) -> None:
    snapshot = made_snapshot(house)
    share(house, snapshot, UserIds=[friend.account_id])
    house.ec2().create_tags(Resources=[snapshot], Tags=[{"Key": "secret", "Value": "plan"}])
    tagged: Any = [{"Name": "tag-key", "Values": ["secret"]}]

    (seen_by_friend,) = friend.ec2().describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]

    assert seen_by_friend["Tags"] == []
    assert seen_by_friend["OwnerId"] == house.account_id
    assert friend.ec2().describe_snapshots(Filters=tagged)["Snapshots"] == []
    assert len(house.ec2().describe_snapshots(Filters=tagged)["Snapshots"]) == 1


def test_permissions_are_added_and_removed_part_by_part(house: House, friend: House) -> None:
    snapshot, someone = made_snapshot(house), new_account()
    ec2 = house.ec2()

    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot,
        CreateVolumePermission={
            "Add": [{"UserId": friend.account_id}, {"UserId": someone}, {"Group": "all"}]
        },
    )
    assert permissions(house, snapshot) == [
        {"UserId": friend.account_id},
        {"UserId": someone},
        {"Group": "all"},
    ]

    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot,
        CreateVolumePermission={"Remove": [{"Group": "all"}, {"UserId": friend.account_id}]},
    )
    assert permissions(house, snapshot) == [{"UserId": someone}]


def test_nobody_changes_the_snapshot_of_another(house: House, friend: House) -> None:
    snapshot = made_snapshot(house)
    share(house, snapshot, UserIds=[friend.account_id])
    theirs = friend.ec2()
    attribute: Any = {"SnapshotId": snapshot, "Attribute": "createVolumePermission"}
    users: Any = {"OperationType": "add", "UserIds": [friend.account_id]}

    for attempt in (
        lambda: theirs.modify_snapshot_attribute(**attribute, **users),
        lambda: theirs.describe_snapshot_attribute(**attribute),
        lambda: theirs.reset_snapshot_attribute(**attribute),
        lambda: theirs.delete_snapshot(SnapshotId=snapshot),
    ):
        assert refusal(attempt)[0] == "InvalidSnapshot.NotFound"
    assert permissions(house, snapshot) == [{"UserId": friend.account_id}]


def test_a_deleted_snapshot_leaves_no_permission(house: House, friend: House) -> None:
    snapshot = made_snapshot(house)
    share(house, snapshot, UserIds=[friend.account_id])

    house.ec2().delete_snapshot(SnapshotId=snapshot)

    assert friend.ec2().describe_snapshots(OwnerIds=[house.account_id])["Snapshots"] == []
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        friend.ec2().describe_snapshots(SnapshotIds=[snapshot])


def test_a_snapshot_has_no_product_codes(house: House) -> None:
    snapshot = made_snapshot(house)

    answer = house.ec2().describe_snapshot_attribute(SnapshotId=snapshot, Attribute="productCodes")

    assert (answer["SnapshotId"], answer["ProductCodes"]) == (snapshot, [])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "MissingParameter"),
        ({"OperationType": "add"}, "MissingParameter"),
        ({"UserIds": ["123456789012"]}, "MissingParameter"),
        ({"OperationType": "give", "UserIds": ["123456789012"]}, "InvalidParameterValue"),
        ({"OperationType": "add", "UserIds": ["12345"]}, "InvalidUserID.Malformed"),
        ({"OperationType": "add", "UserIds": ["amazon"]}, "InvalidUserID.Malformed"),
        ({"OperationType": "add", "GroupNames": ["some"]}, "InvalidParameterValue"),
        ({"Attribute": "productCodes"}, "InvalidParameter"),
        ({"Attribute": "colour"}, "InvalidParameterValue"),
        (
            {"CreateVolumePermission": {"Add": [{"UserId": "me"}]}},
            "InvalidUserID.Malformed",
        ),
        (
            {
                "CreateVolumePermission": {
                    "Add": [{"UserId": "123456789012"}],
                    "Remove": [{"Group": "all"}],
                }
            },
            "InvalidParameterCombination",
        ),
        (
            {"OperationType": "add", "GroupNames": ["all"], "DryRun": True},
            "DryRunOperation",
        ),
        ({"SnapshotId": "snap-x"}, "InvalidSnapshotID.Malformed"),
    ],
)
def test_a_change_that_cannot_be_is_refused(house: House, more: dict[str, Any], code: str) -> None:
    snapshot = made_snapshot(house)

    attempt = {"SnapshotId": snapshot, **more}

    assert refusal(lambda: house.ec2().modify_snapshot_attribute(**attempt))[0] == code
    assert permissions(house, snapshot) == []


def test_what_is_encrypted_is_shared_with_care(house: House, friend: House) -> None:
    with_default = made_snapshot(house, encrypted=True, kms_key_id=key_arn(house, "alias/aws/ebs"))
    with_own = made_snapshot(house, encrypted=True, kms_key_id=made_key(house))

    assert refusal(lambda: share(house, with_default, UserIds=[friend.account_id])) == (
        "OperationNotPermitted",
        "Encrypted snapshots with EBS default key cannot be shared",
    )
    assert refusal(lambda: share(house, with_own, GroupNames=["all"])) == (
        "OperationNotPermitted",
        "Encrypted snapshots cannot be shared publicly",
    )
    share(house, with_own, UserIds=[friend.account_id])
    assert seen(friend, house, with_own) == SHARED


# the block of public access ----------------------------------------------------------------------


def test_new_sharing_with_everybody_can_be_blocked(house: House, friend: House) -> None:
    before, after = made_snapshot(house), made_snapshot(house)
    share(house, before, GroupNames=["all"])
    ec2 = house.ec2()

    answer = ec2.enable_snapshot_block_public_access(State="block-new-sharing")

    assert answer["State"] == "block-new-sharing"
    code, message = refusal(lambda: share(house, after, GroupNames=["all"]))
    assert code == "OperationNotPermitted"
    assert "you must call the DisableSnapshotBlockPublicAccess API" in message
    share(house, after, UserIds=[friend.account_id])
    assert seen(friend, house, before) == PUBLIC
    assert seen(friend, house, after) == SHARED


def test_all_sharing_with_everybody_can_be_blocked(house: House, friend: House) -> None:
    public, shared = made_snapshot(house), made_snapshot(house)
    share(house, public, GroupNames=["all"])
    share(house, shared, UserIds=[friend.account_id])
    ec2 = house.ec2()

    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    assert seen(friend, house, public) == set()
    assert seen(friend, house, shared) == SHARED
    assert permissions(house, public) == [{"Group": "all"}]  # as the API reference says

    ec2.enable_snapshot_block_public_access(State="block-new-sharing")
    assert seen(friend, house, public) == PUBLIC

    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    share(house, public, "remove", GroupNames=["all"])
    assert ec2.disable_snapshot_block_public_access()["State"] == "unblocked"
    assert seen(friend, house, public) == set()
    assert permissions(house, public) == []


def test_the_block_is_of_one_account_and_region(house: House, friend: House) -> None:
    house.ec2().enable_snapshot_block_public_access(State="block-all-sharing")
    house.ec2().enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")

    def states(client: Any) -> tuple[str, str, str]:
        snapshots = client.get_snapshot_block_public_access_state()
        images = client.get_image_block_public_access_state()
        assert snapshots["ManagedBy"] == images["ManagedBy"] == "account"
        return snapshots["State"], images["ImageBlockPublicAccessState"], client.meta.region_name

    assert states(house.ec2()) == ("block-all-sharing", "block-new-sharing", OPEN_REGION)
    assert states(house.ec2(region="eu-west-1")) == ("unblocked", "unblocked", "eu-west-1")
    assert states(friend.ec2()) == ("unblocked", "unblocked", OPEN_REGION)

    answer = house.ec2().disable_image_block_public_access()
    assert answer["ImageBlockPublicAccessState"] == "unblocked"
    assert states(house.ec2()) == ("block-all-sharing", "unblocked", OPEN_REGION)


def test_a_block_that_cannot_be_is_refused(house: House) -> None:
    ec2 = house.ec2()

    assert refusal(lambda: ec2.enable_snapshot_block_public_access(State="unblocked")) == (
        "InvalidRequest",
        "Value 'unblocked' for State is not valid. "
        "Valid values are 'block-all-sharing' and 'block-new-sharing'.",
    )
    images: Any = {"ImageBlockPublicAccessState": "unblocked"}
    assert refusal(lambda: ec2.enable_image_block_public_access(**images))[0] == "InvalidRequest"


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("get_snapshot_block_public_access_state", {}),
        ("enable_snapshot_block_public_access", {"State": "block-all-sharing"}),
        ("disable_snapshot_block_public_access", {}),
        ("get_image_block_public_access_state", {}),
        (
            "enable_image_block_public_access",
            {"ImageBlockPublicAccessState": "block-new-sharing"},
        ),
        ("disable_image_block_public_access", {}),
    ],
)
def test_a_dry_run_blocks_nothing(house: House, action: str, request_: dict[str, Any]) -> None:
    attempt = getattr(house.ec2(), action)

    assert refusal(lambda: attempt(**request_, DryRun=True))[0] == "DryRunOperation"
    assert house.ec2().get_snapshot_block_public_access_state()["State"] == "unblocked"
