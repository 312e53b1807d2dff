"""SQLAlchemy tables and views of schema ``users``. ``migrations/`` creates them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(schema="users")

files = Table(
    "files",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Text),
    Column("since", DateTime(timezone=True)),
    Column("work_tries", SmallInteger),
    Column("work_since", DateTime(timezone=True)),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("username", Text),
    Column("slug", Text, Computed("lower(username)", persisted=True)),
    Column("sort_name", Text),
    Column("password_hash", Text),
    Column("password_version", Integer),
    Column("profile_key", Text, ForeignKey(files.c.key)),
    Column("profile_url", Text),
    Column("profile_placeholder", Text),
    Column("profile_color", Text),
    Column("image_version", Integer),
    Column("registered", DateTime(timezone=True)),
    Column("age_verified", Boolean),
    Column("settings", JSONB),
)

permissions = Table("permissions", metadata, Column("name", Text, primary_key=True))

roles = Table(
    "roles",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text),
    Column("description", Text),
)

role_permissions = Table(
    "role_permissions",
    metadata,
    Column("role_id", BigInteger, ForeignKey(roles.c.id), primary_key=True),
    Column("permission", Text, ForeignKey(permissions.c.name), primary_key=True),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("user_id", BigInteger, ForeignKey(users.c.id), primary_key=True),
    Column("role_id", BigInteger, ForeignKey(roles.c.id), primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger),
    Column("user_id", BigInteger, ForeignKey(users.c.id)),
    Column("password_version", Integer),
    Column("generation", Integer),
    Column("rotated_at", DateTime(timezone=True)),
    Column("created", DateTime(timezone=True)),
    Column("last_seen", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("address", Text),
    Column("device", Text),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("bucket", Text),
    Column("expires_at", DateTime(timezone=True)),
)

reading_statuses = Table(
    "reading_statuses",
    metadata,
    Column("user_id", BigInteger, ForeignKey(users.c.id), primary_key=True),
    Column("series_id", BigInteger, primary_key=True),
    Column("client_id", BigInteger),
    Column("series_sort_name", Text),
    Column("visibility", Text),
    Column("status", Text),
    Column("progress", BigInteger),
    Column("progress_type", Text),
    Column("score", Double),
    Column("priority", Text),
    Column("reread", BigInteger),
    Column("start_date", Date),
    Column("end_date", Date),
    Column("notes", Text),
    Column("last_update", DateTime(timezone=True)),
)

series_ratings = Table(
    "series_ratings",
    metadata,
    Column("user_id", BigInteger, ForeignKey(users.c.id), primary_key=True),
    Column("series_id", BigInteger, primary_key=True),
    Column("rating", Numeric(3, 1)),
)

collection_items = Table(
    "collection_items",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("user_id", BigInteger, ForeignKey(users.c.id)),
    Column("volume_id", BigInteger),
    Column("series_id", BigInteger),
    Column("client_id", BigInteger),
    Column("series_sort_name", Text),
    Column("price", Numeric(12, 2)),
    Column("buy_date", Date),
)

active_session = Table(
    "active_session",
    metadata,
    Column("session_id", Text),
    Column("user_id", BigInteger),
    Column("username", Text),
    Column("permissions", ARRAY(Text)),
)
"""A view: sessions neither ended nor expired. ``user_id`` is null if the user has been deleted."""

series_rating_summary = Table(
    "series_rating_summary",
    metadata,
    Column("series_id", BigInteger),
    Column("average_rating", Numeric),
    Column("rating_count", BigInteger),
)
"""A view: average and number of ratings of each series that has any."""
