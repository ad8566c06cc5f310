"""Instances that run, and the workers that run them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Tell what state instances are in and what tokens they were made by; make hosts."""
    op.add_column("instances", sa.Column("state", WORD))
    op.add_column("instances", sa.Column("client_token", WORD))
    op.create_index("instances_state", "instances", ["state", "sequence"])
    op.create_index("instances_token", "instances", ["account_id", "region", "client_token"])
    op.create_table(
        "hosts",
        sa.Column("worker", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="hosts_worker"),
    )
