"""Admission of uploads: decoding slots, their queue, and the pixel budget."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from files.refusals import BUSY
from shared.observability import tracing
from shared.observability.metrics import counter, gauge

SLOTS = os.cpu_count() or 1
"""One slot per core, because decoding is CPU-bound."""
QUEUE = 2 * SLOTS
"""Maximum number of uploads that wait for a slot."""
KEPT_SECONDS = 5.0
"""Duration of a reservation for an announced upload. A client that sends slowly or not at all blocks a place
for no longer than this. A body that arrives later is admitted if a place is free then."""
THREADS = SLOTS + QUEUE + 4
"""Worker threads: one for each admitted upload, and four for serving pictures."""

_SLOTS = gauge("bunko_decoding_slots", "Decoding slots.").of()
_BUSY = gauge("bunko_decoding_slots_busy", "Decoding slots in use.").of()
_WAITING = gauge("bunko_decoding_waiting", "Uploads that wait for a slot with unread bodies.").of()
_REFUSED = counter("bunko_decoding_refused", "Uploads and other work refused because of load.", "reason")
_QUEUE_FULL = _REFUSED.of("queue full")
_NO_SLOT = _REFUSED.of("no slot in time")
_NO_MEMORY = _REFUSED.of("no memory in time")


class Slots:
    """Limits concurrent uploads to a number of slots with a short queue.

    Bodies are read and pictures decoded only in a slot, so memory use is bounded by the slots, not by the
    clients.
    """

    def __init__(
        self, slots: int, *, queue: int, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``patience`` is the maximum wait for a slot, in seconds."""
        self._places = slots + queue
        self._taken = 0
        self._expected: dict[str, float] = {}
        """Request id -> end of the reservation, for announced uploads that have not arrived."""
        self._counting = threading.Lock()
        self._slots = threading.BoundedSemaphore(slots)
        self._patience = patience
        self._clock = clock
        _SLOTS.set(slots)

    def expect(self, request_id: str) -> None:
        """Reserve a place for an announced upload. Raises 503 if all places are taken or reserved."""
        with self._counting:
            self._check_room()
            self._expected[request_id] = self._clock() + KEPT_SECONDS

    def expect_no_more(self, request_id: str) -> None:
        """Cancel the reservation of an upload, if it still exists."""
        with self._counting:
            self._expected.pop(request_id, None)

    @contextmanager
    def one(self, request_id: str = "") -> Iterator[None]:
        """Hold a slot during the ``with`` block, using the reservation of ``request_id`` if there is one.

        Raises 503 immediately if the queue is full, and after ``patience`` seconds if no slot becomes free.
        """
        with self._counting:
            self._expected.pop(request_id, None)
            self._check_room()
            self._taken += 1
        try:
            with tracing.step("wait for a slot"):
                self._wait()
            _BUSY.change(1)
            try:
                yield
            finally:
                _BUSY.change(-1)
                self._slots.release()
        finally:
            with self._counting:
                self._taken -= 1

    def _check_room(self) -> None:
        """Drop expired reservations. Raises 503 if no place is free."""
        now = self._clock()
        for request_id in [late for late, until in self._expected.items() if until <= now]:
            del self._expected[request_id]
        if self._taken + len(self._expected) >= self._places:
            _QUEUE_FULL.inc()
            raise BUSY

    def _wait(self) -> None:
        _WAITING.change(1)
        try:
            if not self._slots.acquire(timeout=self._patience):
                _NO_SLOT.inc()
                raise BUSY
        finally:
            _WAITING.change(-1)


class PixelBudget:
    """Limits the pixels in memory over all decoding children.

    Ordinary pictures are decoded in parallel; pictures of the maximum size are decoded one at a time.
    """

    def __init__(self, most: int, *, patience: float) -> None:
        """``patience`` is the maximum wait for free budget, in seconds."""
        self._free = self._max = most
        self._changed = threading.Condition()
        self._patience = patience

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Hold ``pixels`` of the budget during the ``with`` block. Raises 503 after ``patience`` seconds."""
        pixels = min(pixels, self._max)
        with self._changed:
            if not self._changed.wait_for(lambda: pixels <= self._free, self._patience):
                _NO_MEMORY.inc()
                raise BUSY
            self._free -= pixels
        try:
            yield
        finally:
            with self._changed:
                self._free += pixels
                self._changed.notify_all()
