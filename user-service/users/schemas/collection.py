"""Queries and bodies about collections."""

from typing import Literal

from pydantic import BaseModel, Field

from shared.fields.values import Clearable, Id, IsoDate
from shared.web.pagination import PageQuery
from users.rules.prices import Price


class CollectionQuery(PageQuery):
    """Filter and order of a collection. ``search`` covers series names, aliases and volume names."""

    client: Id
    order: Literal["name-asc", "name-desc"] = Field(
        default="name-asc",
        description="By the series' name; within a series always in reading order.",
    )
    user_lang: str = Field(default="", description="Language of the series' `alias`, by name or code.")


class StatsQuery(BaseModel):
    """The client whose catalogue the statistics cover."""

    client: Id


class Purchase(BaseModel):
    """Price and date of a purchase."""

    price: Price
    date: IsoDate


class NewItem(BaseModel):
    """A volume to add to the caller's collection."""

    client: Id = Field(description="The client of the volume's series.")
    price: Clearable[Price] = None
    date: Clearable[IsoDate] = None
