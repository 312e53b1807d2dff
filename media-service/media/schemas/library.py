"""Queries and request bodies of the media library."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.tags import Tags
from shared.fields.values import Name
from shared.web.pagination import PageQuery


class MediaQuery(PageQuery):
    """Filter and order of the media list."""

    order: Literal["added-asc", "added-desc"] = Field(default="added-desc", description="By time of upload.")


class MediaChanges(BaseModel):
    """New name and tags of an entry."""

    name: Name
    tags: Tags
