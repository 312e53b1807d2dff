"""Documents of the media service: their shapes, and the JSON that PostgreSQL makes of rows."""

from datetime import datetime

from sqlalchemy import ColumnElement, Text, cast, func, select
from typing_extensions import TypedDict

from media.store.tables import media, media_usage
from shared.pages import PageFacts


class Media(TypedDict):
    """An entry of the media library."""

    id: int
    name: str
    path: str
    timestamp: datetime
    tags: list[str]
    volume_count: int
    placeholder: str | None
    color: str | None


class SimilarMedia(Media):
    """An entry that shows the same picture as another; ``distance`` is 0 for the same, and 7 at most."""

    distance: int


class SimilarMediaPage(PageFacts):
    """A page of entries that show the same picture."""

    media: list[SimilarMedia]


class MediaPage(PageFacts):
    """A page of the media library."""

    media: list[Media]


class Created(TypedDict):
    """The id of what has just been made, and of what shows the same picture, the nearest first."""

    id: int
    similar: list[int]


def media_json(distance: ColumnElement[int] | None = None) -> ColumnElement[str]:
    """Return the JSON text of an entry, for a query over ``media``; with its ``distance`` where there is one."""
    usage = select(media_usage.c.volume_count).where(media_usage.c.media_id == media.c.id).scalar_subquery()
    document = func.json_build_object(
        "id", media.c.id,
        "name", media.c.name,
        "path", media.c.key + "/high.webp",
        "timestamp", media.c.added,
        "tags", media.c.tags,
        "volume_count", func.coalesce(usage, 0),
        "placeholder", media.c.placeholder,
        "color", media.c.color,
        *(() if distance is None else ("distance", distance)),
    )  # fmt: skip
    return cast(document, Text)
