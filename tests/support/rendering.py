"""Pictures rendered by decoding children."""

import pytest
from PIL import Image

from files.decoding.parent import Decoders
from files.rules.formats import format_of
from files.rules.geometry import Box
from files.rules.stored_picture import StoredPicture
from shared.errors import Refusal
from tests.support.errors import INVALID
from tests.support.pictures import opened

MEGAPIXELS = 24_000_000


def render(decoders: Decoders, data: bytes, box: Box | None = None, *, opaque: bool = False) -> StoredPicture:
    """Return the rendered files of a picture, or of its ``box``."""
    with decoders.decoding(data, format_of(data)) as decoding:
        return decoding.render(box or (0, 0, *decoding.size), opaque=opaque)


def high(decoders: Decoders, data: bytes, box: Box | None = None, *, opaque: bool = False) -> Image.Image:
    """Return the larger size of the rendered picture, decoded."""
    return opened(render(decoders, data, box, opaque=opaque).files["high.webp"])


def refusal(decoders: Decoders, data: bytes) -> str:
    """Return the reason for which a picture is refused; fails if it is accepted or worded otherwise."""
    with pytest.raises(Refusal) as refused:
        render(decoders, data)
    assert (refused.value.status, refused.value.text) == INVALID
    return refused.value.errors["image"]
