"""Admission to password hashing: how many are hashed at once, and how many requests wait for their turn.

Hashing is slow on purpose. Requests beyond the queue are refused at once, so that however many people sign in, some
threads of the service stay free for its other routes.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import UNAVAILABLE

SLOTS = max(1, min(4, (os.cpu_count() or 1) - 1))
"""Hashing takes a core for some 30 ms, and 19 MiB: one core stays free, and memory is bounded on large machines."""
QUEUE = 24
"""Requests that wait for a slot, the last one for some QUEUE / SLOTS times as long as hashing takes."""
THREADS = SLOTS + QUEUE + 4
"""Enough for every request that may hash or wait, and for other routes."""

_places = threading.BoundedSemaphore(SLOTS + QUEUE)
_slots = threading.BoundedSemaphore(SLOTS)


@contextmanager
def slot() -> Iterator[None]:
    """Hold a slot during the ``with`` block; refuses (503) at once where the queue is full."""
    if not _places.acquire(blocking=False):
        raise UNAVAILABLE
    try:
        with _slots:
            yield
    finally:
        _places.release()
