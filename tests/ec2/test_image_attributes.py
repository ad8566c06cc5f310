"""Describe, modify and reset the attributes of AMIs; who sees one before and after it is shared."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from tests.ec2.conftest import OPEN_REGION, key_arn, made_image, made_key, made_snapshot, refusal
from tests.house import House, Server, new_account

UNKNOWN = "ami-0123456789abcdef0"
ORGANIZATION = "arn:aws:organizations::123456789012:organization/o-1234567890"
UNIT = "arn:aws:organizations::123456789012:ou/o-1234567890/ou-abcd-12345678"
UEFI_DATA = base64.b64encode(b"variables").decode()

WAYS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "all": lambda image, owner: {},
    "by id": lambda image, owner: {"ImageIds": [image]},
    "of the owner": lambda image, owner: {"Owners": [owner]},
    "own": lambda image, owner: {"Owners": ["self"]},
    "executable by me": lambda image, owner: {"ExecutableUsers": ["self"]},
    "executable by all": lambda image, owner: {"ExecutableUsers": ["all"]},
    "filtered by owner": lambda image, owner: {
        "Filters": [{"Name": "owner-id", "Values": [owner]}]
    },
    "in pages": lambda image, owner: {"Owners": [owner], "MaxResults": 5},
}
OWN = {"all", "by id", "of the owner", "own", "filtered by owner", "in pages"}
SHARED = OWN - {"own"} | {"executable by me"}
PUBLIC = OWN - {"own"} | {"executable by all"}


@pytest.fixture
def house(server: Server) -> House:
    """An account in the Region where things may be public."""
    return House(server, region=OPEN_REGION)


def seen(viewer: House, owner: House, image: str) -> set[str]:
    """Return the ways to list by which an account sees an AMI."""
    return {
        name
        for name, request in WAYS.items()
        if image
        in {
            each["ImageId"]
            for each in viewer.ec2().describe_images(**request(image, owner.account_id))["Images"]
        }
    }


def attribute(house: House, image: str, name: str) -> Any:
    """Return an attribute without what is in every answer."""
    request: Any = {"ImageId": image, "Attribute": name}
    answer: Any = house.ec2().describe_image_attribute(**request)
    assert answer.pop("ImageId") == image
    del answer["ResponseMetadata"]
    return answer


def permissions(house: House, image: str) -> list[Any]:
    return list(attribute(house, image, "launchPermission")["LaunchPermissions"])


def modify(house: House, image: str, **request: Any) -> None:
    house.ec2().modify_image_attribute(ImageId=image, **request)


def described(house: House, image: str) -> Any:
    return house.ec2().describe_images(ImageIds=[image])["Images"][0]


# what is described -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(shared_house: House) -> str:
    """An AMI that has every attribute there is."""
    image = made_image(
        shared_house,
        Description="words",
        Architecture="x86_64",
        VirtualizationType="hvm",
        BootMode="uefi",
        ImdsSupport="v2.0",
        SriovNetSupport="simple",
        TpmSupport="v2.0",
        UefiData=UEFI_DATA,
        KernelId="aki-01234567",
        RamdiskId="ari-01234567",
    )
    modify(shared_house, image, ProductCodes=["abc123"])
    return image


@pytest.fixture(scope="module")
def bare(shared_house: House) -> str:
    """An AMI that has as few attributes as there can be."""
    return made_image(shared_house)


@pytest.mark.parametrize(
    ("name", "member", "has", "lacks"),
    [
        ("bootMode", "BootMode", {"Value": "uefi"}, {}),
        (
            "deregistrationProtection",
            "DeregistrationProtection",
            {"Value": "disabled"},
            {"Value": "disabled"},
        ),
        ("description", "Description", {"Value": "words"}, {}),
        ("imdsSupport", "ImdsSupport", {"Value": "v2.0"}, {}),
        ("kernel", "KernelId", {"Value": "aki-01234567"}, {}),
        ("lastLaunchedTime", "LastLaunchedTime", {}, {}),
        ("launchPermission", "LaunchPermissions", [], []),
        (
            "productCodes",
            "ProductCodes",
            [{"ProductCodeId": "abc123", "ProductCodeType": "marketplace"}],
            [],
        ),
        ("ramdisk", "RamdiskId", {"Value": "ari-01234567"}, {}),
        ("sriovNetSupport", "SriovNetSupport", {"Value": "simple"}, {}),
        ("tpmSupport", "TpmSupport", {"Value": "v2.0"}, {}),
        ("uefiData", "UefiData", {"Value": UEFI_DATA}, {}),
    ],
)
def test_every_attribute_is_described(
    shared_house: House, whole: str, bare: str, name: str, member: str, has: object, lacks: object
) -> None:
    assert attribute(shared_house, whole, name) == {member: has}
    assert attribute(shared_house, bare, name) == {member: lacks}


def test_the_table_above_is_whole(shared_house: House) -> None:
    marks = test_every_attribute_is_described.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}
    model = shared_house.ec2().meta.service_model.operation_model("DescribeImageAttribute")

    names = model.input_shape.members["Attribute"].enum  # type: ignore[union-attr]
    assert tried | {"blockDeviceMapping"} == set(names)


def test_the_block_device_mapping_is_for_describe_images_alone(
    shared_house: House, bare: str
) -> None:
    assert refusal(lambda: attribute(shared_house, bare, "blockDeviceMapping")) == (
        "AuthFailure",
        "Unauthorized attempt to access restricted resource",
    )


# what is modified --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "name", "expected"),
    [
        ({"Description": {"Value": "new"}}, "description", {"Description": {"Value": "new"}}),
        (
            {"Attribute": "description", "Value": "new"},
            "description",
            {"Description": {"Value": "new"}},
        ),
        ({"Description": {"Value": ""}}, "description", {"Description": {}}),
        ({"ImdsSupport": {"Value": "v2.0"}}, "imdsSupport", {"ImdsSupport": {"Value": "v2.0"}}),
        (
            {"Attribute": "imdsSupport", "Value": "v2.0"},
            "imdsSupport",
            {"ImdsSupport": {"Value": "v2.0"}},
        ),
    ],
)
def test_an_attribute_is_modified_in_its_own_part_or_by_name(
    house: House, request_: dict[str, Any], name: str, expected: object
) -> None:
    image = made_image(house, Description="old")

    modify(house, image, **request_)

    assert attribute(house, image, name) == expected


def test_product_codes_are_only_added(house: House) -> None:
    image = made_image(house)

    modify(house, image, ProductCodes=["a1"])
    modify(house, image, Attribute="productCodes", ProductCodes=["b2", "a1"])

    found = attribute(house, image, "productCodes")["ProductCodes"]
    assert [code["ProductCodeId"] for code in found] == ["a1", "b2"]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"UserIds": ["{user}"], "OperationType": "add"}, [{"UserId": "{user}"}]),
        (
            {"UserGroups": ["all"], "OperationType": "add", "Attribute": "launchPermission"},
            [{"Group": "all"}],
        ),
        ({"LaunchPermission": {"Add": [{"UserId": "{user}"}]}}, [{"UserId": "{user}"}]),
        (  # as Packer says it
            {"LaunchPermission": {"Add": [{"Group": "all"}]}, "UserGroups": ["all"]},
            [{"Group": "all"}],
        ),
        (
            {"LaunchPermission": {"Add": [{"OrganizationArn": ORGANIZATION}]}},
            [{"OrganizationArn": ORGANIZATION}],
        ),
        (
            {"OrganizationalUnitArns": [UNIT], "OperationType": "add"},
            [{"OrganizationalUnitArn": UNIT}],
        ),
        (
            {
                "LaunchPermission": {
                    "Add": [{"UserId": "{user}"}, {"Group": "all"}, {"UserId": "{user}"}],
                    "Remove": [{"UserId": "000000000000"}],
                }
            },
            [{"UserId": "{user}"}, {"Group": "all"}],
        ),
    ],
)
def test_users_are_let_in_by_every_way_to_say_it(
    house: House, request_: dict[str, Any], expected: list[dict[str, str]]
) -> None:
    image, user = made_image(house), new_account()

    def filled(value: Any) -> Any:
        match value:
            case dict():
                return {name: filled(each) for name, each in value.items()}
            case list():
                return [filled(each) for each in value]
        return value.replace("{user}", user)

    modify(house, image, **filled(request_))

    assert permissions(house, image) == filled(expected)


def test_users_are_shut_out_again(house: House, friend: House) -> None:
    image = made_image(house)
    modify(house, image, UserIds=[friend.account_id], UserGroups=["all"], OperationType="add")

    modify(house, image, UserGroups=["all"], OperationType="remove")
    assert permissions(house, image) == [{"UserId": friend.account_id}]

    modify(house, image, LaunchPermission={"Remove": [{"UserId": friend.account_id}]})
    assert permissions(house, image) == []


def test_a_reset_leaves_an_image_to_its_owner(house: House, friend: House) -> None:
    image = made_image(house)
    modify(house, image, UserIds=[friend.account_id], UserGroups=["all"], OperationType="add")

    house.ec2().reset_image_attribute(ImageId=image, Attribute="launchPermission")

    assert permissions(house, image) == []
    assert seen(friend, house, image) == set()


# who sees it -------------------------------------------------------------------------------------


def test_an_image_is_seen_by_its_owner_alone(house: House, friend: House) -> None:
    image = made_image(house)

    assert seen(house, house, image) == OWN
    assert seen(friend, house, image) == set()


def test_a_shared_image_is_seen_by_those_it_is_shared_with(
    house: House, friend: House, server: Server
) -> None:
    image = made_image(house)

    modify(house, image, LaunchPermission={"Add": [{"UserId": friend.account_id}]})

    assert seen(friend, house, image) == SHARED
    assert seen(House(server, region=OPEN_REGION), house, image) == set()
    assert described(friend, image)["Public"] is False


def test_a_public_image_is_seen_by_everybody(house: House, friend: House) -> None:
    image = made_image(house)

    modify(house, image, LaunchPermission={"Add": [{"Group": "all"}]})

    assert seen(friend, house, image) == PUBLIC
    assert seen(house, house, image) == OWN | {"executable by all"}
    assert described(friend, image)["Public"] is described(house, image)["Public"] is True


def test_an_organization_lets_nobody_in(house: House, friend: House) -> None:
    image = made_image(house)

    modify(house, image, LaunchPermission={"Add": [{"OrganizationArn": ORGANIZATION}]})

    assert seen(friend, house, image) == set()


def test_nobody_changes_the_image_of_another(house: House, friend: House) -> None:
    image = made_image(house)
    modify(house, image, LaunchPermission={"Add": [{"UserId": friend.account_id}]})
    theirs = friend.ec2()

    for attempt in (
        lambda: modify(friend, image, Description={"Value": "mine"}),
        lambda: attribute(friend, image, "description"),
        lambda: theirs.reset_image_attribute(ImageId=image, Attribute="launchPermission"),
    ):
        assert refusal(attempt) == ("AuthFailure", f"Not authorized for image:{image}")
    assert permissions(house, image) == [{"UserId": friend.account_id}]


# what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({}, "InvalidParameterCombination", "No attributes specified."),
        (
            {"Attribute": "launchPermission"},
            "InvalidParameterCombination",
            "No attributes specified.",
        ),
        (
            {"Description": {"Value": "x"}, "UserIds": ["123456789012"], "OperationType": "add"},
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified: description, launchPermission",
        ),
        (
            {"Attribute": "description", "ImdsSupport": {"Value": "v2.0"}},
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified: imdsSupport, description",
        ),
        (
            {"UserIds": ["123456789012"]},
            "MissingParameter",
            "The request must contain the parameter LaunchPermission",
        ),
        (
            {"UserIds": ["123456789012"], "OperationType": "give"},
            "InvalidParameterValue",
            "OperationType",
        ),
        (
            {"UserIds": [" "], "OperationType": "add"},
            "InvalidAMIAttributeItemValue",
            'Invalid attribute item value " " for userId item type.',
        ),
        (
            {"LaunchPermission": {"Add": [{"Group": "Developers"}]}},
            "InvalidAMIAttributeItemValue",
            'Invalid attribute item value "Developers" for UserGroup item type.',
        ),
        (
            {"LaunchPermission": {"Add": [{"OrganizationArn": UNIT}]}},
            "InvalidAMIAttributeItemValue",
            UNIT,
        ),
        (
            {"OrganizationalUnitArns": ["ou-abcd"], "OperationType": "add"},
            "InvalidAMIAttributeItemValue",
            "ou-abcd",
        ),
        ({"Attribute": "description"}, "MissingParameter", "Value"),
        ({"Attribute": "productCodes"}, "MissingParameter", "ProductCode"),
        ({"Attribute": "bootMode", "Value": "uefi"}, "InvalidParameter", "bootMode"),
        ({"Attribute": "colour", "Value": "red"}, "InvalidParameterValue", "colour"),
        ({"ImdsSupport": {"Value": "v1.0"}}, "InvalidParameterValue", "v1.0"),
        ({"Description": {"Value": "x" * 256}}, "InvalidParameterValue", "255"),
        ({"Description": {"Value": "x"}, "DryRun": True}, "DryRunOperation", "DryRun"),
        ({"ImageId": "ami-x", "Description": {"Value": "x"}}, "InvalidAMIID.Malformed", "ami-x"),
        ({"ImageId": UNKNOWN, "Description": {"Value": "x"}}, "InvalidAMIID.NotFound", UNKNOWN),
    ],
)
def test_a_modification_that_cannot_be_is_refused(
    shared_house: House, bare: str, request_: dict[str, Any], code: str, words: str
) -> None:
    attempt = {"ImageId": bare, **request_}

    found, message = refusal(lambda: shared_house.ec2().modify_image_attribute(**attempt))

    assert found == code
    assert words in message
    assert permissions(shared_house, bare) == []
    assert attribute(shared_house, bare, "description") == {"Description": {}}


@pytest.mark.parametrize(
    ("action", "request_", "code"),
    [
        ("describe_image_attribute", {"Attribute": "colour"}, "InvalidParameterValue"),
        ("describe_image_attribute", {"Attribute": "kernel", "DryRun": True}, "DryRunOperation"),
        ("reset_image_attribute", {"Attribute": "colour"}, "InvalidParameterValue"),
        ("reset_image_attribute", {"Attribute": "description"}, "InvalidParameter"),
        (
            "reset_image_attribute",
            {"Attribute": "launchPermission", "DryRun": True},
            "DryRunOperation",
        ),
    ],
)
def test_what_cannot_be_described_or_reset_is_refused(
    shared_house: House, bare: str, action: str, request_: dict[str, Any], code: str
) -> None:
    attempt = getattr(shared_house.ec2(), action)

    assert refusal(lambda: attempt(ImageId=bare, **request_))[0] == code


def test_what_is_encrypted_is_shared_with_care(house: House, friend: House) -> None:
    with_default = made_image(
        house, made_snapshot(house, encrypted=True, kms_key_id=key_arn(house, "alias/aws/ebs"))
    )
    with_own = made_image(house, made_snapshot(house, encrypted=True, kms_key_id=made_key(house)))
    everybody = {"Add": [{"Group": "all"}]}
    one = {"Add": [{"UserId": friend.account_id}]}

    assert refusal(lambda: modify(house, with_default, LaunchPermission=one)) == (
        "InvalidParameter",
        "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
    )
    assert refusal(lambda: modify(house, with_own, LaunchPermission=everybody))[0] == (
        "OperationNotPermitted"
    )
    modify(house, with_own, LaunchPermission=one)
    assert seen(friend, house, with_own) == SHARED


def test_what_is_sold_is_not_public(house: House) -> None:
    image = made_image(house)
    modify(house, image, ProductCodes=["abc123"])

    code, _ = refusal(lambda: modify(house, image, LaunchPermission={"Add": [{"Group": "all"}]}))

    assert code == "OperationNotPermitted"


def test_new_sharing_with_everybody_can_be_blocked(house: House, friend: House) -> None:
    before, after = made_image(house), made_image(house)
    everybody = {"Add": [{"Group": "all"}]}
    modify(house, before, LaunchPermission=everybody)
    house.ec2().enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")

    assert refusal(lambda: modify(house, after, LaunchPermission=everybody)) == (
        "OperationNotPermitted",
        "You can\u2019t publicly share this image because block public access for AMIs is enabled "
        "for this account. To publicly share the image, you must call the "
        "DisableImageBlockPublicAccess API.",
    )
    modify(house, after, LaunchPermission={"Add": [{"UserId": friend.account_id}]})
    assert seen(friend, house, before) == PUBLIC
    assert seen(friend, house, after) == SHARED

    house.ec2().disable_image_block_public_access()
    modify(house, after, LaunchPermission=everybody)
    assert described(friend, after)["Public"] is True
