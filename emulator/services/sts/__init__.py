"""STS: who is asking, and as whom else somebody may ask."""

from emulator.services.actions import Handler, merge
from emulator.services.sts import identities, roles

ACTIONS: dict[str, Handler] = merge([identities.actions, roles.actions])
