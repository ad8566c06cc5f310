"""The room of images."""

from sqlalchemy import Connection, bindparam, delete, insert, select

from state import tables
from state.images import Image
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns, Values


def _columns(image: Image) -> Columns:
    return {
        "id": image.id,
        "account_id": image.account_id,
        "region": image.region,
        "name": image.name,
    }


KIND = OwnedKind(tables.images, Image, _columns)
COLUMNS = tables.images.c
MAPPINGS = tables.mappings
MAP = insert(MAPPINGS)
UNMAP = delete(MAPPINGS).where(MAPPINGS.c.image_id == bindparam("at_image_id"))
BY_NAME = select(COLUMNS.document).where(
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
    COLUMNS.name == bindparam("name"),
)
MADE_OF = (
    select(COLUMNS.document)
    .join(MAPPINGS, MAPPINGS.c.image_id == COLUMNS.id)
    .where(MAPPINGS.c.snapshot_id == bindparam("snapshot_id"))
    .order_by(COLUMNS.sequence)
)


class Images(Owned[Image]):
    """The images of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def add(self, value: Image) -> None:
        """Keep a new image; Duplicate if the account has its name in the Region already."""
        super().add(value)
        for snapshot_id in value.snapshot_ids:
            row = {"image_id": value.id, "snapshot_id": snapshot_id}
            self._connection.execute(MAP, row)

    def remove(self, value_id: str) -> Image | None:
        """Forget an image; return it. Its snapshots are left alone."""
        self._connection.execute(UNMAP, {"at_image_id": value_id})
        return super().remove(value_id)

    def by_name(self, account_id: str, region: str, name: str) -> Image | None:
        """Return the image that an account has by a name in a Region."""
        return self._one(BY_NAME, {"account_id": account_id, "region": region, "name": name})

    def made_of(self, snapshot_id: str) -> Values[Image]:
        """Return the images that have a snapshot in their block device mapping."""
        return self._all(MADE_OF, {"snapshot_id": snapshot_id})
