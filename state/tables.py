"""The tables: key columns to find and order rows by, and one JSON document with the whole value.

    tasks      sequence · id · account, Region · kind · state · attempt · client_token · document
    snapshots  sequence · id · account, Region · blob_id                               · document
    images     sequence · id · account, Region · name                                  · document
    mappings   image_id, snapshot_id
    instances  sequence · id · account, Region · state · client_token                  · document
    hosts      worker                                                                  · document
    volumes    sequence · id · account, Region · client_token                          · document
    layers     owner_id, blob_id
    attached   volume_id, instance_id
    permissions  sequence · Region · resource_id, user
    tags       sequence · account, Region · resource_id, key · value
    accounts   account, Region                                                         · document
    buckets    name · account                                                          · document
    objects    bucket, key · blob_id                                                   · document
    uploads    id · bucket, key                                                        · document
    parts      upload_id, number · blob_id                                             · document
    reports    task_id                                                                 · document
    roles      account, key · id                                                       · document
    policies   account, key                                                            · document
    attachments  account, role, use, policy_arn
    sessions   access_key_id · expires_at                                              · document
    keys       sequence · id · account, Region · deletes_at · material                 · document
    aliases    account, Region, name · key_id                                          · document
    grants     sequence · id · key_id                                                  · document
    lineage    snapshot_id · parent_id · blocks
    network    sequence · id · account, Region · kind · parent                         · document
    key_pairs  sequence · id · account, Region · name                                  · document
    drafts     snapshot_id · account, Region · client_token · journal_id               · document
    secrets    name · material

A mapping says that an image is made of a snapshot; a layer, that a file is one of those that a
volume, or a snapshot of it that is still pending, is made of; a permission, that an account (`all`:
any) may use an image or a snapshot that is not its own; an attachment, that a role has a managed
policy. A sequence number is given at creation and never again: lists are in its order and are paged
by it. S3 keys are kept as their UTF-8 bytes, so that both databases order them as S3 does, and any
character may stand in them. DBOS keeps its own tables beside these (in the schema `dbos` on
PostgreSQL). A change here needs a migration, and HEAD there raised; a test compares the two. A
value may gain members that have a default; to rename or remove one needs a migration, too.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

METADATA = MetaData()


class Utf8(TypeDecorator[str]):
    """Text kept as its UTF-8 bytes: ordered by byte, any character allowed, on every database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encode."""
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decode."""
        return None if value is None else bytes(value).decode()


# Ordered by code point everywhere, not by the locale PostgreSQL was installed with.
WORD = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _sequence() -> Column[int]:
    return Column("sequence", NUMBER, Identity(), primary_key=True)


tasks = Table(
    "tasks",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("client_token", WORD),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="tasks_id"),
    # Without a token (NULL) a task is like no other.
    UniqueConstraint("account_id", "region", "kind", "client_token", name="tasks_token"),
    Index("tasks_owner", "account_id", "region", "sequence"),
    Index("tasks_state", "state", "sequence"),
    sqlite_autoincrement=True,
)

snapshots = Table(
    "snapshots",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("blob_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="snapshots_id"),
    Index("snapshots_owner", "account_id", "region", "sequence"),
    Index("snapshots_blob", "blob_id"),
    sqlite_autoincrement=True,
)

images = Table(
    "images",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("name", WORD, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="images_id"),
    UniqueConstraint("account_id", "region", "name", name="images_name"),
    Index("images_owner", "account_id", "region", "sequence"),
    sqlite_autoincrement=True,
)

mappings = Table(
    "mappings",
    METADATA,
    Column("image_id", WORD, nullable=False),
    Column("snapshot_id", WORD, nullable=False),
    PrimaryKeyConstraint("image_id", "snapshot_id", name="mappings_image"),
    ForeignKeyConstraint(["image_id"], ["images.id"], name="mappings_of"),
    Index("mappings_snapshot", "snapshot_id"),
)

instances = Table(
    "instances",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("document", Text, nullable=False),
    Column("state", WORD),  # of those from before there were any that ran: none
    Column("client_token", WORD),
    UniqueConstraint("id", name="instances_id"),
    Index("instances_owner", "account_id", "region", "sequence"),
    Index("instances_state", "state", "sequence"),
    Index("instances_token", "account_id", "region", "client_token"),
    sqlite_autoincrement=True,
)

volumes = Table(
    "volumes",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("client_token", WORD),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="volumes_id"),
    # Without a token (NULL) a volume is like no other.
    UniqueConstraint("account_id", "region", "client_token", name="volumes_token"),
    Index("volumes_owner", "account_id", "region", "sequence"),
    sqlite_autoincrement=True,
)

