"""Password hashing is admitted to slots and a short queue, and leaves threads to other requests."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import Refusal
from tests.support.waiting import wait_until
from users import hashing, passwords
from users.hashing import QUEUE, SLOTS, THREADS


def test_hashing_never_takes_the_last_threads() -> None:
    assert THREADS >= SLOTS + QUEUE + 2


def test_beyond_the_queue_is_a_503_that_asks_to_come_again() -> None:
    """The hashing functions are called while all slots are taken and the queue is full."""
    digest = passwords.digest("correct horse battery staple")
    going_on, inside = threading.Event(), threading.Semaphore(0)

    def hold() -> None:
        with hashing.slot():
            inside.release()
            going_on.wait(30)

    with ThreadPoolExecutor(SLOTS + QUEUE) as pool:
        held = [pool.submit(hold) for _ in range(SLOTS + QUEUE)]
        try:
            for _ in range(SLOTS):
                assert inside.acquire(timeout=30)
            wait_until(lambda: hashing._admitted._value == 0)
            assert not inside.acquire(blocking=False), "more hash at once than there are slots"
            for refused in (
                lambda: passwords.digest("another password"),
                lambda: passwords.matches("correct horse battery staple", digest),
                lambda: passwords.matches("correct horse battery staple", None),
            ):
                with pytest.raises(Refusal) as refusal:
                    refused()
                assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "1"})
        finally:
            going_on.set()
    for each in held:
        each.result()
    assert passwords.matches("correct horse battery staple", digest)
