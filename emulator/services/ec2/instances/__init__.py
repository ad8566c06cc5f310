"""Instances: started of AMIs, stopped, looked at, and made AMIs of again."""

from emulator.services.actions import merge
from emulator.services.ec2.instances import (
    attributes,
    consoles,
    imaging,
    launching,
    listing,
    metadata,
    states,
    status,
)

ACTIONS = merge(
    [
        attributes.actions,
        consoles.actions,
        imaging.actions,
        launching.actions,
        listing.actions,
        metadata.actions,
        states.actions,
        status.actions,
    ]
)
