"""SQLAlchemy tables and views of schema ``catalog``. ``migrations/`` creates them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

metadata = MetaData(schema="catalog")


def _id() -> Column[Any]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def _copies(columns: Iterable[Column[Any]]) -> list[Column[Any]]:
    """Return copies of ``columns`` for another table."""
    return [Column(column.name, column.type) for column in columns]


files = Table(
    "files",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Text),
    Column("since", DateTime(timezone=True)),
    Column("work_tries", SmallInteger),
    Column("work_since", DateTime(timezone=True)),
)

clients = Table(
    "clients",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("group_count", BigInteger),
)
"""A trigger maintains ``group_count``, the number of groups that are not trashed."""

series = Table(
    "series",
    metadata,
    _id(),
    Column("client_id", BigInteger, ForeignKey(clients.c.id)),
    Column("name", Text),
    Column("name_key", Text),
    Column("sort_name", Text),
    Column("search", Text),
    Column("type", Text),
    Column("slug", Text),
    Column("public", Boolean),
    Column("origin", Text),
    Column("tags", ARRAY(Text)),
    Column("added", DateTime(timezone=True)),
)

series_aliases = Table(
    "series_aliases",
    metadata,
    _id(),
    Column("series_id", BigInteger, ForeignKey(series.c.id)),
    Column("name", Text),
    Column("language", Text),
)

series_descriptions = Table(
    "series_descriptions",
    metadata,
    _id(),
    Column("series_id", BigInteger, ForeignKey(series.c.id)),
    Column("language", Text),
    Column("text", Text),
)

editions = Table(
    "editions",
    metadata,
    _id(),
    Column("series_id", BigInteger, ForeignKey(series.c.id)),
    Column("name", Text),
    Column("publisher", Text),
    Column("language", Text),
)

volume_groups = Table(
    "volume_groups",
    metadata,
    _id(),
    Column("series_id", BigInteger, ForeignKey(series.c.id)),
    Column("client_id", BigInteger),
    Column("name", Text),
    Column("name_key", Text),
    Column("sort_name", Text),
    Column("search", Text),
    Column("place", Integer),
    Column("series_order", Integer),
    Column("trashed_at", DateTime(timezone=True)),
)
"""``place`` includes trashed groups, so they keep their position; ``series_order`` counts live groups."""

volumes = Table(
    "volumes",
    metadata,
    _id(),
    Column("series_id", BigInteger, ForeignKey(series.c.id)),
    Column("group_id", BigInteger, ForeignKey(volume_groups.c.id)),
    Column("group_order", Integer),
    Column("former_group_id", BigInteger),
    Column("former_order", Integer),
    Column("name", Text),
    Column("sort_name", Text),
    Column("search", Text),
    Column("slug", Text),
    Column("language", Text),
    Column("release_date", Date),
    Column("description", Text),
    Column("copyright", Text),
    Column("copyright_since", DateTime(timezone=True)),
    Column("edition_id", BigInteger, ForeignKey(editions.c.id)),
    Column("isbn10", Text),
    Column("isbn13", Text),
    Column("type", Text),
    Column("measures", Text),
    Column("pages", Integer),
    Column("rating", Double),
    Column("extras", JSONB(none_as_null=True)),
    Column("special", Boolean),
    Column("special_name", Text),
    Column("nsfw", Boolean),
    Column("nsfw18", Boolean),
    Column("three_d", Boolean),
    Column("public", Boolean),
    Column("front_key", Text, ForeignKey(files.c.key)),
    Column("back_key", Text, ForeignKey(files.c.key)),
    Column("spine_key", Text, ForeignKey(files.c.key)),
    Column("aspect_ratio", Double),
    *(
        Column(f"{side}_{look}", Text)
        for side in ("front", "back", "spine")
        for look in ("placeholder", "color")
    ),
    Column("added", DateTime(timezone=True)),
    Column("last_update", DateTime(timezone=True)),
)
"""``group_id`` null is the default group -1; ``former_*`` is the volume's position in its trashed group."""

slugs = Table(
    "slugs",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("volume_id", BigInteger, ForeignKey(volumes.c.id)),
    Column("stem", Text),
    Column("number", Integer),
)
"""Every slug a volume has or had: the ``stem``, with ``number`` as a suffix from 2."""

_listed = (
    Column("group_id", BigInteger),
    Column("client_id", BigInteger),
    Column("series_id", BigInteger),
    Column("series_order", Integer),
    Column("sort_name", Text),
    Column("series_sort_name", Text),
    Column("search", Text),
)
_entries = (Column("without_volumes", Text), Column("with_volumes", Text))

group_keys = Table("group_keys", metadata, *_copies(_listed))
"""Sort and search keys of groups that are not trashed. Written by triggers only."""

group_list = Table("group_list", metadata, Column("group_id", BigInteger), *_copies(_entries))
"""A view: the JSON of these groups with and without volumes.

A column that is not selected is not computed."""

trash_list = Table("trash_list", metadata, *_copies(_listed), *_copies(_entries))
"""A view: keys and JSON of the trashed groups. The default groups of all series have the id -1."""

links = Table(
    "links",
    metadata,
    _id(),
    Column("volume_id", BigInteger, ForeignKey(volumes.c.id)),
    Column("url", Text),
    Column("name", Text),
    Column("src", Text),
)

volume_media = Table(
    "volume_media",
    metadata,
    Column("volume_id", BigInteger, ForeignKey(volumes.c.id), primary_key=True),
    Column("media_id", BigInteger, primary_key=True),
)

locks = Table(
    "locks",
    metadata,
    Column("route", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("user_id", BigInteger),
    Column("username", Text),
    Column("expires_at", DateTime(timezone=True)),
)
"""Edit locks. An expired row counts as no lock."""

series_card = Table(
    "series_card",
    metadata,
    Column("id", BigInteger),
    Column("client_id", BigInteger),
    Column("name", Text),
    Column("sort_name", Text),
    Column("type", Text),
    Column("slug", Text),
    Column("public", Boolean),
    Column("origin", Text),
    Column("tags", ARRAY(Text)),
    Column("search", Text),
    Column("aliases", JSONB),
    Column("titles", JSONB),
    Column("descriptions", JSONB),
    Column("description", Text),
    Column("volume", JSONB),
    Column("hidden", Boolean),
)
"""A view that the user service reads too. A column that is not selected is not computed.

``hidden`` decides who may see a series; ``volume`` is the first volume that has a cover and is not hidden."""

volume_card = Table(
    "volume_card",
    metadata,
    Column("id", BigInteger),
    Column("hidden", Boolean),
)
"""A view that the user service reads too; ``hidden`` decides who may see a volume."""

media_card = Table(
    "media_card",
    metadata,
    Column("id", BigInteger),
    Column("name", Text),
    Column("key", Text),
    Column("placeholder", Text),
    Column("color", Text),
    schema="media",
)
"""A view of the media service."""

series_rating_summary = Table(
    "series_rating_summary",
    metadata,
    Column("series_id", BigInteger),
    Column("average_rating", Numeric),
    Column("rating_count", BigInteger),
    schema="users",
)
"""A view of the user service; series without ratings have no row."""
