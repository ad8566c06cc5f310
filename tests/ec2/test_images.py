"""DescribeImages: what is shown of an AMI, who sees it, filters and pages."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.services.ec2.image_rows import FILTERS, LACKING
from state.images import BlockDevice, Image
from tests.ec2.conftest import put_images, refusal
from tests.house import House, Server

START = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=UTC)
COUNT = 6
ALL = list(range(COUNT))
UNKNOWN = "ami-0123456789abcdef0"
SNAPSHOT = "snap-0000000000000000"  # and a digit


def image(house: House, number: int, **more: Any) -> Image:
    name = f"image {number}"
    return Image(
        **{
            "id": f"ami-{int(house.account_id):010x}{number:07x}",
            "account_id": house.account_id,
            "region": "us-east-1",
            "created_at": START + timedelta(days=number),
            "name": name,
            "location": f"{house.account_id}/{name}",
            "devices": (
                BlockDevice(
                    device_name="/dev/sda1", snapshot_id=f"{SNAPSHOT}{number}", volume_size=8
                ),
            ),
            "root_device_name": "/dev/sda1",
            **more,
        }
    )


@pytest.fixture(scope="module")
def images(shared_house: House) -> list[str]:
    """Six AMIs of one account: a plain one, a full one, four with something of their own."""
    arn = f"arn:aws:kms:us-east-1:{shared_house.account_id}:alias/aws/ebs"
    found = [
        image(shared_house, 0),
        image(
            shared_house,
            1,
            description="Everything",
            architecture="arm64",
            devices=(
                BlockDevice(
                    device_name="/dev/xvda",
                    snapshot_id=f"{SNAPSHOT}1",
                    volume_size=20,
                    encrypted=True,
                    kms_key_id=arn,
                    delete_on_termination=False,
                ),
                BlockDevice(
                    device_name="/dev/sdf",
                    volume_size=5,
                    volume_type="gp3",
                    iops=3000,
                    throughput=125,
                ),
                BlockDevice(device_name="/dev/sdb", virtual_name="ephemeral0"),
            ),
            root_device_name="/dev/xvda",
            boot_mode="uefi",
            ena_support=True,
            sriov_net_support="simple",
            tpm_support="v2.0",
            imds_support="v2.0",
            kernel_id="aki-01234567",
            ramdisk_id="ari-01234567",
            product_codes=("code1", "code2"),
            source_image_id=UNKNOWN,
            source_image_region="eu-west-1",
            source_instance_id="i-0123456789abcdef0",
            deprecated_at=START + timedelta(days=10000),
            deregistration_protection="enabled-with-cooldown",
        ),
        image(
            shared_house,
            2,
            platform="windows",
            platform_details="Windows",
            usage_operation="RunInstances:0002",
        ),
        image(shared_house, 3, virtualization_type="paravirtual", architecture="i386"),
        image(shared_house, 4, deprecated_at=START),  # long ago, but its owner sees it
        image(shared_house, 5),
    ]
    put_images(shared_house, found, {found[5].id: ["all", "111122223333"]})
    ids = [each.id for each in found]
    ec2 = shared_house.ec2()
    ec2.create_tags(Resources=[ids[0], ids[1]], Tags=[{"Key": "Team", "Value": "red"}])
    ec2.create_tags(Resources=[ids[1]], Tags=[{"Key": "Name", "Value": ""}])
    return ids


def numbers(house: House, images: list[str], **request: Any) -> list[int]:
    """The numbers of the AMIs that are listed; other tests' public ones are left out."""
    found = house.ec2().describe_images(**request)["Images"]
    return [images.index(each["ImageId"]) for each in found if each["ImageId"] in images]


# what is shown -----------------------------------------------------------------------------------


def test_an_image_is_shown_as_the_service_shows_it(shared_house: House, images: list[str]) -> None:
    (found,) = shared_house.ec2().describe_images(ImageIds=images[:1])["Images"]

    assert found == {
        "Architecture": "x86_64",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {
                    "DeleteOnTermination": True,
                    "Encrypted": False,
                    "SnapshotId": f"{SNAPSHOT}0",
                    "VolumeSize": 8,
                    "VolumeType": "gp2",
                },
            }
        ],
        "CreationDate": "2024-02-29T23:59:58.000Z",
        "DeregistrationProtection": "disabled",
        "Hypervisor": "xen",
        "ImageId": images[0],
        "ImageLocation": f"{shared_house.account_id}/image 0",
        "ImageType": "machine",
        "Name": "image 0",
        "OwnerId": shared_house.account_id,
        "PlatformDetails": "Linux/UNIX",
        "Public": False,
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "ebs",
        "State": "available",
        "Tags": [{"Key": "Team", "Value": "red"}],
        "UsageOperation": "RunInstances",
        "VirtualizationType": "hvm",
    }


