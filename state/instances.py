"""Instances: virtual machines, and how far each of them is.

           ┌───────── StartInstances ─────────┐
           ▼                                  │
        pending ──► running ──► stopping ──► stopped
           │           │           │            │
           └───────────┴─────┬─────┴────────────┘
                             ▼
                       shutting-down ──► terminated     shown for an hour more

A state that ends in -ing is what a client wishes: whoever runs the machine brings it about, and
says so in the row (state/machines.py). An instance that is a record only, `real` being false, has
nobody to wait for, and is at once what it is to be. Where nothing was asked for, a machine may end
by itself: its guest has powered it off, or its worker has died.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from state.values import Frozen

SHOWN: Final = timedelta(hours=1)  # that a terminated instance is still listed
SETTLES: Final = timedelta(minutes=5)  # in which a guest should have got on the network

State = Literal["pending", "running", "stopping", "stopped", "shutting-down", "terminated"]
BUSY: Final = ("pending", "running", "stopping", "shutting-down")  # a machine is at work, or to be
DESIRED: Final[dict[State, Literal["running", "stopped", "terminated"]]] = {
    "pending": "running",
    "running": "running",
    "stopping": "stopped",
    "stopped": "stopped",
    "shutting-down": "terminated",
    "terminated": "terminated",
}


class Metadata(Frozen):
    """How the metadata service answers an instance."""

    enabled: bool = True
    tokens: Literal["optional", "required"] = "optional"
    hops: int = 1  # that an answer to a request for a token may go
    tags: bool = False  # the instance's tags are told, too
    ipv6: bool = False


class Instance(Frozen):
    """A virtual machine; which volumes it has is told by them."""

    id: str
    account_id: str
    region: str
    launched_at: datetime  # started, the last time
    reservation_id: str
    instance_type: str
    zone: str
    state: State = "stopped"
    # Why it is in this state: a code, a colon and a sentence; empty where there is nothing to say.
    state_reason: str = ""
    transition: str = ""  # who has asked for it, and when
    state_since: datetime | None = None
    architecture: str = "x86_64"
    platform: Literal["windows"] | None = None
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    boot_mode: str | None = None
    root_device_name: str = "/dev/sda1"
    description: str = ""
    groups: tuple[tuple[str, str], ...] = ()  # security groups, until it has an interface
    subnet_id: str | None = None
    vpc_id: str | None = None
    private_ip: str | None = None
    tenancy: str = "default"
    monitored: bool = False
    shutdown_behavior: Literal["stop", "terminate"] = "stop"
    user_data: str | None = None  # base64, as it came
    task_id: str | None = None  # of the import that has made it, or its AMI
    image_id: str = ""  # the AMI that it was started from; that may be gone
    launch_index: int = 0  # in its reservation
    client_token: str | None = None  # of the request that made it
    request_digest: str | None = None
    created_at: datetime | None = None  # started, the first time
    interface_id: str | None = None
    key_name: str | None = None
    public_key: str | None = None  # of that name, when the instance was made
    ena_support: bool = False
    sriov_net_support: Literal["simple"] | None = None
    imds_support: bool = False  # its AMI wants the metadata service to want tokens
    ebs_optimized: bool = False
    host_disks: bool = False  # its block device mapping has some, whether or not its type does
    source_dest_check: bool = True  # until it has an interface, which knows then
    protected: bool = False  # from TerminateInstances
    protected_from_stop: bool = False
    metadata: Metadata = Metadata()
    cpu_credits: str | None = None  # standard or unlimited, where it was said
    auto_recovery: Literal["default", "disabled"] = "default"
    reboot_migration: Literal["default", "disabled"] = "default"
    resource_name: bool = False  # its id is a name that leads to it, too
    real: bool = False  # a machine runs it, or is to: otherwise it is a record
    worker: str | None = None  # who has its machine, while it is neither stopped nor terminated
    forced: bool = False  # stopping without a word to the guest
    reboots: int = 0  # how often one was asked for
    reached_at: datetime | None = None  # when its guest got on the network, the last time
    port: int | None = None  # of this machine, by which its SSH is reached

    @property
    def desired(self) -> Literal["running", "stopped", "terminated"]:
        """What it is to be."""
        return DESIRED[self.state]

    @property
    def has_never_run(self) -> bool:
        """Whether it is being started for the first time."""
        return self.state == "pending" and self.launched_at == self.created_at

    def listed(self, now: datetime) -> bool:
        """Tell whether it is still shown."""
        if self.state != "terminated" or self.state_since is None:
            return True
        return now < self.state_since + SHOWN
