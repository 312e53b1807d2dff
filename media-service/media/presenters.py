"""Documents of the media service: their shapes, and the JSON that PostgreSQL makes of rows."""

from datetime import datetime

from typing_extensions import TypedDict

from shared.web.pagination import PageFacts


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
