"""The list of groups with their volumes: page 1 and page 1,000, against Directus and the ORMs."""

from collections.abc import Callable
from functools import partial
from typing import Any

import requests

from tests.load.bench.arena import Arena
from tests.load.bench.goals import at_least, ratio_at_most
from tests.load.bench.outcome import Chart, Figure, Outcome, Table
from tests.load.bench.peers import directus
from tests.load.bench.rounds import Measured, Target, middle
from tests.load.bench.sizes import LARGE, SMALL, Size

_LIMIT = 50
_FAR_PAGE = 1_000

_PEERS = ("Directus", "Django REST Framework", "Flask + ORM")
_GROUPS: dict[str, str] = {"Bunko": "groups", "Directus": "data", "Django REST Framework": "results"}
"""The key of the groups in each system's answer; Flask uses Bunko's."""


def run(arena: Arena) -> Outcome:
    """Compare answers, then throughput and processor time."""
    first = {size: _targets(arena, size, 0) for size in arena.effort.sizes}
    far = {size: _targets(arena, size, _far(size)) for size in arena.effort.sizes}
    for size in arena.effort.sizes:
        for targets in (first[size], far[size]):
            _check_alike(targets)
    near = arena.measure([target for targets in first.values() for target in targets])
    deep = arena.measure([target for targets in far.values() for target in targets[:2]], _middle(arena))
    outcome = Outcome(_figures(arena, near, deep))
    outcome.tables = [
        _table("The first page of 50 groups with their volumes", arena, near, arena.effort.connections),
        _table("Page 1,000", arena, deep, _middle(arena)),
    ]
    outcome.charts = [
        Chart(
            f"list-{size.volumes}",
            f"First page, {size.name} volumes, {arena.middle_connections} connections",
            "requests per second (more is better)",
            [
                (target.name, _rate(near, target.name, size, arena.middle_connections))
                for target in first[size]
            ],
        )
        for size in arena.effort.sizes
    ]
    return outcome


def _middle(arena: Arena) -> list[int]:
    return [arena.middle_connections]


def _far(size: Size) -> int:
    """Return the offset of page 1,000, or of the last full page if there are fewer."""
    return min((_FAR_PAGE - 1) * _LIMIT, size.groups - _LIMIT)


def _targets(arena: Arena, size: Size, offset: int) -> list[Target]:
    """Return Bunko, then the available peers."""
    plain = f"/groups?limit={_LIMIT}&offset={offset}"
    path = f"/admin-volumes?client=1&limit={_LIMIT}&offset={offset}"
    ways: dict[str, tuple[Callable[[Size], Any], str]] = {
        "Directus": (arena.directus, directus.LIST.format(limit=_LIMIT, offset=offset)),
        "Django REST Framework": (arena.drf, plain),
        "Flask + ORM": (arena.flask, plain),
    }
    targets = [arena.asking_bunko(size, path)]
    for name, (start, path) in ways.items():
        peer = arena.if_there(partial(start, size))
        if peer:
            targets.append(arena.asking(peer, name, size, path))
    return targets


def _check_alike(targets: list[Target]) -> None:
    """Fail unless all answer 200 with the same groups, volumes and order."""
    answers = {target.name: _answer(target) for target in targets}
    for name, answer in answers.items():
        if answer != answers["Bunko"] or len(answer) != _LIMIT:
            raise AssertionError(f"{name} answers other groups than Bunko: {answer[:2]}")


def _answer(target: Target) -> list[tuple[int, list[int]]]:
    answer = requests.get(target.address + target.paths[0], headers=dict(target.headers), timeout=60)
    if answer.status_code != 200:
        raise AssertionError(f"{target.name} answers {answer.status_code}: {answer.text[:500]}")
    groups = answer.json()[_GROUPS.get(target.name, "groups")]
    return [(int(group["id"]), [int(volume["id"]) for volume in group["volumes"]]) for group in groups]


def _figures(arena: Arena, near: Measured, deep: Measured) -> list[Figure]:
    connections = arena.middle_connections
    figures = []
    for size in arena.effort.sizes:
        ours = ("Bunko", size.name, connections)
        directus_ = ("Directus", size.name, connections)
        flask = ("Flask + ORM", size.name, connections)
        figures += [
            at_least(
                "list, throughput vs Directus", size, near.compare(ours, directus_), {SMALL: 12, LARGE: 70}
            ),
            at_least(
                "list, throughput vs Flask + ORM asked directly",
                size,
                near.compare(ours, flask),
                {SMALL: 8, LARGE: 60},
            ),
            at_least(
                "page 1,000, throughput vs Directus",
                size,
                deep.compare(ours, directus_),
                {SMALL: 12, LARGE: 70},
            ),
        ]
    grown = near.compare(
        ("Bunko", arena.larger.name, connections),
        ("Bunko", arena.smaller.name, connections),
        by=lambda sample: sample.cpu,
    )
    figures.append(
        ratio_at_most(
            "list, processor time per request (programs + PostgreSQL) vs the smaller catalogue",
            arena.larger,
            grown,
            {LARGE: 1.25},
        )
    )
    return figures


def _table(title: str, arena: Arena, measured: Measured, connections: Any) -> Table:
    head = [
        *("server", "volumes", "connections", "requests/s (min-max)", "Bunko's times this"),
        *("p99 ms", "programs' CPU ms", "database's CPU ms"),
    ]
    rows = []
    for size in arena.effort.sizes:
        for name in ("Bunko", *_PEERS):
            for number in connections:
                samples = measured.of(name, size.name, number)
                if not samples:
                    continue
                rates = [sample.rate for sample in samples]
                ratio = measured.compare(("Bunko", size.name, number), (name, size.name, number))
                rows.append(
                    [
                        *(name, size.name, str(number)),
                        f"{middle(rates):.0f} ({min(rates):.0f}-{max(rates):.0f})",
                        str(ratio),
                        f"{middle([sample.load.p99 for sample in samples]):.0f}",
                        f"{middle([sample.programs for sample in samples]):.2f}",
                        f"{middle([sample.database for sample in samples]):.2f}",
                    ]
                )
    return Table(title, head, rows)


def _rate(measured: Measured, name: str, size: Size, connections: int) -> float:
    return middle([sample.rate for sample in measured.of(name, size.name, connections)])
