"""The views of schema ``catalog`` that this service may read, and SQL expressions over them."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from users.store.tables import series_rating_summary as ratings

Columns = Any
"""The ``.c`` of a table or of a subquery."""

_published = MetaData(schema="catalog")

series_card = Table(
    "series_card",
    _published,
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

volume_card = Table(
    "volume_card",
    _published,
    Column("id", BigInteger),
    Column("series_id", BigInteger),
    Column("client_id", BigInteger),
    Column("search", Text),
    Column("series_order", Integer),
    Column("group_order", Integer),
    Column("document", JSON),
    Column("hidden", Boolean),
)
"""``series_order`` is null for volumes without a group."""

HIDDEN_TOO = bindparam("hidden_too", type_=Boolean)
"""True if the reader may see hidden entries; the column ``hidden`` of the views marks those."""


def visible(card: Columns) -> ColumnElement[bool]:
    """Return the condition under which the reader may see the entry of ``card``."""
    return or_(~card.hidden, HIDDEN_TOO)


def hidden_json(id: ColumnElement[Any], own: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """Return the JSON text of a hidden entry: its id, ``hidden`` and the reader's ``own`` fields."""
    return cast(json_object({"id": id, "hidden": true()} | dict(own)), Text)


def json_object(fields: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """Return a ``json_build_object`` of ``fields``. Names go into the SQL unescaped: never take them from input."""
    names: Iterable[ColumnElement[Any]] = (literal_column(f"'{name}'") for name in fields)
    return func.json_build_object(*chain.from_iterable(zip(names, fields.values(), strict=True)))


def language_parameter(*, given: bool) -> BindParameter[str] | None:
    """Return the bound parameter ``language``, None if the query has no language."""
    return bindparam("language", type_=Text) if given else None


def alias(language: BindParameter[str] | None) -> ColumnElement[str]:
    """Return the title of a series in ``language``, or its name if it has none."""
    card = series_card.c
    return card.name if language is None else func.coalesce(card.titles[language].astext, card.name)


def series_fields(language: BindParameter[str] | None) -> dict[str, ColumnElement[Any]]:
    """Return the fields of a series' document, with alias and description in ``language`` if they exist."""
    card = series_card.c
    description: ColumnElement[Any] = card.description
    if language is not None:
        description = func.coalesce(card.descriptions[language].astext, card.description)
    return {
        "id": card.id,
        "name": card.name,
        "type": card.type,
        "slug": card.slug,
        "public": cast(card.public, Integer),
        "origin": card.origin,
        "client": card.client_id,
        "alias": alias(language),
        "aliases": card.aliases,
        "description": description,
        "tags": card.tags,
        "volume": card.volume,
        "average_rating": _rating(ratings.c.average_rating),
        "rating_count": func.coalesce(_rating(ratings.c.rating_count), 0),
    }


def _rating(summary: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(summary).where(ratings.c.series_id == series_card.c.id).scalar_subquery()
