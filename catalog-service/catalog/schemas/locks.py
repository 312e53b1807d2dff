"""Request bodies of locks."""

from typing import Literal

from pydantic import BaseModel

from shared.fields.values import Id


class Lockable(BaseModel):
    """An item that can be locked: its kind (``route``) and its id."""

    route: Literal["volume", "group", "series", "media", "user"]
    id: Id
