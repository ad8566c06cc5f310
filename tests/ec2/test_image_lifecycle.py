"""Deprecation, disabling and protection of AMIs, and what DescribeImages shows of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.ec2.image_lifecycle import years_after
from tests.ec2.conftest import OPEN_REGION, made_image, put_images, refusal
from tests.ec2.test_images import image as stored_image
from tests.house import House, Server

MINUTE = timedelta(minutes=1)
UNKNOWN = "ami-0123456789abcdef0"


@pytest.fixture
def house(server: Server) -> House:
    """An account in the Region where things may be public."""
    return House(server, region=OPEN_REGION)


def shared_image(house: House, friend: House) -> str:
    """Make an AMI that another account may use, too."""
    image = made_image(house)
    house.ec2().modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
    )
    return image


def described(house: House, image: str, **more: Any) -> Any:
    (found,) = house.ec2().describe_images(ImageIds=[image], **more)["Images"]
    return found


def listed(house: House, **request: Any) -> list[str]:
    return [each["ImageId"] for each in house.ec2().describe_images(**request)["Images"]]


# deprecation -------------------------------------------------------------------------------------


def in_days(days: int, seconds: int) -> datetime:
    """Return a time of a later day: noon, and some seconds."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    return noon + timedelta(days=days, seconds=seconds)


@pytest.mark.parametrize(("seconds", "rounded"), [(0, 0), (29, 0), (30, 60), (59, 60), (61, 60)])
def test_a_time_of_deprecation_is_rounded_to_minutes(
    house: House, seconds: int, rounded: int
) -> None:
    image = made_image(house)

    answer = house.ec2().enable_image_deprecation(ImageId=image, DeprecateAt=in_days(30, seconds))

    assert answer["Return"] is True
    expected = f"{in_days(30, rounded):%Y-%m-%dT%H:%M:%S.000Z}"
    assert described(house, image)["DeprecationTime"] == expected


def test_a_deprecation_is_changed_and_taken_back(house: House) -> None:
    image, ec2 = made_image(house), house.ec2()
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=in_days(30, 0))
    ec2.enable_image_deprecation(ImageId=image, DeprecateAt=in_days(20, 0))
    assert described(house, image)["DeprecationTime"].startswith(f"{in_days(20, 0):%Y-%m-%dT12:00}")

    assert ec2.disable_image_deprecation(ImageId=image)["Return"] is True

    assert "DeprecationTime" not in described(house, image)


def test_an_image_is_not_deprecated_before_its_time(house: House, friend: House) -> None:
    image = shared_image(house, friend)

    house.ec2().enable_image_deprecation(ImageId=image, DeprecateAt=in_days(1, 0))

    assert image in listed(friend)


def test_a_deprecated_image_is_found_by_others_on_demand(house: House, friend: House) -> None:
    old = stored_image(house, 1, region=house.region, deprecated_at=datetime.now(UTC) - MINUTE)
    put_images(house, [old], {old.id: [friend.account_id]})

    assert old.id in listed(house)
    assert old.id not in listed(friend)
    assert old.id in listed(friend, IncludeDeprecated=True)

    house.ec2().disable_image_deprecation(ImageId=old.id)
    assert old.id in listed(friend)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (-1, "InvalidParameterValue"),
        (3640, None),
        (3660, "InvalidParameterValue"),
    ],
)
def test_an_image_is_deprecated_within_ten_years(house: House, days: int, code: str | None) -> None:
    image = made_image(house)

    def attempt() -> None:
        house.ec2().enable_image_deprecation(ImageId=image, DeprecateAt=in_days(days, 0))

    if code:
        assert refusal(attempt)[0] == code
        assert "DeprecationTime" not in described(house, image)
    else:
        attempt()


def test_a_public_image_is_deprecated_within_two_years(house: House) -> None:
    image = made_image(house)
    house.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})

    def attempt(days: int) -> None:
        house.ec2().enable_image_deprecation(ImageId=image, DeprecateAt=in_days(days, 0))

    attempt(700)
    assert refusal(lambda: attempt(740))[0] == "InvalidParameterValue"


def test_some_years_after_a_leap_day_is_the_day_before() -> None:
    assert years_after(datetime(2024, 2, 29, 12, tzinfo=UTC), 1) == datetime(
        2025, 2, 28, 12, tzinfo=UTC
    )
    assert years_after(datetime(2024, 2, 29, tzinfo=UTC), 4) == datetime(2028, 2, 29, tzinfo=UTC)


