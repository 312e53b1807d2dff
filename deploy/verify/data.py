"""Compares the catalogue's derived data with a recomputation from its tables: ``bunko verify catalogue``.

It reports differences and changes nothing. Recomputed in Python are the group entries that triggers maintain
(``catalog.group_keys``, ``catalog.group_docs``), the numbers of groups, stored sort keys and search texts, and the sort
names in readers' lists, which also encode whether an entry is hidden. Bunko may run meanwhile: all queries read one
snapshot of the database.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from catalog.rules.searching import BETWEEN, searchable
from deploy.postgresql.bootstrap import reason
from deploy.user_error import UserError
from shared.fields.text import natural_key

_AT_A_TIME = 1000
"""Series of a batch, whose groups and volumes are in memory at the same time."""

_SHOWN = 120
"""Characters shown of two different values, from just before the first difference."""

Values = Mapping[str, Any]

_SERIES = text("""
    SELECT id, client_id, name, type, public, name_key, sort_name, search,
        ARRAY(SELECT alias.name FROM catalog.series_aliases AS alias WHERE series_id = series.id ORDER BY id) AS aliases
    FROM catalog.series WHERE id > :after AND client_id = coalesce(:client, client_id) ORDER BY id LIMIT :number
""")
_GROUPS = text("""
    SELECT groups.*, to_jsonb(keys) AS keys, to_jsonb(docs) AS docs FROM catalog.volume_groups AS groups
    LEFT JOIN catalog.group_keys AS keys ON keys.group_id = groups.id
    LEFT JOIN catalog.group_docs AS docs ON docs.group_id = groups.id
    WHERE groups.series_id = ANY (:series) ORDER BY groups.id
""")
_VOLUMES = text("""
    SELECT volumes.id, volumes.series_id, volumes.group_id, volumes.public, volumes.name, sort_name, search, slug,
        volumes.language, edition_id,
        editions.name AS edition_name, special, special_name, nsfw, nsfw18
    FROM catalog.volumes LEFT JOIN catalog.editions ON editions.id = edition_id
    WHERE volumes.series_id = ANY (:series) ORDER BY group_id, group_order, volumes.id
""")
_LISTED = text("""
    SELECT 'series' AS kind, series_id AS id, series_sort_name FROM users.reading_statuses
    WHERE series_id = ANY (:series)
    UNION
    SELECT 'volume', volume_id, series_sort_name FROM users.collection_items WHERE series_id = ANY (:series)
    ORDER BY 1, 2, 3
""")
"""Sort names of readers' entries. All entries of one series or volume must have the same."""
_BEHIND_ALL_NAMES = "\U0010ffff"
"""Sort name of hidden entries."""
_LEFT_OVER = text("""
    SELECT group_id FROM (SELECT group_id FROM catalog.group_keys UNION SELECT group_id FROM catalog.group_docs) AS kept
    WHERE NOT EXISTS (SELECT FROM catalog.volume_groups WHERE id = group_id) ORDER BY group_id
""")
_NUMBERS = text("""
    SELECT clients.id, group_count, (
        SELECT count(*) FROM catalog.volume_groups WHERE client_id = clients.id AND trashed_at IS NULL
    ) AS counted
    FROM catalog.clients WHERE id = coalesce(:client, id) ORDER BY id
""")


def differences(db: Connection, client: int | None = None) -> Iterator[str]:
    """Return a sentence for each difference, in the catalogue of ``client`` or in all for None."""
    for row in db.execute(_LEFT_OVER):
        yield f"group {row.group_id}: has an entry, but there is no such group"
    for row in db.execute(_NUMBERS, {"client": client}):
        yield from _compared(
            f"client {row.id}", {"group_count": row.group_count}, {"group_count": row.counted}
        )
    after = 0
    while series := _next_series(db, client, after):
        yield from _of_series(db, series)
        after = max(series)


def _next_series(db: Connection, client: int | None, after: int) -> dict[int, Row[Any]]:
    values = {"client": client, "after": after, "number": _AT_A_TIME}
    return {row.id: row for row in db.execute(_SERIES, values)}


def _of_series(db: Connection, series: Mapping[int, Row[Any]]) -> Iterator[str]:
    for row in series.values():
        yield from _names(f"series {row.id}", row, row.name, *row.aliases)
    volumes = defaultdict(list)
    rows = db.execute(_VOLUMES, {"series": [*series]}).all()
    for row in rows:
        volumes[row.group_id].append(row)
        names = {"sort_name": natural_key(row.name), "search": searchable([row.name])}
        yield from _compared(f"volume {row.id}", {name: getattr(row, name) for name in names}, names)
    groups = db.execute(_GROUPS, {"series": [*series]}).all()
    for group in groups:
        yield from _names(f"group {group.id}", group, group.name)
        yield from _of_group(group, series[group.series_id], volumes[group.id])
    in_view = {group.id for group in groups if group.trashed_at is None}
    yield from _of_readers(db.execute(_LISTED, {"series": [*series]}), series, rows, in_view)


