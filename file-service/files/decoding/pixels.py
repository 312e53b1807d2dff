"""Pixels: what is done to a picture between opening and storing it. Runs in child processes only."""

import io
from dataclasses import dataclass

from PIL import AvifImagePlugin, Image, ImageChops, ImageCms

from files.decoding import vips
from files.decoding.limits import Limits
from files.decoding.originals import original
from files.decoding.profiles import conversion
from files.rules.formats import PictureFormat
from files.rules.frames import gif_frames
from files.rules.geometry import Box, Size, box_before_turning, fitting, upright_size
from files.rules.segments import segments_before_pixels
from files.rules.stored_picture import HIGH, HIGH_AVIF, SCALED, SCALED_AVIF

_MAX_HIGH = 2000
"""The longest side of the larger size, in pixels."""
_MAX_SCALED = 400
"""The longest side of the smaller size, in pixels."""

_QUALITY = 79
"""With the method below it makes as many bytes as 80 does with the default one; see docs/pictures.md."""
_METHOD = 2
"""Of WebP: half of the default method's time, for the same bytes and a hundredth of SSIM less."""
_AVIF_QUALITY = 62
"""As like the picture as the WebP is (SSIM), in two thirds of its bytes."""
_AVIF_SPEED = 6

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE = (255, 255, 255)
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a slot is a core, and every thread has buffers of its own
_PLAIN = ("L", "RGB", "RGBA", "CMYK")


