"""Requests of a reader with ten thousand entries: collection, its statistics, reading history."""

from tests.load.bench.arena import Arena
from tests.load.bench.filling.readers import LONG_READER, OWNER, SHORT_READER
from tests.load.bench.goals import at_most, ratio_at_most
from tests.load.bench.outcome import Outcome, Table
from tests.load.bench.rounds import middle
from tests.load.bench.sizes import LARGE, SMALL

_HISTORY = "/user/reading-history?client=1&limit=50"
_REQUESTS = {
    "collection page": (OWNER, "/user/collection?client=1&limit=50"),
    "collection stats": (OWNER, "/user/collection/stats/general?client=1"),
    "reading history": (LONG_READER, _HISTORY),
    "reading history of 2,000 series": (SHORT_READER, _HISTORY),
    "reading history of 2,000 series by name": (SHORT_READER, f"{_HISTORY}&order=name-asc"),
}
_LONGEST = {SMALL: 15, LARGE: 15}
_GROWTH = {LARGE: 1.3}
_NOT_COMPARED = {"reading history"}
"""The smaller catalogue has only 2,000 series to read."""

_NOTE = (
    "The collection holds 10,000 volumes, the history 10,000 series; at 60,000 volumes there are 2,000 series "
    "to read, so a history of 2,000 is what is compared between the sizes."
)


def run(arena: Arena) -> Outcome:
    """Send requests on one connection, as one reader does."""
    measured = arena.measure(
        [
            arena.asking_bunko(size, path, name=name, reader=reader)
            for name, (reader, path) in _REQUESTS.items()
            for size in arena.effort.sizes
        ],
        [1],
    )
    outcome = Outcome()
    rows = []
    for name in _REQUESTS:
        for size in arena.effort.sizes:
            samples = measured.of(name, size.name, 1)
            p50 = [sample.load.p50 for sample in samples]
            outcome.figures.append(at_most(f"{name}, p50", size, p50, _LONGEST, "ms"))
            rows.append(
                [
                    *(name, size.name, f"{middle(p50):.2f}"),
                    f"{middle([sample.load.p99 for sample in samples]):.1f}",
                    f"{middle([sample.programs for sample in samples]):.2f}",
                    f"{middle([sample.database for sample in samples]):.2f}",
                ]
            )
        if name not in _NOT_COMPARED:
            sides = [(name, size.name, 1) for size in (arena.larger, arena.smaller)]
            ratio = measured.compare(sides[0], sides[1], by=lambda sample: sample.load.p50)
            work = f"{name}, p50 vs the smaller catalogue"
            outcome.figures.append(ratio_at_most(work, arena.larger, ratio, _GROWTH))
    head = ["request", "volumes", "p50 ms", "p99 ms", "programs' CPU ms", "database's CPU ms"]
    outcome.tables = [Table("A reader's pages, one connection", head, rows)]
    outcome.notes = [_NOTE]
    return outcome
