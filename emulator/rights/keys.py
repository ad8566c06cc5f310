"""Whether whoever asks may have EBS seal or open disks with a key of KMS.

The key's policy and grants, and the caller's own policies, decide on what EC2 does for the caller:
EBS direct as well, for the keys that AWS manages let in nobody but through EC2 (assumed).
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from emulator.context import Context
from emulator.rights.asking import caller_of, surroundings
from state.store import Tx

if TYPE_CHECKING:
    from state.keys import Key

SEALING: Final = "GenerateDataKeyWithoutPlaintext"
OPENING: Final = "Decrypt"

log = logging.getLogger(__name__)


def may(
    ctx: Context, tx: Tx, key: "Key", operation: str, sealed_with: Mapping[str, str] | None = None
) -> bool:
    """Tell whether whoever asks may have EC2 do something with a key."""
    if ctx.session is None and key.account_id == ctx.account_id:
        return True
    from state import key_access  # with all of policies, which most requests never need

    decision = key_access.decide(
        tx,
        key,
        caller_of(tx, ctx),
        operation,
        sealed_with,
        via="ec2",
        context=surroundings(ctx),
    )
    log.info("kms:%s on %s: %s", operation, key.arn, decision.why)
    return decision.allowed
