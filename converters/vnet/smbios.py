"""What a computer's firmware says of it, so that the guest knows where it is.

    type 0  the firmware          1  the system: product, uuid, serial       2, 3  board, chassis

cloud-init takes a system for EC2's if its uuid begins with "ec2" and is its serial number, too.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
"""

import hashlib
from typing import Final
from uuid import UUID

from converters.vnet.guest import Guest

MAKER: Final = "Amazon EC2"


def told(guest: Guest) -> tuple[str, ...]:
    """Return the tables, as QEMU takes them."""
    name = uuid(guest.instance_id)
    return (
        f"type=0,vendor={MAKER},version=1.0",
        f"type=1,manufacturer={MAKER},product={guest.instance_type},uuid={name},serial={name}",
        f"type=2,manufacturer={MAKER},asset={guest.instance_id}",
        f"type=3,manufacturer={MAKER},asset={MAKER}",
    )


def uuid(instance_id: str) -> UUID:
    """Return the uuid of an instance, always the same."""
    return UUID("ec2" + hashlib.sha256(instance_id.encode()).hexdigest()[:29])
