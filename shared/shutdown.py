"""How a program leaves: told to end, it still answers for a while, and lets its callers find another connection.

Alive, ready and draining are three things: a program that drains is alive and answers what it is asked, but says by
``/health/ready`` that it wants no new work, and by ``Connection: close`` that a connection ends with this answer.

An idle connection cannot be told. Closing it at once would lose the request that may just be coming in, and nobody
could tell whether it was carried out. So callers do not use a connection again that has been idle for ``IDLE_SECONDS``,
and a program closes it only after ``GRACE_SECONDS``, by when nobody wants it any more.
"""

from threading import Event

IDLE_SECONDS = 0.5
"""How long a caller may leave a connection idle and still use it again."""
GRACE_SECONDS = 1
"""How long a draining program leaves idle connections open, and takes new ones: longer than ``IDLE_SECONDS``."""

started = Event()
"""Set when this program has been told to end."""
