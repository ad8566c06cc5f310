"""Instances."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make instances."""
    op.create_table(
        "instances",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="instances_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("instances_owner", "instances", ["account_id", "region", "sequence"])
