"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make tasks, snapshots, tags, buckets, objects, uploads, parts and leases."""
    op.create_table(
        "tasks",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("kind", WORD, nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("client_token", WORD),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="tasks_id"),
        sa.UniqueConstraint("account_id", "region", "kind", "client_token", name="tasks_token"),
        sqlite_autoincrement=True,
    )
    op.create_index("tasks_owner", "tasks", ["account_id", "region", "sequence"])
    op.create_index("tasks_state", "tasks", ["state", "sequence"])
    op.create_table(
        "snapshots",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("id", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("blob_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="snapshots_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("snapshots_owner", "snapshots", ["account_id", "region", "sequence"])
    op.create_index("snapshots_blob", "snapshots", ["blob_id"])
    op.create_table(
        "tags",
        sa.Column("sequence", NUMBER, sa.Identity(), primary_key=True),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("region", WORD, nullable=False),
        sa.Column("resource_id", WORD, nullable=False),
        sa.Column("key", WORD, nullable=False),
        sa.Column("value", WORD, nullable=False),
        sa.UniqueConstraint("resource_id", "key", name="tags_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("tags_owner", "tags", ["account_id", "region", "sequence"])
    op.create_table(
        "buckets",
        sa.Column("name", WORD, nullable=False),
        sa.Column("account_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="buckets_name"),
    )
    op.create_index("buckets_owner", "buckets", ["account_id", "name"])
    op.create_table(
        "objects",
        sa.Column("bucket", WORD, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("blob_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("bucket", "key", name="objects_key"),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.name"], name="objects_bucket"),
    )
    op.create_index("objects_blob", "objects", ["blob_id"])
    op.create_table(
        "uploads",
        sa.Column("id", WORD, nullable=False),
        sa.Column("bucket", WORD, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="uploads_id"),
        sa.ForeignKeyConstraint(["bucket"], ["buckets.name"], name="uploads_bucket"),
    )
    op.create_index("uploads_key", "uploads", ["bucket", "key", "id"])
    op.create_table(
        "parts",
        sa.Column("upload_id", WORD, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("blob_id", WORD, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "number", name="parts_number"),
        sa.ForeignKeyConstraint(["upload_id"], ["uploads.id"], name="parts_upload"),
    )
    op.create_index("parts_blob", "parts", ["blob_id"])
    op.create_table(
        "leases",
        sa.Column("worker", WORD, nullable=False),
        sa.Column("renewed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("worker", name="leases_worker"),
    )
