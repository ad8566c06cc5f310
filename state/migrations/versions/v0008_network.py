"""What instances stand on: VPCs and their parts, security groups, key pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make network and key_pairs."""
    op.create_table(
        "network",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("parent", WORD),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="network_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("network_owner", "network", ["account_id", "region", "kind", "sequence"])
    op.create_index("network_parent", "network", ["parent", "kind"])
    op.create_table(
        "key_pairs",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="key_pairs_id"),
        sa.UniqueConstraint("account_id", "region", "name", name="key_pairs_name"),
        sqlite_autoincrement=True,
    )
    op.create_index("key_pairs_owner", "key_pairs", ["account_id", "region", "sequence"])
