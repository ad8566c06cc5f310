"""STS: who is asking."""

from emulator.services.actions import Handler, merge
from emulator.services.sts import identities

ACTIONS: dict[str, Handler] = merge([identities.actions])
