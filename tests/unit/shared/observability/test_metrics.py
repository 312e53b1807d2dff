"""Metrics: the counts of several workers are one figure, also after one has died."""

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from shared.observability import metrics
from shared.observability.metrics import BUCKETS, counter, gauge, histogram, shared_gauge

COUNTED = counter("test_counted", "A test's.", "kind")
COUNTED.of("apples"), COUNTED.of("pears")
LEVEL = gauge("test_level", "A test's.").of()
SEEN = shared_gauge("test_seen", "A test's.").of()
TOOK = histogram("test_took", "A test's.").of()


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Worker slots for the test; this process uses the first."""
    monkeypatch.setattr(metrics, "_memory", fresh := metrics._SharedMemory())
    fresh.frozen = True
    yield
    fresh.slots.clear()


def in_lane(lane: int, count: Callable[[], object]) -> None:
    """Run a count in another process."""
    pid = os.fork()
    if not pid:
        metrics.take_slot(lane)
        count()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.usefixtures("memory")
def test_counts_of_all_workers_are_added_up_and_stay_when_they_have_gone() -> None:
    apples, pears = COUNTED.of("apples"), COUNTED.of("pears")
    apples.inc()
    in_lane(1, lambda: apples.inc(2))
    in_lane(2, pears.inc)
    in_lane(2, lambda: apples.inc(0.5))
    metrics.leave_slot(1)
    in_lane(1, apples.inc)
    assert (apples.value, pears.value) == (4.5, 1)


@pytest.mark.usefixtures("memory")
def test_what_a_worker_had_goes_with_it() -> None:
    LEVEL.set(1)
    in_lane(1, lambda: LEVEL.change(5))
    assert LEVEL.value == 6
    metrics.leave_slot(1)
    assert LEVEL.value == 1
    in_lane(1, lambda: LEVEL.change(-2))
    assert LEVEL.value == -1


@pytest.mark.usefixtures("memory")
def test_what_all_workers_see_is_not_added_up() -> None:
    SEEN.set(3)
    in_lane(1, lambda: SEEN.set(2))
    assert SEEN.value == 3


@pytest.mark.usefixtures("memory")
def test_a_histogram_counts_what_took_no_longer_than_each_bound() -> None:
    for seconds in (0.0, BUCKETS[0], BUCKETS[0] * 1.01, BUCKETS[-1], BUCKETS[-1] + 1):
        in_lane(1, partial(TOOK.observe, seconds))
    assert TOOK.counts == [2, *[3] * (len(BUCKETS) - 2), 4, 5]
    assert TOOK.total == pytest.approx(BUCKETS[0] * 2.01 + BUCKETS[-1] * 2 + 1)


@pytest.mark.usefixtures("memory")
def test_nothing_new_is_counted_once_requests_are_answered() -> None:
    assert COUNTED.of("apples") is COUNTED.of("apples")
    with pytest.raises(RuntimeError):
        COUNTED.of("unheard of")


def test_a_new_worker_takes_a_lane_that_nobody_is_in() -> None:
    assert metrics.free_slot([]) == 0
    assert metrics.free_slot([0, 2]) == 1
    assert metrics.free_slot(range(metrics.WORKER_SLOTS)) == 0
