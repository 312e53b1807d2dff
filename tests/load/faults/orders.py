"""Sixteen editors rearrange one catalogue at once: ``python -m tests.load.faults.orders [--count 1000]``.

They add, change, move, reorder, trash, restore and delete the same few series, groups and volumes, and their covers.
Positions stay 0..n-1, derived data equals a recomputation, and no two of them deadlock, which would show as
transactions that the service retries.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import text
from tqdm import tqdm

from deploy.stack.stack import Stack
from deploy.verify.data import differences, reading
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import settings_of
from tests.support.editor import Editor, Things
from tests.support.internal_client import Program
from tests.support.metrics import Shown

WRITERS = 16
NODES = 4
"""Nodes of each service. A node handles two requests at a time, so that eight transactions meet."""
WEIGHTS = {
    "reorder_groups": 4,
    "reorder_volumes": 4,
    "edit_volume": 3,
    "edit_group": 2,
    "delete_series": 0.2,
}
"""Weight of each kind of change, 1 if not named: many orders and moves, few deletions, so that entries remain."""

_DENSE = """
    SELECT what || id || ': ' || string_agg(position::text, ' ' ORDER BY position) FROM (
        SELECT 'order of groups of series ' AS what, series_id AS id, series_order AS position
        FROM catalog.volume_groups WHERE client_id = :client AND trashed_at IS NULL
        UNION ALL SELECT 'places of groups of series ', series_id, place
        FROM catalog.volume_groups WHERE client_id = :client
        UNION ALL SELECT 'order of volumes of group ', groups.id, volumes.group_order
        FROM catalog.volumes JOIN catalog.volume_groups AS groups ON groups.id = volumes.group_id
        WHERE groups.client_id = :client
    ) AS positions
    GROUP BY what, id HAVING min(position) <> 0 OR max(position) <> count(*) - 1 OR count(DISTINCT position) <> count(*)
"""


@dataclass(frozen=True)
class Findings:
    """The outcome of a run."""

    seconds: float
    deeds: Counter[str]
    answers: Counter[int]
    retries: int
    """Transactions retried after a deadlock."""
    failures: Sequence[str]
    """Answers with status 500 and above."""
    wrong: Sequence[str]
    """Faults in the data at the end."""

    def told(self) -> str:
        """Return the outcome in two lines."""
        number = self.deeds.total()
        answers = ", ".join(f"{times} x {status}" for status, times in sorted(self.answers.items()))
        return (
            f"{WRITERS} writers: {number} operations in {self.seconds:.0f} s, {number / self.seconds:.0f} a second\n"
            f"{answers}; {self.retries} deadlocks, {len(self.wrong)} things not in order"
        )


def trial(
    stack: Stack, admins: Sequence[Client], going_on: Callable[[int], bool], each: Callable[[], object]
) -> Findings:
    """Run the writers, each as one of ``admins``, as long as ``going_on`` returns true for the number of operations.

    ``each`` is called after each operation.
    """
    things = Things(admins[0])
    editors = [_editor(stack, admins, things, number) for number in range(WRITERS)]
    deeds: Counter[str] = Counter()
    counting = threading.Lock()

    def work(editor: Editor) -> None:
        done = 0
        while going_on(done):
            deed = editor.anything(WEIGHTS)
            done += 1
            with counting:
                deeds[deed] += 1
                each()

    before, began = _retries(stack), time.monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, editors))
    seconds = time.monotonic() - began
    answers = sum((editor.answers for editor in editors), Counter[int]())
    failures = [failure for editor in editors for failure in editor.failures]
    return Findings(seconds, deeds, answers, _retries(stack) - before, failures, _wrong(stack, things))


def _editor(stack: Stack, admins: Sequence[Client], things: Things, number: int) -> Editor:
    admin = admins[number % len(admins)]
    client = Client(admin.gateway)
    client.session.cookies.update(admin.session.cookies)
    node = _nodes(stack)[number % len(_nodes(stack))]
    keys = json.loads(stack.settings(node)["TOKEN_KEYS"])
    inner = Program("catalog", stack.service_url(node), keys).called_by("files", "edit-volumes")
    return Editor(client, inner, things, number)


def _nodes(stack: Stack) -> list[str]:
    return [name for name in stack.pids if name.partition("-")[0] == "catalog"]


def _retries(stack: Stack) -> int:
    shown = [Shown(stack.metrics_url(node)) for node in _nodes(stack)]
    return int(sum(one.value("bunko_database_retries_total") for one in shown))


def _wrong(stack: Stack, things: Things) -> list[str]:
    client = things.catalogue.client
    with reading(stack.admin_database_url) as db:
        return [*db.execute(text(_DENSE), {"client": client}).scalars(), *differences(db, client)]


def main() -> None:
    """Run; exit 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.faults.orders")
    parser.add_argument("--count", type=int, default=1000, help="operations of each writer")
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory(prefix="bunko-orders-") as folder:
        settings = settings_of(folder) | {"SERVICE_NODES": str(NODES)}
        with Stack(settings) as stack, tqdm(total=WRITERS * count, unit=" operations") as bar:
            admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
            findings = trial(stack, [admin], lambda done: done < count, bar.update)
    print(findings.told())
    if findings.failures or findings.wrong or findings.retries:
        sys.exit("\n".join([*findings.failures, *findings.wrong][:50]))


if __name__ == "__main__":
    main()
