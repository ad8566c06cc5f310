"""Snapshots that are written block by block, and what their block tokens are signed with."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make drafts and secrets."""
    op.create_table(
        "drafts",
        sa.Column("snapshot_id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("client_token", WORD),
        sa.Column("journal_id", WORD),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="drafts_snapshot"),
        sa.UniqueConstraint("account_id", "region", "client_token", name="drafts_token"),
    )
    op.create_index("drafts_journal", "drafts", ["journal_id"])
    op.create_table(
        "secrets",
        sa.Column("name", WORD, nullable=False),
        sa.Column("material", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name", name="secrets_name"),
    )
