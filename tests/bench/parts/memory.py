"""The memory of all programs under load, against one Directus under the same load."""

import threading
from functools import partial

from tests.bench import processes
from tests.bench.arena import Arena
from tests.bench.outcome import Figure, Outcome, Table
from tests.bench.peers import directus
from tests.bench.rounds import Target
from tests.bench.sizes import Size

_SECONDS = 6
_WATCH = 0.3
_LIMIT = 50


def run(arena: Arena) -> Outcome:
    """Load one after the other, nothing else running: shared pages count for those who are measured."""
    outcome = Outcome()
    rows = []
    for size in arena.effort.sizes:
        arena.clear()
        ours = _peak(arena, arena.asking_bunko(size, f"/admin-volumes?client=1&limit={_LIMIT}"))
        peer = arena.if_there(partial(arena.directus, size))
        theirs = None
        if peer:
            path = directus.LIST.format(limit=_LIMIT, offset=0)
            theirs = _peak(arena, arena.asking(peer, "Directus", size, path))
        outcome.figures.append(_figure(size, ours, theirs))
        rows.append([size.name, f"{ours:.0f}", f"{theirs:.0f}" if theirs else "not there"])
    head = ["volumes", "all of Bunko's programs, MiB", "one Directus, MiB"]
    outcome.tables = [Table("Most PSS while the list is asked for, without PostgreSQL", head, rows)]
    arena.clear()
    return outcome


def _figure(size: Size, ours: float, theirs: float | None) -> Figure:
    measured = f"{ours / theirs:.2f}x" if theirs else "no peer"
    reached = ours < theirs if theirs else None
    return Figure(
        "memory (PSS) of all programs under load vs one Directus", size.name, "< 1x", measured, reached
    )


def _peak(arena: Arena, target: Target) -> float:
    """Return the most MiB that the target's programs held while it was loaded."""
    over = threading.Event()

    def load() -> None:
        seconds = arena.effort.seconds if arena.effort.small else _SECONDS
        number = arena.middle_connections
        arena.effort.loader(target.address, target.paths, target.headers, number, seconds)
        over.set()

    loading = threading.Thread(target=load)
    loading.start()
    most = 0.0
    while not over.wait(_WATCH):
        most = max(most, processes.pss_mib(target.programs()))
    loading.join()
    return max(most, processes.pss_mib(target.programs()))
