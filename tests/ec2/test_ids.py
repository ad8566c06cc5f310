"""Ids: which are well formed, and what their prefixes name."""

import pytest

from emulator.errors import AwsError
from emulator.services.ec2 import ids

DIGITS = "0123456789abcdef0"


@pytest.mark.parametrize(
    ("prefix", "resource_type", "code"),
    [
        ("snap", "snapshot", "InvalidSnapshot.NotFound"),
        ("import-snap", "import-snapshot-task", "InvalidConversionTaskId.Malformed"),
        ("import-ami", "import-image-task", "InvalidConversionTaskId.Malformed"),
        ("export-ami", "export-image-task", "InvalidExportTaskID.NotFound"),
        ("export-i", "export-instance-task", "InvalidExportTaskID.NotFound"),
        ("ami", "image", "InvalidAMIID.NotFound"),
        ("vol", "volume", "InvalidVolume.NotFound"),
        ("i", "instance", "InvalidInstanceID.NotFound"),
        ("acl", "network-acl", "InvalidNetworkAclID.NotFound"),
        ("dopt", "dhcp-options", "InvalidDhcpOptionID.NotFound"),
        ("eni", "network-interface", "InvalidNetworkInterfaceID.NotFound"),
        ("igw", "internet-gateway", "InvalidInternetGatewayID.NotFound"),
        ("key", "key-pair", "InvalidKeyPair.NotFound"),
        ("rtb", "route-table", "InvalidRouteTableID.NotFound"),
        ("sg", "security-group", "InvalidGroup.NotFound"),
        ("sgr", "security-group-rule", "InvalidSecurityGroupRuleId.NotFound"),
        ("subnet", "subnet", "InvalidSubnetID.NotFound"),
        ("vpc", "vpc", "InvalidVpcID.NotFound"),
    ],
)
def test_a_prefix_names_a_kind_of_resource(prefix: str, resource_type: str, code: str) -> None:
    assert prefix in ids.KINDS
    for resource_id in (f"{prefix}-{DIGITS}", f"{prefix}-01234567"):
        kind = ids.kind_of(resource_id)
        assert kind.resource_type == resource_type
        assert kind.not_found(resource_id).code == code
        assert resource_id in kind.not_found(resource_id).message


@pytest.mark.parametrize(
    "resource_id",
    ["", "snap", "snap-", "snap-0", f"snap-{DIGITS}0", f"snap-{DIGITS[:-1]}g", f"SNAP-{DIGITS}",
     f"snap_{DIGITS}", f" snap-{DIGITS}", f"snap-{DIGITS}\n", f"fleet-{DIGITS}", DIGITS],
)  # fmt: skip
def test_other_strings_are_no_ids(resource_id: str) -> None:
    with pytest.raises(AwsError) as caught:
        ids.kind_of(resource_id)

    assert caught.value.code == "InvalidID"
    assert caught.value.message == f"The ID '{resource_id}' is not valid"


@pytest.mark.parametrize(
    ("snapshot_id", "says"),
    [
        ("snap-xyz", 'Invalid id: "snap-xyz"'),
        ("snap", 'Invalid id: "snap" (expecting "snap-...")'),
        (f"vol-{DIGITS}", f'Invalid id: "vol-{DIGITS}" (expecting "snap-...")'),
    ],
)
def test_what_can_be_no_snapshot_is_malformed(snapshot_id: str, says: str) -> None:
    with pytest.raises(AwsError) as caught:
        ids.check_snapshot_ids([f"snap-{DIGITS}", snapshot_id])

    assert caught.value.code == "InvalidSnapshotID.Malformed"
    assert caught.value.message == says


@pytest.mark.parametrize(
    ("image_id", "says"),
    [
        ("ami-xyz", 'Invalid id: "ami-xyz"'),
        ("debian", 'Invalid id: "debian" (expecting "ami-...")'),
        (f"snap-{DIGITS}", f'Invalid id: "snap-{DIGITS}" (expecting "ami-...")'),
    ],
)
def test_what_can_be_no_image_is_malformed(image_id: str, says: str) -> None:
    with pytest.raises(AwsError) as caught:
        ids.check_image_ids([f"ami-{DIGITS}", image_id])

    assert caught.value.code == "InvalidAMIID.Malformed"
    assert caught.value.message == says
