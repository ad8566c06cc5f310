"""The room of instances."""

from datetime import datetime

from sqlalchemy import Connection

from state import tables
from state.instances import Instance
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns


def _columns(instance: Instance) -> Columns:
    return {"id": instance.id, "account_id": instance.account_id, "region": instance.region}


KIND = OwnedKind(tables.instances, Instance, _columns)


class Instances(Owned[Instance]):
    """The instances of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def terminate(self, instance_id: str, now: datetime, reason: str) -> None:
        """Make an instance a terminated one, if there is one that isn't."""
        found = self.get(instance_id)
        if found is not None and found.state != "terminated":
            ended = {"state": "terminated", "state_reason": reason, "state_since": now}
            self.replace(found.model_copy(update=ended))
