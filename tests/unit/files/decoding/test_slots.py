"""Decoding slots: concurrency is bounded, and so is every wait."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from files.decoding.slots import KEPT_SECONDS, PixelBudget, Slots
from shared.errors import Refusal

SOON = 0.05
LONG = 10.0


class Uploads:
    """Uploads that stay in their slot until they are released."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.go = threading.Event()
        self.entered = threading.Semaphore(0)
        self._counting = threading.Lock()

    def upload(self, place: AbstractContextManager[None]) -> None:
        with place:
            with self._counting:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.entered.release()
            assert self.go.wait(LONG)
            with self._counting:
                self.inside -= 1


def status_of(future: "Future[None]") -> int:
    error = future.exception(LONG)
    assert isinstance(error, Refusal)
    assert error.headers["Retry-After"]
    return error.status


def test_the_queue_is_short_and_the_rest_is_refused_at_once() -> None:
    slots, uploads = Slots(2, queue=3, patience=LONG), Uploads()
    with ThreadPoolExecutor(20) as pool:
        futures = [pool.submit(uploads.upload, slots.one()) for _ in range(20)]
        refused = 20 - 2 - 3
        while sum(future.done() for future in futures) < refused:
            assert uploads.most <= 2
        assert [status_of(future) for future in futures if future.done()] == [503] * refused
        uploads.go.set()
    assert sum(future.exception() is None for future in futures) == 5
    assert uploads.most == 2
    with slots.one():
        pass


def test_who_waited_too_long_is_refused_and_leaves_the_queue() -> None:
    slots, uploads = Slots(1, queue=1, patience=SOON), Uploads()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(uploads.upload, slots.one())
        assert uploads.entered.acquire(timeout=LONG)
        for _ in range(3):
            with pytest.raises(Refusal), slots.one():
                pass
        uploads.go.set()
        assert first.exception() is None


def test_a_slot_is_free_again_after_a_failure() -> None:
    slots = Slots(1, queue=0, patience=SOON)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), slots.one():
            raise ZeroDivisionError


def test_small_pictures_share_the_budget_and_large_ones_wait() -> None:
    budget, uploads = PixelBudget(10, patience=SOON), Uploads()
    with ThreadPoolExecutor(3) as pool:
        small = [pool.submit(uploads.upload, budget.take(5)) for _ in range(2)]
        for _ in small:
            assert uploads.entered.acquire(timeout=LONG)
        with pytest.raises(Refusal) as refused, budget.take(1):
            pass
        assert refused.value.status == 503
        uploads.go.set()
    assert uploads.most == 2
    with budget.take(10):
        pass


def test_more_than_the_whole_budget_takes_all_of_it() -> None:
    budget = PixelBudget(10, patience=SOON)
    with budget.take(11), pytest.raises(Refusal), budget.take(1):
        pass
    with budget.take(10):
        pass


def test_a_place_is_kept_for_who_was_announced_until_they_come_or_for_a_while() -> None:
    now = 0.0
    slots = Slots(1, queue=1, patience=SOON, clock=lambda: now)
    slots.expect("first")
    slots.expect("second")
    with pytest.raises(Refusal):
        slots.expect("third")
    with pytest.raises(Refusal), slots.one("third"):
        pass
    with slots.one("first"), pytest.raises(Refusal), slots.one("third"):
        pass
    slots.expect_no_more("second")
    slots.expect("third")
    slots.expect("fourth")
    now = KEPT_SECONDS
    with slots.one("fifth"):
        slots.expect("sixth")
        with pytest.raises(Refusal), slots.one("third"):
            pass