layers = Table(
    "layers",
    METADATA,
    Column("owner_id", WORD, nullable=False),
    Column("blob_id", WORD, nullable=False),
    PrimaryKeyConstraint("owner_id", "blob_id", name="layers_owner"),
    Index("layers_blob", "blob_id"),
)

attached = Table(
    "attached",
    METADATA,
    Column("volume_id", WORD, nullable=False),
    Column("instance_id", WORD, nullable=False),
    PrimaryKeyConstraint("volume_id", "instance_id", name="attached_volume"),
    ForeignKeyConstraint(["volume_id"], ["volumes.id"], name="attached_of"),
    Index("attached_instance", "instance_id"),
)

permissions = Table(
    "permissions",
    METADATA,
    _sequence(),
    Column("region", WORD, nullable=False),
    Column("resource_id", WORD, nullable=False),
    Column("user", WORD, nullable=False),
    UniqueConstraint("resource_id", "user", name="permissions_user"),
    Index("permissions_for", "region", "user"),
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    METADATA,
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "region", name="accounts_region"),
)

tags = Table(
    "tags",
    METADATA,
    _sequence(),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("resource_id", WORD, nullable=False),
    Column("key", WORD, nullable=False),
    Column("value", WORD, nullable=False),
    UniqueConstraint("resource_id", "key", name="tags_key"),
    Index("tags_owner", "account_id", "region", "sequence"),
    sqlite_autoincrement=True,
)