def test_whatever_an_image_has_is_shown(shared_house: House, images: list[str]) -> None:
    (found,) = shared_house.ec2().describe_images(ImageIds=[images[1]])["Images"]

    assert {
        "Architecture": "arm64",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "DeleteOnTermination": False,
                    "Encrypted": True,
                    "SnapshotId": f"{SNAPSHOT}1",
                    "VolumeSize": 20,
                    "VolumeType": "gp2",
                },
            },
            {
                "DeviceName": "/dev/sdf",
                "Ebs": {
                    "DeleteOnTermination": True,
                    "Encrypted": False,
                    "Iops": 3000,
                    "Throughput": 125,
                    "VolumeSize": 5,
                    "VolumeType": "gp3",
                },
            },
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        ],
        "BootMode": "uefi",
        "DeprecationTime": "2051-07-17T23:59:58.000Z",
        "DeregistrationProtection": "enabled-with-cooldown",
        "Description": "Everything",
        "EnaSupport": True,
        "ImdsSupport": "v2.0",
        "KernelId": "aki-01234567",
        "ProductCodes": [
            {"ProductCodeId": "code1", "ProductCodeType": "marketplace"},
            {"ProductCodeId": "code2", "ProductCodeType": "marketplace"},
        ],
        "RamdiskId": "ari-01234567",
        "SourceImageId": UNKNOWN,
        "SourceImageRegion": "eu-west-1",
        "SriovNetSupport": "simple",
        "TpmSupport": "v2.0",
    }.items() <= found.items()
    assert "Platform" not in found


def test_only_windows_has_a_platform(shared_house: House, images: list[str]) -> None:
    (found,) = shared_house.ec2().describe_images(ImageIds=[images[2]])["Images"]

    assert found["Platform"] == "windows"  # not as the model spells it
    assert found["PlatformDetails"] == "Windows"
    assert found["UsageOperation"] == "RunInstances:0002"


# filters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("architecture", ["arm64", "i386"], [1, 3]),
        ("block-device-mapping.delete-on-termination", ["true"], ALL),
        ("block-device-mapping.delete-on-termination", ["false"], [1]),
        ("block-device-mapping.device-name", ["/dev/xvda"], [1]),
        ("block-device-mapping.device-name", ["/dev/sdb"], [1]),
        ("block-device-mapping.device-name", ["/dev/sd?1"], [0, 2, 3, 4, 5]),
        ("block-device-mapping.encrypted", ["true"], [1]),
        ("block-device-mapping.encrypted", ["false"], ALL),
        ("block-device-mapping.snapshot-id", [f"{SNAPSHOT}3", f"{SNAPSHOT}0"], [0, 3]),
        ("block-device-mapping.volume-size", ["5"], [1]),
        ("block-device-mapping.volume-size", ["8", "20"], ALL),
        ("block-device-mapping.volume-type", ["gp3"], [1]),
        ("block-device-mapping.volume-type", ["io*"], []),
        ("boot-mode", ["uefi", "legacy-bios"], [1]),
        ("creation-date", ["2024-02-29T*"], [0]),
        ("creation-date", ["2024-03-02T23:59:58.000Z"], [2]),
        ("description", ["Every*"], [1]),
        ("description", ["every*"], []),
        ("ena-support", ["true"], [1]),
        ("ena-support", ["false"], [0, 2, 3, 4, 5]),
        ("hypervisor", ["xen"], ALL),
        ("image-id", ["{2}", UNKNOWN], [2]),
        ("image-type", ["kernel"], []),
        ("is-public", ["true"], [5]),
        ("is-public", ["false"], [0, 1, 2, 3, 4]),
        ("kernel-id", ["aki-*"], [1]),
        ("manifest-location", ["{account}/image 3"], [3]),
        ("name", ["image 1", "image 5"], [1, 5]),
        ("name", ["image ?"], ALL),
        ("name", ["image"], []),
        ("owner-id", ["{account}"], ALL),
        ("owner-id", ["111122223333"], []),
        ("platform", ["windows"], [2]),
        ("product-code", ["code2"], [1]),
        ("product-code.type", ["marketplace"], [1]),
        ("product-code.type", ["devpay"], []),
        ("ramdisk-id", ["ari-01234567"], [1]),
        ("root-device-name", ["/dev/sda1"], [0, 2, 3, 4, 5]),
        ("root-device-type", ["ebs"], ALL),
        ("root-device-type", ["instance-store"], []),
        ("source-image-id", [UNKNOWN], [1]),
        ("source-image-region", ["eu-*"], [1]),
        ("source-instance-id", ["i-0123456789abcdef0"], [1]),
        ("sriov-net-support", ["simple"], [1]),
        ("state", ["available"], ALL),
        ("state", ["pending", "failed"], []),
        ("tag-key", ["Team"], [0, 1]),
        ("tag:Name", [""], [1]),
        ("tag:Team", ["r*"], [0, 1]),
        ("virtualization-type", ["paravirtual"], [3]),
        *((name, ["*"], []) for name in LACKING),
    ],
)
def test_images_are_filtered(
    shared_house: House, images: list[str], name: str, values: list[str], expected: list[int]
) -> None:
    filled = [
        value.replace("{account}", shared_house.account_id).replace("{2}", images[2])
        for value in values
    ]

    found = numbers(shared_house, images, Filters=[{"Name": name, "Values": filled}])

    assert found == expected


