"""What a picture looks like, in a few bytes: measured at its upload, and kept by whom it hangs on."""

from typing import Annotated

from pydantic import BaseModel, Field

Placeholder = Annotated[str, Field(pattern="^[A-Za-z0-9+/]{4,60}={0,2}$")]
"""A ThumbHash in base64: a blurred picture to paint before the real one arrives."""
Color = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
"""A colour as front ends write it."""


class PicturePreview(BaseModel):
    """How front ends can paint a picture before it arrives; null where it was stored before that was measured."""

    placeholder: Placeholder | None = None
    color: Color | None = None
