"""RegisterImage and DeregisterImage."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from state.images import BlockDevice, Image
from tests.ec2.conftest import MIB, made_snapshot, put_images, refusal
from tests.house import House, Server

UNKNOWN = "snap-0123456789abcdef0"


def registration(snapshot_id: str, **more: Any) -> dict[str, Any]:
    """What a client asks for who wants an AMI of one snapshot."""
    return {
        "Name": "an image",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [device("/dev/sda1", SnapshotId=snapshot_id)],
        **more,
    }


def device(name: str, **ebs: Any) -> dict[str, Any]:
    return {"DeviceName": name, "Ebs": ebs}


def registered(house: House, **more: Any) -> dict[str, Any]:
    """Register an image of a snapshot of its own; return it as it is shown."""
    request = registration(made_snapshot(house)) | more
    image_id = house.ec2().register_image(**request)["ImageId"]
    (found,) = house.ec2().describe_images(ImageIds=[image_id])["Images"]
    return dict(found)


@pytest.fixture(scope="module")
def snapshot(shared_house: House) -> str:
    """A snapshot of 8 GiB."""
    return made_snapshot(shared_house, size_gib=8, size_bytes=8 << 30)


# what becomes of a request -----------------------------------------------------------------------


def test_a_disk_is_imported_without_modification(house: House) -> None:
    ec2, bucket = house.ec2(), house.bucket()
    house.put_object(bucket, "disk.raw", bytes(range(256)) * (MIB // 256))
    imported = house.finished(
        ec2.import_snapshot(
            DiskContainer={"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
        )
    )

    image_id = ec2.register_image(
        **registration(imported["SnapshotId"], Architecture="x86_64", VirtualizationType="hvm")
    )["ImageId"]

    ec2.get_waiter("image_exists").wait(ImageIds=[image_id])
    ec2.get_waiter("image_available").wait(ImageIds=[image_id])
    (found,) = ec2.describe_images(ImageIds=[image_id])["Images"]
    (mapping,) = found["BlockDeviceMappings"]
    assert mapping["Ebs"]["SnapshotId"] == imported["SnapshotId"]
    assert house.snapshot_bytes(imported["SnapshotId"]).read_bytes()[:MIB] == bytes(range(256)) * (
        MIB // 256
    )


def test_an_image_needs_little_and_the_rest_is_of_old(house: House) -> None:
    before = datetime.now(UTC).replace(microsecond=0)

    found = registered(house)

    assert before <= datetime.fromisoformat(found.pop("CreationDate")) <= datetime.now(UTC)
    (mapping,) = found.pop("BlockDeviceMappings")
    assert mapping["Ebs"].pop("SnapshotId").startswith("snap-")
    assert mapping == {
        "DeviceName": "/dev/sda1",
        "Ebs": {
            "DeleteOnTermination": True,
            "Encrypted": False,
            "VolumeSize": 1,
            "VolumeType": "gp2",
        },
    }
    assert found.pop("ImageId").startswith("ami-")
    assert found == {
        "Architecture": "i386",
        "DeregistrationProtection": "disabled",
        "Hypervisor": "xen",
        "ImageLocation": f"{house.account_id}/an image",
        "ImageType": "machine",
        "Name": "an image",
        "OwnerId": house.account_id,
        "PlatformDetails": "Linux/UNIX",
        "Public": False,
        "RootDeviceName": "/dev/sda1",
        "RootDeviceType": "ebs",
        "State": "available",
        "Tags": [],
        "UsageOperation": "RunInstances",
        "VirtualizationType": "paravirtual",
    }


def test_whatever_is_asked_for_is_shown(house: House) -> None:
    asked = {
        "Architecture": "x86_64",
        "BootMode": "uefi-preferred",
        "Description": "all of it",
        "EnaSupport": True,
        "ImdsSupport": "v2.0",
        "KernelId": "aki-01234567",
        "Name": "(a) [b] c.d/e-f'g@h_i",
        "RamdiskId": "ari-0123456789abcdef0",
        "SriovNetSupport": "simple",
        "TpmSupport": "v2.0",
        "VirtualizationType": "hvm",
    }

    found = registered(
        house,
        **asked,
        UefiData=base64.b64encode(b"variables").decode(),
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "Team", "Value": "red"}]}],
    )

    assert asked.items() <= found.items()
    assert found["Tags"] == [{"Key": "Team", "Value": "red"}]
    assert found["ImageLocation"] == f"{house.account_id}/{asked['Name']}"


def test_a_block_device_mapping_has_snapshots_volumes_and_disks_of_the_host(house: House) -> None:
    arn = f"arn:aws:kms:us-east-1:{house.account_id}:alias/aws/ebs"
    root, secret = made_snapshot(house), made_snapshot(house, encrypted=True, kms_key_id=arn)

    found = registered(
        house,
        BlockDeviceMappings=[
            device("/dev/sda1", SnapshotId=root, VolumeSize=20, VolumeType="io2", Iops=500),
            device("/dev/sdf", SnapshotId=secret, DeleteOnTermination=False),
            device("/dev/sdg", VolumeSize=10, VolumeType="gp3", Throughput=200, Encrypted=True),
            {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral23"},
            {"DeviceName": "/dev/sdi", "NoDevice": ""},
            {**device("/dev/sdi", VolumeSize=1), "NoDevice": "true"},
        ],
    )

    assert found["BlockDeviceMappings"] == [
        {
            "DeviceName": "/dev/sda1",
            "Ebs": {
                "DeleteOnTermination": True,
                "Encrypted": False,
                "Iops": 500,
                "SnapshotId": root,
                "VolumeSize": 20,
                "VolumeType": "io2",
            },
        },
        {
            "DeviceName": "/dev/sdf",
            "Ebs": {
                "DeleteOnTermination": False,
                "Encrypted": True,
                "SnapshotId": secret,
                "VolumeSize": 1,
                "VolumeType": "gp2",
            },
        },
        {
            "DeviceName": "/dev/sdg",
            "Ebs": {
                "DeleteOnTermination": True,
                "Encrypted": True,
                "Iops": 3000,
                "Throughput": 200,
                "VolumeSize": 10,
                "VolumeType": "gp3",
            },
        },
        {"DeviceName": "/dev/sdh", "VirtualName": "ephemeral23"},
    ]


# what is refused ---------------------------------------------------------------------------------

VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"
MAPPING = "InvalidBlockDeviceMapping"
NAME = "InvalidAMIName.Malformed"
BAD_NAME = (
    "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
    "'(', ')', '.', '-', '/' and '_'"
)
NO_ROOT = "No root snapshot specified in device mapping."
WITH_SNAPSHOT_TAGS = {"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": "b"}]}


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"Name": "ünï"}, NAME, BAD_NAME),
        ({"Name": "a:b"}, NAME, BAD_NAME),
        ({"Name": "a\nb"}, NAME, BAD_NAME),
        ({"Name": "a" * 129}, NAME, BAD_NAME),
        ({"Architecture": "ppc"}, VALUE, "Value (ppc) for parameter architecture is invalid."),
        ({"BootMode": "bios"}, VALUE, "Value (bios) for parameter bootMode is invalid."),
        ({"VirtualizationType": "HVM"}, VALUE, None),
        ({"SriovNetSupport": "complex"}, VALUE, None),
        ({"TpmSupport": "v1.2"}, VALUE, None),
        (
            {"TpmSupport": "v2.0", "Architecture": "arm64"},
            VALUE,
            "Invalid machineArchitecture value 'arm64' for tpmSupport",
        ),
        ({"ImdsSupport": "v1.0"}, VALUE, None),
        ({"UefiData": "*"}, VALUE, "Value (*) for parameter uefiData is invalid."),
        ({"KernelId": "ami-01234567"}, "InvalidKernelId.Malformed", None),
        ({"RamdiskId": "ari"}, "InvalidRamdiskId.Malformed", None),
        ({"Description": "d" * 256}, VALUE, None),
        ({"BillingProducts": ["bp-1"]}, "OperationNotPermitted", None),
        ({"ImageLocation": "bucket/image.manifest.xml"}, "UnsupportedOperation", None),
        (
            {"TagSpecifications": [WITH_SNAPSHOT_TAGS]},
            VALUE,
            "'snapshot' is not a valid taggable resource type for this operation.",
        ),
        ({"DryRun": True}, "DryRunOperation", None),
    ],
)
def test_what_no_image_may_be_is_refused(
    shared_house: House, snapshot: str, more: dict[str, Any], code: str, message: str | None
) -> None:
    request = registration(snapshot, **more)

    found = refusal(lambda: shared_house.ec2().register_image(**request))

    assert found[0] == code
    assert message is None or found[1] == message
    assert shared_house.ec2().describe_images(Owners=["self"])["Images"] == []


EIGHT = "{a snapshot of 8 GiB}"
ROOT = device("/dev/sda1", SnapshotId=EIGHT)


@pytest.mark.parametrize(
    ("devices", "code", "message"),
    [
        ([], MAPPING, NO_ROOT),
        ([device("/dev/xvda", SnapshotId=EIGHT)], MAPPING, NO_ROOT),
        ([device("/dev/sda1", VolumeSize=8)], MAPPING, NO_ROOT),
        ([{"DeviceName": "/dev/sda1", "VirtualName": "ephemeral0"}], MAPPING, NO_ROOT),
        ([{**ROOT, "NoDevice": ""}], MAPPING, NO_ROOT),
        (
            [ROOT, ROOT],
            MAPPING,
            "The device '/dev/sda1' is used in more than one block-device mapping",
        ),
        (
            [ROOT, device("/dev/sdb"), {"DeviceName": "/dev/sdc"}],
            MAPPING,
            "Either snapshot ID or volume size must be provided for: /dev/sdb, /dev/sdc",
        ),
        (
            [{"Ebs": {"SnapshotId": EIGHT}}],
            "MissingParameter",
            "The request must contain the parameter BlockDeviceMapping.DeviceName",
        ),
        (
            [device("/dev/sda1", SnapshotId=UNKNOWN)],
            "InvalidSnapshot.NotFound",
            f"The snapshot '{UNKNOWN}' does not exist.",
        ),
        ([device("/dev/sda1", SnapshotId="snap-x")], "InvalidSnapshotID.Malformed", None),
        (
            [device("/dev/sda1", SnapshotId=EIGHT, VolumeSize=7)],
            MAPPING,
            f"Volume of size 7GB is smaller than  snapshot '{EIGHT}', expect size >= 8GB",
        ),
        (
            [device("/dev/sda1", SnapshotId=EIGHT, Encrypted=False)],
            "InvalidParameter",
            "Parameter encrypted is invalid. You cannot specify the encrypted flag if specifying "
            "a snapshot id in a block device mapping.",
        ),
        ([device("/dev/sda1", SnapshotId=EIGHT, KmsKeyId="alias/a")], "InvalidParameter", None),
        (
            [device("/dev/sda1", SnapshotId=EIGHT, Iops=100)],
            COMBINATION,
            "The parameter iops is not supported for gp2 volumes.",
        ),
        ([device("/dev/sda1", SnapshotId=EIGHT, VolumeType="st1")], VALUE, None),
        ([ROOT, device("/dev/sdb", VolumeSize=16385)], VALUE, None),
        ([ROOT, {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral24"}], MAPPING, None),
        (
            [ROOT, {**device("/dev/sdb", VolumeSize=1), "VirtualName": "ephemeral0"}],
            COMBINATION,
            None,
        ),
    ],
)
def test_what_no_block_device_may_be_is_refused(
    shared_house: House,
    snapshot: str,
    devices: list[dict[str, Any]],
    code: str,
    message: str | None,
) -> None:
    request = registration(snapshot, BlockDeviceMappings=[fill(each, snapshot) for each in devices])

    found = refusal(lambda: shared_house.ec2().register_image(**request))

    assert found[0] == code
    assert message is None or found[1] == message.replace(EIGHT, snapshot)


def fill(given: dict[str, Any], snapshot: str) -> dict[str, Any]:
    """Return a device with a snapshot's id in the place that is kept for it."""
    if given.get("Ebs", {}).get("SnapshotId") == EIGHT:
        return {**given, "Ebs": {**given["Ebs"], "SnapshotId": snapshot}}
    return given


