"""awspub: a VMDK becomes images in two Regions, shared, published and cleaned up."""

import json
from pathlib import Path

import pytest

from tests.clients.install import HERE
from tests.clients.programs import program, run
from tests.house import House, new_account

pytestmark = [pytest.mark.slow, pytest.mark.clients, pytest.mark.timeout(300)]

CONFIG = """
awspub:
  s3: {{bucket_name: {bucket}}}
  source: {{path: {source}, architecture: x86_64}}
  tags: {{project: vmie}}
  images:
    lasting:
      description: an image that lasts
      boot_mode: uefi-preferred
      imds_support: v2.0
      regions: [us-east-1, eu-central-1]
      share: ["{friend}", "aws-cn:123456789012"]
      public: true
      tags: {{kind: lasting}}
    passing:
      description: an image for a while
      boot_mode: uefi
      tpm_support: v2.0
      root_device_volume_type: gp2
      root_device_volume_size: 3
      regions: [us-east-1]
      separate_snapshot: true
      temporary: true
"""


def test_from_the_disk_to_published_images_and_back(
    house: House, disk: Path, vmdk: Path, tmp_path: Path
) -> None:
    python, friend = program("awspub/bin/python"), new_account()
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(bucket=house.bucket(), source=vmdk, friend=friend))

    def awspub(verb: str) -> str:
        return run(house, tmp_path, python, HERE / "hurried.py", "--log-console", verb, config)

    created = json.loads(awspub("create"))["images"]
    assert json.loads(awspub("create"))["images"] == created  # nothing is done twice
    awspub("publish")

    for region, image_id in created["lasting"].items():
        ec2 = house.ec2(region=region)
        (image,) = ec2.describe_images(ImageIds=[image_id])["Images"]
        assert image["Name"] == "lasting"
        assert image["Description"] == "an image that lasts"
        assert image["BootMode"] == "uefi-preferred"
        assert image["ImdsSupport"] == "v2.0"
        assert image["Public"]
        assert {"Key": "kind", "Value": "lasting"} in image["Tags"]
        ebs = image["BlockDeviceMappings"][0]["Ebs"]
        assert (ebs["VolumeType"], ebs["VolumeSize"]) == ("gp3", 8)
        assert house.snapshot_bytes(ebs["SnapshotId"]).read_bytes() == disk.read_bytes()
        others = house.ec2(friend, region)
        assert others.describe_images(ExecutableUsers=["self"], ImageIds=[image_id])["Images"]
        (snapshot,) = others.describe_snapshots(SnapshotIds=[ebs["SnapshotId"]])["Snapshots"]
        assert snapshot["OwnerId"] == house.account_id
    assert set(created["lasting"]) == {"us-east-1", "eu-central-1"}

    awspub("cleanup")
    listed = json.loads(awspub("list"))["images"]
    assert listed == {"lasting": created["lasting"], "passing": {}}
