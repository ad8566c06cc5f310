"""Images, what they are made of, who may use them, and what an account has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make images, mappings, permissions and accounts."""
    op.create_table(
        "images",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="images_id"),
        sa.UniqueConstraint("account_id", "region", "name", name="images_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("images_owner", "images", ["account_id", "region", "sequence"])
    op.create_table(
        "mappings",
        sa.Column("image_id", WORD, nullable=False),
        sa.Column("snapshot_id", WORD, nullable=False),
        sa.PrimaryKeyConstraint("image_id", "snapshot_id", name="mappings_image"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="mappings_of"),
    )
    op.create_index("mappings_snapshot", "mappings", ["snapshot_id"])
    op.create_table(
        "permissions",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("region", WORD, nullable=False),
        sa.Column("resource_id", WORD, nullable=False),
        sa.Column("user", WORD, nullable=False),
        sa.UniqueConstraint("resource_id", "user", name="permissions_user"),
        sqlite_autoincrement=True,
    )
    op.create_index("permissions_for", "permissions", ["region", "user"])
    op.create_table(
        "accounts",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "region", name="accounts_region"),
    )
