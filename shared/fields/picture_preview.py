"""Preview of a picture: ThumbHash and dominant colour.

The file service computes it at upload. The service that owns the picture stores it with the row.
"""

from typing import Annotated

from pydantic import BaseModel, Field

Placeholder = Annotated[str, Field(pattern="^[A-Za-z0-9+/]{4,60}={0,2}$")]
"""A ThumbHash in base64: a blurred picture to paint before the real one arrives."""
Color = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
"""A colour in CSS hexadecimal notation, lower case."""


class PicturePreview(BaseModel):
    """Preview to show while a picture loads; null if the picture was stored before previews were computed."""

    placeholder: Placeholder | None = None
    color: Color | None = None
