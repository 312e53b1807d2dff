"""The points at which changes of pictures are interrupted: each call of a thread, and each possible failure."""

from tests.load.faults.calls import KILL
from tests.load.faults.crashes.points import ERRORS, Point, points

SEEN = [
    ("7", "mkdir", ""),
    ("7", "write", "pipe:[1]"),
    ("8", "write", "/storage/a"),
    ("7", "write", "/storage/b"),
    ("7", "getpid", ""),
    ("8", "getpid", ""),
]


def test_calls_are_counted_by_thread() -> None:
    kills = {(point.call, point.when) for point in points(SEEN) if point.what == KILL}
    assert kills == {("mkdir", 1), ("write", 1), ("write", 2), ("getpid", 1)}


def test_what_has_nothing_to_do_with_disk_and_network_does_not_fail() -> None:
    fails = {point for point in points(SEEN) if point.what != KILL}
    calls = (("mkdir", 1), ("write", 1), ("write", 2))
    assert fails == {Point(call, when, error) for call, when in calls for error in ERRORS}
    assert not {point for point in points(SEEN[1:2]) if point.what != KILL}
