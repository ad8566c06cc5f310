"""Machines: what becomes of instances between a client's wishes and a worker's deeds."""

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from state import machines
from state.hosts import Host
from state.instances import Instance
from state.layers import Layer
from state.network import Attachment as InterfaceAttachment
from state.network import NetworkInterface
from state.store import Store, Tx
from state.tables import leases
from state.volumes import Attachment, Shape, Volume
from tests.state.samples import ACCOUNT, NOW, REGION

ID = "i-1"
LATER = NOW + timedelta(minutes=1)


def put(store: Store, **more: Any) -> None:
    """Put an instance with a root volume, one that stays, and a network interface into a store."""
    owner: Any = {"account_id": ACCOUNT, "region": REGION}
    instance = Instance(
        **{
            "id": ID,
            **owner,
            "launched_at": NOW,
            "created_at": NOW,
            "reservation_id": "r-1",
            "instance_type": "t2.micro",
            "zone": "us-east-1a",
            "state": "pending",
            "state_since": NOW,
            "interface_id": f"eni-of-{more.get('id', ID)}",
            "real": True,
            **more,
        }
    )
    with store.begin() as tx:
        tx.instances.add(instance)
        tx.network.interfaces.add(
            NetworkInterface(
                id=instance.interface_id or "",
                **owner,
                vpc_id="vpc-1",
                subnet_id="subnet-1",
                zone="us-east-1a",
                group_ids=(),
                mac_address="02:00:00:00:00:01",
                private_ip="172.31.0.4",
                attachment=InterfaceAttachment(
                    id="a", instance_id=instance.id, device_index=0, attached_at=NOW
                ),
            )
        )
        for device, goes in (("/dev/sda1", True), ("/dev/sdf", False)):
            volume_id = f"vol{device.replace('/', '-')}-of-{instance.id}"
            tx.volumes.add(
                Volume(
                    id=volume_id,
                    **owner,
                    zone="us-east-1a",
                    created_at=NOW,
                    shape=Shape(size_gib=1),
                    state="in-use",
                    written=Layer(blob_id=f"blob-of-{volume_id}", size=1 << 30, format="qcow2"),
                    attachments=(
                        Attachment(
                            instance_id=instance.id,
                            device=device,
                            attached_at=NOW,
                            delete_on_termination=goes,
                        ),
                    ),
                )
            )


def instance(tx: Tx, instance_id: str = ID) -> Instance:
    found = tx.instances.get(instance_id)
    assert found is not None
    return found


def ask(store: Store, **changes: Any) -> None:
    """Change an instance as an action does."""
    with store.begin() as tx:
        tx.instances.replace(instance(tx).model_copy(update=changes))


def running(store: Store, **more: Any) -> None:
    """Put an instance that runs on worker-1 into a store."""
    put(store, **more)
    with store.begin() as tx:
        assert machines.claim(tx, ID, "worker-1")
        assert machines.runs(tx, ID, "worker-1", LATER, 40022)


def test_a_machine_is_claimed_by_one_worker(store: Store) -> None:
    put(store)

    with store.begin() as tx:
        (seen,) = machines.watched(tx, "worker-2")
        first = machines.claim(tx, ID, "worker-1")
        second = machines.claim(tx, ID, "worker-2")
        others = machines.watched(tx, "worker-2")
        (mine,) = machines.watched(tx, "worker-1")

    assert (first, second, others) == (True, False, [])
    assert (seen.memory_mib, seen.processors) == (1024, 1)
    assert {attachment.device for _, attachment in mine.volumes} == {"/dev/sda1", "/dev/sdf"}
    assert mine.interface is not None
    assert (mine.instance.worker, mine.interface.private_ip) == ("worker-1", "172.31.0.4")


def test_a_machine_that_runs_tells_where_its_ssh_is(store: Store) -> None:
    running(store)

    with store.begin() as tx:
        found = instance(tx)
        tags = tx.tags.of([ID])[ID]
        machines.reached(tx, ID, "worker-1", LATER)
        wrong = machines.runs(tx, ID, "worker-2", LATER, 1)
        reached = instance(tx).reached_at

    assert (found.state, found.state_since, found.desired) == ("running", LATER, "running")
    assert tags == {"vmie:ssh": "127.0.0.1:40022"}
    assert (wrong, reached) == (False, LATER)


