"""Request bodies that reorder items."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, FailFast, Field

from shared.fields.values import Id

MAX_POSITIONS = 10_000
"""Maximum number of ids in one request."""


def _each_once(ids: list[int]) -> list[int]:
    if len(set(ids)) != len(ids):
        raise ValueError("must not name anything twice")
    return ids


class NewOrder(BaseModel):
    """Ids in their new order. Items that are not listed follow in their old order."""

    order: Annotated[
        list[Id],
        Field(min_length=1, max_length=MAX_POSITIONS, examples=[[1]]),
        FailFast(),
        AfterValidator(_each_once),
    ]
