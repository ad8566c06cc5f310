"""Whether there is room for another machine: asked before one is to start.

Where no worker runs machines, or `instances` is off, an instance is a record: it needs no room, and
is at once what it is to be.
"""

from collections.abc import Sequence

from emulator.context import Context
from emulator.services.ec2.instances import errors
from state.hosts import Host
from state.instances import Instance
from state.machines import room_for
from state.store import Tx


def hosts_of(ctx: Context, tx: Tx) -> Sequence[Host]:
    """Return the workers that run machines; none: instances are records."""
    return [] if ctx.settings.instances == "off" else tx.hosts.live()


def admitted(
    ctx: Context, tx: Tx, instance_type: str, zone: str, least: int, most: int
) -> tuple[int, bool]:
    """Return how many instances may start, and whether by machines; InsufficientInstanceCapacity.

    No fewer than `least`, no more than `most`.
    """
    hosts = hosts_of(ctx, tx)
    if not hosts:
        return most, False
    room = room_for(tx, hosts, instance_type, most)
    if room < least:
        raise errors.no_capacity(instance_type, zone)
    return room, True


def begun(ctx: Context, instance: Instance, *, real: bool) -> Instance:
    """Return an instance that starts now; a record runs by that."""
    return instance.model_copy(
        update={
            "state": "pending" if real else "running",
            "state_reason": "",
            "state_since": ctx.now(),
            "transition": "",
            "launched_at": ctx.now(),
            "real": real,
            "worker": None,
            "reached_at": None if real else ctx.now(),
        }
    )
