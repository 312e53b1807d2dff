"""Series as JSON, built by PostgreSQL."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Text,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from catalog.series_presenters import Language
from catalog.store.tables import series_aliases, series_card, series_descriptions
from catalog.store.tables import series_rating_summary as ratings

_card = series_card.c


def series_json(language: Language) -> ColumnElement[str]:
    """Return the JSON text of a ``SeriesDocument``, for a query over ``series_card``."""
    return _text(_fields(language))


def details_json(language: Language) -> ColumnElement[str]:
    """Return the JSON text of a ``SeriesDetails``, for a query over ``series_card``."""
    flags = {name: cast(cast(_card.volume[name].astext, Integer), Boolean) for name in ("nsfw", "nsfw18")}
    return _text(
        _fields(language)
        | {
            "public": _card.public,
            "aliases": _parts(_object(series_aliases, "id", "name", "language"), series_aliases),
            "descriptions": _parts(
                _object(series_descriptions, "id", "language", "text"), series_descriptions
            ),
            "volume": _card.volume.concat(func.jsonb_build_object(*chain.from_iterable(flags.items()))),
        }
    )


def _fields(language: Language) -> dict[str, ColumnElement[Any]]:
    """Return the fields of a series document. Title and description fall back to the series' own."""
    alias: ColumnElement[Any] = _card.name
    description: ColumnElement[Any] = _card.description
    if language is not None:
        alias = func.coalesce(_card.titles[language].astext, _card.name)
        description = func.coalesce(_card.descriptions[language].astext, _card.description)
    return {
        "id": _card.id,
        "name": _card.name,
        "type": _card.type,
        "slug": _card.slug,
        "public": cast(_card.public, Integer),
        "origin": _card.origin,
        "client": _card.client_id,
        "alias": alias,
        "aliases": _card.aliases,
        "description": description,
        "tags": _card.tags,
        "volume": _card.volume,
        "average_rating": _rating(ratings.c.average_rating),
        "rating_count": func.coalesce(_rating(ratings.c.rating_count), 0),
    }


def _rating(summary: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(summary).where(ratings.c.series_id == _card.id).scalar_subquery()


def _parts(document: ColumnElement[Any], table: Any) -> ColumnElement[Any]:
    """Return the series' rows of ``table`` as a JSON array, in order of creation."""
    in_order = func.jsonb_agg(aggregate_order_by(document, table.c.id))
    rows = select(func.coalesce(in_order, literal_column("'[]'::jsonb", JSONB)))
    return rows.where(table.c.series_id == _card.id).scalar_subquery()


def _object(table: Any, *names: str) -> ColumnElement[Any]:
    return func.jsonb_build_object(*chain.from_iterable((name, table.c[name]) for name in names))


def _text(fields: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    return cast(func.json_build_object(*chain.from_iterable(fields.items())), Text)
