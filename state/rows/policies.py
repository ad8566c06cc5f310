"""The room of managed policies, those that accounts make themselves."""

from sqlalchemy import Connection, bindparam, func, select

from state import tables
from state.iam import Policy
from state.rows.room import Columns, Kind, Rows, Values


def _columns(policy: Policy) -> Columns:
    return {"account_id": policy.account_id, "key": policy.key}


# Five versions of a document each: a few are remembered.
KIND = Kind(tables.policies, Policy, ("account_id", "key"), _columns, remembered=1024)
COLUMNS = tables.policies.c
OF_ACCOUNT = COLUMNS.account_id == bindparam("account_id")
LIST = select(COLUMNS.document).where(OF_ACCOUNT).order_by(COLUMNS.key)
COUNT = select(func.count()).select_from(tables.policies).where(OF_ACCOUNT)


class Policies(Rows[Policy]):
    """The managed policies of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, account_id: str, name: str) -> Policy | None:
        """Return an account's policy by its name."""
        return self._get(account_id, name.lower())

    def remove(self, account_id: str, name: str) -> Policy | None:
        """Forget a policy."""
        return self._remove(account_id, name.lower())

    def list(self, account_id: str) -> Values[Policy]:
        """Return an account's policies in the order of their names."""
        return self._all(LIST, {"account_id": account_id})

    def count(self, account_id: str) -> int:
        """Count an account's policies."""
        return self._connection.execute(COUNT, {"account_id": account_id}).scalar_one()
