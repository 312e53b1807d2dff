"""Decoding, cropping, scaling and encoding of pixels. Runs in child processes only."""

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
"""Longest side of the larger size, in pixels."""
_MAX_SCALED = 400
"""Longest side of the smaller size, in pixels."""

_QUALITY = 79
"""WebP quality. With ``_METHOD`` it gives the file size of quality 80 with the default method; see
docs/pictures.md."""
_METHOD = 2
"""WebP method. It takes half the time of the default, for the same file size and 0.01 less SSIM."""
_AVIF_QUALITY = 62
"""AVIF quality. It gives the SSIM of the WebP file in two thirds of its size."""
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
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # one slot is one core, and each thread allocates its own buffers
_PLAIN = ("L", "RGB", "RGBA", "CMYK")


@dataclass(slots=True)
class OpenedPicture:
    """A picture whose header has been read."""

    data: bytes
    kind: PictureFormat
    image: Image.Image | None
    """None if libvips decodes the picture: a Pillow decoder may allocate a canvas when it opens a file."""
    mode: str
    """Pillow mode of the decoded pixels: L, RGB, RGBA or CMYK."""
    profile: bytes | None
    """ICC colour profile."""
    stored_size: Size
    """Width and height in the file, before EXIF orientation."""
    orientation: int

    @property
    def size(self) -> Size:
        """Width and height of the upright picture."""
        return upright_size(self.stored_size, self.orientation)

    def wanted(self, box: Box) -> tuple[Box, Size]:
        """Return ``box`` of the upright picture in file coordinates, and the size to reduce it to."""
        left, top, right, bottom = box_before_turning(box, self.stored_size, self.orientation)
        return (left, top, right, bottom), fitting((right - left, bottom - top), _MAX_HIGH)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A cropped picture in both sizes, upright, in sRGB and without metadata."""

    high: Image.Image
    scaled: Image.Image

    def as_webp(self) -> dict[str, bytes]:
        """Return WebP files of both sizes, by name."""
        return {HIGH: _webp(self.high), SCALED: _webp(self.scaled)}

    def as_avif(self) -> dict[str, bytes]:
        """Return AVIF files of both sizes, by name.

        They are a third smaller than WebP and take ten times as long.
        """
        return {HIGH_AVIF: _avif(self.high), SCALED_AVIF: _avif(self.scaled)}


class TooManyFramesError(Exception):
    """An animation has too many frames."""


class TooManyPartsError(Exception):
    """A file has too many chunks or segments before its pixel data."""


def open_picture(data: bytes, kind: PictureFormat, limits: Limits) -> OpenedPicture:
    """Read a picture's header.

    Raises ``TooManyPartsError``, ``TooManyFramesError``, and Pillow's exceptions for broken headers and
    decompression bombs.
    """
    if segments_before_pixels(data, kind, limits.parts + 1) > limits.parts:
        raise TooManyPartsError
    image = Image.open(io.BytesIO(data), formats=[kind])
    if image.width * image.height > limits.pixels:
        raise Image.DecompressionBombError
    # To count the frames of a GIF, Pillow would read the whole file.
    frames = gif_frames(data, limits.frames + 1) if kind == "GIF" else getattr(image, "n_frames", 1)
    if frames > limits.frames:
        raise TooManyFramesError
    mode = _plain_mode(image)
    kept = None if kind in vips.KINDS and mode != "CMYK" else image
    profile = image.info.get("icc_profile")
    return OpenedPicture(data, kind, kept, mode, profile, image.size, _orientation(image))


def cut(opened: OpenedPicture, part: Box, size: Size) -> Image.Image:
    """Decode ``part`` of a picture, reduced to ``size``; both are in file coordinates.

    libvips decodes JPEG, PNG and WebP, which are nearly all uploads. Pillow decodes GIF, AVIF and CMYK JPEGs.
    Raises the decoders' exceptions.
    """
    if opened.image is None:
        return vips.reduced(opened.data, opened.kind, opened.stored_size, part, size)
    # The copy drops the decoder: that of AVIF keeps frame buffers, twice the size of the picture.
    opened.image = opened.image.copy()
    reduced = _plain(opened.image, opened.mode).resize(
        size, Image.Resampling.LANCZOS, box=part, reducing_gap=2.0
    )
    # Pillow treats all CMYK as Adobe's, which is inverted.
    inverted = reduced.mode == "CMYK" and "adobe" not in opened.image.info
    return ImageChops.invert(reduced) if inverted else reduced


def original_of(opened: OpenedPicture) -> dict[str, bytes]:
    """Return the original (name -> bytes); see ``files.decoding.originals``. Raises ``ValueError``."""
    foreign = conversion(opened.profile, opened.mode) is not None
    return original(
        opened.data,
        opened.kind,
        lambda: _whole(opened),
        profile=opened.profile if foreign else None,
        orientation=opened.orientation,
    )


def render(opened: OpenedPicture, high: Image.Image, *, opaque: bool) -> Rendered:
    """Return both sizes of ``high``, the result of ``cut``.

    ``opaque`` adds a white background. Rotation, colour conversion and background follow the reduction,
    because their time and memory grow with the number of pixels.
    """
    high = _in_srgb(high, opened.profile)
    high = _on_white(high) if opaque else _without_opaque_alpha(high)
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
    """Return ``image`` converted from its colour profile to sRGB."""
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


def _without_opaque_alpha(image: Image.Image) -> Image.Image:
    """Drop an alpha channel that is fully opaque; it would enlarge the file."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _webp(image: Image.Image) -> bytes:
    return _without_metadata(image, "WEBP", quality=_QUALITY, method=_METHOD)


def _avif(image: Image.Image) -> bytes:
    return _without_metadata(image, "AVIF", quality=_AVIF_QUALITY, speed=_AVIF_SPEED, max_threads=1)


def _without_metadata(image: Image.Image, form: str, **options: int) -> bytes:
    image.info = {}  # drops comments, profiles and other metadata
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, or 1 (upright) if it is missing or invalid."""
    try:
        # The base class method: that of PNG decodes the whole picture to look for EXIF at the end.
        orientation = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except Exception:  # EXIF parsers raise many types, and the picture is usable without EXIF
        return 1
    return orientation if orientation in _TURNS else 1
