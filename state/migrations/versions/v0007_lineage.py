"""Which snapshot was made on top of which."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make lineage."""
    op.create_table(
        "lineage",
        sa.Column("snapshot_id", WORD, nullable=False),
        sa.Column("parent_id", WORD, nullable=False),
        sa.Column("blocks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="lineage_snapshot"),
    )
    op.create_index("lineage_parent", "lineage", ["parent_id"])
