"""ImportImage: every parameter, every value, every refusal of the request.

What is accepted is asked for with DryRun, which comes after all checks and starts nothing.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from state.licences import USAGES
from tests.ec2.conftest import made_snapshot, refusal
from tests.house import House, new_account

LICENCE = "arn:aws:license-manager:us-east-1:123456789012:license-configuration:lic-" + "0a" * 16
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def bucket(shared_house: House) -> str:
    """A bucket with a small raw disk in it."""
    name = shared_house.bucket()
    shared_house.put_object(name, "disk.raw", b"disk" * 1024)
    return name


@pytest.fixture(scope="module")
def snapshot_id(shared_house: House) -> str:
    """A snapshot of the account."""
    return made_snapshot(shared_house)


def at(bucket: str, key: str = "disk.raw", **more: Any) -> dict[str, Any]:
    return {"UserBucket": {"S3Bucket": bucket, "S3Key": key}, **more}


def refused(house: House, *containers: dict[str, Any], **more: Any) -> tuple[str, str]:
    """Ask for an import that is not to be started; return code and message."""
    ec2 = house.ec2()
    return refusal(lambda: ec2.import_image(DiskContainers=containers, **more))  # type: ignore[arg-type]


def accepted(house: House, *containers: dict[str, Any], **more: Any) -> bool:
    """Tell whether an import would be started."""
    return refused(house, *containers, DryRun=True, **more)[0] == "DryRunOperation"


# the machine -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Architecture", "i386"),
        ("Architecture", "x86_64"),
        ("Platform", "Linux"),
        ("Platform", "Windows"),
        ("Platform", "linux"),
        ("Hypervisor", "xen"),
        ("BootMode", "legacy-bios"),
        ("BootMode", "uefi"),
        ("BootMode", "uefi-preferred"),
        ("LicenseType", "AWS"),
        ("LicenseType", "aws"),
        ("LicenseType", "BYOL"),
        ("LicenseType", "byol"),
        ("RoleName", "another"),
        ("Description", "x" * 255),
        ("ClientData", {"Comment": "by hand", "UploadSize": 3.5}),
        ("LicenseSpecifications", [{"LicenseConfigurationArn": LICENCE}]),
        *(("UsageOperation", operation) for operation in USAGES),
    ],
)
def test_a_parameter_has_the_values_of_the_guide(
    shared_house: House, bucket: str, name: str, value: object
) -> None:
    assert accepted(shared_house, at(bucket), **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("Architecture", "arm64", "architecture=arm64"),
        ("Architecture", "X86_64", "architecture=X86_64"),
        ("Platform", "BSD", "platform=BSD"),
        ("Hypervisor", "ovm", "hypervisor=ovm"),
        ("BootMode", "UEFI", "boot-mode=UEFI"),
        ("LicenseType", "auto", "license-type=auto"),
        ("UsageOperation", "RunInstances:0010", "usage-operation=RunInstances:0010"),
        ("UsageOperation", "runinstances", "usage-operation=runinstances"),
        (
            "LicenseSpecifications",
            [{"LicenseConfigurationArn": LICENCE}, {"LicenseConfigurationArn": "lic-1"}],
            "license-configuration-arn=lic-1",
        ),
    ],
)
def test_a_parameter_has_no_other_values(
    shared_house: House, bucket: str, name: str, value: object, written: str
) -> None:
    assert refused(shared_house, at(bucket), **{name: value}) == (
        "InvalidParameter",
        f"Parameter {written} has an invalid format",
    )


def test_only_one_of_licence_type_and_usage_operation_is_named(
    shared_house: House, bucket: str
) -> None:
    for licence_type in ("AWS", "BYOL"):
        for operation in USAGES:
            assert refused(
                shared_house, at(bucket), LicenseType=licence_type, UsageOperation=operation
            ) == (
                "InvalidParameterCombination",
                "The parameter LicenseType cannot be used with the parameter UsageOperation",
            )


def licences() -> Iterator[tuple[str, dict[str, str], bool]]:
    """Every platform with every licence, and whether it can have it."""
    for platform in ("Linux", "Windows"):
        yield platform, {"LicenseType": "BYOL"}, True
        yield platform, {"LicenseType": "AWS"}, platform == "Windows"
        for operation, usage in USAGES.items():
            yield platform, {"UsageOperation": operation}, usage.platform == platform


@pytest.mark.parametrize(("platform", "licence", "fits"), list(licences()))
def test_a_licence_fits_the_platform(
    shared_house: House, bucket: str, platform: str, licence: dict[str, str], fits: bool
) -> None:
    code, message = refused(shared_house, at(bucket), Platform=platform, DryRun=True, **licence)

    if fits:
        assert code == "DryRunOperation"
    else:
        ((name, value),) = licence.items()
        assert (code, message) == (
            "InvalidParameterCombination",
            f"The {name} {value} does not fit the Platform {platform}",
        )


def test_a_licence_specification_names_a_configuration(shared_house: House, bucket: str) -> None:
    form = {"LicenseSpecifications.1.LicenseConfigurationArn": ""}

    assert error_code(shared_house, bucket, form) == "MissingParameter"


@pytest.mark.parametrize("boot_mode", ["legacy-bios", "uefi", "uefi-preferred"])
@pytest.mark.parametrize("platform", [None, "Linux", "Windows"])
@pytest.mark.parametrize("on_snapshot", [False, True])
def test_uefi_on_a_snapshot_needs_a_platform(
    shared_house: House,
    bucket: str,
    snapshot_id: str,
    boot_mode: str,
    platform: str | None,
    on_snapshot: bool,
) -> None:
    container = {"SnapshotId": snapshot_id} if on_snapshot else at(bucket)
    more = {"Platform": platform} if platform else {}

    code, message = refused(shared_house, container, DryRun=True, BootMode=boot_mode, **more)

    if on_snapshot and platform is None and boot_mode != "legacy-bios":
        assert code == "InvalidParameterDependency"
        assert message == "The parameter BootMode requires the parameter Platform to be set."
    else:
        assert code == "DryRunOperation"


# the containers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled", ["OVA", "ova", "VHD", "vhd", "VHDX", "Vhdx", "VMDK", "vmdk", "RAW", "raw"]
)
def test_a_format_is_spelled_in_any_case(shared_house: House, bucket: str, spelled: str) -> None:
    assert accepted(shared_house, at(bucket, Format=spelled))


@pytest.mark.parametrize("spelled", ["qcow2", "ISO", "vdi", "OVF", "raw "])
def test_there_are_no_other_formats(shared_house: House, bucket: str, spelled: str) -> None:
    assert refused(shared_house, at(bucket), at(bucket, Format=spelled)) == (
        "InvalidParameter",
        "Parameter disk-image-size=0 has an invalid format",
    )


def test_there_is_a_container(shared_house: House) -> None:
    assert refused(shared_house) == (
        "MissingParameter",
        "The request must contain the parameter DiskContainer",
    )


def test_a_machine_has_at_most_21_disks(shared_house: House, bucket: str) -> None:
    assert accepted(shared_house, *[at(bucket)] * 21)
    assert refused(shared_house, *[at(bucket)] * 22) == (
        "InvalidParameter",
        "The request contains more than 21 disk containers.",
    )


def test_containers_of_all_kinds_are_mixed(
    shared_house: House, bucket: str, snapshot_id: str
) -> None:
    assert accepted(
        shared_house,
        at(bucket, Format="raw"),
        {"Url": f"s3://{bucket}/disk.raw", "Format": "VHD"},
        {"Url": f"{shared_house.endpoint}/{bucket}/disk.raw"},
        {"SnapshotId": snapshot_id},
    )


@pytest.mark.parametrize(
    ("containers", "code", "message"),
    [
        (
            [{"Format": "RAW"}],
            "MissingParameter",
            "The request must contain the parameter DiskContainer.1.UserBucket",
        ),
        (
            [{"Url": "s3://{bucket}/disk.raw"}, {"Description": "no place"}],
            "MissingParameter",
            "The request must contain the parameter DiskContainer.2.UserBucket",
        ),
        (
            [{"Url": "s3://a/b", "UserBucket": {"S3Bucket": "a", "S3Key": "b"}}],
            "InvalidParameterCombination",
            "The parameter Url cannot be used with the parameter UserBucket",
        ),
        (
            [{"SnapshotId": "{snapshot}", "UserBucket": {"S3Bucket": "a", "S3Key": "b"}}],
            "InvalidParameterCombination",
            "The parameter SnapshotId cannot be used with the parameter UserBucket",
        ),
        (
            [{"SnapshotId": "{snapshot}", "Url": "s3://a/b"}],
            "InvalidParameterCombination",
            "The parameter SnapshotId cannot be used with the parameter Url",
        ),
        (
            [{"SnapshotId": "{snapshot}"}, {"SnapshotId": "snap-1"}],
            "InvalidSnapshotID.Malformed",
            'Invalid id: "snap-1"',
        ),
        (
            [{"SnapshotId": "ami-0123456789abcdef0"}],
            "InvalidSnapshotID.Malformed",
            'Invalid id: "ami-0123456789abcdef0" (expecting "snap-...")',
        ),
        (
            [{"SnapshotId": "snap-0123456789abcdef0"}],
            "InvalidSnapshot.NotFound",
            "The snapshot 'snap-0123456789abcdef0' does not exist.",
        ),
        (
            [{"Url": "s3://{bucket}/disk.raw"}, {"Url": "s3://{bucket}/gone.raw"}],
            "InvalidParameter",
            "User does not have access to the S3 object ({bucket}/gone.raw).",
        ),
        (
            [{"UserBucket": {"S3Bucket": "no-such-bucket-x", "S3Key": "k"}}],
            "InvalidParameter",
            "User does not have access to the S3 object (no-such-bucket-x/k).",
        ),
        (
            [{"UserBucket": {"S3Bucket": "{bucket}"}}],
            "InvalidParameter",
            "Invalid S3 source location",
        ),
        ([{"Url": "disk.raw"}], "InvalidParameter", "Invalid S3 source location"),
    ],
)
def test_a_container_that_is_nowhere_is_refused(
    shared_house: House,
    bucket: str,
    snapshot_id: str,
    containers: list[dict[str, Any]],
    code: str,
    message: str,
) -> None:
    containers = filled(containers, bucket=bucket, snapshot=snapshot_id)

    assert refused(shared_house, *containers) == (code, message.format(bucket=bucket))


def filled(value: Any, **names: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, **names) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, **names) for each in value]
    return value.format(**names)


def test_an_object_or_snapshot_of_another_region_is_refused(shared_house: House) -> None:
    elsewhere = shared_house.bucket(region="eu-central-1")
    shared_house.s3(region="eu-central-1").put_object(Bucket=elsewhere, Key="disk.raw", Body=b"x")
    there = made_snapshot(shared_house, region="eu-central-1")

    assert refused(shared_house, at(elsewhere)) == (
        "InvalidParameter",
        "The given S3 object is not local to the region. The object must be located in us-east-1.",
    )
    assert refused(shared_house, {"SnapshotId": there})[0] == "InvalidSnapshot.NotFound"


def test_what_another_account_has_is_refused(house: House, bucket: str, snapshot_id: str) -> None:
    assert refused(house, at(bucket)) == (
        "InvalidParameter",
        f"User does not have access to the S3 object ({bucket}/disk.raw).",
    )
    assert refused(house, {"SnapshotId": snapshot_id})[0] == "InvalidSnapshot.NotFound"


def test_a_snapshot_that_is_shared_can_be_used(shared_house: House, house: House) -> None:
    shared = made_snapshot(shared_house)
    shared_house.ec2().modify_snapshot_attribute(
        SnapshotId=shared,
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=[house.account_id],
    )

    assert accepted(house, {"SnapshotId": shared})
    assert refused(House(house.server, new_account()), {"SnapshotId": shared})[0] == (
        "InvalidSnapshot.NotFound"
    )


def test_a_snapshot_that_is_not_completed_is_refused(shared_house: House) -> None:
    pending = made_snapshot(shared_house, state="pending")

    assert refused(shared_house, {"SnapshotId": pending}) == (
        "IncorrectState",
        "Snapshot is in invalid state - pending",
    )


def test_an_ova_is_a_machine_of_its_own(shared_house: House, bucket: str, snapshot_id: str) -> None:
    ova = at(bucket, Format="ova")
    for containers in (
        [ova, ova],
        [ova, at(bucket, Format="VMDK")],
        [at(bucket), ova],
        [ova, {"SnapshotId": snapshot_id}],
        [{"SnapshotId": snapshot_id, "Format": "OVA"}],
    ):
        assert refused(shared_house, *containers) == (
            "InvalidParameter",
            "A disk container in the OVA format must be the only disk container.",
        )


@pytest.mark.parametrize(
    "name",
    ["/dev/sda1", "/dev/sdf", "/dev/sdz", "/dev/sdh15", "sdf", "xvda", "/dev/xvdb", "xvdcz"],
)
def test_a_device_name_is_one_that_a_volume_can_have(
    shared_house: House, bucket: str, name: str
) -> None:
    assert accepted(shared_house, at(bucket, DeviceName=name))


@pytest.mark.parametrize(
    "name", ["sd", "/dev/hda", "/dev/nvme1n1", "/dev/sdA", "/dev/sda0", "/dev/sda16", "C:", "/dev/"]
)
def test_other_device_names_are_refused(shared_house: House, bucket: str, name: str) -> None:
    assert refused(shared_house, at(bucket), at(bucket, DeviceName=name)) == (
        "InvalidParameterValue",
        f"Value ({name}) for parameter device is invalid. {name} is not a valid EBS device name.",
    )


@pytest.mark.parametrize(
    ("names", "twice"),
    [
        (["/dev/sdf", "/dev/sdg", "/dev/sdf"], "sdf"),
        (["/dev/sdf", "sdf"], "sdf"),
        ([None, "/dev/sda1", "sda1"], "sda1"),
        (["/dev/sdb", "/dev/sda1", None], None),
        ([None, None, "/dev/sdf"], None),
        ([None, "/dev/sda1"], None),
    ],
)
def test_two_disks_do_not_have_one_name(
    shared_house: House, bucket: str, names: list[str | None], twice: str | None
) -> None:
    containers = [at(bucket, **({"DeviceName": name} if name else {})) for name in names]

    if twice is None:
        assert accepted(shared_house, *containers)
    else:
        assert refused(shared_house, *containers) == (
            "InvalidBlockDeviceMapping",
            f"The device '{twice}' is used in more than one block-device mapping",
        )


# the other parameters ----------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["x" * 65, "é"])
def test_a_client_token_has_at_most_64_ascii_characters(
    shared_house: House, bucket: str, token: str
) -> None:
    assert accepted(shared_house, at(bucket), ClientToken="x" * 64)
    code, message = refused(shared_house, at(bucket), ClientToken=token)
    assert code == "InvalidParameterValue"
    assert "clientToken" in message


@pytest.mark.parametrize(
    ("specification", "code"),
    [
        ({"ResourceType": "import-image-task", "Tags": [{"Key": "a", "Value": ""}]}, None),
        ({"ResourceType": "image", "Tags": [{"Key": "a", "Value": ""}]}, None),
        ({"ResourceType": "snapshot", "Tags": [{"Key": "a", "Value": ""}]}, None),
        ({"ResourceType": "import-snapshot-task", "Tags": []}, "InvalidParameterValue"),
        ({"ResourceType": "volume", "Tags": []}, "InvalidParameterValue"),
        ({"ResourceType": "image", "Tags": [{"Key": "aws:x"}]}, "InvalidParameterValue"),
        (
            {"ResourceType": "image", "Tags": [{"Key": f"k{n}"} for n in range(51)]},
            "TagLimitExceeded",
        ),
    ],
)
def test_tags_are_for_the_task_the_image_and_the_snapshots(
    shared_house: House, bucket: str, specification: dict[str, Any], code: str | None
) -> None:
    assert refused(shared_house, at(bucket), DryRun=True, TagSpecifications=[specification])[0] == (
        code or "DryRunOperation"
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Encrypted": True}, "DryRunOperation"),
        ({"Encrypted": True, "KmsKeyId": "alias/aws/ebs"}, "DryRunOperation"),
        ({"Encrypted": True, "KmsKeyId": KEY}, "InvalidParameterValue"),
        ({"Encrypted": True, "KmsKeyId": "alias/mine"}, "InvalidParameterValue"),
        ({"Encrypted": True, "KmsKeyId": "no key"}, "InvalidParameterValue"),
        ({"KmsKeyId": KEY}, "InvalidParameterDependency"),
        ({"Encrypted": False, "KmsKeyId": KEY}, "InvalidParameterDependency"),
    ],
)
def test_a_key_is_for_what_is_encrypted(
    shared_house: House, bucket: str, more: dict[str, Any], code: str
) -> None:
    assert refused(shared_house, at(bucket), DryRun=True, **more)[0] == code
    assert shared_house.kms().list_keys()["Keys"] == []  # nothing is made by a dry run


def test_a_dry_run_starts_nothing_and_comes_after_every_check(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"x")

    assert refused(house, at(bucket), DryRun=True) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
    assert refused(house, at(bucket, "gone"), DryRun=True)[0] == "InvalidParameter"
    assert house.ec2().describe_import_image_tasks()["ImportImageTasks"] == []


def test_empty_texts_are_not_given(shared_house: House, bucket: str) -> None:
    empty = [
        *("Architecture", "BootMode", "ClientToken", "Description", "Hypervisor", "KmsKeyId"),
        *("LicenseType", "Platform", "RoleName", "UsageOperation"),
        *("DiskContainer.1.Description", "DiskContainer.1.DeviceName", "DiskContainer.1.Format"),
        *("DiskContainer.1.SnapshotId", "DiskContainer.1.Url", "DiskContainer.2.Format"),
    ]
    form = {**dict.fromkeys(empty, ""), "DiskContainer.2.Url": f"s3://{bucket}/disk.raw"}

    assert error_code(shared_house, bucket, form) == "DryRunOperation"


def error_code(house: House, bucket: str, form: dict[str, str]) -> str:
    """Ask for an import by a form, as boto3 would not write it; return the code of the error."""
    whole = {
        "Action": "ImportImage",
        "Version": "2014-09-01",
        "AWSAccessKeyId": house.account_id,
        "DryRun": "True",
        "DiskContainer.1.UserBucket.S3Bucket": bucket,
        "DiskContainer.1.UserBucket.S3Key": "disk.raw",
        **form,
    }
    with pytest.raises(HTTPError) as caught:
        urlopen(f"{house.endpoint}/?{urlencode(whole)}")
    found = re.search("<Code>(.*)</Code>", caught.value.read().decode())
    assert found is not None
    return found[1]