def _of_readers(
    listed: Iterable[Row[Any]], series: Mapping[int, Row[Any]], volumes: Sequence[Row[Any]], in_view: set[int]
) -> Iterator[str]:
    """Compare the sort names of readers' entries; ``in_view`` has the ids of groups that are not in the trash."""
    wanted = {("series", row.id): natural_key(row.name) for row in series.values() if row.public}
    for volume in volumes:
        of_series = series[volume.series_id]
        if of_series.public and volume.public and volume.group_id in in_view:
            wanted["volume", volume.id] = natural_key(of_series.name)
    for row in listed:
        right = {"series_sort_name": wanted.get((row.kind, row.id), _BEHIND_ALL_NAMES)}
        yield from _compared(
            f"readers' {row.kind} {row.id}", {"series_sort_name": row.series_sort_name}, right
        )


def _names(whose: str, row: Row[Any], *names: str) -> Iterator[str]:
    """Compare stored key, sort name and search text with ``names``, of which the first is the own name."""
    kept = {"name_key": row.name_key, "sort_name": row.sort_name, "search": row.search}
    own = names[0]
    wanted = {"name_key": own.casefold(), "sort_name": natural_key(own), "search": searchable(names)}
    yield from _compared(whose, kept, wanted)


def _of_group(group: Row[Any], series: Row[Any], volumes: Sequence[Row[Any]]) -> Iterator[str]:
    whose = f"group {group.id}"
    if group.trashed_at is not None:
        if group.keys or group.docs:
            yield f"{whose}: has an entry, but is in the trash"
    elif not (group.keys and group.docs):
        yield f"{whose}: has no entry"
    else:
        kept = {"opening": f"{group.docs['opening']}}}", "volumes": group.docs["volumes"]}
        documents = {name: json.loads(document) for name, document in kept.items()}
        yield from _compared(
            whose, group.keys | documents, _keys(group, series) | _documents(group, series, volumes)
        )


def _keys(group: Row[Any], series: Row[Any]) -> dict[str, Any]:
    return {
        "group_id": group.id,
        "client_id": series.client_id,
        "series_id": series.id,
        "series_order": group.series_order,
        "sort_name": natural_key(group.name),
        "series_sort_name": natural_key(series.name),
        "search": BETWEEN.join([searchable([group.name]), searchable([series.name, *series.aliases])]),
    }


def _documents(group: Row[Any], series: Row[Any], volumes: Sequence[Row[Any]]) -> dict[str, Any]:
    of_series = {"id": series.id, "name": series.name, "type": series.type}
    opening = {"id": group.id, "name": group.name, "series_order": group.series_order, "series": of_series}
    return {"opening": opening, "volumes": [_document(volume) for volume in volumes]}


def _document(volume: Row[Any]) -> dict[str, Any]:
    shown = ("id", "name", "slug", "language", "edition_id", "edition_name", "special_name")
    flags = ("special", "nsfw", "nsfw18")
    return (
        {name: getattr(volume, name) for name in shown}
        | {name: int(getattr(volume, name)) for name in flags}
        | {"locked_by": None}
    )


def _compared(whose: str, kept: Values, wanted: Values) -> Iterator[str]:
    for name, value in wanted.items():
        if kept[name] != value:
            yield f"{whose}: {name} is {_shown(kept[name], value)}, not {_shown(value, kept[name])}"


def _shown(value: Any, other: Any) -> str:
    """Return the part of ``value`` around its first difference from ``other``, in ASCII."""
    one, two = ascii(value), ascii(other)
    equal = next((at for at, both in enumerate(zip(one, two, strict=False)) if both[0] != both[1]), 0)
    part = one[max(0, equal - 20) :][:_SHOWN]
    return part if part == one else f"...{part}..."


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """Open a read-only snapshot of the database at ``url`` (the owner's); raises ``UserError`` if reading fails."""
    address = make_url(url).set(drivername="postgresql+psycopg2")
    options = {
        "connect_timeout": 5,
        "options": "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0",
    }
    engine = create_engine(address, poolclass=NullPool, connect_args=options)
    one_state = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    try:
        with one_state.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise UserError(
            f"The database cannot be read ({reason(error.orig or error)})", "check that it runs."
        ) from None
