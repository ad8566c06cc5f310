"""What was found out about the guests of imports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make reports."""
    op.create_table(
        "reports",
        sa.Column("task_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("task_id", name="reports_task"),
    )
