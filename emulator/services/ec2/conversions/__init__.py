"""Conversion tasks: ImportInstance and ImportVolume, of disks that come in parts."""

from emulator.services.actions import merge
from emulator.services.ec2.conversions import instances, listing, volumes

ACTIONS = merge([instances.actions, listing.actions, volumes.actions])
