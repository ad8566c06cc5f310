"""Instances, as records: what imports have made can be listed and terminated, not started yet."""

from emulator.services.actions import merge
from emulator.services.ec2.instances import listing, termination

ACTIONS = merge([listing.actions, termination.actions])
