"""Graceful shutdown: a draining program still answers requests while its callers move to other nodes.

A draining program is alive but not ready: ``/health/ready`` answers 503, requests are still served, and each response
carries ``Connection: close``.

Idle connections have no response that could announce the close. Closing one at once could lose a request on its way,
and the caller could not know whether it was executed. So callers do not reuse a connection that was idle for
``IDLE_SECONDS``, and a draining program closes idle connections only after ``GRACE_SECONDS``.
"""

from threading import Event

IDLE_SECONDS = 0.5
"""Maximum idle time after which a caller may still reuse a connection."""
GRACE_SECONDS = 1
"""Time for which a draining program keeps idle connections open and accepts new ones. Exceeds ``IDLE_SECONDS``."""

started = Event()
"""Set when this program has received the signal to end."""
