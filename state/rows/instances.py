"""The room of instances."""

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.instances import BUSY, Instance
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns, Values


def _columns(instance: Instance) -> Columns:
    return {
        "id": instance.id,
        "account_id": instance.account_id,
        "region": instance.region,
        "state": instance.state,
        "client_token": instance.client_token,
    }


KIND = OwnedKind(tables.instances, Instance, _columns)
COLUMNS = tables.instances.c
ALL_BUSY = select(COLUMNS.document).where(COLUMNS.state.in_(BUSY)).order_by(COLUMNS.sequence)
BY_TOKEN = (
    select(COLUMNS.document)
    .where(
        COLUMNS.account_id == bindparam("account_id"),
        COLUMNS.region == bindparam("region"),
        COLUMNS.client_token == bindparam("client_token"),
    )
    .order_by(COLUMNS.sequence)
)


class Instances(Owned[Instance]):
    """The instances of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def busy(self) -> Values[Instance]:
        """Return the instances of all accounts that run, or are to start or to end."""
        return self._all(ALL_BUSY, {})

    def by_token(self, account_id: str, region: str, client_token: str) -> Values[Instance]:
        """Return the instances that a client token has made."""
        parameters = {"account_id": account_id, "region": region, "client_token": client_token}
        return self._all(BY_TOKEN, parameters)
