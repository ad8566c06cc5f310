"""Encryption by default: what an account has chosen for a Region."""

from emulator.services.ec2.encryption import defaults

ACTIONS = defaults.actions.handlers
