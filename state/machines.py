"""Machines: what is between an action on an instance and the worker that runs it.

    the action                              the worker
    the row is pending            ─────►    claimed: the row has its worker, and nobody else's
                                            … started                   runs
    the row is stopping,          ─────►    … asked to stop, or stopped
      shutting-down                         … gone, whoever wanted it    ended
    reboots is one more           ─────►    … reset
    a volume is attaching         ─────►    … plugged in                 attached
    a volume is detaching         ─────►    … unplugged                  detached
    a snapshot freezes what was   ─────►    … goes on in a new file, and says in which: `writes`
      written to a volume

The row is all that either of them goes by: it is read when something was written (store.moment()).
A worker says what it can run in a row of hosts; where it dies, whoever notices has its instances
ended (`lost`). Bytes that nobody needs any more are returned, to be removed after the commit.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from state.hosts import Host
from state.instance_types import all_types
from state.instances import Instance
from state.layers import Layer
from state.network import NetworkInterface, Subnet, Vpc
from state.store import Tx
from state.volumes import Attachment, Volume

OVERHEAD_MIB: Final = 512  # that running a machine takes beside its memory
SSH_TAG: Final = "vmie:ssh"  # of a running instance: where its SSH is reached, host:port
PATIENCE: Final = timedelta(seconds=60)  # in which somebody should have claimed a machine
# assumed: the service's own words are for its own hosts
WORKER_DIED: Final = "Server.InternalError: The worker that ran the instance has ended"
NO_CAPACITY: Final = (
    "Server.InsufficientInstanceCapacity: Insufficient capacity to satisfy instance request"
)
BY_USER: Final = "Client.UserInitiatedShutdown: User initiated shutdown"
# assumed: the reason that an instance shows whose import has come to nothing
NOT_IMPORTED: Final = "Client.InstanceImportFailed: The import of the instance was not completed"
BY_GUEST: Final = "Client.InstanceInitiatedShutdown: Instance initiated shutdown"


class Machine(NamedTuple):
    """An instance with all that its machine is made of, and what its guest may know."""

    instance: Instance
    volumes: Sequence[tuple[Volume, Attachment]]  # the root device among them, in no order
    interface: NetworkInterface | None
    subnet: Subnet | None
    vpc: Vpc | None

    @property
    def memory_mib(self) -> int:
        """The memory that its type has."""
        return all_types()[self.instance.instance_type].memory_mib

    @property
    def processors(self) -> int:
        """The processors that its type has."""
        return all_types()[self.instance.instance_type].vcpus


# what a worker asks -------------------------------------------------------------------------------


def watched(tx: Tx, worker: str) -> list[Machine]:
    """Return the machines that a worker has, and those that nobody has yet, the oldest first."""
    return [
        machine_of(tx, instance)
        for instance in tx.instances.busy()
        if instance.real and instance.worker in (None, worker)
    ]


def machine_of(tx: Tx, instance: Instance) -> Machine:
    """Return what the machine of an instance is made of."""
    interface = tx.network.interfaces.get(instance.interface_id or "")
    subnet = None if interface is None else tx.network.subnets.get(interface.subnet_id)
    vpc = None if interface is None else tx.network.vpcs.get(interface.vpc_id)
    volumes = [
        (volume, attachment)
        for volume in tx.volumes.of_instance(instance.id)
        for attachment in volume.attachments
        if attachment.instance_id == instance.id
    ]
    return Machine(instance, volumes, interface, subnet, vpc)


# what a worker says -------------------------------------------------------------------------------


def claim(tx: Tx, instance_id: str, worker: str) -> bool:
    """Take a pending instance; False if it is not to be had (any more)."""
    instance = tx.instances.get(instance_id)
    if instance is None or instance.state != "pending" or instance.worker is not None:
        return False
    tx.instances.replace(instance.model_copy(update={"worker": worker, "port": None}))
    return True


def runs(tx: Tx, instance_id: str, worker: str, now: datetime, port: int | None = None) -> bool:
    """Say that the machine of an instance runs, and by which port of ours its SSH is reached.

    False if it is not the worker's. One that was to be stopped meanwhile remains so.
    """
    instance = _mine(tx, instance_id, worker)
    if instance is None:
        return False
    changes: dict[str, object] = {"port": port}
    if instance.state == "pending":
        changes |= {"state": "running", "state_since": now, "state_reason": ""}
    tx.instances.replace(instance.model_copy(update=changes))
    if port is not None:
        tag = {SSH_TAG: f"127.0.0.1:{port}"}
        tx.tags.put(instance.account_id, instance.region, instance.id, tag)
    return True


def reached(tx: Tx, instance_id: str, worker: str, now: datetime) -> bool:
    """Say that the guest of an instance has got on the network; False if it isn't the worker's."""
    instance = _mine(tx, instance_id, worker)
    if instance is None:
        return False
    tx.instances.replace(instance.model_copy(update={"reached_at": now}))
    return True


def ended(
    tx: Tx, instance_id: str, worker: str, now: datetime, reason: str | None = None
) -> list[Layer]:
    """Say that there is no machine of an instance (any more), and why if it was not asked for.

    It is stopped then, or terminated where that was asked for; also where its guest has powered it
    off (BY_GUEST) and is to be terminated by that; and where it has never been running.
    """
    instance = _mine(tx, instance_id, worker)
    return [] if instance is None else settled(tx, instance, now, reason)


def attached(tx: Tx, volume_id: str, instance_id: str) -> None:
    """Say that a volume is plugged in, if it still is to be."""
    _told(tx, volume_id, instance_id, "attaching", "attached")


def detached(tx: Tx, volume_id: str, instance_id: str) -> None:
    """Say that a volume is unplugged: it is available, or another instance's only."""
    volume = tx.volumes.get(volume_id)
    if volume is not None:
        tx.volumes.replace(without(volume, instance_id, ran=True))


