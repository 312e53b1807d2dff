"""Lists without a limit: the service holds only a part of them in memory at a time."""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client

ENTRIES = 20_000
LONG = 1000
"""Number of entries with 20,000 characters of notes."""
MEGABYTE = 1_000_000

_SERIES = """
INSERT INTO catalog.series (client_id, name, name_key, sort_name, search, type, slug)
SELECT %(client)s, 'Series ' || n, 'series ' || n, to_char(n, '0000000'), 'series ' || n, 'Manga', 'long-' || n
FROM generate_series(1, %(entries)s) AS n
"""
_DESCRIPTIONS = """
INSERT INTO catalog.series_descriptions (series_id, language, text)
SELECT id, 'German', repeat('Viel zu lesen. ', 150) FROM catalog.series WHERE client_id = %(client)s
"""
_STATUSES = """
INSERT INTO users.reading_statuses
    (user_id, series_id, client_id, visibility, status, progress, progress_type, priority, notes)
SELECT %(reader)s, id, client_id, 'private', 'started', 1, 'chapters', 'mid',
    CASE WHEN substr(slug, 6)::int <= %(long)s THEN repeat('x', 20000) END
FROM catalog.series WHERE client_id = %(client)s AND slug LIKE 'long-%%'
"""
_FORGET = "DELETE FROM catalog.series WHERE client_id = %(client)s"


@pytest.fixture
def reader(stack: Stack, member: Client, catalogue: Catalogue) -> Iterator[Client]:
    """A reader with a very long reading history, of about 70 MB."""
    values = {"client": catalogue.client, "entries": ENTRIES, "long": LONG, "reader": member.user["id"]}
    catalogue.series("The first: it makes the client known")
    with closing(psycopg2.connect(stack.admin_database_url)) as connection, connection.cursor() as cursor:
        for statement in (_SERIES, _DESCRIPTIONS, _STATUSES):
            cursor.execute(statement, values)
        connection.commit()
        yield member
        cursor.execute(_FORGET, values)
        connection.commit()


def _workers(stack: Stack, program: str) -> list[psutil.Process]:
    return psutil.Process(stack.pids[program]).children(recursive=True)


def _forget_peak(process: psutil.Process) -> None:
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def _peak(process: psutil.Process) -> int:
    """Return the peak memory of the process in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads a process's peak memory from /proc")
@pytest.mark.parametrize(
    ("page", "entries", "megabytes"),
    [({}, ENTRIES, 60), ({"limit": LONG}, LONG, 20), ({"limit": 60}, 60, 1.2)],
)
def test_a_very_long_history_passes_through_little_memory(
    stack: Stack, reader: Client, page: dict[str, int], entries: int, megabytes: float
) -> None:
    """Also for a page that is large only because its entries are."""
    order = {"order": "name-asc"}
    reader.get("/user/reading-history", **order, limit=1)
    workers = _workers(stack, "users") + _workers(stack, "gateway")
    assert workers
    before = {}
    for worker in workers:
        _forget_peak(worker)
        before[worker] = worker.memory_info().rss
    with reader.ask("GET", "/user/reading-history", params=order | page, stream=True) as answer:
        received = b"".join(answer.iter_content(65_536))
        assert answer.status_code == 200
    for worker in workers:
        assert _peak(worker) - before[worker] < 12 * MEGABYTE
    assert len(received) > megabytes * MEGABYTE
    document = json.loads(received)
    assert [one["name"] for one in document["series"]] == [
        f"Series {number}" for number in range(1, entries + 1)
    ]
    assert (document["from"], document["to"], document["total"]) == (1, entries, ENTRIES)
