"""The room of objects, and how S3 orders keys: by their UTF-8 bytes, which is by code point."""

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from state import tables
from state.objects import Object
from state.rows.room import Columns, Kind, Rows, Stale, Values

LAST = "\U0010ffff"


def _columns(value: Object) -> Columns:
    return {"bucket": value.bucket, "key": value.key, "blob_id": value.blob_id}


KIND = Kind(tables.objects, Object, ("bucket", "key"), _columns)
COLUMNS = tables.objects.c
LIST = (
    select(COLUMNS.document)
    .where(
        COLUMNS.bucket == bindparam("bucket"),
        COLUMNS.key > bindparam("after"),
        COLUMNS.key >= bindparam("first"),
    )
    .order_by(COLUMNS.key)
)
LIST_BEFORE = LIST.where(COLUMNS.key < bindparam("end"))
ANY = select(COLUMNS.bucket).where(COLUMNS.bucket == bindparam("bucket")).limit(1)


def beyond(prefix: str) -> str | None:
    """Return the least text that is above all that begin with prefix; None if there is none."""
    prefix = prefix.rstrip(LAST)
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    # The surrogates are no characters: U+E000 follows U+D7FF.
    return prefix[:-1] + chr(0xE000 if following == 0xD800 else following)


class Objects(Rows[Object]):
    """The objects of all buckets."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def put(self, value: Object) -> Object | None:
        """Keep an object; return the one replaced, whose blob can be removed after the commit.

        Stale if the bucket is gone.
        """
        try:
            replaced = self.get(value.bucket, value.key)
            if replaced is None:
                self.add(value)
            else:
                self.replace(value)
        except IntegrityError as error:
            raise Stale(f"bucket {value.bucket} is gone") from error
        return replaced

    def get(self, bucket: str, key: str) -> Object | None:
        """Return the object with a key."""
        return self._get(bucket, key)

    def remove(self, bucket: str, key: str) -> Object | None:
        """Forget an object; return it, so that its blob can be removed after the commit."""
        return self._remove(bucket, key)

    def any(self, bucket: str) -> bool:
        """Return whether there is an object in a bucket."""
        return self._connection.execute(ANY, {"bucket": bucket}).first() is not None

    def list(
        self,
        bucket: str,
        *,
        prefix: str = "",
        after: str = "",
        after_prefix: str = "",
        limit: int | None = None,
    ) -> Values[Object]:
        """Return objects whose keys begin with prefix, in the order of their keys.

        Only those that come after the key `after`, and after all keys that begin with
        `after_prefix` (a common prefix that is not to be looked into).
        """
        first = prefix
        if after_prefix:
            following = beyond(after_prefix)
            if following is None:
                return []
            first = max(prefix, following)
        end = beyond(prefix)
        statement = LIST if end is None else LIST_BEFORE
        return self._all(
            statement if limit is None else statement.limit(limit),
            {"bucket": bucket, "after": after, "first": first, "end": end},
        )