def test_one_that_is_to_stop_before_it_runs_does_not_run(store: Store) -> None:
    put(store)
    with store.begin() as tx:
        machines.claim(tx, ID, "worker-1")
    ask(store, state="stopping")

    with store.begin() as tx:
        machines.runs(tx, ID, "worker-1", LATER)
        assert instance(tx).state == "stopping"
        files = machines.ended(tx, ID, "worker-1", LATER)
        found = instance(tx)

    assert (found.state, found.worker, files) == ("stopped", None, [])


@pytest.mark.parametrize(
    ("changes", "reason", "state", "told"),
    [
        ({"state": "stopping", "state_reason": machines.BY_USER}, None, "stopped", "Client.User"),
        ({"state": "shutting-down", "state_reason": machines.BY_USER}, None, "terminated", ""),
        ({}, machines.BY_GUEST, "stopped", "Client.InstanceInitiatedShutdown"),
        ({"shutdown_behavior": "terminate"}, machines.BY_GUEST, "terminated", "Client.Instance"),
        ({"shutdown_behavior": "terminate"}, machines.WORKER_DIED, "stopped", "Server.Internal"),
        ({"state": "pending"}, machines.NO_CAPACITY, "terminated", "Server.Insufficient"),
        ({"state": "pending", "launched_at": LATER}, machines.NO_CAPACITY, "stopped", "Server."),
    ],
)
def test_what_has_ended_is_stopped_or_terminated(
    store: Store, changes: dict[str, Any], reason: str | None, state: str, told: str
) -> None:
    running(store)
    ask(store, **changes)
    with store.begin() as tx:
        machines.writes(tx, f"vol-dev-sda1-of-{ID}", "blob")
        files = machines.ended(tx, ID, "worker-1", LATER, reason)

    with store.read() as tx:
        found = instance(tx)
        tags = tx.tags.of([ID])[ID]
        root = tx.volumes.get(f"vol-dev-sda1-of-{ID}")
        data = tx.volumes.get(f"vol-dev-sdf-of-{ID}")
        interface = tx.network.interfaces.get(f"eni-of-{ID}")
    assert (found.state, found.worker, found.port, found.state_since) == (state, None, None, LATER)
    assert found.state_reason.startswith(told)
    assert tags == {}
    assert data is not None
    if state == "terminated":
        assert [file.blob_id for file in files] == [f"blob-of-vol-dev-sda1-of-{ID}"]
        assert (root, interface, data.state, data.attachments) == (None, None, "available", ())
    else:
        assert files == []
        assert root is not None
        assert interface is not None
        assert (root.held, root.state, data.state) == (None, "in-use", "in-use")


def test_volumes_are_plugged_in_and_out_by_their_worker(store: Store) -> None:
    running(store)
    volume_id = f"vol-dev-sdf-of-{ID}"

    def told(state: str) -> None:
        with store.begin() as tx:
            volume = tx.volumes.get(volume_id)
            assert volume is not None
            (attachment,) = volume.attachments
            changed = (attachment.model_copy(update={"state": state}),)
            tx.volumes.replace(volume.model_copy(update={"attachments": changed}))

    def state() -> tuple[str, ...]:
        with store.read() as tx:
            volume = tx.volumes.get(volume_id)
            assert volume is not None
            return (volume.state, *(each.state for each in volume.attachments))

    told("attaching")
    with store.begin() as tx:
        machines.attached(tx, volume_id, ID)
    assert state() == ("in-use", "attached")
    told("detaching")
    with store.begin() as tx:
        machines.attached(tx, volume_id, ID)  # too late
        machines.stuck(tx, volume_id, ID)
    assert state() == ("in-use", "busy")
    with store.begin() as tx:
        machines.detached(tx, volume_id, ID)
    assert state() == ("available",)
    told_of_none = "vol-none"
    with store.begin() as tx:
        machines.attached(tx, told_of_none, ID)
        machines.detached(tx, told_of_none, ID)
        machines.writes(tx, told_of_none, "blob")


