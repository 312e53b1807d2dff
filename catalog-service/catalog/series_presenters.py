"""Documents of series: their shapes, and the JSON that PostgreSQL makes of rows."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from sqlalchemy import (
    BindParameter,
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
from typing_extensions import TypedDict

from catalog.rules.series import SeriesType
from catalog.store.tables import series_aliases, series_card, series_descriptions
from catalog.store.tables import series_rating_summary as ratings
from shared.pages import PageFacts
from shared.values import Bit

Language = str | BindParameter[str] | None


class Picture(TypedDict):
    """The first volume of a series, in reading order, that has a cover and is not hidden."""

    id: int
    cover_path: str
    nsfw: Bit
    nsfw18: Bit
    aspect_ratio: float | None
    placeholder: str | None
    color: str | None


class SeriesDocument(TypedDict):
    """A series as lists show it; ``alias`` is its title in the language asked for."""

    id: int
    name: str
    type: SeriesType
    slug: str
    public: Bit
    origin: str | None
    client: int
    alias: str
    aliases: list[str]
    description: str | None
    tags: list[str]
    volume: Picture | None
    average_rating: float | None
    rating_count: int


class SeriesPage(PageFacts):
    """A page of a client's series."""

    series: list[SeriesDocument]


class Alias(TypedDict):
    """Another name of a series."""

    id: int
    name: str
    language: str | None


class Description(TypedDict):
    """What a series is about, in one language."""

    id: int
    language: str
    text: str


class PictureDetails(TypedDict):
    """The first volume of a series, in reading order, that has a cover and is not hidden."""

    id: int
    cover_path: str
    nsfw: bool
    nsfw18: bool
    aspect_ratio: float | None
    placeholder: str | None
    color: str | None


class SeriesDetails(TypedDict):
    """A series as its editor is filled from it."""

    id: int
    name: str
    type: SeriesType
    slug: str
    public: bool
    origin: str | None
    client: int
    alias: str
    aliases: list[Alias]
    description: str | None
    descriptions: list[Description]
    tags: list[str]
    volume: PictureDetails | None
    average_rating: float | None
    rating_count: int


class Edition(TypedDict):
    """An edition of a series."""

    id: int
    name: str
    publisher: str | None
    language: str | None


class CreatedSeries(TypedDict):
    """The id and slug of a series that has just been added."""

    id: int
    slug: str


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
    """The fields of a series' document, title and description in ``language`` where there are such."""
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
    """The rows of ``table`` that belong to the series, as an array in the order they were added."""
    in_order = func.jsonb_agg(aggregate_order_by(document, table.c.id))
    rows = select(func.coalesce(in_order, literal_column("'[]'::jsonb", JSONB)))
    return rows.where(table.c.series_id == _card.id).scalar_subquery()


def _object(table: Any, *names: str) -> ColumnElement[Any]:
    return func.jsonb_build_object(*chain.from_iterable((name, table.c[name]) for name in names))


def _text(fields: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    return cast(func.json_build_object(*chain.from_iterable(fields.items())), Text)