def stuck(tx: Tx, volume_id: str, instance_id: str) -> None:
    """Say that a guest does not let a volume go: it is busy until it does."""
    _told(tx, volume_id, instance_id, "detaching", "busy")


def writes(tx: Tx, volume_id: str, blob_id: str | None) -> None:
    """Say which file the machine that has a volume writes to; None: to none any more.

    A snapshot is not begun before what it is made of is written to by nobody.
    """
    volume = tx.volumes.get(volume_id)
    if volume is not None and volume.held != blob_id:
        tx.volumes.replace(volume.model_copy(update={"held": blob_id}))


# what actions, and whoever notices, do ------------------------------------------------------------


def settled(tx: Tx, instance: Instance, now: datetime, reason: str | None = None) -> list[Layer]:
    """Bring an instance to what it is to be without a machine; return the files that go with it."""
    gone, ran = instance.desired == "terminated", instance.worker is not None
    if instance.desired == "running":
        gone = instance.has_never_run or (
            reason == BY_GUEST and instance.shutdown_behavior == "terminate"
        )
    changes: dict[str, object] = {
        "state": "terminated" if gone else "stopped",
        "state_since": now,
        "worker": None,
        "forced": False,
        "reached_at": None,
        "port": None,
    }
    if instance.desired == "running":
        changes |= {"state_reason": reason or BY_GUEST, "transition": ""}
    if instance.port is not None:
        tx.tags.remove(instance.account_id, instance.region, instance.id, {SSH_TAG: None})
    instance = instance.model_copy(update=changes)
    tx.instances.replace(instance)
    files: list[Layer] = []
    for volume in tx.volumes.of_instance(instance.id):
        if gone:
            files += _parted(tx, volume, instance, ran=ran)
        elif ran:
            _at_rest(tx, volume, instance)
    interface = tx.network.interfaces.get(instance.interface_id or "")
    if gone and interface is not None and interface.attachment is not None:
        if interface.attachment.delete_on_termination:
            tx.network.interfaces.remove(interface.id)
            tx.tags.remove(instance.account_id, instance.region, interface.id)
        else:
            tx.network.interfaces.replace(interface.model_copy(update={"attachment": None}))
    return files


