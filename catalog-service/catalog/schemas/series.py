"""Request bodies about series."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field

from catalog.rules.series import _each_once, named_once
from shared.fields.languages import Language
from shared.fields.tags import Tags
from shared.fields.values import Clearable, Flag, Id, LongText, Name, OptionalName, Reference, at_most

SeriesType = Literal["Manga", "Manhwa", "Manhua", "Novel", "Comic", "Other"]

Item = TypeVar("Item")

Parts = Annotated[list[Item], *at_most(1000)]
"""Parts of a series that an edit adds, removes or modifies; null is none."""

_unsent: Any = Field(default=None)
"""A field that keeps its value when it is not sent, and that null cannot clear."""


class NewSeries(BaseModel):
    """A series to be."""

    name: Name
    type: SeriesType
    client: Id
    public: Flag = Field(default=True, description="Else only those with `view-series` see it.")


class NewAlias(BaseModel):
    """Another name of a series."""

    name: Name
    language: Clearable[Language] = None


class NewDescription(BaseModel):
    """What a series is about, in a language that it is not described in yet."""

    language: Language
    text: LongText


class DescriptionChanges(BaseModel):
    """Changes to one description."""

    id: Id
    language: Language = _unsent
    text: LongText = _unsent


class NewEdition(BaseModel):
    """An edition of a series, such as the one of a publisher in one language."""

    name: Name
    publisher: OptionalName = None
    language: Clearable[Language] = None


class EditionChanges(BaseModel):
    """Changes to one edition; null clears publisher and language."""

    id: Id
    name: Name = _unsent
    publisher: OptionalName = None
    language: Clearable[Language] = None


class SeriesChanges(BaseModel):
    """Changes to a series. What is not sent keeps its value."""

    client: Id | None = Field(default=None, description="Where given, the series must belong to this client.")
    name: Name = _unsent
    type: SeriesType = _unsent
    public: Flag = _unsent
    origin: OptionalName = Field(default=None, description="Where the series comes from; null clears it.")
    tags: Tags = Field(default=[], description="Takes the place of all tags the series has.")
    added_aliases: Parts[NewAlias] = []
    removed_aliases: Parts[Reference] = []
    added_descriptions: Parts[NewDescription] = []
    removed_descriptions: Parts[Reference] = []
    modified_descriptions: Parts[DescriptionChanges] = []
    added_editions: Parts[NewEdition] = []
    removed_editions: Parts[Reference] = []
    modified_editions: Parts[EditionChanges] = []

    def columns(self) -> dict[str, Any]:
        """The fields sent that are the series' own."""
        return self.model_dump(include={"name", "type", "public", "origin", "tags"}, exclude_unset=True)


def one_description_a_language(present: Mapping[int, str], changes: SeriesChanges) -> None:
    """Check what ``changes`` make of the descriptions ``present`` (id -> language).

    Removals come first, then modifications, then additions. Raises a 400 that blames the list
    which names a stranger, or which leads to two descriptions in one language.
    """
    named_once("removed_descriptions", changes.removed_descriptions, present)
    removed = set(changes.removed_descriptions)
    languages = {known: language for known, language in present.items() if known not in removed}
    named_once("modified_descriptions", [change.id for change in changes.modified_descriptions], languages)
    for change in changes.modified_descriptions:
        if "language" in change.model_fields_set:
            languages[change.id] = change.language
    kept = list(languages.values())
    _each_once("modified_descriptions", kept)
    _each_once("added_descriptions", kept + [added.language for added in changes.added_descriptions])
