"""Queries of lists of series."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.values import Id
from shared.web.pagination import PageQuery

UserLanguage = Field(
    default="",
    description="Language of `alias` and `description`, by English name or ISO 639-1 code. `interface` or an "
    "unknown one gives the series' own name and its first description.",
)


class LanguageQuery(BaseModel):
    """In which language a series is shown."""

    user_lang: str = UserLanguage


class SeriesQuery(PageQuery):
    """Which series to list, in which order and language."""

    client: Id
    order: Literal["name-asc", "name-desc", "added-asc", "added-desc"] = "name-asc"
    user_lang: str = UserLanguage
