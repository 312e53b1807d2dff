"""Where the time of one request went: what a service tells the gateway with each answer, and the gateway who asks.

A service's answer says in the header ``Bunko-Work`` which route it came from and what it took. The gateway keeps that
to itself: it writes it into the log, and gives those who may know it the header ``Server-Timing``, on request.
"""

from dataclasses import dataclass
from threading import local

HEADER = "Server-Timing"
SERVICE_HEADER = "Bunko-Work"
_NONE = "-"
"""In place of a route: a blank at a header's end does not arrive."""


class _Spent(local):
    """What this thread has waited for since ``database`` was last set to 0, in milliseconds."""

    database = 0.0


spent = _Spent()
"""Not in Flask's ``g``: looking there costs more than all else that is done about a statement's time."""


@dataclass(frozen=True, slots=True)
class ServerTiming:
    """What a service did for an answer until that began, in milliseconds."""

    route: str | None
    """The pattern of the path, as the service declares it; None where no route answered."""
    service: float
    """The service's own time, with the database's."""
    database: float
    """What PostgreSQL took for statements."""

    def header(self) -> str:
        """Return it as a header's value."""
        return f"{self.service:.2f} {self.database:.2f} {self.route or _NONE}"

    @staticmethod
    def read(value: str) -> "ServerTiming":
        """Return what ``header`` made ``value`` of."""
        service, database, route = value.split(" ", 2)
        return ServerTiming(None if route == _NONE else route, float(service), float(database))


def metrics(**milliseconds: float) -> str:
    """Return the value of ``Server-Timing``: names and how long each took, in milliseconds."""
    return ", ".join(f"{name};dur={duration:.2f}" for name, duration in milliseconds.items())
