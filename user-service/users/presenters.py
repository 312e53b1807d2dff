"""Types of the documents of reading, ratings and collections. The queries in ``store/`` build their JSON."""

from datetime import date, datetime
from typing import Any, Literal

from typing_extensions import TypedDict

from shared.fields.values import Bit
from shared.web.pagination import PageFacts

Visibility = Literal["private", "public"]
Status = Literal["started", "completed", "paused", "dropped"]
ProgressType = Literal["chapters", "volumes"]
Priority = Literal["low", "mid", "high"]


class ReadingEntry(TypedDict):
    """A reader's own entry about a series."""

    user_id: int
    series_id: int
    visibility: Visibility
    status: Status
    progress: int
    progress_type: ProgressType
    score: float | None
    priority: Priority
    reread: int
    start: date | None
    end: date | None
    notes: str | None
    last_update: datetime


class SeriesPicture(TypedDict):
    """The first volume of a series that has a cover and is not hidden."""

    id: int
    cover_path: str
    nsfw: Bit
    nsfw18: Bit
    aspect_ratio: float | None
    placeholder: str | None
    color: str | None


ReadSeries = TypedDict(
    "ReadSeries",
    {
        "id": int,
        "name": str,
        "type": str,
        "slug": str,
        "public": Bit,
        "origin": str | None,
        "client": int,
        "alias": str,
        "aliases": list[str],
        "description": str | None,
        "tags": list[str],
        "volume": SeriesPicture | None,
        "average_rating": float | None,
        "rating_count": int,
        "reading-history": ReadingEntry,
    },
)
ReadSeries.__doc__ = "A series in a reading history, with the reader's own entry about it."


HiddenSeries = TypedDict(
    "HiddenSeries", {"id": int, "hidden": Literal[True], "reading-history": ReadingEntry}
)
HiddenSeries.__doc__ = "A series in a reading history that the reader may no longer see."


class ReadingHistory(PageFacts):
    """A page of a reading history."""

    series: list[ReadSeries | HiddenSeries]


class Rating(TypedDict):
    """A reader's rating of a series."""

    rating: float
    user_id: int
    series_id: int


class SeriesOfVolume(TypedDict):
    """The series of a volume. ``alias`` is its title in the requested language."""

    id: int
    name: str
    type: str
    alias: str


class CollectionEntry(TypedDict):
    """A collector's own entry about a volume."""

    item_id: int
    buy_date: date | None
    price: float | None


class CollectedVolume(TypedDict):
    """A volume in a collection."""

    id: int
    name: str
    slug: str
    group_id: int
    group_order: int
    series_id: int
    language: str
    release_date: date | None
    description: str | None
    copyright: str | None
    edition_id: int | None
    edition_name: str | None
    isbn10: str | None
    isbn13: str | None
    type: str | None
    measures: str | None
    pages: int | None
    rating: float | None
    extras: dict[str, Any] | None
    special: Bit
    special_name: str | None
    nsfw: Bit
    nsfw18: Bit
    three_d: Bit
    public: Bit
    cover_path: str | None
    back_cover_path: str | None
    spine_cover_path: str | None
    aspect_ratio: float | None
    placeholder: str | None
    color: str | None
    back_placeholder: str | None
    back_color: str | None
    spine_placeholder: str | None
    spine_color: str | None
    last_update: datetime
    series: SeriesOfVolume
    collection: CollectionEntry


class HiddenVolume(TypedDict):
    """A volume in a collection that the collector may no longer see."""

    id: int
    hidden: Literal[True]
    collection: CollectionEntry


class Collection(PageFacts):
    """A page of a collection."""

    volumes: list[CollectedVolume | HiddenVolume]


class CollectionStats(TypedDict):
    """Number of items in a collection, their total price, and the first and last purchase (null without dates)."""

    total_items: int
    total_spent: float
    first_buy: date | None
    last_buy: date | None


class CreatedItem(TypedDict):
    """The id of an item just added to a collection."""

    id: int
