"""Queries and bodies of the media library."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.tags import Tags
from shared.fields.values import Name
from shared.web.pagination import PageQuery


class MediaQuery(PageQuery):
    """Which entries to list, in which order."""

    order: Literal["added-asc", "added-desc"] = Field(default="added-desc", description="By time of upload.")


class MediaChanges(BaseModel):
    """What an entry is called and filed under."""

    name: Name
    tags: Tags
