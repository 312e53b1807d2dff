"""The demo's accounts and their entries, derived from their names and therefore the same in every run."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from deploy.demo import facts, releases
from deploy.demo.books import Volume
from deploy.demo.facts import Series

CLIENT = 1
"""The front end whose catalogue is filled."""

_EUROS = {
    "EUR": "1",
    "USD": "0.9",
    "GBP": "1.15",
    "CHF": "1.05",
    "JPY": "0.0062",
    "KRW": "0.00065",
    "CNY": "0.128",
    "TWD": "0.029",
    "BRL": "0.16",
    "PLN": "0.23",
    "ARS": "0.0009",
}
"""Currency -> euros, roughly. Readers enter all prices in euros."""

_TODAY = date(2026, 11, 1)
"""The latest date of any entry, so that the demo does not depend on the current date."""
_JOINED = date(2019, 1, 1)

_NOTES = (
    "Borrowed from the library, must buy.",
    "The art gets better with every volume.",
    "Lent volume 3 to Mika, still not back.",
    "Stopped for a while, the middle drags.",
    "Read in one weekend. Twice.",
    "Waiting for the box set.",
    "Better than the film.",
    "The translation of the first edition is the nicer one.",
    "A present from Jonas.",
    "Cried on the train.",
)


@dataclass(frozen=True, slots=True)
class Reader:
    """An account of the demo."""

    username: str
    role: str
    """A role to add to the default one; blank for none."""
    read: int
    rated: int
    owned: int
    """Number of series to read and rate, and minimum number of volumes to own, as far as there are that many."""
    languages: tuple[str, ...]
    """Languages in which they buy books."""
    adult: bool
    """True if their age is verified."""
    settings: dict[str, Any]


READERS = (
    Reader(
        "demo-member",
        "",
        14,
        10,
        24,
        ("German", "English"),
        False,
        {"theme": "light", "prefered-content-language": "German", "theme-accent-color": "#6394c6"},
    ),
    Reader(
        "demo-editor",
        "Editor",
        10,
        16,
        0,
        ("English",),
        True,
        {"theme": "dark", "view-mode": "column", "show-drag-indicator": True},
    ),
    Reader(
        "demo-reader",
        "",
        48,
        42,
        320,
        ("English", "Japanese", "French"),
        True,
        {
            "theme": "dark",
            "theme-accent-color": "#e4572e",
            "prefered-content-language": "interface",
            "nsfw-mode": "settings.nsfw.show-nsfw-18",
            "view-mode": "grid",
        },
    ),
)


def readings(reader: Reader) -> Iterator[tuple[Series, dict[str, Any]]]:
    """Return the reading history: series and their reading statuses."""
    random = Random(f"readings {reader.username}")
    for series in random.sample(facts.series(), reader.read):
        yield series, _reading(random, series)


def _reading(random: Random, series: Series) -> dict[str, Any]:
    status = random.choice(("started", "started", "completed", "completed", "completed", "paused", "dropped"))
    volumes = max((edition.volumes or series.count(edition) for edition in series.editions), default=1)
    kind, length = ("volumes", volumes) if random.random() < 0.6 else ("chapters", volumes * 9)
    start = _JOINED + timedelta(days=random.randrange((_TODAY - _JOINED).days - 200))
    done = status == "completed"
    entry: dict[str, Any] = {
        "visibility": random.choice(("public", "public", "private")),
        "progressType": kind,
        "progress": length if done else random.randrange(1, max(2, length)),
        "status": status,
        "priority": random.choice(("low", "mid", "mid", "high")),
        "start": start.isoformat(),
    }
    if done:
        entry["end"] = (start + timedelta(days=random.randrange(2, 200))).isoformat()
        entry["reread"] = random.choice((0, 0, 0, 1, 2))
    if done or random.random() < 0.4:
        entry["score"] = random.choice((5, 6.5, 7, 7.5, 8, 8, 8.5, 9, 9.5, 10))
    if random.random() < 0.35:
        entry["notes"] = random.choice(_NOTES)
    return entry


def ratings(reader: Reader) -> Iterator[tuple[Series, float]]:
    """Return the rated series with their ratings, 1 to 10 in steps of 0.5."""
    random = Random(f"ratings {reader.username}")
    for series in random.sample(facts.series(), reader.rated):
        # Ratings of a series scatter around a common value.
        usual = Random(f"liking {series.type} {series.name}").uniform(6, 9.5)
        yield series, max(1.0, min(10.0, round(2 * random.gauss(usual, 0.7)) / 2))


def shelf(reader: Reader, volumes: tuple[Volume, ...]) -> Iterator[tuple[Volume, dict[str, Any]]]:
    """Return the volumes owned, in runs of one edition, with price and date of purchase."""
    random = Random(f"shelf {reader.username}")
    runs = [run for run in _runs(volumes) if run[0].language in reader.languages]
    random.shuffle(runs)
    owned = 0
    for run in runs:
        if owned >= reader.owned:
            return
        # Two in five runs are incomplete.
        taken = run[: random.randrange(1, len(run) + 1)] if random.random() < 0.4 else run
        owned += len(taken)
        for volume in taken:
            yield volume, _purchase(random, volume)


def _runs(volumes: tuple[Volume, ...]) -> list[list[Volume]]:
    """Return the published volumes of each edition."""
    runs: dict[tuple[str, str, str, str], list[Volume]] = {}
    for volume in volumes:
        if not volume.announced:
            key = volume.series.name, volume.series.type, volume.edition, volume.language
            runs.setdefault(key, []).append(volume)
    return list(runs.values())


def _purchase(random: Random, volume: Volume) -> dict[str, Any]:
    published = _JOINED if volume.day == releases.UNKNOWN else date.fromisoformat(volume.day)
    first = max(published, _JOINED)
    bought = first + timedelta(days=int((_TODAY - first).days * random.random() ** 2))
    share = random.choice((Decimal(1), Decimal(1), Decimal("0.9"), Decimal("0.5")))
    price = (Decimal(volume.price) * Decimal(_EUROS[volume.currency]) * share).quantize(Decimal("0.01"))
    purchase: dict[str, Any] = {"price": float(price)}
    return purchase if random.random() < 0.06 else purchase | {"date": bought.isoformat()}
