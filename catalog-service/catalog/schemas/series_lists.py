"""Queries of series lists."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.values import Id
from shared.web.pagination import PageQuery

UserLanguage = Field(
    default="",
    description="Language of `alias` and `description`, by English name or ISO 639-1 code. For `interface` or an "
    "unknown language they are the series' own name and its first description.",
)


class LanguageQuery(BaseModel):
    """The language of a series document."""

    user_lang: str = UserLanguage


class SeriesQuery(PageQuery):
    """Filter, order and language of a series list."""

    client: Id
    order: Literal["name-asc", "name-desc", "added-asc", "added-desc"] = "name-asc"
    user_lang: str = UserLanguage
