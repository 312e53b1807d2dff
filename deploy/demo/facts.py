"""What is known of real series: the files in ``data/``, read and checked.

Titles, authors, publishers, languages and numbers of volumes are facts. First and last release months are as
far as known; the days between them are interpolated, and prices, page counts and ISBNs are made up (see
``books.py``): nobody should order a book by them.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

DATA = Path(__file__).parent / "data"


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Edition(_Fact):
    """What one publisher made of a series in one language."""

    publisher: str
    language: str
    name: str = ""
    """Blank: it is called after its publisher."""
    volumes: int = 0
    """How many were published; 0 where the series lists its books."""
    shown: int = 0
    """How many of them the demo catalogues; 0 is all."""
    announced: int = 0
    """How many more are announced, without a date."""
    first: str = Field(default="", alias="from")
    """Month of the first volume, as ``2010-03``."""
    last: str = Field(default="", alias="to")
    days: tuple[str, ...] = ()
    """Release days, one a volume, where they are known."""
    dates: Literal["", "unknown"] = ""
    groups: str = ""
    """What its groups are called, where its volumes hold something else than the ordinary ones."""
    measures: str = ""
    pages: int = 0
    price: str = ""
    hardcover: bool = False

    @property
    def title(self) -> str:
        """What the edition is called."""
        return self.name or self.publisher


class Special(_Fact):
    """A box set, omnibus, guidebook: a volume outside the count."""

    group: str
    name: str
    special: str
    publisher: str
    language: str
    date: str
    pages: int
    price: str
    hardcover: bool = False


class Series(_Fact):
    """A series of the real world."""

    name: str
    type: Literal["Manga", "Manhwa", "Manhua", "Novel", "Comic", "Other"]
    origin: str
    authors: tuple[str, ...]
    original: str
    """The first publisher."""
    year: int
    """When it began."""
    titles: dict[str, str] = {}
    """Language -> its title there, where it has another."""
    also: tuple[str, ...] = ()
    """Other names, transliterations for the most part."""
    tags: tuple[str, ...]
    scene: str
    """What the covers show; a name of ``covers.scenes``."""
    face: str
    """What the title is set in; a name of ``covers.fonts``."""
    mature: bool = False
    album: bool = False
    """Large hardcover albums in the Franco-Belgian manner."""
    titled_groups: bool = False
    """Groups are called by the books' titles alone."""
    books: tuple[dict[str, str], ...] = ()
    """Language -> title, of each volume, where volumes have titles."""
    editions: tuple[Edition, ...]
    specials: tuple[Special, ...] = ()
    about: dict[str, str]
    """Language -> description."""

    def title(self, language: str) -> str:
        """Return its title in a language."""
        return self.titles.get(language, self.name)

    def count(self, edition: Edition) -> int:
        """Return how many volumes of an edition the demo catalogues, announced ones aside."""
        return edition.shown or edition.volumes or len(self.books)


class Publishers(_Fact):
    """Where publishers sit and what their sites are."""

    country: dict[str, str]
    site: dict[str, str]


@cache
def series() -> tuple[Series, ...]:
    """Return every series of the demo, by type and name."""
    files = sorted(path for path in DATA.glob("*.toml") if path.name != "publishers.toml")
    return tuple(Series.model_validate(entry) for path in files for entry in _read(path)["series"])


@cache
def publishers() -> Publishers:
    """Return what is known of publishers."""
    return Publishers.model_validate(_read(DATA / "publishers.toml"))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
