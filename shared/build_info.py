"""What runs here: which version, and since when."""

from datetime import UTC, datetime

from shared import settings

RELEASE = "1.0.0"
"""The release of this code, by semantic versioning. CHANGELOG.md has a section for it."""

STARTED = datetime.now(UTC)
"""When this program started: workers have it from their master, which imports this before there are any."""


def version() -> str:
    """Return ``BUNKO_VERSION`` if it is set, else the release."""
    return settings.text("BUNKO_VERSION", RELEASE)


def moment(time: datetime) -> str:
    """Return a time in UTC as RFC 3339, to the second."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
