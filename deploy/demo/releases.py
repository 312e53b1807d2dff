"""Release days of volumes: known days, or days interpolated between a known first and last month."""

from datetime import date, timedelta

from deploy.demo.facts import Edition

UNKNOWN = "1001-01-01"
ANNOUNCED = "2100-01-01"

_WEEKDAYS = {"English": 1, "French": 2, "German": 3, "Japanese": 4}
"""Language -> weekday on which most of its books are released; Monday is 0."""


def days(edition: Edition, count: int) -> list[str]:
    """Return the release days of an edition's first ``count`` volumes and of its announced ones."""
    return [*_known(edition, count), *([ANNOUNCED] * edition.announced)]


def _known(edition: Edition, count: int) -> list[str]:
    if edition.dates == "unknown":
        return [UNKNOWN] * count
    if edition.days:
        return list(edition.days[:count])
    first, last = _month(edition.first), _month(edition.last)
    steps = max(edition.volumes or count, 2) - 1
    return [_on_weekday(first + (last - first) * place / steps, edition.language) for place in range(count)]


def _month(text: str) -> date:
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def _on_weekday(day: date, language: str) -> str:
    wait = (_WEEKDAYS.get(language, 0) - day.weekday()) % 7
    return (day + timedelta(days=wait)).isoformat()
