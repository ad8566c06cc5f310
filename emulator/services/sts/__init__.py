"""STS: who is asking, as whom else somebody may ask, and why not."""

from emulator.services.actions import Handler, merge
from emulator.services.sts import identities, messages, roles

ACTIONS: dict[str, Handler] = merge([identities.actions, messages.actions, roles.actions])
