"""Volumes: block devices, empty or with the bytes of a snapshot, and snapshots of them."""

from emulator.services.actions import merge
from emulator.services.ec2.volumes import (
    attachments,
    attributes,
    creation,
    listing,
    modifications,
    snapshots,
    status,
)

ACTIONS = merge(
    [
        attachments.actions,
        attributes.actions,
        creation.actions,
        listing.actions,
        modifications.actions,
        snapshots.actions,
        status.actions,
    ]
)
