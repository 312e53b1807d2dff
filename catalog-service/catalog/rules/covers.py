"""The covers of a volume."""

from typing import Literal

CoverType = Literal["front", "back", "spine"]
