"""Instances: virtual machines, as far as records of them go.

So far they come from imports alone and are never started:

    stopped ──► terminated      shown for an hour more, then as if it had never been
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from state.values import Frozen

SHOWN: Final = timedelta(hours=1)  # that a terminated instance is still listed


class Instance(Frozen):
    """A virtual machine; which volumes it has is told by them."""

    id: str
    account_id: str
    region: str
    launched_at: datetime
    reservation_id: str
    instance_type: str
    zone: str
    state: Literal["stopped", "terminated"] = "stopped"
    # Why it is in this state: a code, a colon and a sentence; empty where there is nothing to say.
    state_reason: str = ""
    state_since: datetime | None = None
    architecture: str = "x86_64"
    platform: Literal["windows"] | None = None
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    boot_mode: str | None = None
    root_device_name: str = "/dev/sda1"
    description: str = ""
    groups: tuple[tuple[str, str], ...] = ()  # security groups: id and name
    subnet_id: str | None = None
    vpc_id: str | None = None
    private_ip: str | None = None
    tenancy: str = "default"
    monitored: bool = False
    shutdown_behavior: Literal["stop", "terminate"] = "stop"
    user_data: str | None = None  # base64, as it came
    task_id: str | None = None  # of the import that has made it

    def listed(self, now: datetime) -> bool:
        """Tell whether it is still shown."""
        if self.state != "terminated" or self.state_since is None:
            return True
        return now < self.state_since + SHOWN
