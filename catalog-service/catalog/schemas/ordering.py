"""Request bodies that put things into an order."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, FailFast, Field

from shared.fields.values import Id

MAX_POSITIONS = 10_000
"""How many positions one request may change."""


def _each_once(ids: list[int]) -> list[int]:
    if len(set(ids)) != len(ids):
        raise ValueError("must not name anything twice")
    return ids


class NewOrder(BaseModel):
    """Ids in the order they shall have; what is not named follows, keeping its order."""

    order: Annotated[
        list[Id],
        Field(min_length=1, max_length=MAX_POSITIONS, examples=[[1]]),
        FailFast(),
        AfterValidator(_each_once),
    ]