def test_what_was_to_be_unplugged_is_when_the_machine_ends(store: Store) -> None:
    running(store)
    volume_id = f"vol-dev-sdf-of-{ID}"
    with store.begin() as tx:
        volume = tx.volumes.get(volume_id)
        assert volume is not None
        going = (volume.attachments[0].model_copy(update={"state": "detaching"}),)
        tx.volumes.replace(volume.model_copy(update={"attachments": going, "held": "blob"}))
        machines.ended(tx, ID, "worker-1", LATER, machines.BY_GUEST)
        after = tx.volumes.get(volume_id)

    assert after is not None
    assert (after.state, after.attachments, after.held) == ("available", (), None)


def test_instances_of_the_dead_are_stopped_and_those_nobody_begins(store: Store) -> None:
    running(store)
    put(store, id="i-2")
    put(store, id="i-3", real=False, state="running")
    put(store, id="i-4", state="stopped")

    def states() -> list[tuple[str, str]]:
        with store.read() as tx:
            return [
                (each.value.id, each.value.state) for each in tx.instances.list(ACCOUNT, REGION)
            ]

    with store.begin() as tx:
        machines.lost(tx, {"worker-1"}, NOW)
    assert [state for _, state in states()] == ["running", "pending", "running", "stopped"]
    with store.begin() as tx:
        machines.lost(tx, {"worker-2"}, NOW)
    assert states()[0] == ("i-1", "stopped")
    with store.begin() as tx:
        machines.lost(tx, {"worker-2"}, LATER + timedelta(seconds=1))
        assert instance(tx).state_reason == machines.WORKER_DIED
    assert [state for _, state in states()] == ["stopped", "terminated", "running", "stopped"]


def test_there_is_room_for_as_many_as_memory_allows(store: Store) -> None:
    hosts = [Host(worker="worker-1", memory_mib=5000), Host(worker="worker-2", memory_mib=2000)]

    def room(kind: str = "t2.micro", wanted: int = 9) -> int:
        with store.read() as tx:
            return machines.room_for(tx, hosts, kind, wanted)

    assert (room(), room(wanted=2), room("t2.medium"), room("t2.large")) == (4, 2, 1, 0)
    put(store)  # nobody's yet: 1536 MiB of the largest
    assert room() == 3
    with store.begin() as tx:
        machines.claim(tx, ID, "worker-2")
    assert (room(), room("t2.medium")) == (3, 1)
    put(store, id="i-2", real=False)
    assert room() == 3


def lease(tx: Tx, worker: str, age: float) -> None:
    """Put a lease that was renewed so many seconds ago."""
    row = {"worker": worker, "renewed_at": time.time() - age}
    tx.connection.execute(insert(leases).values(row))


def test_hosts_are_those_that_live(store: Store) -> None:
    def live() -> list[tuple[str, int]]:
        with store.read() as tx:
            return [(host.worker, host.memory_mib) for host in tx.hosts.live()]

    with store.begin() as tx:
        tx.hosts.put(Host(worker="worker-1", memory_mib=1000))
        lease(tx, "dead", 60)
        lease(tx, "worker-2", 1)
    assert live() == [("worker-1", 1000)]  # before it has its lease
    with store.begin() as tx:
        tx.hosts.put(Host(worker="dead", memory_mib=1))
        tx.hosts.put(Host(worker="worker-2", memory_mib=2000))
    if store.engine.dialect.name == "sqlite":
        assert live() == [("worker-2", 2000)]  # there is no other
        return
    assert live() == [("worker-1", 1000), ("worker-2", 2000)]
    with store.begin() as tx:
        old = Host(worker="worker-1", memory_mib=1, told_at=NOW)
        tx.hosts.replace(old)  # it never came to take its lease
    assert live() == [("worker-2", 2000)]
    with store.begin() as tx:
        tx.hosts.remove("worker-2")
    assert live() == []
