"""The tables of schema ``media`` and the view it reads, as queries name them; see ``migrations/``."""

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
"""A view the catalogue publishes: how many volumes show an entry; no row where none does."""
