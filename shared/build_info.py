"""Version and start time of this program."""

from datetime import UTC, datetime

from shared import settings

STARTED = datetime.now(UTC)
"""Start time of the program, taken when this module is imported.

The gunicorn master imports it before it forks, so that all workers show the same time.
"""


def version() -> str:
    """Return the version in ``BUNKO_VERSION``, ``unknown`` if it is not set."""
    return settings.text("BUNKO_VERSION", "unknown")


def moment(time: datetime) -> str:
    """Format ``time``, which is in UTC, as RFC 3339 with whole seconds."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")
