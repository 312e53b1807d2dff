"""The rows of schema ``catalog``. Keys, folded names and slugs come from the programs' own functions."""

import random
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from catalog.rules.searching import searchable
from catalog.rules.series import free_slug
from catalog.rules.series import stem as series_stem
from catalog.rules.slugs import numbered, stem
from shared.fields.text import natural_key
from tests.load.bench.filling.copying import Row
from tests.load.bench.filling.shape import SEED, Shape
from tests.load.bench.filling.titles import Title, titles
from tests.load.bench.sizes import Size

_LANGUAGES = {
    "Latin": ("English", "German", "French", "Spanish", "Italian", "Polish", "Portuguese"),
    "Japanese": ("Japanese", "English", "German", "French", "Spanish", "Italian", "Polish"),
    "Korean": ("Korean", "English", "German", "French", "Japanese", "Spanish", "Italian"),
}
_TYPES = {"Latin": ("Manga", "Novel", "Comic"), "Japanese": ("Manga", "Novel"), "Korean": ("Manhwa", "Novel")}
_KINDS = ("Softcover", "Softcover", "Hardcover", "Digital")

SERIES = ("id", "client_id", "name", "name_key", "sort_name", "search", "type", "slug", "tags")
ALIASES = ("series_id", "name", "language")
DESCRIPTIONS = ("series_id", "language", "text")
EDITIONS = ("id", "series_id", "name", "publisher", "language")
GROUPS = (
    *("id", "series_id", "client_id", "name", "name_key", "sort_name", "search", "place", "series_order"),
)
VOLUMES = (
    *("id", "series_id", "group_id", "group_order", "name", "sort_name", "search", "slug", "language"),
    *("edition_id", "type", "pages", "special", "special_name", "nsfw", "public"),
)
SLUGS = ("slug", "volume_id", "stem", "number")


class Names(NamedTuple):
    """A name and the values stored with it."""

    name: str
    key: str
    sort: str
    search: str


class Volume(NamedTuple):
    """The fields of a volume, without its position."""

    name: str
    language: str
    edition: int | None
    special_name: str | None
    stem: str


class Catalogue:
    """All rows of one catalogue, in the order of their ids."""

    def __init__(self, size: Size, shape: Shape) -> None:
        self._shape = shape
        self._stems: list[str] = []
        self._titles = list(titles(size.series, random.Random(f"{SEED} titles {size.volumes}")))

    def series(self) -> Iterator[Row]:
        """Rows of ``SERIES``."""
        taken: set[str] = set()
        for id, title in enumerate(self._titles, start=1):
            slug = free_slug(series_stem(title.name), taken)
            taken.add(slug)
            search = searchable(filter(None, (title.name, title.alias)))
            kinds = _TYPES[title.script]
            row = (id, 1, title.name, title.name.casefold(), natural_key(title.name), search)
            yield (*row, kinds[id % len(kinds)], slug, "{Adventure,Drama}")

    def aliases(self) -> Iterator[Row]:
        """Rows of ``ALIASES``: the Latin name of titles in other scripts."""
        for id, title in enumerate(self._titles, start=1):
            if title.alias:
                yield id, title.alias, "English"

    def descriptions(self) -> Iterator[Row]:
        """Rows of ``DESCRIPTIONS``."""
        for id, title in enumerate(self._titles, start=1):
            yield id, "English", f"What happens in {title.name}, told from the beginning to the end. " * 3

    def editions(self) -> Iterator[Row]:
        """Rows of ``EDITIONS``: one in each of the first three languages."""
        for series, title in enumerate(self._titles, start=1):
            for place, publisher in enumerate(title.publishers):
                language = _LANGUAGES[title.script][place]
                yield _edition(series, place), series, publisher, publisher, language

    def groups(self) -> Iterator[Row]:
        """Rows of ``GROUPS``."""
        id = 0
        for series, number in enumerate(self._shape.groups_of, start=1):
            for place in range(number):
                id += 1
                named = _named(f"Volume {place + 1}")
                yield id, series, 1, named.name, named.key, named.sort, named.search, place, place

    def volumes(self) -> Iterator[Row]:
        """Rows of ``VOLUMES``; their slugs are kept for ``slugs``, as they are costly to compute."""
        id = group = 0
        for series, number in enumerate(self._shape.groups_of, start=1):
            title = self._titles[series - 1]
            for group_place in range(number):
                group += 1
                for place in range(self._shape.volumes_of[group - 1]):
                    id += 1
                    volume = _volume(id, series, group_place, place, title)
                    self._stems.append(volume.stem)
                    yield _row(id, series, group, place, volume)

    def slugs(self) -> Iterator[Row]:
        """Rows of ``SLUGS``, after all volumes."""
        for id, wanted in enumerate(self._stems, start=1):
            yield numbered(wanted, 1), id, wanted, 1


def _volume(id: int, series: int, group_place: int, place: int, title: Title) -> Volume:
    """One volume: the group's book in another language or, after all languages, another printing."""
    languages = _LANGUAGES[title.script]
    printing, in_language = divmod(place, len(languages))
    name = f"Volume {group_place + 1}" + (f", printing {printing + 1}" if printing else "")
    special_name = "Limited Edition" if id % 25 == 0 else None
    published = in_language < len(title.publishers)
    language = languages[in_language]
    wanted = (title.name, title.publishers[in_language] if published else None, special_name, name)
    edition = _edition(series, in_language) if published else None
    return Volume(name, language, edition, special_name, stem(wanted, language))


def _row(id: int, series: int, group: int, place: int, volume: Volume) -> Row:
    named = _named(volume.name)
    return (
        *(id, series, group, place, named.name, named.sort, named.search),
        *(numbered(volume.stem, 1), volume.language, volume.edition, _KINDS[id % len(_KINDS)], 160 + id % 80),
        *(volume.special_name is not None, volume.special_name, id % 29 == 0, id % 20 != 0),
    )


def _edition(series: int, place: int) -> int:
    return 3 * (series - 1) + place + 1


@cache
def _named(name: str) -> Names:
    return Names(name, name.casefold(), natural_key(name), searchable([name]))