def test_the_table_above_is_whole() -> None:
    marks = test_images_are_filtered.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}

    known = FILTERS.fields.keys() | FILTERS.lists.keys()
    assert {name for name in tried if not name.startswith("tag")} == known


def test_filters_owners_and_ids_are_joined_with_and(shared_house: House, images: list[str]) -> None:
    filters = [
        {"Name": "tag:Team", "Values": ["red"]},
        {"Name": "block-device-mapping.volume-type", "Values": ["gp3"]},
    ]

    assert numbers(shared_house, images, Filters=filters) == [1]
    assert numbers(shared_house, images, Filters=filters[:1], ImageIds=images[1:3]) == [1]
    assert numbers(shared_house, images, Owners=["amazon"], ImageIds=images[1:3]) == []


# whose -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, ALL),
        ({"Owners": ["self"]}, ALL),
        ({"Owners": ["{account}"]}, ALL),
        ({"Owners": ["amazon", "self"]}, ALL),
        ({"Owners": ["amazon", "aws-marketplace", "aws-backup-vault"]}, []),
        ({"Owners": ["210987654321"]}, []),
        ({"ExecutableUsers": ["all"]}, [5]),
        ({"ExecutableUsers": ["111122223333"]}, [5]),
        ({"ExecutableUsers": ["self"]}, []),  # an owner's permission is not explicit
        ({"ExecutableUsers": ["self", "all"], "Owners": ["self"]}, [5]),
    ],
)
def test_images_are_found_by_owner_and_by_who_may_use_them(
    shared_house: House, images: list[str], request_: dict[str, list[str]], expected: list[int]
) -> None:
    filled = {
        name: [value.replace("{account}", shared_house.account_id) for value in values]
        for name, values in request_.items()
    }

    assert numbers(shared_house, images, **filled) == expected


@pytest.fixture
def friend(server: Server) -> House:
    """The same server, seen from another account."""
    return House(server)


def test_another_account_sees_what_is_public_or_shared_with_it(house: House, friend: House) -> None:
    private, public, shared = (image(house, number) for number in range(3))
    put_images(
        house,
        [private, public, shared],
        {public.id: ["all"], shared.id: [friend.account_id, "111122223333"]},
    )
    ids = [private.id, public.id, shared.id]
    house.ec2().create_tags(Resources=ids, Tags=[{"Key": "secret", "Value": "tag"}])

    assert numbers(friend, ids) == [1, 2]
    assert numbers(friend, ids, ImageIds=ids) == [1, 2]  # what is not shared is only left out
    assert numbers(friend, ids, Owners=[house.account_id]) == [1, 2]
    assert numbers(friend, ids, Owners=["self"]) == []
    assert numbers(friend, ids, ExecutableUsers=["self"]) == [2]
    assert numbers(friend, ids, ExecutableUsers=["all"]) == [1]
    assert numbers(friend, ids, ExecutableUsers=["111122223333"]) == []  # none of its business
    assert numbers(friend, ids, Filters=[{"Name": "tag-key", "Values": ["secret"]}]) == []
    (found,) = friend.ec2().describe_images(ImageIds=[shared.id])["Images"]
    assert (found["OwnerId"], found["Public"], found["Tags"]) == (house.account_id, False, [])
    assert friend.ec2(region="eu-west-1").describe_images(Owners=[house.account_id])["Images"] == []


def test_a_deprecated_image_is_listed_to_others_on_demand(house: House, friend: House) -> None:
    old = image(house, 0, deprecated_at=START)
    coming = image(house, 1, deprecated_at=datetime.now(UTC) + timedelta(days=1))
    put_images(house, [old, coming], {old.id: ["all"], coming.id: ["all"]})
    ids = [old.id, coming.id]

    assert numbers(house, ids) == [0, 1]
    assert numbers(friend, ids) == [1]
    assert numbers(friend, ids, IncludeDeprecated=True) == [0, 1]
    assert numbers(friend, ids, IncludeDeprecated=False, Owners=[house.account_id]) == [1]
    assert numbers(friend, ids, ImageIds=ids) == [0, 1]  # who knows its id may look at it