def not_imported(tx: Tx, instance_id: str, now: datetime) -> list[Layer]:
    """End an instance whose import has come to nothing; return the files that go with it.

    One that has been given another disk meanwhile, and started, is let alone.
    """
    instance = tx.instances.get(instance_id)
    if instance is None or instance.state != "stopped":
        return []
    changes = {"state": "shutting-down", "state_reason": NOT_IMPORTED}
    return settled(tx, instance.model_copy(update=changes), now)


def lost(tx: Tx, live: Collection[str], now: datetime) -> list[Layer]:
    """End the instances whose workers are dead, and those that nobody has begun to run in time."""
    files: list[Layer] = []
    for instance in tx.instances.busy():
        if not instance.real:
            continue
        if instance.worker is not None and instance.worker not in live:
            files += settled(tx, instance, now, WORKER_DIED)
        elif instance.worker is None and now - (instance.state_since or now) > PATIENCE:
            files += settled(tx, instance, now, NO_CAPACITY)
    return files


def memory_of(instance_type: str) -> int:
    """Return the MiB that a machine of a type takes; of none that is known, nothing."""
    known = all_types().get(instance_type)
    return 0 if known is None else known.memory_mib + OVERHEAD_MIB


def room_for(tx: Tx, hosts: Iterable[Host], instance_type: str, wanted: int) -> int:
    """Return how many more machines of a type the hosts have room for, of those that are wanted.

    Machines that nobody has claimed yet are thought to be where they fit worst.
    """
    free = {host.worker: host.memory_mib for host in hosts}
    need = memory_of(instance_type)
    unclaimed = []
    for instance in tx.instances.busy():
        if instance.real:
            took = memory_of(instance.instance_type)
            if instance.worker in free:
                free[instance.worker] -= took
            elif instance.worker is None:
                unclaimed.append(took)
    for took in sorted(unclaimed, reverse=True):
        if free:
            largest = max(free, key=lambda worker: free[worker])
            free[largest] -= took
    return min(wanted, sum(max(0, left) // need for left in free.values()))


def without(volume: Volume, instance_id: str, *, ran: bool) -> Volume:
    """Return a volume that is not attached to an instance (any more); ran: which had a machine.

    With Multi-Attach it may be the machine of another that writes to it.
    """
    rest = tuple(each for each in volume.attachments if each.instance_id != instance_id)
    state, held = ("in-use", volume.held) if rest else ("available", None)
    changes = {"attachments": rest, "state": state, "held": None if ran else held}
    return volume.model_copy(update=changes)


def _mine(tx: Tx, instance_id: str, worker: str) -> Instance | None:
    instance = tx.instances.get(instance_id)
    return instance if instance is not None and instance.worker == worker else None


def _told(tx: Tx, volume_id: str, instance_id: str, before: str, after: str) -> None:
    volume = tx.volumes.get(volume_id)
    if volume is not None:
        changed = tuple(
            each.model_copy(update={"state": after})
            if (each.instance_id, each.state) == (instance_id, before)
            else each
            for each in volume.attachments
        )
        tx.volumes.replace(volume.model_copy(update={"attachments": changed}))


def _at_rest(tx: Tx, volume: Volume, instance: Instance) -> None:
    """A machine that has ended writes to no volume, and what was asked of it is done."""
    mine = [each for each in volume.attachments if each.instance_id == instance.id]
    if any(each.state in ("detaching", "busy") for each in mine):
        volume = without(volume, instance.id, ran=True)
    at_rest = tuple(
        each.model_copy(update={"state": "attached"}) if each in mine else each
        for each in volume.attachments
    )
    tx.volumes.replace(volume.model_copy(update={"attachments": at_rest, "held": None}))


def _parted(tx: Tx, volume: Volume, instance: Instance, *, ran: bool) -> list[Layer]:
    """Part a volume from a terminated instance; return its files if it goes with that."""
    mine = [each for each in volume.attachments if each.instance_id == instance.id]
    rest = without(volume, instance.id, ran=ran)
    if rest.attachments or not any(each.delete_on_termination for each in mine):
        tx.volumes.replace(rest)
        return []
    tx.volumes.remove(volume.id)
    tx.tags.remove(volume.account_id, volume.region, volume.id, None)
    return list(volume.files)
