"""What is asked for and said about volume groups."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.values import Id, Name, QueryFlag
from shared.web.pagination import PageQuery

GroupOrder = Literal["name-asc", "name-desc", "series-title-asc", "series-title-desc"]


class GroupNamesQuery(PageQuery):
    """Which volume groups, in which order. ``search`` looks at names of groups and series and at aliases."""

    client: Id = Field(description="The front end whose catalogue is meant; an unknown one has none.")
    order: GroupOrder = Field(
        default="series-title-asc",
        description="By series title, groups of one series stay in the order of the series either way.",
    )


class GroupQuery(GroupNamesQuery):
    """Which volume groups, in which order, and how much of them."""

    trash_bin: QueryFlag = Field(
        default=False,
        alias="trashBin",
        description="Show trashed groups instead, and for each series its volumes without a group as group -1.",
    )
    without_volumes: QueryFlag = Field(
        default=False, alias="withoutVolumes", description="Leave the volumes out of the groups."
    )


class GroupFields(BaseModel):
    """A group's name and series."""

    name: Name
    series: Id
