"""What runs here: which version, and since when."""

from datetime import UTC, datetime

from shared import settings

STARTED = datetime.now(UTC)
"""When this program started: workers have it from their master, which imports this before there are any."""


def version() -> str:
    """Return the version of the code, as whoever started the program knows it."""
    return settings.text("BUNKO_VERSION", "unknown")


def moment(time: datetime) -> str:
    """Return a time in UTC as RFC 3339, to the second."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
