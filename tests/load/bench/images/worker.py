"""A contender in Python: renders both sizes of each picture named on its input, and prints the seconds.

``python -m tests.load.bench.images.worker bunko``; an input line is ``<picture> <folder for the results>``, an output
line is the
processor time in seconds.
"""

import io
import os
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

os.environ["VIPS_CONCURRENCY"] = "1"

import pyvips
from PIL import Image

from files.decoding import pixels
from files.decoding.limits import Limits
from files.decoding.preview import preview
from files.rules.formats import format_of

HIGH, SCALED = 2000, 400
Files = dict[str, bytes]
_LIMITS = Limits(pixels=24_000_000)


def bunko(data: bytes) -> Files:
    """Do the work of a decoding child on the pixels only."""
    return _rendered(pixels.open_picture(data, format_of(data), _LIMITS)).as_webp()


def upload(data: bytes) -> Files:
    """Do all the work of a decoding child, in a child: also placeholder, colour, hash and original."""
    opened = pixels.open_picture(data, format_of(data), _LIMITS)
    rendered = _rendered(opened)
    preview(rendered.scaled)
    return rendered.as_webp() | pixels.original_of(opened)


def _rendered(opened: pixels.OpenedPicture) -> pixels.Rendered:
    part, size = opened.wanted((0, 0, *opened.size))
    return pixels.render(opened, pixels.cut(opened, part, size), opaque=True)


def pillow(data: bytes) -> Files:
    """Do the same with Pillow: JPEGs decoded at a reduced size, the same encoding effort."""
    image = Image.open(io.BytesIO(data))
    scale = min(1.0, HIGH / max(image.size))
    size = round(image.width * scale), round(image.height * scale)
    image.draft(None, size)
    high = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    small = max(1, round(size[0] * SCALED / max(size))), max(1, round(size[1] * SCALED / max(size)))
    scaled = high.resize(small, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return {"high.webp": _by_pillow(high), "scaled.webp": _by_pillow(scaled)}


def _by_pillow(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=80, method=2)
    return file.getvalue()


def by_pyvips(data: bytes) -> Files:
    """Do the same with pyvips as in its manual, with the same encoding effort."""
    high = pyvips.Image.thumbnail_buffer(data, HIGH, height=HIGH, size="down").copy_memory()
    scaled = high.thumbnail_image(SCALED, height=SCALED, size="down")
    return {
        "high.webp": high.webpsave_buffer(Q=80, effort=2),
        "scaled.webp": scaled.webpsave_buffer(Q=80, effort=2),
    }


WAYS: dict[str, Callable[[bytes], Files]] = {
    "bunko": bunko,
    "upload": upload,
    "pillow": pillow,
    "pyvips": by_pyvips,
}


def main() -> None:
    """Process the input to its end."""
    name = sys.argv[1]
    for line in sys.stdin:
        picture, folder = line.split()
        began = _seconds()
        if name == "upload":
            _in_a_child(picture, folder)
        else:
            _work(name, picture, folder)
        sys.stdout.write(f"{_seconds() - began}\n")
        sys.stdout.flush()


def _work(name: str, picture: str, folder: str) -> None:
    for file, content in WAYS[name](Path(picture).read_bytes()).items():
        (Path(folder) / file).write_bytes(content)


def _in_a_child(picture: str, folder: str) -> None:
    child = os.fork()
    if child == 0:
        try:
            _work("upload", picture, folder)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise ChildProcessError(picture)


def _seconds() -> float:
    """Return the processor time of this process and of its ended children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    if "pyvips" in sys.argv:
        pyvips.operation_block_set(
            "VipsForeignLoad", False
        )  # Bunko's code blocks the loaders that it does not use
    main()
