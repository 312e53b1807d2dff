"""SQLAlchemy tables of schema ``media``, and the catalogue view it reads. ``migrations/`` creates them."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData(schema="media")

files = Table(
    "files",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Text),
    Column("since", DateTime(timezone=True)),
    Column("work_tries", SmallInteger),
    Column("work_since", DateTime(timezone=True)),
)

media = Table(
    "media",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text),
    Column("tags", ARRAY(Text)),
    Column("search", Text),
    Column("key", Text, ForeignKey(files.c.key)),
    Column("width", Integer),
    Column("height", Integer),
    Column("placeholder", Text),
    Column("color", Text),
    Column("sha256", Text),
    Column("phash", BigInteger),
    Column("added", DateTime(timezone=True)),
)

media_usage = Table(
    "media_usage",
    metadata,
    Column("media_id", BigInteger),
    Column("volume_count", BigInteger),
    schema="catalog",
)
"""A view of the catalog service: number of volumes per entry. Entries without volumes have no row."""
