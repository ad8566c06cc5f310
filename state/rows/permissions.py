"""The room of permissions: who else may use an image or a snapshot.

A user is an account, `all` for everybody, or the ARN of an organization or an organizational unit,
which is remembered and shown but lets nobody in: there are no organizations here. What an owner
withholds from everybody by an account setting, for the time being, is under WITHHELD, not `all`.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, delete, select, update

from state.rows.room import INSERTS
from state.rows.texts import among
from state.tables import permissions

EVERYBODY = "all"
WITHHELD = "all, withheld"

COLUMNS = permissions.c
OF = (
    select(COLUMNS.resource_id, COLUMNS.user)
    .where(among(COLUMNS.resource_id, "resource_ids"))
    .order_by(COLUMNS.sequence)
)
REMOVE = delete(permissions).where(
    COLUMNS.resource_id == bindparam("at_resource_id"), among(COLUMNS.user, "users")
)
CLEAR = delete(permissions).where(COLUMNS.resource_id == bindparam("at_resource_id"))
RENAME = (
    update(permissions)
    .where(COLUMNS.user == bindparam("at_user"), among(COLUMNS.resource_id, "resource_ids"))
    .values(user=bindparam("new_user"))
)
PUT = {dialect: insert(permissions).on_conflict_do_nothing() for dialect, insert in INSERTS.items()}


class Permissions:
    """The permissions on all images and snapshots."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, region: str, resource_id: str, users: Iterable[str]) -> None:
        """Let users use a resource; who may already may still."""
        rows = [{"region": region, "resource_id": resource_id, "user": user} for user in users]
        if rows:
            self._connection.execute(PUT[self._connection.dialect.name], rows)

    def remove(self, resource_id: str, users: Collection[str]) -> None:
        """Take the permission from users; who has none is no matter."""
        self._connection.execute(REMOVE, {"at_resource_id": resource_id, "users": users})

    def clear(self, resource_id: str) -> None:
        """Take all permissions on a resource away."""
        self._connection.execute(CLEAR, {"at_resource_id": resource_id})

    def withhold(self, resource_ids: Collection[str], *, withheld: bool) -> None:
        """Withhold from everybody what is for everybody, or give it to them again."""
        users = (EVERYBODY, WITHHELD) if withheld else (WITHHELD, EVERYBODY)
        parameters = dict(zip(("at_user", "new_user"), users, strict=True))
        self._connection.execute(RENAME, {**parameters, "resource_ids": resource_ids})

    def of(self, resource_ids: Collection[str]) -> dict[str, list[str]]:
        """Return who may use some resources besides their owners, in the order of permission."""
        found: dict[str, list[str]] = {resource_id: [] for resource_id in resource_ids}
        rows = self._connection.execute(OF, {"resource_ids": resource_ids})
        for resource_id, user in rows:
            found[resource_id].append(user)
        return found
