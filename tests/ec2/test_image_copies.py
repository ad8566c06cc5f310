"""CopyImage: an AMI of copies of its snapshots, which share the bytes."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ec2.conftest import (
    DEFAULT_KEY,
    OWN_KEY,
    key_arn,
    made_image,
    made_key,
    made_snapshot,
    refusal,
)
from tests.house import House

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

UNKNOWN = "ami-0123456789abcdef0"
REGIONS = ["us-east-1", "eu-west-1"]


def copied(house: House, source: str, region: str = "us-east-1", **more: Any) -> str:
    request: Any = {
        "SourceRegion": "us-east-1",
        "SourceImageId": source,
        "Name": f"copy of {source} in {region}",
        **more,
    }
    return house.ec2(region=region).copy_image(**request)["ImageId"]


def described(house: House, image: str, region: str = "us-east-1") -> Any:
    (found,) = house.ec2(region=region).describe_images(ImageIds=[image])["Images"]
    return found


def snapshots_of(house: House, image: str, region: str = "us-east-1") -> list[str]:
    devices = described(house, image, region)["BlockDeviceMappings"]
    return [device["Ebs"]["SnapshotId"] for device in devices]


def share(owner: House, image: str, user: str, *, storage: bool) -> None:
    """Let a user launch an AMI, and use its snapshots, too."""
    ec2 = owner.ec2()
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": user}]})
    for snapshot in snapshots_of(owner, image) if storage else []:
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": user}]}
        )


@pytest.mark.parametrize("region", REGIONS)
def test_a_copy_has_copies_of_the_snapshots(house: House, region: str) -> None:
    sources = [made_snapshot(house, b"first disk"), made_snapshot(house, b"second disk")]
    source = made_image(house, *sources)

    copy = copied(house, source, region)

    copies = snapshots_of(house, copy, region)
    assert not set(copies) & set(sources)
    for one, other in zip(sources, copies, strict=True):
        assert house.snapshot_bytes(other).samefile(house.snapshot_bytes(one))


@pytest.mark.parametrize("region", REGIONS)
def test_a_copy_outlives_its_source(house: House, region: str) -> None:
    snapshot = made_snapshot(house, b"the disk")
    source = made_image(house, snapshot)
    copy = copied(house, source, region)

    house.ec2().deregister_image(ImageId=source, DeleteAssociatedSnapshots=True)

    (remaining,) = snapshots_of(house, copy, region)
    assert house.snapshot_bytes(remaining).read_bytes() == b"the disk"
    assert house.snapshot_bytes(remaining).stat().st_nlink == 1
    assert described(house, copy, region)["State"] == "available"


def test_a_source_outlives_its_copy(house: House) -> None:
    snapshot = made_snapshot(house, b"the disk")
    source = made_image(house, snapshot)
    copy = copied(house, source)

    house.ec2().deregister_image(ImageId=copy, DeleteAssociatedSnapshots=True)

    assert house.snapshot_bytes(snapshot).read_bytes() == b"the disk"
    assert snapshots_of(house, source) == [snapshot]


def test_a_copy_is_like_its_source_and_says_what_it_is(house: House) -> None:
    source = made_image(
        house,
        Description="of the source",
        Architecture="x86_64",
        BootMode="uefi",
        EnaSupport=True,
        ImdsSupport="v2.0",
        SriovNetSupport="simple",
        TpmSupport="v2.0",
        VirtualizationType="hvm",
    )

    copy = copied(house, source, "eu-west-1", Name="a copy", Description="of the copy")

    before, after = described(house, source), described(house, copy, "eu-west-1")
    (snapshot,) = snapshots_of(house, copy, "eu-west-1")
    (device,) = before["BlockDeviceMappings"]
    device["Ebs"]["SnapshotId"] = snapshot
    assert after == {
        **before,
        "BlockDeviceMappings": [device],
        "CreationDate": after["CreationDate"],
        "Description": "of the copy",
        "ImageId": copy,
        "ImageLocation": f"{house.account_id}/a copy",
        "Name": "a copy",
        "SourceImageId": source,
        "SourceImageRegion": "us-east-1",
    }


def test_the_snapshots_of_a_copy_say_where_they_are_from(house: House) -> None:
    snapshot = made_snapshot(house)
    source = made_image(house, snapshot)

    copy = copied(house, source)

    found = house.ec2().describe_snapshots(SnapshotIds=snapshots_of(house, copy))["Snapshots"]
    assert re.fullmatch(
        f"Copied for DestinationAmi {copy} from SourceAmi {source} "
        rf"for SourceSnapshot {snapshot}\. Task created on \d{{1,3}}(,\d{{3}})+\.",
        found[0]["Description"],
    )
    assert found[0]["VolumeId"] == "vol-ffffffff"


def test_the_waiter_for_a_copy_ends(house: House) -> None:
    copy = copied(house, made_image(house), "eu-west-1")

    house.ec2(region="eu-west-1").get_waiter("image_available").wait(
        ImageIds=[copy], WaiterConfig={"Delay": 1, "MaxAttempts": 2}
    )


# tags --------------------------------------------------------------------------------------------


def test_a_copy_and_its_snapshots_have_tags_of_their_own(house: House) -> None:
    source = made_image(house)
    house.ec2().create_tags(Resources=[source], Tags=[{"Key": "old", "Value": "1"}])
    specifications = [
        {"ResourceType": "image", "Tags": [{"Key": "kind", "Value": "image"}]},
        {"ResourceType": "snapshot", "Tags": [{"Key": "kind", "Value": "snapshot"}]},
    ]

    copy = copied(house, source, TagSpecifications=specifications)

    found = house.ec2().describe_snapshots(SnapshotIds=snapshots_of(house, copy))["Snapshots"]
    assert described(house, copy)["Tags"] == [{"Key": "kind", "Value": "image"}]
    assert found[0]["Tags"] == [{"Key": "kind", "Value": "snapshot"}]


def test_tags_go_along_on_demand_unless_they_are_given_anew(house: House) -> None:
    source = made_image(house)
    tags: Any = [{"Key": "a", "Value": "old"}, {"Key": "b", "Value": "old"}]
    house.ec2().create_tags(Resources=[source], Tags=tags)

    copy = copied(
        house,
        source,
        CopyImageTags=True,
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "b", "Value": "new"}]}],
    )

    found = {tag["Key"]: tag["Value"] for tag in described(house, copy)["Tags"]}
    assert found == {"a": "old", "b": "new"}


def test_of_the_tags_of_another_those_that_are_called_shared_go_along(
    house: House, friend: House
) -> None:
    source = made_image(house)
    tags: Any = [{"Key": "ec2:SharedTag/a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    house.ec2().create_tags(Resources=[source], Tags=tags)
    share(house, source, friend.account_id, storage=True)

    copy = copied(friend, source, CopyImageTags=True)

    assert described(friend, copy)["Tags"] == [{"Key": "ec2:SharedTag/a", "Value": "1"}]


# encryption --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "request_", "key"),
    [
        ({}, {"Encrypted": False}, None),
        ({}, {"Encrypted": True}, "alias/aws/ebs"),
        ({}, {"Encrypted": True, "KmsKeyId": "alias/mine"}, "alias/mine"),
        ({"encrypted": True, "kms_key_id": OWN_KEY}, {"Encrypted": False}, "alias/aws/ebs"),
        (
            {"encrypted": True, "kms_key_id": DEFAULT_KEY},
            {"Encrypted": True, "KmsKeyId": "alias/mine"},
            "alias/mine",
        ),
    ],
)
def test_the_snapshots_of_a_copy_are_encrypted_if_they_were_or_if_asked_for(
    house: House, source: dict[str, Any], request_: dict[str, Any], key: str | None
) -> None:
    made_key(house)

    copy = copied(house, made_image(house, made_snapshot(house, **source)), **request_)

    (device,) = described(house, copy)["BlockDeviceMappings"]
    found = house.ec2().describe_snapshots(SnapshotIds=[device["Ebs"]["SnapshotId"]])["Snapshots"]
    assert device["Ebs"]["Encrypted"] is found[0]["Encrypted"] is (key is not None)
    assert found[0].get("KmsKeyId") == (key and key_arn(house, key))


# other accounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("region", REGIONS)
def test_the_copy_of_a_shared_image_belongs_to_the_copier(
    house: House, friend: House, region: str
) -> None:
    source = made_image(house, made_snapshot(house, b"shared disk"))
    share(house, source, friend.account_id, storage=True)

    copy = copied(friend, source, region)
    house.ec2().deregister_image(ImageId=source, DeleteAssociatedSnapshots=True)

    (snapshot,) = snapshots_of(friend, copy, region)
    assert described(friend, copy, region)["OwnerId"] == friend.account_id
    assert described(friend, copy, region)["Public"] is False
    assert friend.snapshot_bytes(snapshot).read_bytes() == b"shared disk"
    assert house.ec2(region=region).describe_images(Owners=["self"])["Images"] == []


def test_to_launch_an_image_is_not_to_copy_it(house: House, friend: House) -> None:
    source = made_image(house)
    share(house, source, friend.account_id, storage=False)

    assert refusal(lambda: copied(friend, source)) == (
        "InvalidRequest",
        "You do not have permission to access the storage of this ami",
    )
    assert friend.ec2().describe_images(Owners=["self"])["Images"] == []
    assert friend.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_what_is_not_shared_cannot_be_copied(house: House, friend: House) -> None:
    source = made_image(house)

    assert refusal(lambda: copied(friend, source))[0] == "AuthFailure"


def test_what_is_sold_is_copied_by_its_owner_alone(house: House, friend: House) -> None:
    source = made_image(house)
    share(house, source, friend.account_id, storage=True)
    house.ec2().modify_image_attribute(ImageId=source, ProductCodes=["abc123"])

    assert refusal(lambda: copied(friend, source)) == (
        "InvalidRequest",
        "Images from AWS Marketplace cannot be copied to another AWS account.",
    )
    copy = described(house, copied(house, source))
    assert copy["ProductCodes"] == [{"ProductCodeId": "abc123", "ProductCodeType": "marketplace"}]


def test_a_copy_is_neither_shared_nor_deprecated_nor_protected(house: House, friend: House) -> None:
    source = made_image(house)
    ec2 = house.ec2()
    share(house, source, friend.account_id, storage=True)
    ec2.enable_image_deregistration_protection(ImageId=source)
    soon = datetime.now(UTC) + timedelta(days=30)
    ec2.enable_image_deprecation(ImageId=source, DeprecateAt=soon)

    copy = described(house, copied(house, source))

    assert friend.ec2().describe_images(ImageIds=[copy["ImageId"]])["Images"] == []
    assert copy["DeregistrationProtection"] == "disabled"
    assert "DeprecationTime" not in copy


# the same request again --------------------------------------------------------------------------


def test_a_client_token_makes_one_copy(house: House) -> None:
    source = made_image(house)
    first = copied(house, source, ClientToken="once")

    assert copied(house, source, ClientToken="once") == first
    assert refusal(lambda: copied(house, source, ClientToken="once", Name="another"))[0] == (
        "IdempotentParameterMismatch"
    )
    elsewhere = copied(house, source, "eu-west-1", ClientToken="once")
    assert elsewhere != first
    assert len(house.ec2().describe_images(Owners=["self"])["Images"]) == 2


def test_a_client_token_makes_one_copy_for_many_at_once(house: House) -> None:
    source = made_image(house)

    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: copied(house, source, ClientToken="once"), range(16)))

    assert len(made) == 1
    assert len(house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 2


def test_a_name_is_taken_once(house: House) -> None:
    source = made_image(house, Name="the name")

    code, message = refusal(lambda: copied(house, source, Name="the name"))

    assert code == "InvalidAMIName.Duplicate"
    assert source in message
    copied(house, source, "eu-west-1", Name="the name")


# what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"SourceImageId": UNKNOWN}, "InvalidAMIID.NotFound"),
        ({"SourceImageId": "ami-x"}, "InvalidAMIID.Malformed"),
        ({"SourceRegion": "eu-west-1"}, "InvalidAMIID.NotFound"),
        ({"Name": "a*b"}, "InvalidAMIName.Malformed"),
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"KmsKeyId": "alias/mine"}, "InvalidParameterDependency"),
        ({"DestinationOutpostArn": "arn:aws:outposts:x"}, "UnsupportedOperation"),
        ({"DestinationAvailabilityZone": "us-east-1-bos-1a"}, "UnsupportedOperation"),
        ({"DestinationAvailabilityZoneId": "use1-bos1-az1"}, "UnsupportedOperation"),
        ({"SnapshotCopyCompletionDurationMinutes": 20}, "InvalidParameterValue"),
        ({"ClientToken": "ä"}, "InvalidParameterValue"),
        (
            {"TagSpecifications": [{"ResourceType": "volume", "Tags": []}]},
            "InvalidParameterValue",
        ),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_copy_that_cannot_be_is_refused(house: House, more: dict[str, Any], code: str) -> None:
    request = {"SourceImageId": made_image(house), **more}

    assert refusal(lambda: copied(house, request.pop("SourceImageId"), **request))[0] == code
    assert len(house.ec2().describe_images(Owners=["self"])["Images"]) == 1
    assert len(house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
