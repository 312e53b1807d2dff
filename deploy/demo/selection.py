"""Selects the volumes with covers and the series with other pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from deploy.demo.books import Volume

Face = Literal["front", "back", "spine"]

_FRONTS = 2
"""Number of first volumes of a series' first edition that have a front cover."""

_LIBRARY_EVERY = 6
"""One series in this many has a poster, a wallpaper and a logo."""

_PANELS = 3


def faces(volume: Volume) -> tuple[Face, ...]:
    """Return the covers of a volume."""
    if volume.announced:
        return ()
    first = volume.series.editions[0].title if volume.series.editions else volume.edition
    if volume.edition == first and volume.number == 1:
        return "front", "back", "spine"
    if volume.special or volume.number == 1 or (volume.edition == first and volume.number <= _FRONTS):
        return ("front",)
    return ()


@dataclass(frozen=True, slots=True)
class Picture:
    """An entry of the media library to create."""

    name: str
    tags: tuple[str, ...]
    kind: Literal["poster", "wallpaper", "logo"]
    volumes: tuple[Volume, ...]
    """The volumes it is drawn from; it is linked to the first."""


def library(volumes: tuple[Volume, ...]) -> Iterator[Picture]:
    """Return the media library of the demo."""
    by_series: dict[tuple[str, str], list[Volume]] = {}
    for volume in volumes:
        by_series.setdefault((volume.series.name, volume.series.type), []).append(volume)
    for own in list(by_series.values())[::_LIBRARY_EVERY]:
        yield from _pictures(own)


def _pictures(volumes: list[Volume]) -> Iterator[Picture]:
    series, edition = volumes[0].series, volumes[0].edition
    name = f"{series.name} ({series.type})"
    tags = (series.type, series.name, *series.tags[:2])
    drawn = tuple(volume for volume in volumes if volume.edition == edition)[:_PANELS]
    yield Picture(f"{name}: poster", ("Poster", *tags), "poster", drawn)
    yield Picture(f"{name}: logo", ("Logo", *tags), "logo", drawn)
    if len(drawn) == _PANELS:
        yield Picture(f"{name}: wallpaper", ("Wallpaper", *tags), "wallpaper", drawn)
