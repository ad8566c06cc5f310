"""What the metadata service shows of an instance, as folders of texts.

Left out is what is not here: roles and their credentials, signatures of the identity document (they
need the cloud's key), events and spot requests.
"""

import json
from datetime import UTC
from typing import Final, TypeAlias

from converters.vnet.guest import Guest

Tree: TypeAlias = "dict[str, Tree | str | bytes]"

# fmt: off
VERSIONS: Final = (
    "1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01",
    "2008-09-01", "2009-04-04", "2011-01-01", "2011-05-01", "2012-01-12", "2014-02-25",
    "2014-11-05", "2015-10-20", "2016-04-19", "2016-06-30", "2016-09-02", "2018-03-28",
    "2018-08-17", "2018-09-24", "2019-10-01", "2020-10-27", "2021-01-03", "2021-03-23",
    "2021-07-15", "2022-07-09", "2022-09-24", "2024-04-11", "latest",
)
# fmt: on


def of(guest: Guest) -> Tree:
    """Return all that there is below a version."""
    tree: Tree = {
        "dynamic": {
            "fws": {"instance-monitoring": "enabled" if guest.monitored else "disabled"},
            "instance-identity": {"document": document(guest)},
        },
        "meta-data": _metadata(guest),
    }
    if guest.user_data:
        tree["user-data"] = guest.user_data
    return tree


def listing(guest: Guest, path: list[str], folder: Tree) -> str:
    """Return what a folder shows: the names in it, those of folders with a slash."""
    if path == ["meta-data", "public-keys"] and guest.key is not None:
        return f"0={guest.key[0]}"
    slash = "/" if path else ""  # at the top there are none
    return "\n".join(
        name + slash if isinstance(found, dict) else name for name, found in sorted(folder.items())
    )


def find(tree: Tree, path: list[str]) -> "Tree | str | bytes | None":
    """Return what is at a path."""
    found: Tree | str | bytes | None = tree
    for name in path:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found


def _metadata(guest: Guest) -> Tree:
    identities, names = zip(*guest.groups, strict=True) if guest.groups else ((), ())
    interface: Tree = {
        "device-number": "0",
        "interface-id": guest.interface_id,
        "local-hostname": guest.host,
        "local-ipv4s": str(guest.address),
        "mac": guest.hardware,
        "owner-id": guest.account_id,
        "security-group-ids": "\n".join(identities),
        "security-groups": "\n".join(names),
        "subnet-id": guest.subnet_id,
        "subnet-ipv4-cidr-block": str(guest.subnet),
        "vpc-id": guest.vpc_id,
        "vpc-ipv4-cidr-block": str(guest.vpc),
        "vpc-ipv4-cidr-blocks": str(guest.vpc),
    }
    tree: Tree = {
        "ami-id": guest.image_id,
        "ami-launch-index": str(guest.launch_index),
        "ami-manifest-path": "(unknown)",
        "block-device-mapping": _devices(guest),
        "events": {"maintenance": {"history": "[]", "scheduled": "[]"}},
        "hostname": guest.host,
        "instance-action": "none",
        "instance-id": guest.instance_id,
        "instance-life-cycle": "on-demand",
        "instance-type": guest.instance_type,
        "local-hostname": guest.host,
        "local-ipv4": str(guest.address),
        "mac": guest.hardware,
        "metrics": {"vhostmd": '<?xml version="1.0" encoding="UTF-8"?>'},
        "network": {"interfaces": {"macs": {guest.hardware: interface}}},
        "placement": {
            "availability-zone": guest.zone,
            "availability-zone-id": guest.zone_id,
            "region": guest.region,
        },
        "profile": "default-hvm",
        "reservation-id": guest.reservation_id,
        "security-groups": "\n".join(names),
        "services": _services(guest.region),
        "system": "nitro",
    }
    if guest.public_address is not None and guest.public_host is not None:
        public, host = str(guest.public_address), guest.public_host
        tree |= {"public-ipv4": public, "public-hostname": host}
        interface |= {
            "ipv4-associations": {public: str(guest.address)},
            "public-hostname": host,
            "public-ipv4s": public,
        }
    if guest.key is not None:
        tree["public-keys"] = {"0": {"openssh-key": f"{guest.key[1].rstrip()}\n"}}
    if guest.options.tags:
        tree["tags"] = {"instance": dict(guest.tags)}
    return tree


def _devices(guest: Guest) -> Tree:
    """Return where disks are: those beside the root without the folder of devices."""
    return {
        name: place.removeprefix("/dev/") if name.startswith("ebs") else place
        for name, place in guest.devices.items()
    }


def _services(region: str) -> Tree:
    if region.startswith("cn-"):
        return {"domain": "amazonaws.com.cn", "partition": "aws-cn"}
    partition = "aws-us-gov" if region.startswith("us-gov-") else "aws"
    return {"domain": "amazonaws.com", "partition": partition}


def document(guest: Guest) -> str:
    """Return the identity document."""
    told: dict[str, str | None] = dict.fromkeys(
        (
            "billingProducts",
            "devpayProductCodes",
            "marketplaceProductCodes",
            "kernelId",
            "ramdiskId",
        )
    )
    told |= {
        "accountId": guest.account_id,
        "architecture": guest.architecture,
        "availabilityZone": guest.zone,
        "imageId": guest.image_id,
        "instanceId": guest.instance_id,
        "instanceType": guest.instance_type,
        "pendingTime": guest.launched_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "privateIp": str(guest.address),
        "region": guest.region,
        "version": "2017-09-30",
    }
    return json.dumps(told, indent=2, sort_keys=True, separators=(",", " : "))
