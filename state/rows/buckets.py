"""The room of buckets."""

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from state import tables
from state.objects import Bucket
from state.rows.room import Columns, Kind, Rows, Stale, Values


def _columns(bucket: Bucket) -> Columns:
    return {"name": bucket.name, "account_id": bucket.account_id}


KIND = Kind(tables.buckets, Bucket, ("name",), _columns)
COLUMNS = tables.buckets.c
LIST = (
    select(COLUMNS.document)
    .where(COLUMNS.account_id == bindparam("account_id"))
    .order_by(COLUMNS.name)
)


class Buckets(Rows[Bucket]):
    """The buckets of all accounts; a name is taken for everybody."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, name: str) -> Bucket | None:
        """Return the bucket with a name."""
        return self._get(name)

    def remove(self, name: str) -> Bucket | None:
        """Forget a bucket; Stale while objects or uploads are in it."""
        try:
            return self._remove(name)
        except IntegrityError as error:
            raise Stale(f"{name} is not empty") from error

    def list(self, account_id: str) -> Values[Bucket]:
        """Return the buckets of an account in the order of their names."""
        return self._all(LIST, {"account_id": account_id})
