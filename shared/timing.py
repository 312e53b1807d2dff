"""The ``Server-Timing`` header: where the time of one request went, on request.

A request that asks has a header of that name as well. The gateway passes it on for those who may know, and no service
takes anybody else's word: it looks at the header of requests alone whose caller it could verify.
"""

from threading import local

HEADER = "Server-Timing"


class _Spent(local):
    """What this thread has waited for since ``database`` was last set to 0, in milliseconds."""

    database = 0.0


spent = _Spent()
"""Not in Flask's ``g``: looking there costs more than all else that is done about a statement's time."""


def metrics(**milliseconds: float) -> str:
    """Return the value of the header: names and how long each took, in milliseconds."""
    return ", ".join(f"{name};dur={duration:.2f}" for name, duration in milliseconds.items())
