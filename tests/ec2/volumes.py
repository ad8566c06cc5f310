"""Volumes for the tests, put into a server's store or made as a client makes them."""

import secrets
from datetime import UTC, datetime
from typing import Any

from state.store import Store
from state.volumes import Attachment, Shape, Volume
from tests.house import House, default_url


def put_volumes(house: House, *volumes: Volume) -> None:
    """Put volumes into a server's store."""
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            for volume in volumes:
                tx.volumes.add(volume)
    finally:
        store.close()


def found_volume(house: House, volume_id: str) -> Volume:
    """Return a volume as it stands in a server's store."""
    store = Store(default_url(house.data_dir))
    try:
        with store.read() as tx:
            volume = tx.volumes.get(volume_id)
        assert volume is not None, f"there is no {volume_id}"
        return volume
    finally:
        store.close()


def attached_volume(house: House, *instance_ids: str, **more: Any) -> str:
    """Put a volume that is attached to instances into a server's store; return its id."""
    now = datetime.now(UTC)
    volume = Volume(
        **{
            "id": f"vol-{secrets.token_hex(9)[:17]}",
            "account_id": house.account_id,
            "region": house.region,
            "zone": f"{house.region}a",
            "created_at": now,
            "shape": Shape(size_gib=1),
            "state": "in-use",
            "attachments": tuple(
                Attachment(instance_id=instance_id, device="/dev/sdf", attached_at=now)
                for instance_id in instance_ids
            ),
            **more,
        }
    )
    put_volumes(house, volume)
    return volume.id


def made_volume(house: House, zone: str = "us-east-1a", **request: Any) -> str:
    """Make a volume; return its id."""
    made: str = house.ec2().create_volume(AvailabilityZone=zone, **request)["VolumeId"]
    return made


def described_volume(house: House, volume_id: str) -> Any:
    """Return a volume as DescribeVolumes shows it."""
    (found,) = house.ec2().describe_volumes(VolumeIds=[volume_id])["Volumes"]
    return found
