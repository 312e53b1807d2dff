"""Builds every volume of the demo from the facts: name, group and details."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from deploy.demo import facts, isbn, releases
from deploy.demo.facts import Edition, Series, Special

COUNTRIES = {
    "English": "United States",
    "German": "Germany",
    "French": "France",
    "Spanish": "Spain",
    "Italian": "Italy",
    "Japanese": "Japan",
    "Korean": "South Korea",
    "Chinese": "China",
    "Portuguese": "Brazil",
    "Polish": "Poland",
}
"""Language -> country of most of its books."""

CURRENCIES = {
    "United States": "USD",
    "United Kingdom": "GBP",
    "Germany": "EUR",
    "France": "EUR",
    "Spain": "EUR",
    "Italy": "EUR",
    "Switzerland": "CHF",
    "Japan": "JPY",
    "South Korea": "KRW",
    "China": "CNY",
    "Taiwan": "TWD",
    "Brazil": "BRL",
    "Poland": "PLN",
    "Argentina": "ARS",
}

_NUMBERED = {
    "English": "Volume {}",
    "German": "Band {}",
    "French": "Tome {}",
    "Spanish": "Tomo {}",
    "Italian": "Volume {}",
    "Portuguese": "Volume {}",
    "Polish": "Tom {}",
    "Japanese": "第{}巻",
    "Korean": "{}권",
    "Chinese": "第{}卷",
}
"""Language -> name of a volume by its number."""

_PRICES = {
    "USD": "11.99",
    "GBP": "9.99",
    "EUR": "7.99",
    "JPY": "528",
    "KRW": "6000",
    "CNY": "32.00",
    "TWD": "180",
    "PLN": "24.99",
    "BRL": "34.90",
    "CHF": "16.00",
    "ARS": "9500",
}
_NOVEL_PRICES = {"JPY": "715", "USD": "15.00"}

_MEASURES = {
    "Japan": "11.3 x 17.6 cm",
    "South Korea": "14.8 x 21 cm",
    "Taiwan": "12.7 x 18.6 cm",
    "China": "14.5 x 21 cm",
    "Germany": "11.5 x 17.5 cm",
    "France": "11.5 x 18 cm",
}
_OTHER_MEASURES = "12.7 x 19.1 cm"
_NOVEL_MEASURES = {"Japan": "10.5 x 14.8 cm"}
_OTHER_NOVEL_MEASURES = "13.5 x 20.5 cm"
_ALBUM_MEASURES = "22.5 x 29.8 cm"
_COMIC_MEASURES = "17 x 26 cm"


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A volume to catalogue. Compared by identity: each is created once."""

    series: Series
    group: str
    name: str
    language: str
    publisher: str
    edition: str
    number: int
    """Its place in its edition, from 1; 0 for a special."""
    subtitle: str
    """Its own title, blank if it has none."""
    day: str
    pages: int
    measures: str
    hardcover: bool
    price: str
    currency: str
    special: str
    """Kind of special, blank for an ordinary volume."""
    isbn13: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Unique within its series: group, name, language, edition."""
        return self.group, self.name, self.language, self.edition

    @property
    def announced(self) -> bool:
        """True if it has not been published yet."""
        return self.day == releases.ANNOUNCED

    @property
    def seed(self) -> str:
        """Seed of everything that is drawn for it."""
        return f"{self.series.type}/{self.series.name}/{self.edition}/{self.name}"

    def details(self) -> dict[str, Any]:
        """Return the body of the edit that fills in the volume."""
        return {
            "release_date": self.day,
            "description": self.series.about.get(self.language) if self.number == 1 or self.special else None,
            "copyright": copyright_line(self),
            "isbn13": self.isbn13,
            "isbn10": isbn.isbn10(self.isbn13),
            "type": "Hardcover" if self.hardcover else "Softcover",
            "measures": self.measures,
            "pages": None if self.announced else self.pages,
            "extras": {"price": self.price, "currency": self.currency, "authors": list(self.series.authors)},
            "special": bool(self.special),
            "special_name": self.special or None,
            "nsfw": self.series.mature,
            "public": True,
        }


@cache
def volumes() -> tuple[Volume, ...]:
    """Return every volume, series by series, in the order of their groups."""
    items: Counter[str] = Counter()
    return tuple(volume for series in facts.series() for volume in of_series(series, items))


def of_series(series: Series, items: Counter[str]) -> list[Volume]:
    """Return the volumes of one series; ``items`` counts each publisher's books, for their ISBNs, and is updated.

    The order is: ordinary volumes of all editions by number, editions with groups of their own, specials.
    """
    ordinary = [
        volume for edition in series.editions if not edition.groups for volume in _run(series, edition, items)
    ]
    others = [
        volume for edition in series.editions if edition.groups for volume in _run(series, edition, items)
    ]
    specials = [_special(series, special, items) for special in series.specials]
    return [*sorted(ordinary, key=lambda volume: volume.number), *others, *specials]


def _run(series: Series, edition: Edition, items: Counter[str]) -> Iterator[Volume]:
    """Return the volumes of one edition."""
    country = country_of(edition.publisher, edition.language)
    for number, day in enumerate(releases.days(edition, series.count(edition)), start=1):
        subtitle = series.books[number - 1].get(edition.language, "") if series.books else ""
        yield Volume(
            series=series,
            group=_group(series, edition, number),
            name=_name(series, edition.language, number, subtitle),
            language=edition.language,
            publisher=edition.publisher,
            edition=edition.title,
            number=number,
            subtitle=subtitle,
            day=day,
            pages=_pages(series, edition.pages, number),
            measures=edition.measures or _measures(series, country),
            hardcover=edition.hardcover,
            price=edition.price or _price(series, country),
            currency=CURRENCIES[country],
            special="",
            isbn13=_isbn(country, edition.publisher, items),
        )


def _special(series: Series, special: Special, items: Counter[str]) -> Volume:
    country = country_of(special.publisher, special.language)
    return Volume(
        series=series,
        group=special.group,
        name=special.name,
        language=special.language,
        publisher=special.publisher,
        edition=special.publisher,
        number=0,
        subtitle=special.name,
        day=special.date,
        pages=special.pages,
        measures=_measures(series, country),
        hardcover=special.hardcover,
        price=special.price,
        currency=CURRENCIES[country],
        special=special.special,
        isbn13=_isbn(country, special.publisher, items),
    )


def country_of(publisher: str, language: str) -> str:
    """Return the country of a publisher."""
    return facts.publishers().country.get(publisher, COUNTRIES[language])


def _group(series: Series, edition: Edition, number: int) -> str:
    if edition.groups:
        return f"{edition.groups}, Volume {number}"
    if not series.books:
        return f"Volume {number}"
    book = series.books[number - 1]
    title = book.get("English", next(iter(book.values())))
    return title if series.titled_groups else f"Volume {number}: {title}"


def _name(series: Series, language: str, number: int, subtitle: str) -> str:
    if series.titled_groups:
        return subtitle
    numbered = _NUMBERED[language].format(number)
    if not subtitle:
        return numbered
    return f"{numbered} : {subtitle}" if language == "French" else f"{numbered}: {subtitle}"


def _isbn(country: str, publisher: str, items: Counter[str]) -> str:
    items[publisher] += 1
    return isbn.synthetic(country, publisher, items[publisher])


def _pages(series: Series, pages: int, number: int) -> int:
    """Return a number of pages in whole sheets of sixteen, varying from volume to volume."""
    usual = pages or (300 if series.type == "Novel" else 192)
    if series.album:
        return usual
    shift = sha256(f"{series.name}/{number}".encode()).digest()[0] % 4 - 1
    return usual + 16 * shift


def _measures(series: Series, country: str) -> str:
    if series.album:
        return _ALBUM_MEASURES
    if series.type == "Novel":
        return _NOVEL_MEASURES.get(country, _OTHER_NOVEL_MEASURES)
    if series.type in ("Comic", "Other"):
        return _COMIC_MEASURES
    return _MEASURES.get(country, _OTHER_MEASURES)


def _price(series: Series, country: str) -> str:
    currency = CURRENCIES[country]
    if series.type == "Novel" and currency in _NOVEL_PRICES:
        return _NOVEL_PRICES[currency]
    return _PRICES[currency]


def copyright_line(volume: Volume) -> str:
    """Return the copyright line of a volume."""
    series = volume.series
    line = f"© {series.year} {', '.join(series.authors)} / {series.original}"
    if volume.publisher == series.original or volume.day in (releases.UNKNOWN, releases.ANNOUNCED):
        return line
    return f"{line}. {volume.language} edition © {volume.day[:4]} {volume.publisher}"
