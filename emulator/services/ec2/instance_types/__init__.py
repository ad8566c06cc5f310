"""Instance types: the machines there are."""

from emulator.services.actions import Handler
from emulator.services.ec2.instance_types import instance_types

ACTIONS: dict[str, Handler] = dict(instance_types.actions.handlers)
