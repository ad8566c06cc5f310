"""KMS: keys, and what is sealed under them."""

from emulator.services.actions import Handler, merge
from emulator.services.kms import (
    aliases,
    ciphertexts,
    data_keys,
    grants,
    key_states,
    keys,
    policies,
    tags,
)

ACTIONS: dict[str, Handler] = merge(
    [
        aliases.actions,
        ciphertexts.actions,
        data_keys.actions,
        grants.actions,
        key_states.actions,
        keys.actions,
        policies.actions,
        tags.actions,
    ]
)
