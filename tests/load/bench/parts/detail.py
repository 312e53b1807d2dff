"""One volume of many, by id: the same time in a catalogue of any size."""

import random

from tests.load.bench.arena import Arena
from tests.load.bench.filling.shape import SEED
from tests.load.bench.goals import ratio_at_most
from tests.load.bench.outcome import Outcome, Table
from tests.load.bench.rounds import Measured, Target, middle
from tests.load.bench.sizes import LARGE, Size

_VOLUMES = 5_000
_GROWTH = {LARGE: 1.2}


def run(arena: Arena) -> Outcome:
    """Request volumes from all parts of the catalogues."""
    targets = [_target(arena, size) for size in arena.effort.sizes]
    connections = arena.effort.connections[:2]
    measured = arena.measure(targets, connections)
    outcome = Outcome(tables=[_table(arena, measured, connections)])
    sides = [("Bunko", size.name, connections[0]) for size in (arena.larger, arena.smaller)]
    for what, by in (("p50 at 1 connection", lambda s: s.load.p50), ("processor time", lambda s: s.cpu)):
        ratio = measured.compare(sides[0], sides[1], by=by)
        work = f"GET /admin-volumes/id/:id, {what} vs the smaller catalogue"
        outcome.figures.append(ratio_at_most(work, arena.larger, ratio, _GROWTH))
    return outcome


def _target(arena: Arena, size: Size) -> Target:
    ids = random.Random(SEED).choices(range(1, size.volumes + 1), k=_VOLUMES)
    return arena.asking_bunko(size, *(f"/admin-volumes/id/{id}" for id in ids))


def _table(arena: Arena, measured: Measured, connections: object) -> Table:
    rows = []
    for (_, size, number), samples in measured.samples.items():
        rows.append(
            [
                *(size, str(number), f"{middle([sample.rate for sample in samples]):.0f}"),
                *(f"{middle([sample.load.p50 for sample in samples]):.2f}",),
                *(f"{middle([sample.load.p99 for sample in samples]):.1f}",),
                *(f"{middle([sample.programs for sample in samples]):.2f}",),
                *(f"{middle([sample.database for sample in samples]):.2f}",),
            ]
        )
    head = [
        "volumes",
        "connections",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "programs' CPU ms",
        "database's CPU ms",
    ]
    return Table("One volume, any of them", head, rows)
