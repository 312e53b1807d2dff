"""Request bodies of volumes."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, HttpUrl, TypeAdapter, WithJsonSchema
from pydantic_core import to_json

from catalog.rules.default_group import DEFAULT_GROUP
from catalog.rules.isbn import Isbn10, Isbn13
from shared.fields.languages import Language
from shared.fields.text import clean
from shared.fields.values import (
    Clearable,
    Flag,
    Id,
    IsoDate,
    Name,
    Number,
    OptionalLongText,
    OptionalName,
    Reference,
    Whole,
    at_most,
    storable,
)

VolumeType = Literal["Softcover", "Hardcover", "Digital"]

MAX_PAGES = 100_000
MAX_RATING = 100
MAX_URL = 2000
MAX_EXTRAS = 20_000
"""Maximum size of ``extras`` as JSON, in bytes."""
MAX_AT_ONCE = 500
"""Maximum number of links or media that one edit adds or removes, per list."""
_MAX_HOST = 300
"""Maximum length of the part between ``http://`` and the path. A domain name has at most 253 characters;
parsing a longer one can be slow."""
_SLASHES = re.compile(r"[/?#\\]+")
_NO_URL = "must be an http or https address"
_http_url = TypeAdapter(HttpUrl)


def _url(given: str) -> str:
    """Check that a link is an http or https URL, and return it unchanged."""
    given = clean(given, MAX_URL)
    # URL parsers remove line breaks and tabs, so they would see another host than the one checked here.
    broken = not {"\t", "\n", "\r"}.isdisjoint(given)
    if broken or any(len(part) > _MAX_HOST for part in _SLASHES.split(given, maxsplit=2)[:2]):
        raise ValueError(_NO_URL)
    try:
        _http_url.validate_python(given)
    except ValueError:
        raise ValueError(_NO_URL) from None
    return given


def _extras(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError("must be an object")
    extras: dict[str, Any] = storable(given, MAX_EXTRAS)
    if len(to_json(extras)) > MAX_EXTRAS:
        raise ValueError(f"must have at most {MAX_EXTRAS} bytes as JSON")
    return extras


def _default_group(value: Any) -> Any:
    # -1 is not a valid id elsewhere, but an editing form sends it back for a volume without a group.
    return None if value in (DEFAULT_GROUP, str(DEFAULT_GROUP)) else value


def _some_group(value: Any) -> Any:
    if value is None:
        raise ValueError("must not be null")
    return value


TargetGroup = Annotated[
    Id | None,
    BeforeValidator(_default_group),
    BeforeValidator(_some_group),
    WithJsonSchema({"type": "integer", "examples": [1]}),
]
"""A group id; None is the default group -1."""

Url = Annotated[
    str,
    AfterValidator(_url),
    WithJsonSchema(
        {"type": "string", "format": "uri", "maxLength": MAX_URL, "examples": ["https://example.com/"]}
    ),
]
Extras = Annotated[dict[str, Any], BeforeValidator(_extras)]
_References = Annotated[list[Reference], *at_most(MAX_AT_ONCE)]
_kept: Any = Field(default=None)
"""Default of a field that cannot be null; an omitted field keeps its value."""


class NewVolume(BaseModel):
    """A new volume."""

    name: Name
    group: Id
    language: Language
    edition: Clearable[Id] = Field(default=None, description="An edition of the group's series.")
    public: Flag = Field(default=False, description="If false, only users with `view-volumes` see it.")


class NewLink(BaseModel):
    """A new web link of a volume."""

    url: Url
    name: OptionalName = None
    src: OptionalName = None


class VolumeChanges(BaseModel):
    """Changes to a volume. Omitted fields keep their values; null clears optional fields."""

    name: Name = _kept
    group: TargetGroup = Field(
        default=None, description="Moves the volume to the end of that group, and to its series."
    )
    language: Language = _kept
    release_date: Clearable[IsoDate] = None
    description: OptionalLongText = None
    copyright: OptionalLongText = None
    edition: Clearable[Id] = Field(default=None, description="An edition of the volume's series.")
    extras: Clearable[Extras] = None
    isbn10: Clearable[Isbn10] = None
    isbn13: Clearable[Isbn13] = None
    type: Clearable[VolumeType] = None
    measures: OptionalName = None
    pages: Clearable[Annotated[Whole, Field(le=MAX_PAGES)]] = None
    rating: Clearable[Annotated[Number, Field(ge=0, le=MAX_RATING)]] = None
    special: Flag = _kept
    special_name: OptionalName = None
    nsfw: Flag = _kept
    nsfw18: Flag = _kept
    three_d: Flag = _kept
    public: Flag = _kept
    added_links: Annotated[list[NewLink], *at_most(MAX_AT_ONCE)] = []
    removed_links: _References = []
    added_media: _References = []
    removed_media: _References = []

    @property
    def moves(self) -> bool:
        """True if a group was submitted."""
        return "group" in self.model_fields_set

    def columns(self) -> dict[str, Any]:
        """Return the submitted fields that are columns of ``volumes``, by column name."""
        others = {"group", "edition", "added_links", "removed_links", "added_media", "removed_media"}
        columns = self.model_dump(exclude=others, exclude_unset=True)
        return columns | ({"edition_id": self.edition} if "edition" in self.model_fields_set else {})
