"""Validation of crop rectangles."""

import math
from typing import Annotated

from pydantic import BaseModel, Field

from files.rules.geometry import Box, Size
from shared.errors import invalid
from shared.fields.values import Number

_ROUNDING = 0.01
"""Tolerance, in pixels, for rounding errors of fractions that a front end adds up."""


class Crop(BaseModel):
    """The part of a picture to keep, in pixels of the upright picture."""

    width: Annotated[Number, Field(gt=0, examples=[600])]
    height: Annotated[Number, Field(gt=0, examples=[900])]
    left: Annotated[Number, Field(ge=0, examples=[20])]
    top: Annotated[Number, Field(ge=0, examples=[30])]


def crop_box(crop: Crop | None, size: Size) -> Box:
    """Return the edges of ``crop`` in a picture of ``size``, rounded to whole pixels.

    Without a crop they are the edges of the picture. Raises 400 (``errors.crop``) for a crop that exceeds the
    picture or contains no whole pixel.
    """
    width, height = size
    if crop is None:
        return 0, 0, width, height
    if crop.left + crop.width > width + _ROUNDING or crop.top + crop.height > height + _ROUNDING:
        raise invalid("crop", f"must lie within the picture, which is {width} x {height} pixels")
    edges = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    left, top, right, bottom = (math.floor(edge + 0.5) for edge in edges)
    if right <= left or bottom <= top:
        raise invalid("crop", "must hold at least one pixel")
    return left, top, right, bottom
