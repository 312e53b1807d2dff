"""Queries and request bodies of volume groups."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.values import Id, Name, QueryFlag
from shared.web.pagination import PageQuery

GroupOrder = Literal["name-asc", "name-desc", "series-title-asc", "series-title-desc"]


class GroupNamesQuery(PageQuery):
    """Filter and order of a group list. ``search`` matches names of groups and series, and aliases."""

    client: Id = Field(
        description="The front end that owns the catalogue. An unknown id has an empty catalogue."
    )
    order: GroupOrder = Field(
        default="series-title-asc",
        description="Sorted by series title, the groups of a series keep their own order in both directions.",
    )


class GroupQuery(GroupNamesQuery):
    """Filter, order and level of detail of a group list."""

    trash_bin: QueryFlag = Field(
        default=False,
        alias="trashBin",
        description="List trashed groups instead, and each series' volumes without a group as group -1.",
    )
    without_volumes: QueryFlag = Field(
        default=False, alias="withoutVolumes", description="Omit the volumes of each group."
    )


class GroupFields(BaseModel):
    """A group's name and series."""

    name: Name
    series: Id
