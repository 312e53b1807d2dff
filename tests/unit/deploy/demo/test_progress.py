"""The demo's concurrent work, and how it stops."""

import threading

import pytest

from deploy.demo.progress import AT_ONCE, Progress


def test_all_tasks_are_done_and_counted() -> None:
    progress = Progress(20, shown=False)
    progress.at_once(lambda number: progress.step("things", added=number % 2 == 0), range(20))
    assert progress.added == {"things": 10}


def test_a_failure_ends_what_is_under_way_at_its_next_step_and_begins_nothing_more() -> None:
    progress = Progress(0, shown=False)
    others_begun = threading.Barrier(AT_ONCE)
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        others_begun.wait(10)
        if number == 0:
            raise ValueError("no")
        while True:
            progress.step("things", added=True)

    with pytest.raises(ValueError, match="no"):
        progress.at_once(work, range(100))
    assert sorted(begun) == list(range(AT_ONCE))


def test_after_a_failure_other_things_can_be_done() -> None:
    progress = Progress(0, shown=False)

    def fail(number: int) -> None:
        raise ValueError(str(number))

    with pytest.raises(ValueError, match=r"[01]"):
        progress.at_once(fail, range(2))
    progress.at_once(lambda _: progress.step("things", added=True), range(3))
    assert progress.added["things"] == 3
