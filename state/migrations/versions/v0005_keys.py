"""Keys of KMS, their aliases and their grants."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make keys, aliases and grants."""
    op.create_table(
        "keys",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("deletes_at", sa.Double),
        sa.Column("material", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="keys_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("keys_owner", "keys", ["account_id", "region", "sequence"])
    op.create_index("keys_deletion", "keys", ["deletes_at"])
    op.create_table(
        "aliases",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("key_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "region", "name", name="aliases_name"),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="aliases_of"),
    )
    op.create_index("aliases_key", "aliases", ["key_id"])
    op.create_table(
        "grants",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("key_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="grants_id"),
        sa.ForeignKeyConstraint(["key_id"], ["keys.id"], name="grants_of"),
        sqlite_autoincrement=True,
    )
    op.create_index("grants_key", "grants", ["key_id", "sequence"])