def test_a_root_device_must_be_named(shared_house: House, snapshot: str) -> None:
    request = registration(snapshot)
    del request["RootDeviceName"]

    code, message = refusal(lambda: shared_house.ec2().register_image(**request))

    assert (code, message) == (
        "MissingParameter",
        "The request must contain the parameter rootDeviceName",
    )


def test_a_name_of_two_letters_is_too_short(shared_house: House) -> None:
    query = {
        "Action": "RegisterImage",
        "Version": "2016-11-15",
        "AWSAccessKeyId": shared_house.account_id,
        "Name": "ab",
        "RootDeviceName": "/dev/sda1",
    }  # boto3 would not send it

    with pytest.raises(HTTPError) as caught:
        urlopen(f"{shared_house.endpoint}/?{urlencode(query)}")

    assert NAME.encode() in caught.value.read()


def test_a_snapshot_that_is_not_ready_makes_no_image(house: House) -> None:
    pending = made_snapshot(house, state="pending")

    code, message = refusal(lambda: house.ec2().register_image(**registration(pending)))

    assert (code, message) == ("IncorrectState", "Snapshot is in invalid state - pending")


def test_a_snapshot_of_another_account_or_region_makes_no_image(
    house: House, server: Server
) -> None:
    snapshot_id = made_snapshot(house)
    for client in (House(server).ec2(), house.ec2(region="eu-west-1")):
        code, _ = refusal(lambda: client.register_image(**registration(snapshot_id)))  # noqa: B023

        assert code == "InvalidSnapshot.NotFound"


