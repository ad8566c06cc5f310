"""EBS direct: snapshots written and read block by block, without a volume or an instance."""

from collections.abc import Mapping

from emulator.services.actions import Handler, merge
from emulator.services.ebs import changes, completion, listing, prompt, reading, starting, writing

ACTIONS: Mapping[str, Handler] = merge(
    [
        changes.actions,
        completion.actions,
        listing.actions,
        reading.actions,
        starting.actions,
        writing.actions,
    ]
)

PROMPT = prompt
