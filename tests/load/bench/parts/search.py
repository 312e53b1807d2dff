"""Search: PostgreSQL's time for the statements of a page, compared with a plain join with ILIKE.

EXPLAIN (ANALYZE) rather than pg_stat_statements: it needs no extension, and gives planning and execution of the very
statements that the list's route sends, captured from it. Both sides get it without timing of each node.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import Any
from unittest.mock import patch

import psycopg2
from psycopg2 import extensions
from tqdm import tqdm

from catalog.routes.admin_volumes import volume_groups
from catalog.schemas.groups import GroupQuery
from shared.postgres.engine import Database
from shared.postgres.timed_cursor import TimedCursor
from shared.web.answers import Json
from tests.load.bench.arena import Arena
from tests.load.bench.goals import at_least, at_most
from tests.load.bench.outcome import Chart, Outcome, Table
from tests.load.bench.rounds import Ratio
from tests.load.bench.sizes import LARGE, SMALL, Size

_TERMS = {
    "a word": "titan",
    "a rare word": "zephyr",
    "two letters": "qu",
    "one CJK character": "鬼",
    "two CJK characters": "鬼滅",
    "two Hangul syllables": "레벨",
    "no hit": "zq",
    "two very common letters": "an",
}
_PROMISED = 5_000
"""Matches up to which there is a goal."""
_ROUNDS = 15

_PLAIN = """
    FROM plain.volume_groups AS g JOIN plain.series AS s ON s.id = g.series_id
    WHERE g.name ILIKE %(term)s OR s.name ILIKE %(term)s
        OR EXISTS (SELECT FROM plain.series_aliases AS a WHERE a.series_id = s.id AND a.name ILIKE %(term)s)
"""
_PLAIN_PAGE = (
    f"SELECT g.id, g.name, s.name {_PLAIN} ORDER BY s.sort_name, s.id, g.series_order, g.id LIMIT 50"
)
_PLAIN_TOTAL = f"SELECT count(*) {_PLAIN}"

Statement = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Searched:
    """One term in one catalogue; times in milliseconds, round by round."""

    kind: str
    term: str
    size: Size
    matches: int
    ours: list[float]
    plain: list[float]

    @property
    def gain(self) -> Ratio:
        """The time of the plain search divided by Bunko's."""
        return Ratio([plain / ours for plain, ours in zip(self.plain, self.ours, strict=True)])


def run(arena: Arena) -> Outcome:
    """Search for every term in every catalogue."""
    searched = [result for size in arena.effort.sizes for result in _search(arena, size)]
    outcome = Outcome()
    for size in arena.effort.sizes:
        promised = [result for result in searched if result.size is size and result.matches <= _PROMISED]
        slowest = max((result.ours for result in promised), key=median)
        least = min((result.gain for result in promised), key=lambda gain: gain.middle)
        work = "search, slowest term up to 5,000 matches"
        outcome.figures += [
            at_most(f"{work}: database time", size, slowest, {SMALL: 3, LARGE: 10}, "ms"),
            at_least(f"{work}: vs an ILIKE join", size, least, {LARGE: 50}),
        ]
    outcome.tables = [_table(searched)]
    outcome.charts = [
        Chart(
            f"search-{size.volumes}",
            f"Search, {size.name} volumes: time in the database",
            "milliseconds (less is better)",
            [
                bar
                for result in searched
                if result.size is size
                for bar in (
                    (f"{result.term}: Bunko", median(result.ours)),
                    (f"{result.term}: ILIKE", median(result.plain)),
                )
            ],
        )
        for size in arena.effort.sizes
    ]
    return outcome


def _search(arena: Arena, size: Size) -> list[Searched]:
    stack = arena.bunko(size).stack
    database = Database(stack.database_url("catalog"), {})
    found = []
    with closing(psycopg2.connect(stack.admin_database_url)) as owner, owner.cursor() as plain:
        plain.execute("SET jit = off")
        for kind, term in tqdm(_TERMS.items(), desc=f"searching {size.name}"):
            found.append(_compare(kind, term, size, database, plain))
    return found


def _compare(kind: str, term: str, size: Size, database: Database, plain: extensions.cursor) -> Searched:
    statements: list[Statement] = []

    def note(cursor: TimedCursor, statement: str, parameters: Any = None) -> None:
        if parameters:  # not the queries of SQLAlchemy on a new connection
            statements.append((statement, parameters))
        extensions.cursor.execute(cursor, statement, parameters)

    pattern = {"term": f"%{term}%"}
    with patch.object(TimedCursor, "execute", note):
        listed = volume_groups(GroupQuery(client=1, limit=50, search=term), database)
    with database.autocommit() as db:
        raw: Any = db.connection.cursor()
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            ours.append(_milliseconds(raw, statements))
            theirs.append(_milliseconds(plain, [(_PLAIN_PAGE, pattern), (_PLAIN_TOTAL, pattern)]))
    assert isinstance(listed, Json)
    matches = _check_alike(term, listed, plain, pattern)
    return Searched(kind, term, size, matches, ours[1:], theirs[1:])


def _milliseconds(db: Any, statements: Sequence[Statement]) -> float:
    """Return the planning and execution time of all ``statements``."""
    total = 0.0
    for statement, parameters in statements:
        db.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
        ((((plan,)),),) = db.fetchall()
        total += plan["Planning Time"] + plan["Execution Time"]
    return total


def _check_alike(term: str, listed: Json[Any], plain: extensions.cursor, pattern: Mapping[str, str]) -> int:
    """Fail unless both find the same groups in the same order; return the number of matches."""

    document = json.loads(listed.text)
    plain.execute(_PLAIN_PAGE, pattern)
    ids = [row[0] for row in plain.fetchall()]
    plain.execute(_PLAIN_TOTAL, pattern)
    ((total,),) = plain.fetchall()
    if ([group["id"] for group in document["groups"]], document["total"]) != (ids, total):
        raise AssertionError(f"Searching {term!r}, Bunko finds {document['total']} groups, ILIKE {total}.")
    return int(total)


def _table(searched: Sequence[Searched]) -> Table:
    return Table(
        "Time in PostgreSQL of page and total (planning and execution)",
        ["volumes", "search", "term", "matches", "Bunko ms", "ILIKE ms", "ratio"],
        [
            [
                *(result.size.name, result.kind, result.term, str(result.matches)),
                *(f"{median(result.ours):.2f}", f"{median(result.plain):.1f}", str(result.gain)),
            ]
            for result in searched
        ],
    )
