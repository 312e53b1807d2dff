"""Request bodies of locks."""

from typing import Literal

from pydantic import BaseModel

from shared.fields.values import Id


class Lockable(BaseModel):
    """A thing that can be locked, by the kind of thing it is and its id."""

    route: Literal["volume", "group", "series", "media", "user"]
    id: Id