# disabling ---------------------------------------------------------------------------------------


def test_a_disabled_image_is_its_owners_alone_and_listed_on_demand(
    house: House, friend: House
) -> None:
    image = shared_image(house, friend)

    assert house.ec2().disable_image(ImageId=image)["Return"] is True

    assert listed(house, Owners=["self"]) == []
    assert described(house, image, IncludeDisabled=True)["State"] == "disabled"
    assert listed(friend, IncludeDisabled=True, Owners=[house.account_id]) == []
    permissions: Any = {"ImageId": image, "Attribute": "launchPermission"}
    assert house.ec2().describe_image_attribute(**permissions)["LaunchPermissions"] == []


def test_a_disabled_image_is_neither_shared_nor_copied(house: House, friend: House) -> None:
    image, ec2 = made_image(house), house.ec2()
    ec2.disable_image(ImageId=image)

    for attempt in (
        lambda: ec2.modify_image_attribute(
            ImageId=image, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
        ),
        lambda: ec2.copy_image(SourceRegion=house.region, SourceImageId=image, Name="a copy"),
    ):
        assert refusal(attempt)[0] == "InvalidAMIID.Unavailable"


def test_the_snapshots_of_a_disabled_image_are_in_use(house: House) -> None:
    image, ec2 = made_image(house), house.ec2()
    (device,) = described(house, image)["BlockDeviceMappings"]
    ec2.disable_image(ImageId=image)

    code, message = refusal(lambda: ec2.delete_snapshot(SnapshotId=device["Ebs"]["SnapshotId"]))

    assert (code, image in message) == ("InvalidSnapshot.InUse", True)


def test_an_enabled_image_can_be_shared_again(house: House, friend: House) -> None:
    image, ec2 = shared_image(house, friend), house.ec2()
    ec2.disable_image(ImageId=image)

    assert ec2.enable_image(ImageId=image)["Return"] is True

    assert described(house, image)["State"] == "available"
    assert image not in listed(friend)
    ec2.modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
    )
    assert image in listed(friend)


# protection --------------------------------------------------------------------------------------


def test_a_protected_image_stays(house: House) -> None:
    image, ec2 = made_image(house), house.ec2()

    answer = ec2.enable_image_deregistration_protection(ImageId=image)

    assert answer["Return"] == "true"
    assert described(house, image)["DeregistrationProtection"] == "enabled-without-cooldown"
    assert refusal(lambda: ec2.deregister_image(ImageId=image))[0] == "OperationNotPermitted"

    assert ec2.disable_image_deregistration_protection(ImageId=image)["Return"] == "true"
    assert described(house, image)["DeregistrationProtection"] == "disabled"
    ec2.deregister_image(ImageId=image)
    assert listed(house, Owners=["self"]) == []


def test_a_protected_image_cools_down(house: House) -> None:
    image, ec2 = made_image(house), house.ec2()
    ec2.enable_image_deregistration_protection(ImageId=image, WithCooldown=True)
    assert described(house, image)["DeregistrationProtection"] == "enabled-with-cooldown"

    ec2.disable_image_deregistration_protection(ImageId=image)
    ec2.disable_image_deregistration_protection(ImageId=image)

    assert refusal(lambda: ec2.deregister_image(ImageId=image))[0] == "OperationNotPermitted"


# what is refused ---------------------------------------------------------------------------------

ACTIONS: dict[str, dict[str, Any]] = {
    "enable_image_deprecation": {"DeprecateAt": in_days(30, 0)},
    "disable_image_deprecation": {},
    "disable_image": {},
    "enable_image": {},
    "enable_image_deregistration_protection": {"WithCooldown": True},
    "disable_image_deregistration_protection": {},
}


@pytest.mark.parametrize("action", ACTIONS)
def test_only_the_owner_directs_the_life_of_an_image(
    house: House, friend: House, action: str
) -> None:
    image = shared_image(house, friend)
    before = described(house, image)

    def attempt(who: House, **request: Any) -> str:
        found = getattr(who.ec2(), action)
        return refusal(lambda: found(**{"ImageId": image, **ACTIONS[action], **request}))[0]

    assert attempt(friend) == "AuthFailure"
    assert attempt(house, ImageId="ami-x") == "InvalidAMIID.Malformed"
    assert attempt(house, ImageId=UNKNOWN) == "InvalidAMIID.NotFound"
    assert attempt(house, DryRun=True) == "DryRunOperation"
    assert described(house, image) == before
    assert described(friend, image)["State"] == "available"
