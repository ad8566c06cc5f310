"""The room of roles."""

from sqlalchemy import Connection, bindparam, func, select

from state import tables
from state.iam import Role
from state.rows.room import Columns, Kind, Rows, Values


def _columns(role: Role) -> Columns:
    return {"account_id": role.account_id, "key": role.key, "id": role.id}


KIND = Kind(tables.roles, Role, ("account_id", "key"), _columns)
COLUMNS = tables.roles.c
OF_ACCOUNT = COLUMNS.account_id == bindparam("account_id")
LIST = select(COLUMNS.document).where(OF_ACCOUNT).order_by(COLUMNS.key)
COUNT = select(func.count()).select_from(tables.roles).where(OF_ACCOUNT)


class Roles(Rows[Role]):
    """The roles of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, account_id: str, name: str) -> Role | None:
        """Return an account's role by its name."""
        return self._get(account_id, name.lower())

    def remove(self, account_id: str, name: str) -> Role | None:
        """Forget a role; what is attached to it is the caller's to remove."""
        return self._remove(account_id, name.lower())

    def list(self, account_id: str) -> Values[Role]:
        """Return an account's roles in the order of their names."""
        return self._all(LIST, {"account_id": account_id})

    def count(self, account_id: str) -> int:
        """Count an account's roles."""
        return self._connection.execute(COUNT, {"account_id": account_id}).scalar_one()
