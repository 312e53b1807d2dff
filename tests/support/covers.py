"""Covers as the tests of uploads use them."""

from tests.support.catalogue import Catalogue
from tests.support.pictures import base64_of, quarters

FIELDS = {"front": "cover_path", "back": "back_cover_path", "spine": "spine_cover_path"}
"""Side of a cover -> the field of the volume's document that holds its path."""
PICTURE = base64_of(quarters(60, 90))
"""A picture of 60 by 90 pixels with a colour in each quarter, in base64."""


def cover_paths(catalogue: Catalogue, volume: int) -> dict[str, str | None]:
    """Return the path of each of a volume's covers, by side."""
    document = catalogue.get_volume(volume)
    return {side: document[field] for side, field in FIELDS.items()}