buckets = Table(
    "buckets",
    METADATA,
    Column("name", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("name", name="buckets_name"),
    Index("buckets_owner", "account_id", "name"),
)

objects = Table(
    "objects",
    METADATA,
    Column("bucket", WORD, nullable=False),
    Column("key", Utf8, nullable=False),
    Column("blob_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("bucket", "key", name="objects_key"),
    ForeignKeyConstraint(["bucket"], ["buckets.name"], name="objects_bucket"),
    Index("objects_blob", "blob_id"),
)

uploads = Table(
    "uploads",
    METADATA,
    Column("id", WORD, nullable=False),
    Column("bucket", WORD, nullable=False),
    Column("key", Utf8, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("id", name="uploads_id"),
    ForeignKeyConstraint(["bucket"], ["buckets.name"], name="uploads_bucket"),
    Index("uploads_key", "bucket", "key", "id"),
)

parts = Table(
    "parts",
    METADATA,
    Column("upload_id", WORD, nullable=False),
    Column("number", Integer, nullable=False),
    Column("blob_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("upload_id", "number", name="parts_number"),
    ForeignKeyConstraint(["upload_id"], ["uploads.id"], name="parts_upload"),
    Index("parts_blob", "blob_id"),
)

reports = Table(
    "reports",
    METADATA,
    Column("task_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("task_id", name="reports_task"),
)

roles = Table(
    "roles",
    METADATA,
    Column("account_id", WORD, nullable=False),
    Column("key", WORD, nullable=False),  # the name in lower case
    Column("id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "key", name="roles_key"),
    UniqueConstraint("id", name="roles_id"),
)

policies = Table(
    "policies",
    METADATA,
    Column("account_id", WORD, nullable=False),
    Column("key", WORD, nullable=False),  # the name in lower case
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "key", name="policies_key"),
)

attachments = Table(
    "attachments",
    METADATA,
    Column("account_id", WORD, nullable=False),
    Column("role", WORD, nullable=False),  # its key
    Column("use", WORD, nullable=False),
    Column("policy_arn", WORD, nullable=False),
    PrimaryKeyConstraint("account_id", "role", "use", "policy_arn", name="attachments_policy"),
    ForeignKeyConstraint(
        ["account_id", "role"], ["roles.account_id", "roles.key"], name="attachments_role"
    ),
    Index("attachments_to", "account_id", "policy_arn"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("access_key_id", WORD, nullable=False),
    Column("expires_at", Double, nullable=False),  # seconds since 1970
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("access_key_id", name="sessions_access_key"),
    Index("sessions_expiry", "expires_at"),
)

keys = Table(
    "keys",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("deletes_at", Double),  # seconds since 1970; it is as good as gone from then on
    Column("material", LargeBinary, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="keys_id"),
    Index("keys_owner", "account_id", "region", "sequence"),
    Index("keys_deletion", "deletes_at"),
    sqlite_autoincrement=True,
)

aliases = Table(
    "aliases",
    METADATA,
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("name", WORD, nullable=False),
    Column("key_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "region", "name", name="aliases_name"),
    ForeignKeyConstraint(["key_id"], ["keys.id"], name="aliases_of"),
    Index("aliases_key", "key_id"),
)

grants = Table(
    "grants",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("key_id", WORD, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="grants_id"),
    ForeignKeyConstraint(["key_id"], ["keys.id"], name="grants_of"),
    Index("grants_key", "key_id", "sequence"),
    sqlite_autoincrement=True,
)

lineage = Table(
    "lineage",
    METADATA,
    Column("snapshot_id", WORD, nullable=False),
    Column("parent_id", WORD, nullable=False),
    Column("blocks", LargeBinary, nullable=False),
    PrimaryKeyConstraint("snapshot_id", name="lineage_snapshot"),
    Index("lineage_parent", "parent_id"),
)

network = Table(
    "network",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("kind", WORD, nullable=False),
    Column("parent", WORD),  # the VPC, security group or subnet that it is in
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="network_id"),
    Index("network_owner", "account_id", "region", "kind", "sequence"),
    Index("network_parent", "parent", "kind"),
    sqlite_autoincrement=True,
)

key_pairs = Table(
    "key_pairs",
    METADATA,
    _sequence(),
    Column("id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("name", WORD, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("id", name="key_pairs_id"),
    UniqueConstraint("account_id", "region", "name", name="key_pairs_name"),
    Index("key_pairs_owner", "account_id", "region", "sequence"),
    sqlite_autoincrement=True,
)

drafts = Table(
    "drafts",
    METADATA,
    Column("snapshot_id", WORD, nullable=False),
    Column("account_id", WORD, nullable=False),
    Column("region", WORD, nullable=False),
    Column("client_token", WORD),
    Column("journal_id", WORD),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("snapshot_id", name="drafts_snapshot"),
    UniqueConstraint("account_id", "region", "client_token", name="drafts_token"),
    Index("drafts_journal", "journal_id"),
)

secrets = Table(
    "secrets",
    METADATA,
    Column("name", WORD, nullable=False),
    Column("material", LargeBinary, nullable=False),
    PrimaryKeyConstraint("name", name="secrets_name"),
)

leases = Table(
    "leases",
    METADATA,
    Column("worker", WORD, nullable=False),
    Column("renewed_at", Double, nullable=False),  # seconds since 1970, by the database's clock
    PrimaryKeyConstraint("worker", name="leases_worker"),
)

hosts = Table(
    "hosts",
    METADATA,
    Column("worker", WORD, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("worker", name="hosts_worker"),
)

# Every column that names a blob. An upload names the one that its parts are written to: before the
# first of them has a row, too, or a sweep would take the file away from under it.
BLOBS = (
    objects.c.blob_id,
    parts.c.blob_id,
    snapshots.c.blob_id,
    uploads.c.id,
    layers.c.blob_id,
    drafts.c.journal_id,
)
