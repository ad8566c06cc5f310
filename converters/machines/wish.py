"""What rows say of an instance that is to run, and what its guest is told of that."""

import base64
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from converters.vnet.guest import Guest, Options
from state.machines import SSH_TAG, Machine, watched
from state.store import Tx


class Wish(NamedTuple):
    """An instance, and all that belongs to it, at one moment."""

    machine: Machine
    groups: tuple[tuple[str, str], ...]  # security groups: id and name
    tags: Mapping[str, str]


def wishes(tx: Tx, worker: str) -> dict[str, Wish]:
    """Return what is wished of a worker, and of any that has room, by the ids of instances."""
    machines = watched(tx, worker)
    tags = tx.tags.of([each.instance.id for each in machines])
    return {
        each.instance.id: Wish(each, _groups(tx, each), tags[each.instance.id]) for each in machines
    }


def _groups(tx: Tx, machine: Machine) -> tuple[tuple[str, str], ...]:
    ids = () if machine.interface is None else machine.interface.group_ids
    found = [tx.network.security_groups.get(each) for each in ids]
    return tuple((each.id, each.name) for each in found if each is not None)


def guest_of(wish: Wish) -> Guest:
    """Return what an instance sees of itself."""
    instance, interface, subnet, vpc = (
        wish.machine.instance,
        wish.machine.interface,
        wish.machine.subnet,
        wish.machine.vpc,
    )
    assert interface, "an instance gets an interface before it starts"
    assert subnet, "a subnet stays while it has interfaces"
    assert vpc, "a VPC stays while it has subnets"
    metadata = instance.metadata
    return Guest(
        instance_id=instance.id,
        image_id=instance.image_id,
        instance_type=instance.instance_type,
        account_id=instance.account_id,
        region=instance.region,
        zone=instance.zone,
        zone_id=subnet.zone_id,
        launched_at=instance.launched_at,
        reservation_id=instance.reservation_id,
        hardware=interface.mac_address,
        address=IPv4Address(interface.private_ip),
        interface_id=interface.id,
        subnet_id=subnet.id,
        subnet=IPv4Network(subnet.cidr_block),
        vpc_id=vpc.id,
        vpc=IPv4Network(vpc.cidr_block),
        resource_name=instance.resource_name,
        launch_index=instance.launch_index,
        architecture=instance.architecture,
        groups=wish.groups,
        key=_key(wish),
        user_data=base64.b64decode(instance.user_data) if instance.user_data else None,
        devices=_devices(wish),
        tags={name: value for name, value in wish.tags.items() if name != SSH_TAG},
        options=Options(
            metadata.enabled, metadata.tokens == "required", metadata.hops, metadata.tags
        ),
        public_address=IPv4Address(interface.public_ip) if interface.public_ip else None,
        monitored=instance.monitored,
    )


def _key(wish: Wish) -> tuple[str, str] | None:
    name, line = wish.machine.instance.key_name, wish.machine.instance.public_key
    return None if name is None or line is None else (name, line)


def _devices(wish: Wish) -> dict[str, str]:
    """Return where its volumes are, as the metadata service names them."""
    root = wish.machine.instance.root_device_name
    others = sorted(each.device for _, each in wish.machine.volumes if each.device != root)
    named = {f"ebs{number}": device for number, device in enumerate(others, 1)}
    return {"ami": root, "root": root, **named}
