"""The room of volumes."""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, insert, select

from state import tables
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns, Values
from state.rows.texts import among
from state.volumes import Volume


def _columns(volume: Volume) -> Columns:
    return {
        "id": volume.id,
        "account_id": volume.account_id,
        "region": volume.region,
        "client_token": volume.client_token,
    }


KIND = OwnedKind(tables.volumes, Volume, _columns)
COLUMNS = tables.volumes.c
LAYERS = tables.layers
ATTACHED = tables.attached
LAY = insert(LAYERS)
LIFT = delete(LAYERS).where(LAYERS.c.owner_id == bindparam("at_id"))
ATTACH = insert(ATTACHED)
DETACH = delete(ATTACHED).where(ATTACHED.c.volume_id == bindparam("at_id"))
BY_TOKEN = select(COLUMNS.document).where(
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
    COLUMNS.client_token == bindparam("client_token"),
)
OF_INSTANCE = (
    select(COLUMNS.document)
    .join(ATTACHED, ATTACHED.c.volume_id == COLUMNS.id)
    .where(ATTACHED.c.instance_id == bindparam("instance_id"))
    .order_by(COLUMNS.sequence)
)

OF_INSTANCES = (
    select(ATTACHED.c.instance_id, COLUMNS.document)
    .join(ATTACHED, ATTACHED.c.volume_id == COLUMNS.id)
    .where(among(ATTACHED.c.instance_id, "instance_ids"))
    .order_by(COLUMNS.sequence)
)


class Volumes(Owned[Volume]):
    """The volumes of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def add(self, value: Volume) -> None:
        """Keep a new volume; Duplicate if the account has used its client token in the Region."""
        super().add(value)
        self._relate(value)

    def replace(self, value: Volume) -> None:
        """Keep a volume in place of the one with the same id; Stale if there is none."""
        super().replace(value)
        self._unrelate(value.id)
        self._relate(value)

    def remove(self, value_id: str) -> Volume | None:
        """Forget a volume; return it, so that its files can be removed after the commit."""
        self._unrelate(value_id)
        return super().remove(value_id)

    def fail(self, volume_id: str) -> Volume | None:
        """Put a volume that is being created in error; return it as it was, None if it isn't."""
        volume = self.get(volume_id)
        if volume is None or volume.state != "creating":
            return None
        self.replace(volume.model_copy(update={"state": "error", "layers": ()}))
        return volume

    def by_token(self, account_id: str, region: str, client_token: str) -> Volume | None:
        """Return the volume that a client token has made."""
        parameters = {"account_id": account_id, "region": region, "client_token": client_token}
        return self._one(BY_TOKEN, parameters)

    def of_instance(self, instance_id: str) -> Values[Volume]:
        """Return the volumes that are attached to an instance."""
        return self._all(OF_INSTANCE, {"instance_id": instance_id})

    def of_instances(self, instance_ids: Collection[str]) -> dict[str, Values[Volume]]:
        """Return the volumes that are attached to some instances, by their ids."""
        found: dict[str, Values[Volume]] = {each: [] for each in instance_ids}
        rows = self._connection.execute(OF_INSTANCES, {"instance_ids": instance_ids})
        for instance_id, document in rows:
            found[instance_id].append(self._kind.decode(document))
        return found

    def _relate(self, volume: Volume) -> None:
        for layer in volume.files:
            row = {"owner_id": volume.id, "blob_id": layer.blob_id}
            self._connection.execute(LAY, row)
        for attachment in volume.attachments:
            row = {"volume_id": volume.id, "instance_id": attachment.instance_id}
            self._connection.execute(ATTACH, row)

    def _unrelate(self, volume_id: str) -> None:
        self._connection.execute(LIFT, {"at_id": volume_id})
        self._connection.execute(DETACH, {"at_id": volume_id})
