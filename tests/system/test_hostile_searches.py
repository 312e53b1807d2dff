"""Slow searches: long terms of characters that are special in ``LIKE``, in lists of 20,000 names full of them."""

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from deploy.stack.stack import Stack
from tests.support.catalogue import Catalogue
from tests.support.client import Client

pytestmark = pytest.mark.slow

ENTRIES = 20_000
NAME = "%a" * 100
"""The beginning of every name; ``b`` and a number follow."""
TERMS = {
    "%a" * 100: ENTRIES,
    "%a" * 100 + "b19999": 1,
    "%a" * 100 + "c": 0,
    "%%a" * 80: 0,
    "_a" * 100: 0,
    "%" * 255: 0,
    "_" * 255: 0,
    "\\" * 255: 0,
    "%\\" * 127: 0,
}
"""Search term -> number of names that contain it."""

_FILL = (
    """
    INSERT INTO catalog.series (client_id, name, name_key, sort_name, search, type, slug)
    SELECT %(client)s, name, name, name, name, 'Manga', 'hostile-' || n
    FROM generate_series(1, %(entries)s) AS n, LATERAL (SELECT %(name)s || 'b' || n) AS one (name)
    """,
    """
    INSERT INTO users.reading_statuses
        (user_id, series_id, client_id, visibility, status, progress, progress_type, priority)
    SELECT %(reader)s, id, client_id, 'private', 'started', 1, 'chapters', 'mid'
    FROM catalog.series WHERE client_id = %(client)s AND slug LIKE 'hostile-%%'
    """,
    "INSERT INTO media.files (key, state) SELECT md5('hostile' || n), 'live' FROM generate_series(1, %(entries)s) AS n",
    """
    INSERT INTO media.media (name, tags, search, key, width, height)
    SELECT 'Hostile', '{}', %(name)s || 'b' || n, md5('hostile' || n), 1, 1 FROM generate_series(1, %(entries)s) AS n
    """,
)
_FORGET = (
    "DELETE FROM catalog.series WHERE client_id = %(client)s",
    "DELETE FROM media.media WHERE name = 'Hostile'",
    # In the same transaction: the storage has no objects that a sweeper would look for.
    "DELETE FROM media.files WHERE key IN (SELECT md5('hostile' || n) FROM generate_series(1, %(entries)s) AS n)",
)


@pytest.fixture
def reader(stack: Stack, member: Client, catalogue: Catalogue) -> Iterator[Client]:
    """A reader of every series of a very large client; the media library is as large."""
    values = {
        "client": catalogue.client,
        "entries": ENTRIES,
        "name": NAME,
        "reader": member.user["id"],
    }
    catalogue.series("The first: it makes the client known")
    with closing(psycopg2.connect(stack.admin_database_url)) as connection, connection.cursor() as cursor:
        for statement in _FILL:
            cursor.execute(statement, values)
        connection.commit()
        yield member
        for statement in _FORGET:
            cursor.execute(statement, values)
        connection.commit()


def test_no_term_is_too_much_for_a_search(admin: Client, catalogue: Catalogue, reader: Client) -> None:
    assert {term: catalogue.list(search=term, limit=1)["total"] for term in TERMS} == TERMS
    assert {
        term: reader.get("/user/reading-history", search=term, limit=1)["total"] for term in TERMS
    } == TERMS
    assert {term: admin.get("/media", search=term, limit=1)["total"] for term in TERMS} == TERMS
