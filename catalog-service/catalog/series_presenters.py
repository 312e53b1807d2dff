"""Types of series documents. ``store.series_json`` builds their JSON in PostgreSQL."""

from sqlalchemy import BindParameter
from typing_extensions import TypedDict

from catalog.schemas.series import SeriesType
from shared.fields.values import Bit
from shared.web.pagination import PageFacts

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
    """A series as a list item; ``alias`` is its title in the requested language."""

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
    """A description of a series in one language."""

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
    """A series with all details, for an editing form."""

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
    """The id and slug of the new series."""

    id: int
    slug: str
