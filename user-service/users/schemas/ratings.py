"""Request bodies of ratings."""

from typing import Annotated

from pydantic import BaseModel, Field, WithJsonSchema

from shared.fields.values import Number

Stars = Annotated[
    Number,
    Field(ge=1, le=10, multiple_of=0.5),
    WithJsonSchema({"type": "number", "minimum": 1, "maximum": 10, "multipleOf": 0.5, "examples": [8.5]}),
]


class SeriesRating(BaseModel):
    """A rating, 1 to 10 in steps of 0.5."""

    rating: Stars
