"""Request bodies of series."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field

from catalog.rules.series import check_languages_once, named_once
from shared.fields.languages import Language
from shared.fields.tags import Tags
from shared.fields.values import Clearable, Flag, Id, LongText, Name, OptionalName, Reference, at_most

SeriesType = Literal["Manga", "Manhwa", "Manhua", "Novel", "Comic", "Other"]

Item = TypeVar("Item")

Parts = Annotated[list[Item], *at_most(1000)]
"""List of parts that an edit adds, removes or modifies; null means empty."""

_unsent: Any = Field(default=None)
"""Default of a field that cannot be null; an omitted field keeps its value."""


class NewSeries(BaseModel):
    """A new series."""

    name: Name
    type: SeriesType
    client: Id
    public: Flag = Field(default=True, description="If false, only users with `view-series` see it.")


class NewAlias(BaseModel):
    """Another name of a series."""

    name: Name
    language: Clearable[Language] = None


class NewDescription(BaseModel):
    """A description in a language that has none yet."""

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
    """Changes to a series. Omitted fields keep their values."""

    client: Id | None = Field(default=None, description="If given, the series must belong to this client.")
    name: Name = _unsent
    type: SeriesType = _unsent
    public: Flag = _unsent
    origin: OptionalName = Field(default=None, description="Origin of the series; null clears it.")
    tags: Tags = Field(default=[], description="Replaces all tags of the series.")
    added_aliases: Parts[NewAlias] = []
    removed_aliases: Parts[Reference] = []
    added_descriptions: Parts[NewDescription] = []
    removed_descriptions: Parts[Reference] = []
    modified_descriptions: Parts[DescriptionChanges] = []
    added_editions: Parts[NewEdition] = []
    removed_editions: Parts[Reference] = []
    modified_editions: Parts[EditionChanges] = []

    def columns(self) -> dict[str, Any]:
        """Return the submitted fields that are columns of ``series``."""
        return self.model_dump(include={"name", "type", "public", "origin", "tags"}, exclude_unset=True)


def one_description_a_language(present: Mapping[int, str], changes: SeriesChanges) -> None:
    """Check that ``changes`` leave at most one description per language; ``present`` maps id to language.

    Removals are applied first, then modifications, then additions. Raises a 400 for the list that contains a
    foreign or duplicate id, or that produces a second description in a language.
    """
    named_once("removed_descriptions", changes.removed_descriptions, present)
    removed = set(changes.removed_descriptions)
    languages = {known: language for known, language in present.items() if known not in removed}
    named_once("modified_descriptions", [change.id for change in changes.modified_descriptions], languages)
    for change in changes.modified_descriptions:
        if "language" in change.model_fields_set:
            languages[change.id] = change.language
    kept = list(languages.values())
    check_languages_once("modified_descriptions", kept)
    check_languages_once(
        "added_descriptions", kept + [added.language for added in changes.added_descriptions]
    )
