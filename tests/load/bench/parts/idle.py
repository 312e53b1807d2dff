"""Normal requests while a thousand other clients stay silent or send a letter a second."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from urllib.parse import urlsplit

from tests.load.bench import processes
from tests.load.bench.arena import Arena
from tests.load.bench.goals import ratio_at_most
from tests.load.bench.outcome import Outcome, Table
from tests.load.bench.rounds import Failed, Ratio, Target
from tests.load.bench.sizes import SMALL

_CROWD = 1_000
_SMALL_CROWD = 50
_ROUNDS = 5


def run(arena: Arena) -> Outcome:
    """Measure with and without the idle clients, in turn."""
    target = arena.asking_bunko(arena.smaller, "/admin-volumes?client=1&limit=50")
    number = _SMALL_CROWD if arena.effort.small else _CROWD
    quiet, crowded = [], []
    for _ in range(1 if arena.effort.small else _ROUNDS):
        quiet.append(_p99(arena, target))
        with _crowd(target.address, number):
            crowded.append(_p99(arena, target))
    ratio = Ratio([after / before for after, before in zip(crowded, quiet, strict=True)])
    work = f"p99 with {number:,} idle or trickling clients vs quiet"
    rows = [[f"{median(quiet):.1f}", f"{median(crowded):.1f}", str(ratio)]]
    head = ["quiet p99 ms", "crowded p99 ms", "ratio"]
    title = f"The list at {arena.middle_connections} connections, {arena.smaller.name} volumes"
    return Outcome([ratio_at_most(work, arena.smaller, ratio, {SMALL: 1.2})], [Table(title, head, rows)])


def _p99(arena: Arena, target: Target) -> float:
    processes.settle(target.programs())
    effort = arena.effort
    load = effort.loader(
        target.address, target.paths, target.headers, arena.middle_connections, 2 * effort.seconds
    )
    if load.errors:
        raise Failed(f"{target.name}: {load}")
    return load.p99


@contextmanager
def _crowd(address: str, number: int) -> Iterator[None]:
    place = urlsplit(address)
    command = [
        sys.executable,
        "-m",
        "tests.load.bench.crowd",
        str(place.hostname),
        str(place.port),
        str(number),
    ]
    people = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert people.stdin is not None
    assert people.stdout is not None
    try:
        people.stdout.readline()
        yield
    finally:
        people.stdin.close()
        people.wait(30)
        people.stdout.close()
