"""Concurrency limit of password hashing, with a bounded queue.

Hashing is slow on purpose. Requests that do not fit into the queue are refused at once, so that a burst of logins
leaves threads free for the other routes of the service.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import UNAVAILABLE

SLOTS = max(1, min(4, (os.cpu_count() or 1) - 1))
"""Concurrent hashes. Each takes 30 ms of a core and 19 MiB: one core stays free, and 4 bounds the memory."""
QUEUE = 24
"""Maximum number of requests that wait for a slot. The last waits about QUEUE / SLOTS hashing times."""
THREADS = SLOTS + QUEUE + 4
"""Threads of a worker: one for each request that may hash or wait, and 4 for other routes."""

_admitted = threading.BoundedSemaphore(SLOTS + QUEUE)
_slots = threading.BoundedSemaphore(SLOTS)


@contextmanager
def slot() -> Iterator[None]:
    """Hold a slot during the ``with`` block; refuses (503) at once if the queue is full."""
    if not _admitted.acquire(blocking=False):
        raise UNAVAILABLE
    try:
        with _slots:
            yield
    finally:
        _admitted.release()
