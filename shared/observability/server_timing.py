"""Time of one request in the gateway, the service and the database.

A service reports its route and times to the gateway in the response header ``Bunko-Work``. The gateway removes that
header and logs its content. It adds ``Server-Timing`` to the response if the client asks for it and has the permission.
"""

from dataclasses import dataclass
from threading import local

HEADER = "Server-Timing"
SERVICE_HEADER = "Bunko-Work"
_NONE = "-"
"""Written in place of a missing route: trailing blanks of a header are not transmitted."""


class _Spent(local):
    """Waiting times of this thread in milliseconds, since each was last set to 0."""

    database = 0.0


spent = _Spent()
"""A thread local, not Flask's ``g``: access to ``g`` takes longer than measuring the statement."""


@dataclass(frozen=True, slots=True)
class ServerTiming:
    """A service's times until its response began, in milliseconds."""

    route: str | None
    """The route's path pattern as the service declares it; None if no route answered."""
    service: float
    """The service's time, including the database's."""
    database: float
    """Time that the service waited for PostgreSQL."""

    def header(self) -> str:
        """Format as the value of ``Bunko-Work``."""
        return f"{self.service:.2f} {self.database:.2f} {self.route or _NONE}"

    @staticmethod
    def read(value: str) -> "ServerTiming":
        """Parse the value of ``Bunko-Work``."""
        service, database, route = value.split(" ", 2)
        return ServerTiming(None if route == _NONE else route, float(service), float(database))


def metrics(**milliseconds: float) -> str:
    """Format durations in milliseconds as the value of ``Server-Timing``."""
    return ", ".join(f"{name};dur={duration:.2f}" for name, duration in milliseconds.items())
