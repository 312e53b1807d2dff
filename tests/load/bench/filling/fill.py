"""Fill the database of one size once; the data is kept until ``places.FILLING`` changes."""

import sys
from contextlib import closing
from typing import Any

import psycopg2
from psycopg2 import extensions
from tqdm import tqdm

from tests.load.bench.filling import catalogue, readers
from tests.load.bench.filling.catalogue import Catalogue
from tests.load.bench.filling.copying import copy
from tests.load.bench.filling.plain import copy_plainly
from tests.load.bench.filling.readers import Shelves
from tests.load.bench.filling.shape import Shape, shape
from tests.load.bench.sizes import Size

_BAR = "{l_bar}{bar}| {n_fmt}/{total_fmt} rows [{elapsed}<{remaining}]"


def fill(owner_url: str, size: Size) -> None:
    """Fill the empty database at ``owner_url`` in one transaction."""
    outline = shape(size)
    with closing(psycopg2.connect(owner_url)) as connection:
        rows = size.series * 6 + size.groups + 2 * size.volumes + size.readers * 221
        bar: tqdm[Any] = tqdm(
            total=rows, bar_format=_BAR, file=sys.stderr, mininterval=0.5, unit_scale=True, dynamic_ncols=True
        )
        with closing(bar), connection, connection.cursor() as db:
            db.execute("SET LOCAL synchronous_commit = off")
            _switch_list_triggers(db, "DISABLE")
            _copy_catalogue(db, Catalogue(size, outline), bar)
            _copy_readers(db, size, outline, bar)
            bar.set_description("plain copies for peers")
            copy_plainly(db)
            bar.set_description("committing")
        _tidy(connection)
        _make_lists_ready(connection)


def _copy_catalogue(db: extensions.cursor, rows: Catalogue, bar: "tqdm[Any]") -> None:
    copy(db, "catalog.series", catalogue.SERIES, rows.series(), bar)
    copy(db, "catalog.series_aliases", catalogue.ALIASES, rows.aliases(), bar)
    copy(db, "catalog.series_descriptions", catalogue.DESCRIPTIONS, rows.descriptions(), bar)
    copy(db, "catalog.editions", catalogue.EDITIONS, rows.editions(), bar)
    copy(db, "catalog.volume_groups", catalogue.GROUPS, rows.groups(), bar)
    copy(db, "catalog.volumes", catalogue.VOLUMES, rows.volumes(), bar)
    copy(db, "catalog.slugs", catalogue.SLUGS, rows.slugs(), bar)
    for table in ("series", "editions", "volume_groups", "volumes"):
        db.execute(
            f"SELECT setval(pg_get_serial_sequence('catalog.{table}', 'id'), max(id)) FROM catalog.{table}"
        )


def _copy_readers(db: extensions.cursor, size: Size, outline: Shape, bar: "tqdm[Any]") -> None:
    copy(db, "users.users", readers.ACCOUNTS, readers.accounts(size), bar)
    db.execute("SELECT id FROM users.users WHERE username LIKE 'reader-%' ORDER BY id")
    shelves = Shelves(size, outline, [row[0] for row in db.fetchall()])
    db.execute(
        "INSERT INTO users.user_roles SELECT users.id, roles.id FROM users.users CROSS JOIN users.roles "
        "WHERE username LIKE 'reader-%' AND roles.name = 'Member'"
    )
    copy(db, "users.collection_items", readers.ITEMS, shelves.items(), bar)
    copy(db, "users.reading_statuses", readers.STATUSES, shelves.statuses(), bar)
    copy(db, "users.series_ratings", readers.RATINGS, shelves.ratings(), bar)


def _switch_list_triggers(db: extensions.cursor, what: str) -> None:
    """Enable or disable the triggers on the lists of groups: one statement is faster than row by row."""
    for table in ("volume_groups", "volumes"):
        db.execute(f"ALTER TABLE catalog.{table} {what} TRIGGER {table}_lists_insert")


def _make_lists_ready(connection: extensions.connection) -> None:
    """Compute what the triggers would have, then the search index."""
    index = "catalog.group_keys_search_idx"
    with connection.cursor() as db:
        _switch_list_triggers(db, "ENABLE")
        db.execute("SELECT pg_get_indexdef(%s::regclass)", [index])
        ((definition,),) = db.fetchall()
        db.execute(f"DROP INDEX {index}")
        db.execute("CALL catalog.refresh_all_groups()")
        db.execute(definition)
        db.execute("VACUUM ANALYZE catalog.group_keys, catalog.group_docs")


def _tidy(connection: extensions.connection) -> None:
    """Vacuum and analyse, as autovacuum would within a day."""
    connection.autocommit = True
    with connection.cursor() as db:
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")
