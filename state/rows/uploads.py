"""The room of multipart uploads and their parts."""

from sqlalchemy import Connection, and_, bindparam, delete, or_, select
from sqlalchemy.exc import IntegrityError

from state import tables
from state.objects import Part, Upload
from state.rows.objects import LAST, beyond
from state.rows.room import Columns, Kind, Rows, Stale, Values


def _upload_columns(upload: Upload) -> Columns:
    return {"id": upload.id, "bucket": upload.bucket, "key": upload.key}


def _part_columns(part: Part) -> Columns:
    return {"upload_id": part.upload_id, "number": part.number, "blob_id": part.blob_id}


UPLOAD = Kind(tables.uploads, Upload, ("id",), _upload_columns)
PART = Kind(tables.parts, Part, ("upload_id", "number"), _part_columns)
COLUMNS = tables.uploads.c
LIST = (
    select(COLUMNS.document)
    .where(
        COLUMNS.bucket == bindparam("bucket"),
        COLUMNS.key >= bindparam("prefix"),
        or_(
            COLUMNS.key > bindparam("after_key"),
            and_(COLUMNS.key == bindparam("after_key"), COLUMNS.id > bindparam("after_id")),
        ),
    )
    .order_by(COLUMNS.key, COLUMNS.id)
)
LIST_BEFORE = LIST.where(COLUMNS.key < bindparam("end"))
PARTS = (
    select(tables.parts.c.document)
    .where(tables.parts.c.upload_id == bindparam("upload_id"))
    .order_by(tables.parts.c.number)
)
REMOVE_PARTS = delete(tables.parts).where(tables.parts.c.upload_id == bindparam("at_upload_id"))


class Uploads(Rows[Upload]):
    """The multipart uploads that are under way."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, UPLOAD)
        self._parts = Rows(connection, PART)

    def get(self, upload_id: str) -> Upload | None:
        """Return the upload with an id."""
        return self._get(upload_id)

    def add(self, value: Upload) -> None:
        """Keep a new upload; Duplicate, or Stale if the bucket is gone."""
        try:
            super().add(value)
        except IntegrityError as error:
            raise Stale(f"bucket {value.bucket} is gone") from error

    def remove(self, upload_id: str) -> Values[Part]:
        """Forget an upload; return its parts, whose blobs can be removed after the commit."""
        parts = self.parts(upload_id)
        self._connection.execute(REMOVE_PARTS, {"at_upload_id": upload_id})
        self._remove(upload_id)
        return parts

    def list(
        self,
        bucket: str,
        prefix: str = "",
        after: tuple[str, str] = ("", ""),
        limit: int | None = None,
    ) -> Values[Upload]:
        """Return the uploads to keys that begin with prefix, ordered by key and upload id.

        Only those after a key and upload id; without an upload id, after all to that key.
        """
        end = beyond(prefix)
        key, upload_id = after
        statement = LIST if end is None else LIST_BEFORE
        return self._all(
            statement if limit is None else statement.limit(limit),
            {
                "bucket": bucket,
                "prefix": prefix,
                "after_key": key,
                "after_id": upload_id or LAST,
                "end": end,
            },
        )

    def put_part(self, part: Part) -> Part | None:
        """Keep a part; return the one replaced, so that its blob can be removed after the commit.

        Stale if the upload is gone.
        """
        try:
            replaced = self._parts._get(part.upload_id, part.number)
            if replaced is None:
                self._parts.add(part)
            else:
                self._parts.replace(part)
        except IntegrityError as error:
            raise Stale(f"upload {part.upload_id} is gone") from error
        return replaced

    def part(self, upload_id: str, number: int) -> Part | None:
        """Return one part of an upload."""
        return self._parts._get(upload_id, number)

    def parts(self, upload_id: str) -> Values[Part]:
        """Return the parts of an upload in their order."""
        return self._parts._all(PARTS, {"upload_id": upload_id})