# names -------------------------------------------------------------------------------------------


def test_a_name_is_the_accounts_own_in_a_region(house: House, server: Server) -> None:
    first = registered(house)["ImageId"]
    there = made_snapshot(house, region="eu-west-1")

    taken = refusal(lambda: registered(house))
    registered(House(server))
    house.ec2(region="eu-west-1").register_image(**registration(there))

    assert taken == (
        "InvalidAMIName.Duplicate",
        f"AMI name an image is already in use by AMI {first}",
    )


def test_a_name_is_free_again_once_its_image_is_gone(house: House) -> None:
    first = registered(house)["ImageId"]

    house.ec2().deregister_image(ImageId=first)

    assert registered(house)["ImageId"] != first


def test_of_many_who_want_a_name_at_once_one_gets_it(house: House) -> None:
    ec2, request = house.ec2(), registration(made_snapshot(house))

    def attempt(_: int) -> str:
        try:
            return str(ec2.register_image(**request)["ImageId"])
        except ec2.exceptions.ClientError as error:
            return str(error.response["Error"]["Message"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(24)))

    (won,) = [answer for answer in answers if answer.startswith("ami-")]
    lost = f"AMI name an image is already in use by AMI {won}"
    assert sorted(answers) == sorted([won] + [lost] * 23)
    assert [each["ImageId"] for each in ec2.describe_images(Owners=["self"])["Images"]] == [won]


