"""Roles, policies, what is attached to what, and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make roles, policies, attachments and sessions."""
    op.create_table(
        "roles",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name="roles_key"),
        sa.UniqueConstraint("id", name="roles_id"),
    )
    op.create_table(
        "policies",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name="policies_key"),
    )
    op.create_table(
        "attachments",
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("use", WORD, nullable=False),
        sa.Column("policy_arn", WORD, nullable=False),
        sa.PrimaryKeyConstraint(
            "account_id", "role", "use", "policy_arn", name="attachments_policy"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "role"], ["roles.account_id", "roles.key"], name="attachments_role"
        ),
    )
    op.create_index("attachments_to", "attachments", ["account_id", "policy_arn"])
    op.create_table(
        "sessions",
        sa.Column("access_key_id", WORD, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("access_key_id", name="sessions_access_key"),
    )
    op.create_index("sessions_expiry", "sessions", ["expires_at"])
