"""Volumes, the files that they are made of, and the instances that they are attached to."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make volumes, layers and attached."""
    op.create_table(
        "volumes",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("client_token", WORD),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="volumes_id"),
        sa.UniqueConstraint("account_id", "region", "client_token", name="volumes_token"),
        sqlite_autoincrement=True,
    )
    op.create_index("volumes_owner", "volumes", ["account_id", "region", "sequence"])
    op.create_table(
        "layers",
        sa.Column("owner_id", WORD, nullable=False),
        sa.Column("blob_id", WORD, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "blob_id", name="layers_owner"),
    )
    op.create_index("layers_blob", "layers", ["blob_id"])
    op.create_table(
        "attached",
        sa.Column("volume_id", WORD, nullable=False),
        sa.Column("instance_id", WORD, nullable=False),
        sa.PrimaryKeyConstraint("volume_id", "instance_id", name="attached_volume"),
        sa.ForeignKeyConstraint(["volume_id"], ["volumes.id"], name="attached_of"),
    )
    op.create_index("attached_instance", "attached", ["instance_id"])