def test_a_disabled_image_is_listed_on_demand(house: House) -> None:
    found = [image(house, 0, state="disabled"), image(house, 1)]
    put_images(house, found)
    ids = [each.id for each in found]

    assert numbers(house, ids) == [1]
    assert numbers(house, ids, IncludeDisabled=True) == [0, 1]
    assert numbers(house, ids, IncludeDisabled=True, ImageIds=ids[:1]) == [0]


# pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, COUNT - 1, COUNT, 1000])
def test_pages_hold_every_image_once(shared_house: House, images: list[str], size: int) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_images")
        .paginate(Owners=["self"], PaginationConfig={"PageSize": size})
    )

    assert [each["ImageId"] for page in pages for each in page["Images"]] == images
    assert len(pages) == -(-COUNT // size)


def test_pages_of_named_images_are_pages_too(shared_house: House, images: list[str]) -> None:
    ec2 = shared_house.ec2()

    first = ec2.describe_images(ImageIds=images[:3], MaxResults=2)
    second = ec2.describe_images(ImageIds=images[:3], NextToken=first["NextToken"])

    shown = [each["ImageId"] for page in (first, second) for each in page["Images"]]
    assert shown == images[:3]
    assert "NextToken" not in second


def test_pages_neither_skip_nor_repeat_while_images_come_and_go(house: House) -> None:
    there = [image(house, number) for number in range(40)]
    put_images(house, there)
    stop = threading.Event()
    added: list[str] = []

    def add() -> None:
        for number in range(100, 140):
            if stop.is_set():
                return
            new = image(house, number)
            put_images(house, [new])
            added.append(new.id)

    adding = threading.Thread(target=add)
    adding.start()
    ec2 = house.ec2()
    pages = ec2.get_paginator("describe_images").paginate(
        Owners=["self"], PaginationConfig={"PageSize": 3}
    )
    seen: list[str] = []
    for page in pages:
        seen += [each["ImageId"] for each in page["Images"]]
        if len(seen) == 15:  # gone before and after the place where the next page begins
            ec2.deregister_image(ImageId=there[3].id)
            ec2.deregister_image(ImageId=there[20].id)
    stop.set()
    adding.join()

    assert len(seen) == len(set(seen))
    assert seen[:39] == [each.id for each in there if each is not there[20]]
    assert set(seen[39:]) <= set(added)


# what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (
            {"ImageIds": [UNKNOWN]},
            "InvalidAMIID.NotFound",
            f"The image id '[{UNKNOWN}]' does not exist",
        ),
        (
            {"ImageIds": ["ami-fffffffffffffffff", UNKNOWN]},
            "InvalidAMIID.NotFound",
            f"The image ids '[{UNKNOWN}, ami-fffffffffffffffff]' do not exist",
        ),
        ({"ImageIds": ["ami-x"]}, "InvalidAMIID.Malformed", 'Invalid id: "ami-x"'),
        (
            {"ImageIds": ["snap-0123456789abcdef0"]},
            "InvalidAMIID.Malformed",
            'Invalid id: "snap-0123456789abcdef0" (expecting "ami-...")',
        ),
        ({"Owners": ["me"]}, "InvalidUserID.Malformed", 'Invalid user id: "me"'),
        ({"Owners": ["all"]}, "InvalidUserID.Malformed", 'Invalid user id: "all"'),
        ({"ExecutableUsers": ["amazon"]}, "InvalidUserID.Malformed", 'Invalid user id: "amazon"'),
        (
            {"Filters": [{"Name": "nope", "Values": ["x"]}]},
            "InvalidParameterValue",
            "The filter 'nope' is invalid",
        ),
        ({"MaxResults": 0}, "InvalidParameterValue", None),
        ({"MaxResults": 1001}, "InvalidParameterValue", None),
        ({"NextToken": "nonsense"}, "InvalidNextToken", None),
        ({"DryRun": True}, "DryRunOperation", None),
    ],
)
def test_what_cannot_be_answered_is_refused(
    house: House, request_: dict[str, Any], code: str, message: str | None
) -> None:
    found = refusal(lambda: house.ec2().describe_images(**request_))

    assert found[0] == code
    assert message is None or found[1] == message


def test_an_image_of_another_region_is_unknown(house: House) -> None:
    there = image(house, 0, region="eu-west-1")
    put_images(house, [there])

    code, _ = refusal(lambda: house.ec2().describe_images(ImageIds=[there.id]))

    assert code == "InvalidAMIID.NotFound"
