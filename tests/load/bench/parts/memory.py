"""The memory of all programs under load, against one Directus under the same load."""

import threading
from collections.abc import Mapping
from functools import partial

from tests.load.bench import processes
from tests.load.bench.arena import Arena
from tests.load.bench.outcome import Figure, Outcome, Table
from tests.load.bench.peers import directus
from tests.load.bench.rounds import Target
from tests.load.bench.sizes import Size

_SECONDS = 10
_WATCH = 0.3
_LIMIT = 50

Shares = dict[str, float]
"""Program -> MiB."""


def run(arena: Arena) -> Outcome:
    """Load one system after the other, with nothing else running, since shared pages are divided among processes."""
    outcome = Outcome()
    rows = []
    for size in arena.effort.sizes:
        arena.clear()
        bunko = arena.bunko(size)
        programs = {name: bunko.pids(name) for name in bunko.stack.pids if name != "postgres"}
        ours = _peak(arena, arena.asking_bunko(size, f"/admin-volumes?client=1&limit={_LIMIT}"), programs)
        peer = arena.if_there(partial(arena.directus, size))
        theirs: Shares = {}
        if peer:
            path = directus.LIST.format(limit=_LIMIT, offset=0)
            theirs = _peak(arena, arena.asking(peer, "Directus", size, path), {"Directus": [peer.pid]})
        outcome.figures.append(_figure(size, sum(ours.values()), sum(theirs.values())))
        rows += [
            *([name, size.name, f"{mebibytes:.0f}"] for name, mebibytes in ours.items()),
            ["all of Bunko's programs", size.name, f"{sum(ours.values()):.0f}"],
            *([name, size.name, f"{mebibytes:.0f}"] for name, mebibytes in theirs.items()),
        ]
    head = ["program", "volumes", "PSS in MiB"]
    outcome.tables = [Table("Most memory while the list is asked for, without PostgreSQL", head, rows)]
    arena.clear()
    return outcome


def _figure(size: Size, ours: float, theirs: float) -> Figure:
    measured = f"{ours / theirs:.2f}x" if theirs else "no peer"
    reached = ours < theirs if theirs else None
    return Figure(
        "memory (PSS) of all programs under load vs one Directus", size.name, "< 1x", measured, reached
    )


def _peak(arena: Arena, target: Target, programs: Mapping[str, list[int]]) -> Shares:
    """Return the memory of each program at the peak of their sum while ``target`` was under load."""
    over = threading.Event()

    def load() -> None:
        seconds = arena.effort.seconds if arena.effort.small else _SECONDS
        number = arena.middle_connections
        arena.effort.loader(target.address, target.paths, target.headers, number, seconds)
        over.set()

    loading = threading.Thread(target=load)
    loading.start()
    moments = [_shares(programs)]
    while not over.wait(_WATCH):
        moments.append(_shares(programs))
    loading.join()
    return max(moments, key=lambda shares: sum(shares.values()))


def _shares(programs: Mapping[str, list[int]]) -> Shares:
    return {name: processes.pss_mib(pids) for name, pids in programs.items()}
