"""The room of tags: any resource of EC2 may have some."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from state.rows.room import INSERTS, Insert, Listing, Numbered
from state.rows.texts import among
from state.tables import tags

OF = (
    select(tags.c.resource_id, tags.c.key, tags.c.value)
    .where(among(tags.c.resource_id, "resource_ids"))
    .order_by(tags.c.sequence)
)
LIST = (
    select(tags.c.sequence, tags.c.resource_id, tags.c.key, tags.c.value)
    .where(
        tags.c.account_id == bindparam("account_id"),
        tags.c.region == bindparam("region"),
        tags.c.sequence > bindparam("after"),
    )
    .order_by(tags.c.sequence)
)
REMOVE = delete(tags).where(
    tags.c.account_id == bindparam("at_account_id"),
    tags.c.region == bindparam("at_region"),
    tags.c.resource_id == bindparam("at_resource_id"),
)
REMOVE_KEY = REMOVE.where(tags.c.key == bindparam("at_key"))
REMOVE_VALUE = REMOVE_KEY.where(tags.c.value == bindparam("at_value"))


def _upsert(insert: Insert) -> Insert:
    return insert.on_conflict_do_update(
        index_elements=["resource_id", "key"], set_={"value": insert.excluded.value}
    )


PUT = {dialect: _upsert(insert(tags)) for dialect, insert in INSERTS.items()}


class TagRow(NamedTuple):
    """One tag of one resource."""

    resource_id: str
    key: str
    value: str


class Tags:
    """The tags of all accounts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, account_id: str, region: str, resource_id: str, tags: Mapping[str, str]) -> None:
        """Give a resource some tags; a key that it has already gets the new value."""
        owner = {"account_id": account_id, "region": region, "resource_id": resource_id}
        statement = PUT[self._connection.dialect.name]
        for key, value in tags.items():
            self._connection.execute(statement, {**owner, "key": key, "value": value})

    def remove(
        self,
        account_id: str,
        region: str,
        resource_id: str,
        keys: Mapping[str, str | None] | None = None,
    ) -> None:
        """Take tags from a resource: all, or some keys, or a key only if it has the value given."""
        owner = {"at_account_id": account_id, "at_region": region, "at_resource_id": resource_id}
        if keys is None:
            self._connection.execute(REMOVE, owner)
            return
        for key, value in keys.items():
            statement = REMOVE_KEY if value is None else REMOVE_VALUE
            parameters = {**owner, "at_key": key}
            if value is not None:
                parameters["at_value"] = value
            self._connection.execute(statement, parameters)

    def of(self, resource_ids: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the tags of some resources; an empty dict for one without."""
        found: dict[str, dict[str, str]] = {resource_id: {} for resource_id in resource_ids}
        rows = self._connection.execute(OF, {"resource_ids": resource_ids})
        for resource_id, key, value in rows:
            found[resource_id][key] = value
        return found

    def list(
        self, account_id: str, region: str, after: int = 0, limit: int | None = None
    ) -> Listing[TagRow]:
        """Return the tags of an account and Region that come after a sequence number."""
        rows = self._connection.execute(
            LIST if limit is None else LIST.limit(limit),
            {"account_id": account_id, "region": region, "after": after},
        )
        return [Numbered(sequence, TagRow(*tag)) for sequence, *tag in rows]