@dataclass(slots=True)
class OpenedPicture:
    """A picture of which only the header has been read."""

    data: bytes
    kind: PictureFormat
    image: Image.Image | None
    """None where libvips decodes it: Pillow's decoders may hold canvases from the start."""
    mode: str
    """Of its pixels once decoded: greyscale, RGB, RGBA or CMYK, as Pillow names them."""
    profile: bytes | None
    """What its colours mean (ICC)."""
    stored_size: Size
    """Before it is turned."""
    orientation: int

    @property
    def size(self) -> Size:
        """Width and height of the upright picture."""
        return upright_size(self.stored_size, self.orientation)

    def wanted(self, box: Box) -> tuple[Box, Size]:
        """Return where ``box`` of the upright picture lies before turning, and how large it is to become."""
        left, top, right, bottom = box_before_turning(box, self.stored_size, self.orientation)
        return (left, top, right, bottom), fitting((right - left, bottom - top), _MAX_HIGH)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was cut out of a picture, upright, in sRGB, in both sizes and without any metadata."""

    high: Image.Image
    scaled: Image.Image

    def as_webp(self) -> dict[str, bytes]:
        """Return the files of both sizes."""
        return {HIGH: _webp(self.high), SCALED: _webp(self.scaled)}

    def as_avif(self) -> dict[str, bytes]:
        """Return the files of both sizes, a third smaller than WebP and ten times the work."""
        return {HIGH_AVIF: _avif(self.high), SCALED_AVIF: _avif(self.scaled)}


class TooManyFramesError(Exception):
    """A picture is too long an animation."""


class TooManyPartsError(Exception):
    """A picture has too much before its pixels."""


def open_picture(data: bytes, kind: PictureFormat, limits: Limits) -> OpenedPicture:
    """Read a picture's header, and no more.

    Raises what Pillow raises for a broken one and for a bomb, ``TooManyPartsError`` and ``TooManyFramesError``.
    """
    if segments_before_pixels(data, kind, limits.parts + 1) > limits.parts:
        raise TooManyPartsError
    image = Image.open(io.BytesIO(data), formats=[kind])
    if image.width * image.height > limits.pixels:
        raise Image.DecompressionBombError
    # Pillow would read a GIF to its end for the number of its frames.
    frames = gif_frames(data, limits.frames + 1) if kind == "GIF" else getattr(image, "n_frames", 1)
    if frames > limits.frames:
        raise TooManyFramesError
    mode = _plain_mode(image)
    kept = None if kind in vips.KINDS and mode != "CMYK" else image
    profile = image.info.get("icc_profile")
    return OpenedPicture(data, kind, kept, mode, profile, image.size, _orientation(image))


def cut(opened: OpenedPicture, part: Box, size: Size) -> Image.Image:
    """Decode a picture and return what ``part`` of it holds, reduced to ``size``, both as it lies in the file.

    Raises what decoders raise. libvips does JPEG, PNG and WebP, which are nearly all that people have; Pillow does
    what libvips has to be told more for: GIF, AVIF, and JPEGs made for printing.
    """
    if opened.image is None:
        return vips.reduced(opened.data, opened.kind, opened.stored_size, part, size)
    # Without its decoder: AVIF's keeps frames of its own, twice as large as the picture.
    opened.image = opened.image.copy()
    reduced = _plain(opened.image, opened.mode).resize(
        size, Image.Resampling.LANCZOS, box=part, reducing_gap=2.0
    )
    # Pillow takes every CMYK for Adobe's, which is upside down.
    upside_down = reduced.mode == "CMYK" and "adobe" not in opened.image.info
    return ImageChops.invert(reduced) if upside_down else reduced


def original_of(opened: OpenedPicture) -> dict[str, bytes]:
    """Return what a picture can be cut from again; see ``files.decoding.originals``. Raises ``ValueError``."""
    foreign = conversion(opened.profile, opened.mode) is not None
    return original(
        opened.data,
        opened.kind,
        lambda: _whole(opened),
        profile=opened.profile if foreign else None,
        orientation=opened.orientation,
    )


def render(opened: OpenedPicture, high: Image.Image, *, opaque: bool) -> Rendered:
    """Return what ``cut`` made, ``high``, in both sizes.

    ``opaque`` puts white behind what is transparent. Turning, colours and paper come after shrinking: they cost
    time and memory by the pixel.
    """
    high = _in_srgb(high, opened.profile)
    high = _on_white(high) if opaque else _without_idle_alpha(high)
    if opened.orientation in _TURNS:
        high = high.transpose(_TURNS[opened.orientation])
    scaled = high.resize(fitting(high.size, _MAX_SCALED), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return Rendered(high, scaled)


def _whole(opened: OpenedPicture) -> Image.Image:
    if opened.image is not None:
        return _plain(opened.image, opened.mode)
    return vips.reduced(
        opened.data, opened.kind, opened.stored_size, (0, 0, *opened.stored_size), opened.stored_size
    )


def _plain(image: Image.Image, mode: str) -> Image.Image:
    """Return ``image`` with 8 bits a channel and no palette."""
    return image if image.mode == mode else image.convert(mode)


def _plain_mode(image: Image.Image) -> str:
    if image.mode.startswith("I") or image.mode == "1":
        return "L"
    if image.has_transparency_data:
        return "RGBA"
    return image.mode if image.mode in _PLAIN else "RGB"


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return ``image`` with the colours its profile means."""
    to_srgb = conversion(profile, image.mode)
    if to_srgb is not None:
        image = ImageCms.applyTransform(image, to_srgb) or image
    return image if image.mode in ("L", "RGB", "RGBA") else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    """Drop an alpha channel that hides nothing: it would cost bytes in every answer."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _webp(image: Image.Image) -> bytes:
    return _without_metadata(image, "WEBP", quality=_QUALITY, method=_METHOD)


def _avif(image: Image.Image) -> bytes:
    return _without_metadata(image, "AVIF", quality=_AVIF_QUALITY, speed=_AVIF_SPEED, max_threads=1)


def _without_metadata(image: Image.Image, form: str, **options: int) -> bytes:
    image.info = {}  # comments, profiles, whatever a format carries along: nothing of it is stored
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; upright where it says nothing sensible."""
    try:
        # The base class's: a PNG's own would decode all of it to look for EXIF at its very end.
        orientation = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except Exception:  # EXIF parsers fail in many ways, and a picture is good without
        return 1
    return orientation if orientation in _TURNS else 1
