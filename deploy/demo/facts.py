"""Facts about real series, read from the files in ``data/`` and validated.

Titles, authors, publishers, languages and numbers of volumes are real, and so are first and last release months where
known. The days between them are interpolated. Prices, page counts and ISBNs are invented (see ``books.py``).
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
    """One publisher's edition of a series in one language."""

    publisher: str
    language: str
    name: str = ""
    """Blank: the edition has the name of its publisher."""
    volumes: int = 0
    """Number of published volumes; 0 if the series lists its books."""
    shown: int = 0
    """Number of them to catalogue; 0 means all."""
    announced: int = 0
    """Number of further volumes announced without a date."""
    first: str = Field(default="", alias="from")
    """Month of the first volume, as ``2010-03``."""
    last: str = Field(default="", alias="to")
    days: tuple[str, ...] = ()
    """Known release days, one for each volume."""
    dates: Literal["", "unknown"] = ""
    groups: str = ""
    """Name of its groups, if its volumes differ in content from the ordinary ones."""
    measures: str = ""
    pages: int = 0
    price: str = ""
    hardcover: bool = False

    @property
    def title(self) -> str:
        """Name of the edition."""
        return self.name or self.publisher


class Special(_Fact):
    """An unnumbered volume: a box set, omnibus or guidebook."""

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
    """A real series."""

    name: str
    type: Literal["Manga", "Manhwa", "Manhua", "Novel", "Comic", "Other"]
    origin: str
    authors: tuple[str, ...]
    original: str
    """The first publisher."""
    year: int
    """Year of the first volume."""
    titles: dict[str, str] = {}
    """Language -> title in it, if it differs."""
    also: tuple[str, ...] = ()
    """Other names, mostly transliterations."""
    tags: tuple[str, ...]
    scene: str
    """Scene of the covers; a name in ``covers.scenes``."""
    face: str
    """Typeface of the title; a name in ``covers.fonts``."""
    mature: bool = False
    album: bool = False
    """True for large hardcover albums in the Franco-Belgian format."""
    titled_groups: bool = False
    """True if groups are named after the books' titles only."""
    books: tuple[dict[str, str], ...] = ()
    """For each volume: language -> title, if volumes have titles."""
    editions: tuple[Edition, ...]
    specials: tuple[Special, ...] = ()
    about: dict[str, str]
    """Language -> description."""

    def title(self, language: str) -> str:
        """Return the title in a language."""
        return self.titles.get(language, self.name)

    def count(self, edition: Edition) -> int:
        """Return the number of published volumes of an edition to catalogue."""
        return edition.shown or edition.volumes or len(self.books)


class Publishers(_Fact):
    """Countries and web sites of publishers."""

    country: dict[str, str]
    site: dict[str, str]


@cache
def series() -> tuple[Series, ...]:
    """Return every series of the demo, by type and name."""
    files = sorted(path for path in DATA.glob("*.toml") if path.name != "publishers.toml")
    return tuple(Series.model_validate(entry) for path in files for entry in _read(path)["series"])


@cache
def publishers() -> Publishers:
    """Return the facts about publishers."""
    return Publishers.model_validate(_read(DATA / "publishers.toml"))


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
