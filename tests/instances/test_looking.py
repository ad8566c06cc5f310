"""What is seen of instances: filters, status, consoles."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

from converters.machines.said import Said
from emulator.services.ec2.instances import listing, status
from emulator.services.ec2.instances.rows import Row
from state.consoles import LONGEST, SHOWN, Consoles
from state.images import BlockDevice, Image
from state.instances import Instance, Metadata
from state.network import Attachment as InterfaceAttachment
from state.network import NetworkInterface, SecurityGroup
from state.volumes import Attachment, Shape, Volume
from tests.ec2.conftest import made_snapshot, put_images, refusal
from tests.house import House
from tests.instances.conftest import started

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
OWNER: Any = {"account_id": "111122223333", "region": "us-east-1"}
INSTANCE = Instance(
    id="i-0123456789abcdef0",
    **OWNER,
    launched_at=NOW,
    created_at=NOW,
    reservation_id="r-0123456789abcdef0",
    instance_type="t2.micro",
    zone="us-east-1b",
    state="stopped",
    state_reason="Client.UserInitiatedShutdown: User initiated shutdown",
    transition="User initiated (2026-01-02 03:04:05 GMT)",
    platform="windows",
    platform_details="Windows",
    usage_operation="RunInstances:0002",
    boot_mode="uefi-preferred",
    subnet_id="subnet-1",
    vpc_id="vpc-1",
    private_ip="172.31.0.9",
    image_id="ami-1",
    client_token="token",
    key_name="key",
    interface_id="eni-1",
    launch_index=2,
    metadata=Metadata(tokens="required", hops=5),
)
INTERFACE = NetworkInterface(
    id="eni-1",
    **OWNER,
    vpc_id="vpc-1",
    subnet_id="subnet-1",
    zone="us-east-1b",
    group_ids=("sg-1",),
    mac_address="02:00:00:00:00:01",
    private_ip="172.31.0.9",
    description="its card",
    attachment=InterfaceAttachment(
        id="eni-attach-1", instance_id=INSTANCE.id, device_index=0, attached_at=NOW
    ),
)
VOLUME = Volume(
    id="vol-1",
    **OWNER,
    zone="us-east-1b",
    created_at=NOW,
    shape=Shape(size_gib=1),
    attachments=(Attachment(instance_id=INSTANCE.id, device="/dev/sda1", attached_at=NOW),),
)
GROUP = SecurityGroup(id="sg-1", **OWNER, vpc_id="vpc-1", name="web", description="-")
ROW = Row(INSTANCE, [VOLUME], {"Name": "x"}, INTERFACE, [GROUP], {"Role": "front"})
MATCHING = {
    "architecture": "x86_64",
    "availability-zone": "us-east-1b",
    "availability-zone-id": "use1-az2",
    "block-device-mapping.attach-time": "2026-01-02T03:04:05.678Z",
    "block-device-mapping.delete-on-termination": "false",
    "block-device-mapping.device-name": "/dev/sda1",
    "block-device-mapping.status": "attached",
    "block-device-mapping.volume-id": "vol-1",
    "boot-mode": "uefi-preferred",
    "capacity-reservation-specification.capacity-reservation-preference": "open",
    "client-token": "token",
    "current-instance-boot-mode": "legacy-bios",
    "ebs-optimized": "false",
    "ena-support": "false",
    "enclave-options.enabled": "false",
    "hibernation-options.configured": "false",
    "hypervisor": "xen",
    "image-id": "ami-1",
    "instance-id": "i-0123456789abcdef0",
    "instance-state-code": "80",
    "instance-state-name": "stopped",
    "instance-type": "t2.*",
    "instance.group-id": "sg-1",
    "instance.group-name": "web",
    "key-name": "key",
    "launch-index": "2",
    "launch-time": "2026-01-02T*",
    "maintenance-options.auto-recovery": "default",
    "metadata-options.http-endpoint": "enabled",
    "metadata-options.http-protocol-ipv4": "enabled",
    "metadata-options.http-protocol-ipv6": "disabled",
    "metadata-options.http-put-response-hop-limit": "5",
    "metadata-options.http-tokens": "required",
    "metadata-options.instance-metadata-tags": "disabled",
    "metadata-options.state": "applied",
    "monitoring-state": "disabled",
    "network-interface.addresses.primary": "true",
    "network-interface.addresses.private-dns-name": "ip-172-31-0-9.ec2.internal",
    "network-interface.addresses.private-ip-address": "172.31.0.9",
    "network-interface.attachment.attach-time": "2026-01-02T03:04:05.678Z",
    "network-interface.attachment.attachment-id": "eni-attach-1",
    "network-interface.attachment.delete-on-termination": "true",
    "network-interface.attachment.device-index": "0",
    "network-interface.attachment.instance-id": "i-0123456789abcdef0",
    "network-interface.attachment.instance-owner-id": "111122223333",
    "network-interface.attachment.network-card-index": "0",
    "network-interface.attachment.status": "attached",
    "network-interface.availability-zone": "us-east-1b",
    "network-interface.deny-all-igw-traffic": "false",
    "network-interface.description": "its card",
    "network-interface.group-id": "sg-1",
    "network-interface.group-name": "web",
    "network-interface.ipv6-native": "false",
    "network-interface.mac-address": "02:00:00:00:00:01",
    "network-interface.network-interface-id": "eni-1",
    "network-interface.operator.managed": "false",
    "network-interface.owner-id": "111122223333",
    "network-interface.private-dns-name": "ip-172-31-0-9.ec2.internal",
    "network-interface.private-ip-address": "172.31.0.9",
    "network-interface.requester-managed": "false",
    "network-interface.source-dest-check": "true",
    "network-interface.status": "in-use",
    "network-interface.subnet-id": "subnet-1",
    "network-interface.tag-key": "Role",
    "network-interface.tag-value": "front",
    "network-interface.vpc-id": "vpc-1",
    "network-performance-options.bandwidth-weighting": "default",
    "operator.managed": "false",
    "owner-id": "111122223333",
    "platform": "windows",
    "platform-details": "Windows",
    "private-dns-name": "ip-172-31-0-9.ec2.internal",
    "private-dns-name-options.enable-resource-name-dns-a-record": "false",
    "private-dns-name-options.enable-resource-name-dns-aaaa-record": "false",
    "private-dns-name-options.hostname-type": "ip-name",
    "private-ip-address": "172.31.0.9",
    "reason": "User initiated (*",
    "reservation-id": "r-0123456789abcdef0",
    "root-device-name": "/dev/sda1",
    "root-device-type": "ebs",
    "source-dest-check": "true",
    "state-reason-code": "Client.UserInitiatedShutdown",
    "state-reason-message": "Client.UserInitiatedShutdown: User initiated shutdown",
    "subnet-id": "subnet-1",
    "tag-key": "Name",
    "tag:Name": "x",
    "tenancy": "default",
    "usage-operation": "RunInstances:0002",
    "usage-operation-update-time": "2026-01-02T03:04:05.678Z",
    "virtualization-type": "hvm",
    "vpc-id": "vpc-1",
}
EMPTY = {*listing.ABSENT, "group-id", "group-name", "operator.principal", "tpm-support"}


def passes(filters: Any, row: Row, filter_name: str, value: str) -> bool:
    """Tell whether a row passes one filter."""
    test = filters.test([{"Name": filter_name, "Values": [value]}])
    assert test is not None
    return bool(test(row))


def test_every_filter_finds_what_it_names_and_nothing_else() -> None:
    known = {*listing.FILTERS.fields, *listing.FILTERS.lists}
    assert known == {name for name in MATCHING if not name.startswith("tag")} | EMPTY

    for name, value in MATCHING.items():
        assert passes(listing.FILTERS, ROW, name, value), name
        if name != "tag-key":
            assert not passes(listing.FILTERS, ROW, name, "something else"), name
    for name in EMPTY:
        assert not passes(listing.FILTERS, ROW, name, "*"), name


def test_filters_of_a_network_interface_find_no_instance_without_one() -> None:
    bare = Row(INSTANCE.model_copy(update={"groups": (("sg-2", ""),)}), [], {})

    for name in MATCHING:
        if name.startswith("network-interface."):
            assert not passes(listing.FILTERS, bare, name, "*"), name
    assert passes(listing.FILTERS, bare, "instance.group-id", "sg-2")


def test_the_status_of_a_machine_is_told_by_its_guest() -> None:
    running = INSTANCE.model_copy(update={"state": "running", "real": True})
    reached = running.model_copy(update={"reached_at": NOW})

    assert status.status(running, NOW + timedelta(minutes=4)) == "initializing"
    assert status.status(running, NOW + timedelta(minutes=6)) == "impaired"
    assert status.status(reached, NOW + timedelta(minutes=6)) == "ok"
    assert status.status(INSTANCE, NOW) == "not-applicable"
    matching = {
        "availability-zone": "us-east-1b",
        "availability-zone-id": "use1-az2",
        "attached-ebs-status.status": "ok",
        "instance-state-code": "16",
        "instance-state-name": "running",
        "instance-status.reachability": "initializing",
        "instance-status.status": "initializing",
        "operator.managed": "false",
        "system-status.reachability": "passed",
        "system-status.status": "ok",
    }
    filters = status.filters(NOW)
    row = ROW._replace(instance=running)
    empty = {*status.EVENTS, "application-status.status", "operator.principal"}
    assert {*filters.fields} == {*matching, *empty}
    for name, value in matching.items():
        assert passes(filters, row, name, value), name
        assert not passes(filters, row, name, "something else"), name


def test_the_status_of_those_that_run_is_told_or_of_all(house: House) -> None:
    ec2, runs, rests = house.ec2(), started(house), started(house)
    ec2.stop_instances(InstanceIds=[rests])

    plain = ec2.describe_instance_status()["InstanceStatuses"]
    every = ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]

    assert [each["InstanceId"] for each in plain] == [runs]
    assert plain[0]["InstanceStatus"] == {
        "Status": "ok",
        "Details": [{"Name": "reachability", "Status": "passed"}],
    }
    assert [each["InstanceId"] for each in every] == [runs, rests]
    assert every[1]["SystemStatus"] == {"Status": "not-applicable"}


def test_the_console_tells_the_latest_of_what_was_said(house: House) -> None:
    ec2: Any = house.ec2()
    instance = started(house)
    before = ec2.get_console_output(InstanceId=instance)
    consoles = Consoles(house.data_dir)
    consoles.make()

    consoles.log(instance).write_bytes(b"early\n" + b"x" * SHOWN + b"\nlogin: ")

    assert "Output" not in before
    said = ec2.get_console_output(InstanceId=instance, Latest=True)["Output"]
    assert len(said) == SHOWN
    assert said.endswith("x\nlogin: ")
    assert refusal(lambda: ec2.get_console_screenshot(InstanceId=instance))[0] == (
        "UnsupportedOperation"
    )
    ec2.stop_instances(InstanceIds=[instance])
    screen = refusal(lambda: ec2.get_console_screenshot(InstanceId=instance))
    assert screen[0] == "IncorrectInstanceState"


def test_a_password_is_what_a_windows_guest_has_told(house: House) -> None:
    ec2 = house.ec2()
    linux = started(house)
    consoles = Consoles(house.data_dir)
    consoles.make()
    secret = base64.b64encode(b"\x01" * 256).decode()
    text = (
        f"2026/01/02 Windows is Ready to use\n<Password>\n{secret[:76]}\n{secret[76:]}</Password>"
    )

    consoles.log(linux).write_text(text)
    assert ec2.get_password_data(InstanceId=linux)["PasswordData"] == ""

    windows = Image(
        id="ami-0123456789abcde77",
        account_id=house.account_id,
        region=house.region,
        created_at=NOW,
        name="win",
        location="win",
        devices=(
            BlockDevice(device_name="/dev/sda1", snapshot_id=made_snapshot(house), volume_size=1),
        ),
        root_device_name="/dev/sda1",
        platform="windows",
    )
    put_images(house, [windows])
    instance = started(house, ImageId=windows.id)
    assert ec2.get_password_data(InstanceId=instance)["PasswordData"] == ""
    consoles.log(instance).write_text(text)
    ec2.get_waiter("password_data_available").wait(
        InstanceId=instance, WaiterConfig={"Delay": 1, "MaxAttempts": 2}
    )
    assert ec2.get_password_data(InstanceId=instance)["PasswordData"] == secret

    # It is said only once, but is told for as long as there is the instance.
    said = Said(consoles, instance)
    assert consoles.said(instance) == (b"", ANY)
    assert ec2.get_password_data(InstanceId=instance)["PasswordData"] == secret
    said.add(b"<Password>" + b" " * LONGEST)
    said.add(text.replace(secret[:76], "A" * 76, 1).encode())
    said.add(b"x" * LONGEST)
    assert ec2.get_password_data(InstanceId=instance)["PasswordData"] == "A" * 76 + secret[76:]
