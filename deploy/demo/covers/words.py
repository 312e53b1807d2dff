"""Texts of a cover."""

from dataclasses import dataclass

from deploy.demo.books import Volume
from deploy.demo.covers.fonts import is_east_asian

_HOME = {
    "Japan": "Japanese",
    "South Korea": "Korean",
    "China": "Chinese",
    "Hong Kong": "Chinese",
    "Taiwan": "Chinese",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of a front cover; any but the title may be blank."""

    title: str
    over: str
    """A line above the title."""
    under: str
    """A line below it."""
    native: str
    """The title in its original script, if that differs."""
    number: str
    ribbon: str
    """Kind of special, shown on a ribbon."""
    authors: str
    publisher: str


def of(volume: Volume) -> Words:
    """Return the texts of a volume's cover."""
    series = volume.series
    known_as = series.title(volume.language)
    home = series.titles.get(_HOME.get(series.origin, ""), "")
    foreign = series.name if is_east_asian(known_as) else home
    titled = series.titled_groups and bool(volume.subtitle)
    number = "" if titled or not volume.number else str(volume.number)
    return Words(
        title=volume.subtitle if titled else known_as,
        over=known_as if titled and known_as != volume.subtitle else "",
        under="" if titled or volume.special else volume.subtitle,
        native=foreign if foreign != known_as else "",
        number=number,
        ribbon=volume.special,
        authors=" · ".join(series.authors),
        publisher=volume.publisher,
    )
