"""Changes of pictures, each interrupted once: an answer 200 is kept, any other change is complete or absent."""

import itertools
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

from deploy.stack.stack import Stack
from tests.load.faults.calls import KILL, faulty
from tests.load.faults.crashes.points import Point, points, watched
from tests.load.faults.crashes.works import BROKEN, Work
from tests.support.file_nodes import FileNode

_SECONDS = 90
_SCHEMAS = ("catalog", "media", "users")


def _honest(point: Point) -> set[int | None]:
    """Return the allowed statuses of an interrupted change: the request itself was valid.

    If threads took turns, another write fails than was meant, such as one of the picture to its decoder: it then
    counts as unusable.
    """
    return {None, 200, 500, 503, 507} | ({400} if point.call == "write" else set())


class Trial:
    """Tries points on several nodes in turn: while one restarts, the next is used."""

    def __init__(self, stack: Stack, nodes: Sequence[FileNode]) -> None:
        self.wrong: list[str] = []
        self._outcomes: Counter[str] = Counter()
        self._stack = stack
        self._nodes = itertools.cycle(nodes)

    def points(self, work: Work) -> list[Point]:
        """Return the points of a change, recorded from one that is not interrupted."""
        node = self._node()
        work.prepare()
        work.change(node.program)  # what is done once only
        work.prepare()
        with watched(node.worker) as seen:
            status, wanted = work.change(node.program)
        assert (status, work.seen()) == (200, wanted)
        return points(seen)

    def interrupt(self, work: Work, point: Point) -> None:
        """Inject the fault into one change and compare what readers get with the answer."""
        node = self._node()
        work.prepare()
        before = work.seen()
        with faulty(node.worker, point.call, point.what, when=point.when):
            status, wanted = work.change(node.program)
        after = work.seen()
        allowed = {wanted} if status == 200 else {before, wanted}
        if after not in allowed or after == BROKEN or status not in _honest(point):
            self.wrong.append(f"{work.name}, {point}: {status}, {before} became {after}, not {wanted}")
        kind = "kill" if point.what == KILL else "error"
        self._outcomes[f"{kind}: {'no answer' if status is None else status}"] += 1

    def sweep_up(self, where: str) -> None:
        """Sweep, then check that exactly the live keys are stored."""
        deadline = time.monotonic() + _SECONDS
        with closing(psycopg2.connect(self._stack.admin_database_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                while {state for _, state in self._ledgers(cursor)} - {"live"}:
                    assert time.monotonic() < deadline, "the sweepers do not come to an end"
                    time.sleep(0.1)
                live = {key for key, _ in self._ledgers(cursor)}
        storage = Path(urlsplit(self._stack.settings("file-1")["STORAGE_URL"]).path)
        stored = {entry.name for entry in storage.iterdir()}
        if stored != live:
            self.wrong.append(f"{where}: {sorted(stored - live)} are left, {sorted(live - stored)} are gone")

    def report(self) -> str:
        """Return how often each kind of change had each answer."""
        counted = "\n".join(f"  {count:5} {what}" for what, count in sorted(self._outcomes.items()))
        return f"{self._outcomes.total()} interruptions, {len(self.wrong)} went wrong:\n{counted}"

    def _node(self) -> FileNode:
        node = next(self._nodes)
        node.wait_until_ready()
        while node.worker is None:
            time.sleep(0.02)
        return node

    def _ledgers(self, cursor: "psycopg2.extensions.cursor") -> list[tuple[str, str]]:
        """Expire pending keys; return keys and states of all pictures."""
        found: list[tuple[str, str]] = []
        for schema in _SCHEMAS:
            cursor.execute(
                f"UPDATE {schema}.files SET since = since - interval '16 min' WHERE state = 'pending'"
            )
            cursor.execute(f"SELECT key, state FROM {schema}.files")
            found += cursor.fetchall()
        return found
