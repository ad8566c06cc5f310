"""Instances for the tests, started as a client starts them; all are records: see state/machines."""

import secrets
from typing import Any

import pytest

from tests.ec2.conftest import friend, made_image, shared_house
from tests.house import House

__all__ = ["friend", "shared_house"]


def an_image(house: House, *snapshot_ids: str, **more: Any) -> str:
    """Register an AMI as those of today are; return its id."""
    today = {"Architecture": "x86_64", "VirtualizationType": "hvm"}
    return made_image(house, *snapshot_ids, **{**today, **more})


def run(house: House, image_id: str | None = None, **request: Any) -> list[Any]:
    """Start instances, one unless said otherwise; return them as the answer shows them."""
    return list(
        house.ec2().run_instances(
            **{
                "ImageId": image_id or an_image(house),
                "InstanceType": "t2.micro",
                "MinCount": 1,
                "MaxCount": 1,
                **request,
            }
        )["Instances"]
    )


def started(house: House, **request: Any) -> str:
    """Start an instance; return its id."""
    (instance,) = run(house, **request)
    return str(instance["InstanceId"])


def described(house: House, instance_id: str) -> Any:
    """Return an instance as DescribeInstances shows it."""
    (reservation,) = house.ec2().describe_instances(InstanceIds=[instance_id])["Reservations"]
    (instance,) = reservation["Instances"]
    return instance


def volumes_of(house: House, instance_id: str) -> dict[str, Any]:
    """Return the volumes of an instance by their devices."""
    asked: Any = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    found = house.ec2().describe_volumes(Filters=asked)["Volumes"]
    return {volume["Attachments"][0]["Device"]: volume for volume in found}


@pytest.fixture(scope="module")
def image_id(shared_house: House) -> str:
    """An AMI of the account that the tests of a module share."""
    return an_image(shared_house)


def name() -> str:
    """Return a name that nothing has."""
    return f"name-{secrets.token_hex(6)}"
