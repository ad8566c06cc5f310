"""Instances: started of AMIs, stopped, looked at, and made AMIs of again."""

from emulator.services.actions import merge
from emulator.services.ec2.instances import (
    attributes,
    consoles,
    credits,
    imaging,
    launching,
    listing,
    metadata,
    monitoring,
    states,
    status,
)

ACTIONS = merge(
    [
        attributes.actions,
        consoles.actions,
        credits.actions,
        imaging.actions,
        launching.actions,
        listing.actions,
        metadata.actions,
        monitoring.actions,
        states.actions,
        status.actions,
    ]
)
