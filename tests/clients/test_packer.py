"""Packer's post-processor amazon-import: what a builder made becomes an AMI with a name.

It uploads, imports, copies the AMI to give it its name, deletes the first one with its snapshots,
tags, describes and shares the copy.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clients.programs import program, run
from tests.house import House, new_account

pytestmark = [pytest.mark.slow, pytest.mark.clients]


def packer(house: House, folder: Path) -> Path:
    """Find Debian's Packer; the newest ones have amazon-import no longer built in."""
    path = program("packer")
    if "v1.6." not in run(house, folder, path, "version"):
        pytest.skip("this Packer is not Debian's 1.6.6")
    return path


def template(house: House, vm: Path, **settings: object) -> dict[str, Any]:
    """Build nothing, take the VM as it is, and import it."""
    return {
        "builders": [{"type": "file", "source": str(vm), "target": "built.ova"}],
        "post-processors": [
            {
                "type": "amazon-import",
                "access_key": house.account_id,
                "secret_key": "secret",
                "region": "us-east-1",
                "custom_endpoint_ec2": house.endpoint,
                "skip_credential_validation": True,
                "skip_metadata_api_check": True,
                "s3_bucket_name": f"Import_Bucket_{house.account_id}",  # no name for a host
                "s3_key_name": "vms/{{ timestamp }}.ova",
                "aws_polling": {"delay_seconds": 1, "max_attempts": 60},
                **settings,
            }
        ],
    }


def build(house: House, folder: Path, vm: Path, **settings: object) -> str:
    """Run Packer over a template with these settings of the post-processor."""
    house.s3().create_bucket(Bucket=f"Import_Bucket_{house.account_id}")
    (folder / "vm.json").write_text(json.dumps(template(house, vm, **settings)))
    return run(house, folder, packer(house, folder), "build", "-color=false", "vm.json")


def test_an_ova_becomes_an_image_with_name_tags_and_users(
    house: House, ova: Path, tmp_path: Path
) -> None:
    ec2, friend = house.ec2(), new_account()

    said = build(
        house,
        tmp_path,
        ova,
        ami_name="golden",
        ami_description="made by Packer",
        ami_groups=["all"],
        ami_users=[friend],
        tags={"Stage": "test", "Name": "golden"},
        license_type="BYOL",
    )

    (image,) = ec2.describe_images(Owners=["self"])["Images"]
    assert f"us-east-1: {image['ImageId']}" in said
    assert image["Name"] == "golden"
    assert image["Description"] == "made by Packer"
    assert image["Public"]
    assert {tag["Key"]: tag["Value"] for tag in image["Tags"]} == {
        "Stage": "test",
        "Name": "golden",
    }
    (snapshot,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == snapshot["SnapshotId"]
    assert {tag["Key"] for tag in snapshot["Tags"]} == {"Stage", "Name"}
    permissions = ec2.describe_image_attribute(
        ImageId=image["ImageId"], Attribute="launchPermission"
    )["LaunchPermissions"]
    assert {"Group": "all"} in permissions
    assert {"UserId": friend} in permissions
    assert not house.s3().list_objects_v2(Bucket=f"Import_Bucket_{house.account_id}")["KeyCount"]


def test_an_image_is_encrypted_and_shared(house: House, ova: Path, tmp_path: Path) -> None:
    ec2, friend = house.ec2(), new_account()
    key = house.kms().create_key()["KeyMetadata"]["Arn"]
    house.kms().create_alias(AliasName="alias/mine", TargetKeyId=key)

    build(
        house,
        tmp_path,
        ova,
        ami_name="secret",
        ami_encrypt=True,
        ami_kms_key="alias/mine",
        ami_users=[friend],
        skip_clean=True,
    )

    (image,) = ec2.describe_images(Owners=["self"])["Images"]
    assert image["BlockDeviceMappings"][0]["Ebs"]["Encrypted"]
    (snapshot,) = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot["KmsKeyId"] == key
    assert house.ec2(friend).describe_images(ExecutableUsers=["self"])["Images"]
    assert house.s3().list_objects_v2(Bucket=f"Import_Bucket_{house.account_id}")["KeyCount"] == 1


def test_what_is_no_ova_fails_with_the_words_of_the_task(house: House, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ova"
    broken.write_bytes(b"not an archive" * 1000)
    house.s3().create_bucket(Bucket=f"Import_Bucket_{house.account_id}")
    (tmp_path / "vm.json").write_text(json.dumps(template(house, broken)))

    said = run(house, tmp_path, packer(house, tmp_path), "build", "vm.json", fails=True)

    assert "ClientError: Disk validation failed [" in said
