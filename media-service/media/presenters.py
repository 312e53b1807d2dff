"""Types of the media service's documents. ``store.media_json`` builds their JSON in PostgreSQL."""

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
    """An entry similar to another; ``distance`` counts different hash bits, from 0 (identical) to 7."""

    distance: int


class SimilarMediaPage(PageFacts):
    """A page of similar entries."""

    media: list[SimilarMedia]


class MediaPage(PageFacts):
    """A page of the media library."""

    media: list[Media]


class Created(TypedDict):
    """The id of the new entry, and the ids of similar entries, nearest first."""

    id: int
    similar: list[int]
