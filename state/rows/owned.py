"""The generic room of what an account owns in a Region: found by id, listed as it was created."""

from collections.abc import Callable, Collection, Iterator
from heapq import merge
from operator import attrgetter

from sqlalchemy import Connection, Table, bindparam, or_, select

from state import tables
from state.rows.permissions import EVERYBODY
from state.rows.room import Columns, Kind, Listing, Numbered, Rows, T
from state.rows.texts import among


class OwnedKind(Kind[T]):
    """A kind whose table has sequence, id, account_id and region."""

    def __init__(self, table: Table, model: type[T], columns: Callable[[T], Columns]) -> None:
        super().__init__(table, model, ("id",), columns)
        column = table.c
        self.list = (
            select(column.sequence, column.document)
            .where(
                column.account_id == bindparam("account_id"),
                column.region == bindparam("region"),
                column.sequence > bindparam("after"),
            )
            .order_by(column.sequence)
        )
        permitted = select(tables.permissions.c.resource_id).where(
            tables.permissions.c.region == bindparam("region"),
            tables.permissions.c.user.in_([bindparam("account_id"), EVERYBODY]),
        )
        self.list_shared = (
            select(column.sequence, column.document)
            .where(
                column.region == bindparam("region"),
                column.account_id != bindparam("account_id"),
                column.sequence > bindparam("after"),
                column.id.in_(permitted),
            )
            .order_by(column.sequence)
        )
        self.usable_ids = select(column.id).where(
            among(column.id, "ids"),
            column.region == bindparam("region"),
            or_(column.account_id == bindparam("account_id"), column.id.in_(permitted)),
        )
        # By id alone: with the owner in it, SQLite walks through all that the owner has.
        self.list_ids = (
            select(column.sequence, column.document, column.account_id, column.region)
            .where(among(column.id, "ids"))
            .order_by(column.sequence)
        )


class Owned(Rows[T]):
    """Values with an id, an account and a Region."""

    def __init__(self, connection: Connection, kind: OwnedKind[T]) -> None:
        super().__init__(connection, kind)
        self._owned = kind

    def get(self, value_id: str) -> T | None:
        """Return the value with an id, whoever owns it."""
        return self._get(value_id)

    def remove(self, value_id: str) -> T | None:
        """Forget a value; return it, so that its bytes can be removed after the commit."""
        return self._remove(value_id)

    def list(
        self,
        account_id: str,
        region: str,
        *,
        ids: Collection[str] | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Listing[T]:
        """Return what an account has in a Region, after a sequence number: all, or some ids."""
        if ids is None:
            owner = {"account_id": account_id, "region": region}
            return self._numbered(self._owned.list.limit(limit), {**owner, "after": after})
        mine = (account_id, region)
        return [each for each, owner in self._some(ids, after) if owner == mine][:limit]

    def usable(
        self,
        account_id: str,
        region: str,
        *,
        ids: Collection[str] | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Listing[T]:
        """Return what an account may use in a Region: what `list` gives, and what is shared."""
        who = {"account_id": account_id, "region": region}
        if ids is None:
            # Two statements: with both in one, SQLite reads all that the owner has for every page.
            own = self.list(account_id, region, after=after, limit=limit)
            shared = self._numbered(self._owned.list_shared.limit(limit), {**who, "after": after})
            return list(merge(own, shared, key=attrgetter("sequence")))[:limit] if shared else own
        usable = self._connection.execute(self._owned.usable_ids, {**who, "ids": ids}).scalars()
        return [each for each, _ in self._some(set(usable), after)][:limit]

    def _some(
        self, ids: Collection[str], after: int
    ) -> Iterator[tuple[Numbered[T], tuple[str, str]]]:
        """Yield the values with some ids after a sequence number, and whose they are."""
        decode = self._owned.decode
        rows = self._connection.execute(self._owned.list_ids, {"ids": ids})
        for sequence, document, account_id, region in rows:
            if sequence > after:
                yield Numbered(sequence, decode(document)), (account_id, region)
