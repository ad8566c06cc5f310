"""Whether there is room for another machine: asked before one is to start.

Where no worker runs machines, or `instances` is off, an instance is a record: it needs no room, and
is at once what it is to be.
"""

from collections.abc import Sequence

from emulator.context import Context
from emulator.services.ec2.instances import errors
from state.hosts import Host
from state.instances import BUSY, Instance
from state.machines import room_for
from state.store import Tx

ARCHITECTURES = ("i386", "x86_64")  # that machines have


def hosts_of(ctx: Context, tx: Tx) -> Sequence[Host]:
    """Return the workers that run machines; none: instances are records."""
    return [] if ctx.settings.instances == "off" else tx.hosts.live()


def admitted(
    ctx: Context, tx: Tx, instance: Instance, least: int = 1, most: int = 1
) -> tuple[int, bool]:
    """Return how many instances like one may start, and whether by machines.

    No fewer than `least`, no more than `most`; InsufficientInstanceCapacity.
    """
    hosts = hosts_of(ctx, tx)
    if not hosts:
        return most, False
    room = 0
    if instance.architecture in ARCHITECTURES:
        room = room_for(tx, hosts, instance.instance_type, most)
    if room < least:
        raise errors.no_capacity(instance.instance_type, instance.zone)
    return room, True


def check_alone(tx: Tx, instance: Instance) -> None:
    """Refuse a machine whose volumes another machine writes to: neither would know of the other."""
    for volume in tx.volumes.of_instance(instance.id):
        for each in volume.attachments:
            other = tx.instances.get(each.instance_id)
            if other is not None and other.id != instance.id and runs_on_machine(other):
                raise errors.volume_shared(volume.id, other.id)


def runs_on_machine(instance: Instance) -> bool:
    """Tell whether a machine runs an instance, or is to."""
    return instance.real and instance.state in BUSY


def begun(ctx: Context, instance: Instance, *, real: bool) -> Instance:
    """Return an instance that starts now; a record runs by that."""
    now = ctx.now()
    return instance.model_copy(
        update={
            "state": "pending" if real else "running",
            "state_reason": "",
            "state_since": now,
            "transition": "",
            "launched_at": now,
            "real": real,
            "worker": None,
            "reached_at": None if real else now,
        }
    )
