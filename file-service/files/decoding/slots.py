"""Admission of uploads: how many may be in the works, who waits, and how much is decoded at once."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from files.refusals import BUSY
from shared.observability import tracing
from shared.observability.metrics import counter, gauge

SLOTS = os.cpu_count() or 1
"""Decoding is computing: one slot a core."""
QUEUE = 2 * SLOTS
KEPT_SECONDS = 5.0
"""How long a place is kept for an announced upload. One whose body takes longer to come is let in if there is a place
then: a client that sends slowly, or nothing, keeps others out for no longer than this."""
THREADS = SLOTS + QUEUE + 4
"""Enough for every upload that may be here, and to serve pictures meanwhile."""

_SLOTS = gauge("bunko_decoding_slots", "Pictures that may be in the works at once.").of()
_BUSY = gauge("bunko_decoding_slots_busy", "Pictures that are in the works.").of()
_WAITING = gauge("bunko_decoding_waiting", "Uploads that wait for a slot, their bodies unread.").of()
_REFUSED = counter(
    "bunko_decoding_refused", "Uploads and other work refused, as there is too much of it.", "reason"
)
_QUEUE_FULL = _REFUSED.of("queue full")
_NO_SLOT = _REFUSED.of("no slot in time")
_NO_MEMORY = _REFUSED.of("no memory in time")


class Slots:
    """As many uploads at once as there are slots, and a short queue before them.

    A body is read and a picture decoded in a slot only: memory grows with the slots, not with the clients.
    """

    def __init__(
        self, slots: int, *, queue: int, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``patience`` is how many seconds an upload waits for a slot at most."""
        self._places = slots + queue
        self._taken = 0
        self._expected: dict[str, float] = {}
        """Request ids of uploads that were announced and are not here yet, and until when a place is kept for each."""
        self._counting = threading.Lock()
        self._slots = threading.BoundedSemaphore(slots)
        self._patience = patience
        self._clock = clock
        _SLOTS.set(slots)

    def expect(self, request_id: str) -> None:
        """Keep a place for an upload whose body is on its way; refuses (503) where all are taken or kept."""
        with self._counting:
            self._check_room()
            self._expected[request_id] = self._clock() + KEPT_SECONDS

    def expect_no_more(self, request_id: str) -> None:
        """Give the place back that was kept for an upload, if it still is."""
        with self._counting:
            self._expected.pop(request_id, None)

    @contextmanager
    def one(self, request_id: str = "") -> Iterator[None]:
        """Hold a slot during the ``with`` block; a place may have been kept for the request.

        Refuses (503) at once where the queue is full, and after a while where no slot becomes free.
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
        """Refuse (503) where no place is free; the places of who did not come in time are."""
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
    """The pixels that may be in memory at once, over all decoding children.

    Two ordinary pictures are decoded side by side; the largest that are taken, one after the other.
    """

    def __init__(self, most: int, *, patience: float) -> None:
        """``patience`` is how many seconds a picture waits for its turn at most."""
        self._free = self._max = most
        self._changed = threading.Condition()
        self._patience = patience

    @contextmanager
    def take(self, pixels: int) -> Iterator[None]:
        """Hold ``pixels`` of the budget during the ``with`` block; refuses (503) where none become free."""
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