# the end of an image -----------------------------------------------------------------------------


def test_a_deregistered_image_is_gone_for_everybody_with_its_tags(
    house: House, server: Server
) -> None:
    image_id, friend = registered(house)["ImageId"], House(server)
    ec2 = house.ec2()
    ec2.create_tags(Resources=[image_id], Tags=[{"Key": "a", "Value": "b"}])
    ec2.modify_image_attribute(ImageId=image_id, LaunchPermission={"Add": [{"Group": "all"}]})
    assert len(friend.ec2().describe_images(ImageIds=[image_id])["Images"]) == 1

    answer = ec2.deregister_image(ImageId=image_id)

    assert answer["Return"] is True
    assert not answer.get("DeleteSnapshotResults")
    assert ec2.describe_tags()["Tags"] == []
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
    for client in (ec2, friend.ec2()):
        code, _ = refusal(lambda: client.describe_images(ImageIds=[image_id]))  # noqa: B023
        assert code == "InvalidAMIID.NotFound"
    assert refusal(lambda: ec2.deregister_image(ImageId=image_id)) == (
        "InvalidAMIID.NotFound",
        f"The image id '[{image_id}]' does not exist",
    )


def test_a_snapshot_stays_as_long_as_an_image_is_made_of_it(house: House) -> None:
    ec2, snapshot_id = house.ec2(), made_snapshot(house)
    image_id = ec2.register_image(**registration(snapshot_id))["ImageId"]

    for dry in (False, True):
        refused = refusal(lambda: ec2.delete_snapshot(SnapshotId=snapshot_id, DryRun=dry))  # noqa: B023
        assert refused == (
            "InvalidSnapshot.InUse",
            f"The snapshot {snapshot_id} is currently in use by {image_id}",
        )
    ec2.deregister_image(ImageId=image_id)
    ec2.delete_snapshot(SnapshotId=snapshot_id)

    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_the_snapshots_of_an_image_go_with_it_unless_another_needs_them(house: House) -> None:
    ec2, mine, both = house.ec2(), made_snapshot(house), made_snapshot(house)
    path = house.snapshot_bytes(mine)
    ec2.create_tags(Resources=[mine, both], Tags=[{"Key": "a", "Value": "b"}])
    devices = [
        device("/dev/sda1", SnapshotId=mine),
        device("/dev/sdf", SnapshotId=both),
        device("/dev/sdg", SnapshotId=mine),
        device("/dev/sdh", VolumeSize=1),
    ]
    first = ec2.register_image(**registration(mine, BlockDeviceMappings=devices))["ImageId"]
    second = ec2.register_image(**registration(both, Name="another"))["ImageId"]

    answer = ec2.deregister_image(ImageId=first, DeleteAssociatedSnapshots=True)

    assert answer["DeleteSnapshotResults"] == [
        {"SnapshotId": mine, "ReturnCode": "success"},
        {"SnapshotId": both, "ReturnCode": "skipped"},
    ]
    assert not path.exists()
    (left,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert left["SnapshotId"] == both
    assert [tag["ResourceId"] for tag in ec2.describe_tags()["Tags"]] == [both]
    answer = ec2.deregister_image(ImageId=second, DeleteAssociatedSnapshots=True)
    assert answer["DeleteSnapshotResults"] == [{"SnapshotId": both, "ReturnCode": "success"}]
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def protected(house: House, protection: str, ends_at: datetime | None) -> str:
    """Put an image into the store that is protected, or was."""
    found = Image(
        id=f"ami-{int(house.account_id):010x}{'0' * 7}",
        account_id=house.account_id,
        region="us-east-1",
        created_at=datetime.now(UTC),
        name="protected",
        location=f"{house.account_id}/protected",
        devices=(BlockDevice(device_name="/dev/sda1", volume_size=1),),
        root_device_name="/dev/sda1",
        deregistration_protection=protection,
        protection_ends_at=ends_at,
    )
    put_images(house, [found])
    return found.id


@pytest.mark.parametrize(
    ("protection", "hours", "refused"),
    [
        ("enabled-with-cooldown", None, True),
        ("enabled-without-cooldown", None, True),
        ("disabled", 23, True),
        ("disabled", -1, False),
        ("disabled", None, False),
    ],
)
def test_a_protected_image_stays(
    house: House, protection: str, hours: int | None, refused: bool
) -> None:
    ends_at = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
    image_id = protected(house, protection, ends_at)

    def deregister() -> object:
        return house.ec2().deregister_image(ImageId=image_id)

    if refused:
        assert refusal(deregister)[0] == "OperationNotPermitted"
    else:
        deregister()

    assert len(house.ec2().describe_images(Owners=["self"])["Images"]) == refused


@pytest.mark.parametrize(
    ("image_id", "code"),
    [("ami-0123456789abcdef0", "InvalidAMIID.NotFound"), ("image", "InvalidAMIID.Malformed")],
)
def test_what_is_not_there_cannot_be_deregistered(house: House, image_id: str, code: str) -> None:
    assert refusal(lambda: house.ec2().deregister_image(ImageId=image_id))[0] == code


def test_nobody_deregisters_the_image_of_another(house: House, server: Server) -> None:
    image_id, other = registered(house)["ImageId"], House(server)

    theirs = refusal(lambda: other.ec2().deregister_image(ImageId=image_id))
    elsewhere = refusal(lambda: house.ec2(region="eu-west-1").deregister_image(ImageId=image_id))

    assert theirs == ("AuthFailure", f"Not authorized for image:{image_id}")
    assert elsewhere[0] == "InvalidAMIID.NotFound"
    assert len(house.ec2().describe_images(Owners=["self"])["Images"]) == 1


def test_a_dry_run_deregisters_nothing(house: House) -> None:
    image_id = registered(house)["ImageId"]

    code, _ = refusal(lambda: house.ec2().deregister_image(ImageId=image_id, DryRun=True))

    assert code == "DryRunOperation"
    assert len(house.ec2().describe_images(Owners=["self"])["Images"]) == 1
