"""The test pictures: the demo's covers, enlarged, with the grain of print and the noise of a camera."""

import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from deploy.demo import books
from deploy.demo.books import Volume
from deploy.demo.covers.front import front

MEGAPIXELS = (2, 4, 6, 8, 12)
_GRAIN, _NOISE = 26, 10
"""Strength of the paper's structure, some pixels wide, and of the sensor's noise, one pixel wide."""


def pictures(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of each picture; make those that are missing in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for volume, megapixels in zip(_volumes(), MEGAPIXELS, strict=True):
        for suffix in ("jpg", "png"):
            path = folder / f"{megapixels}.{suffix}"
            if not path.exists():
                _photographed(front(volume), megapixels).save(path, quality=92)
            yield f"{megapixels} MP {'JPEG' if suffix == 'jpg' else 'PNG'}", path


def _volumes() -> list[Volume]:
    return random.Random("bench").sample(books.volumes(), len(MEGAPIXELS))


def _photographed(cover: Image.Image, megapixels: int) -> Image.Image:
    scale = (megapixels * 1_000_000 / (cover.width * cover.height)) ** 0.5
    size = round(cover.width * scale), round(cover.height * scale)
    large = cover.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    coarse = Image.effect_noise((size[0] // 3, size[1] // 3), _GRAIN).resize(size, Image.Resampling.BICUBIC)
    grainy = ImageChops.add(large, coarse.convert("RGB"), scale=1, offset=-128)
    noises = [Image.effect_noise(size, _NOISE) for _ in range(3)]
    noisy = ImageChops.add(grainy, Image.merge("RGB", noises), scale=1, offset=-128)
    return noisy.filter(ImageFilter.GaussianBlur(0.6))
