"""Key pairs: what instances let their users in by."""

from emulator.services.actions import Handler
from emulator.services.ec2.key_pairs import key_pairs

ACTIONS: dict[str, Handler] = dict(key_pairs.actions.handlers)
