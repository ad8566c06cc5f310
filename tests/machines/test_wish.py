"""What a guest is told of its instance is what the rows say."""

import base64
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network

from converters.machines.wish import Wish, guest_of
from converters.vnet.guest import Options
from state.instances import Instance, Metadata
from state.machines import SSH_TAG, Machine
from state.network import NetworkInterface, Subnet, Vpc
from state.volumes import Attachment, Volume

NOW = datetime(2026, 5, 17, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "eu-west-1"
INSTANCE = Instance(
    id="i-1", launched_at=NOW, reservation_id="r-1", instance_type="t3.micro", zone="eu-west-1b",
    image_id="ami-1", launch_index=2, key_name="mine", public_key="ssh-ed25519 AAAA mine",
    user_data=base64.b64encode(b"\xff\n").decode(), monitored=True, root_device_name="/dev/xvda",
    metadata=Metadata(tokens="required", hops=3, tags=True), account_id=ACCOUNT, region=REGION,
)  # fmt: skip
INTERFACE = NetworkInterface(
    id="eni-1", vpc_id="vpc-1", subnet_id="subnet-1", zone="eu-west-1b", group_ids=("sg-1",),
    mac_address="0a:00:00:00:00:01", private_ip="10.1.2.3", public_ip="203.0.113.9",
    account_id=ACCOUNT, region=REGION,
)  # fmt: skip
SUBNET = Subnet(
    id="subnet-1", vpc_id="vpc-1", cidr_block="10.1.2.0/24", zone="eu-west-1b",
    zone_id="euw1-az2", acl_association_id="aclassoc-1", account_id=ACCOUNT, region=REGION,
)  # fmt: skip
VPC = Vpc(
    id="vpc-1",
    cidr_block="10.1.0.0/16",
    cidr_association_id="x",
    dhcp_options_id="dopt-1",
    account_id=ACCOUNT,
    region=REGION,
)


def volume(name: str, device: str) -> tuple[Volume, Attachment]:
    attachment = Attachment(instance_id="i-1", device=device, attached_at=NOW)
    return Volume.model_construct(id=name, attachments=(attachment,)), attachment


def test_a_guest_is_told_what_the_rows_say() -> None:
    volumes = [
        volume("vol-2", "/dev/sdg"),
        volume("vol-1", "/dev/xvda"),
        volume("vol-3", "/dev/sdf"),
    ]
    machine = Machine(INSTANCE, volumes, INTERFACE, SUBNET, VPC)

    guest = guest_of(Wish(machine, (("sg-1", "web"),), {"Name": "one", SSH_TAG: "40022"}))

    assert guest.address == IPv4Address("10.1.2.3")
    assert (guest.subnet, guest.vpc) == (IPv4Network("10.1.2.0/24"), IPv4Network("10.1.0.0/16"))
    assert guest.hardware == "0a:00:00:00:00:01"
    assert guest.host == "ip-10-1-2-3.eu-west-1.compute.internal"
    assert guest.public_host == "ec2-203-0-113-9.eu-west-1.compute.amazonaws.com"
    assert guest.key == ("mine", "ssh-ed25519 AAAA mine")
    assert guest.user_data == b"\xff\n"
    assert guest.devices == {
        "ami": "/dev/xvda", "root": "/dev/xvda", "ebs1": "/dev/sdf", "ebs2": "/dev/sdg",
    }  # fmt: skip
    assert guest.tags == {"Name": "one"}
    assert guest.groups == (("sg-1", "web"),)
    assert guest.options == Options(token_required=True, hops=3, tags=True)
    assert (guest.launch_index, guest.monitored, guest.zone_id) == (2, True, "euw1-az2")


def test_an_instance_without_key_and_user_data() -> None:
    plain = INSTANCE.model_copy(update={"key_name": None, "public_key": None, "user_data": None})
    machine = Machine(plain, [volume("vol-1", "/dev/xvda")], INTERFACE, SUBNET, VPC)

    guest = guest_of(Wish(machine, (), {}))

    assert (guest.key, guest.user_data, guest.tags) == (None, None, {})
