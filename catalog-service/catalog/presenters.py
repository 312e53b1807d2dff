"""JSON documents of groups and volumes: their types, and functions that build them from rows."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NotRequired

from sqlalchemy import Row
from typing_extensions import TypedDict

from catalog.rules.default_group import DEFAULT_GROUP
from catalog.schemas.series import SeriesType
from catalog.schemas.volumes import VolumeType
from shared.fields.values import Bit
from shared.web.pagination import PageFacts


class SeriesOfGroup(TypedDict):
    """The series that a group or volume belongs to."""

    id: int
    name: str
    type: SeriesType


class LockHolder(TypedDict):
    """The user that holds an edit lock."""

    id: int
    username: str


class VolumeOfGroup(TypedDict):
    """A volume as an item of the group list."""

    id: int
    name: str
    slug: str
    language: str
    edition_id: int | None
    edition_name: str | None
    special: Bit
    special_name: str | None
    nsfw: Bit
    nsfw18: Bit
    locked_by: LockHolder | None


class Group(TypedDict):
    """A volume group without its volumes."""

    id: int
    name: str
    series_order: int
    series: SeriesOfGroup


class GroupWithVolumes(Group):
    """A volume group; ``volumes`` is omitted if the query sets ``withoutVolumes``."""

    volumes: NotRequired[list[VolumeOfGroup]]


class GroupPage(PageFacts):
    """A page of volume groups."""

    groups: list[GroupWithVolumes]


class GroupNamesPage(PageFacts):
    """A page of volume groups without their volumes."""

    groups: list[Group]


class CreatedGroup(TypedDict):
    """The id of the new group."""

    id: int


class CreatedVolume(TypedDict):
    """The id and slug of the new volume."""

    id: int
    slug: str


class Navigation(TypedDict):
    """A volume's neighbours in reading order, among the volumes of its series, language and edition.

    ``prev`` and ``next`` are ids as text, or slugs if the volume was requested by slug.
    """

    next: str | None
    prev: str | None
    index: int
    count: int


class Link(TypedDict):
    """A web link of a volume."""

    id: int
    url: str
    name: str | None
    src: str | None


class MediaOfVolume(TypedDict):
    """A media library entry attached to a volume."""

    id: int
    name: str
    path: str
    placeholder: str | None
    color: str | None


class VolumeDocument(TypedDict):
    """A full volume. ``placeholder`` (ThumbHash) and ``color`` describe the front cover."""

    id: int
    name: str
    slug: str
    group_id: int
    group_order: int
    series_id: int
    series: SeriesOfGroup
    language: str
    release_date: date | None
    description: str | None
    copyright: str | None
    edition_id: int | None
    edition_name: str | None
    isbn10: str | None
    isbn13: str | None
    type: VolumeType | None
    measures: str | None
    pages: int | None
    rating: float | None
    extras: dict[str, Any] | None
    special: bool
    special_name: str | None
    nsfw: bool
    nsfw18: bool
    three_d: bool
    public: bool
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
    navigation: Navigation
    links: list[Link]
    media: list[MediaOfVolume]


class EditedVolume(VolumeDocument):
    """A full volume with the extra fields that an editing form needs."""

    last_copyright: str | None


def volume_document(
    row: Row[Any], navigation: Navigation, links: Sequence[Row[Any]], media: Sequence[Row[Any]]
) -> VolumeDocument:
    """Return the document of a volume; ``row`` comes from ``store.volumes.one``."""
    return {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "group_id": DEFAULT_GROUP if row.group_id is None else row.group_id,
        "group_order": row.group_order,
        "series_id": row.series_id,
        "series": {"id": row.series_id, "name": row.series_name, "type": row.series_type},
        "language": row.language,
        "release_date": row.release_date,
        "description": row.description,
        "copyright": row.copyright,
        "edition_id": row.edition_id,
        "edition_name": row.edition_name,
        "isbn10": row.isbn10,
        "isbn13": row.isbn13,
        "type": row.type,
        "measures": row.measures,
        "pages": row.pages,
        "rating": row.rating,
        "extras": row.extras,
        "special": row.special,
        "special_name": row.special_name,
        "nsfw": row.nsfw,
        "nsfw18": row.nsfw18,
        "three_d": row.three_d,
        "public": row.public,
        "cover_path": picture_path(row.front_key),
        "back_cover_path": picture_path(row.back_key),
        "spine_cover_path": picture_path(row.spine_key),
        "aspect_ratio": row.aspect_ratio,
        "placeholder": row.front_placeholder,
        "color": row.front_color,
        "back_placeholder": row.back_placeholder,
        "back_color": row.back_color,
        "spine_placeholder": row.spine_placeholder,
        "spine_color": row.spine_color,
        "last_update": row.last_update,
        "navigation": navigation,
        "links": [{"id": link.id, "url": link.url, "name": link.name, "src": link.src} for link in links],
        "media": [_medium(one) for one in media],
    }


def _medium(row: Row[Any]) -> MediaOfVolume:
    return {
        "id": row.id,
        "name": row.name,
        "path": f"{row.key}/high.webp",
        "placeholder": row.placeholder,
        "color": row.color,
    }


def picture_path(key: str | None) -> str | None:
    """Return the storage path of the larger size of picture ``key``, or None without a key."""
    return None if key is None else f"{key}/high.webp"
