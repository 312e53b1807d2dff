"""Version and start time of this program."""

from datetime import UTC, datetime
from functools import cache

from shared import settings

RELEASE = "1.0.0"
"""The release of this code, by semantic versioning. CHANGELOG.md has a section for it."""


@cache
def started() -> datetime:
    """Return the start time of this program: the time of ``register``, or of the first call without it."""
    return datetime.now(UTC)


def register() -> None:
    """Record the start time. Gunicorn's master calls it before it forks, so that all workers show the same time."""
    started()


def version() -> str:
    """Return ``BUNKO_VERSION`` if it is set, else the release."""
    return settings.text("BUNKO_VERSION", RELEASE)


def moment(time: datetime) -> str:
    """Format ``time``, which is in UTC, as RFC 3339 with whole seconds."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
