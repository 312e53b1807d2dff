"""The stored state: rows, and the pictures that they refer to."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from deploy.verify.data import differences, reading
from tests.load.faults.installation import Installation
from tests.load.faults.soak.journal import Thing

_ROWS = {
    "series": "SELECT name, true FROM catalog.series",
    "volume": "SELECT name, coalesce(pages, 0) FROM catalog.volumes",
    "order": """
        SELECT groups.name, string_agg(volumes.name, ' ' ORDER BY group_order) FROM catalog.volumes
        JOIN catalog.volume_groups AS groups ON groups.id = group_id GROUP BY groups.id
    """,
    "status": "SELECT name, progress FROM users.reading_statuses JOIN catalog.series ON id = series_id",
    "rating": "SELECT name, rating::float FROM users.series_ratings JOIN catalog.series ON id = series_id",
    "item": """
        SELECT name, price::float FROM users.collection_items JOIN catalog.volumes ON volumes.id = volume_id
    """,
}
_PICTURES = {
    "cover": "SELECT name, front_key FROM catalog.volumes WHERE front_key IS NOT NULL",
    "media": "SELECT name, key FROM media.media",
}
_KEYS = " UNION ALL ".join(
    f"SELECT key, state FROM {schema}.files" for schema in ("catalog", "media", "users")
)
_SWEEP_SECONDS = 60.0


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    address = make_url(url).set(drivername="postgresql+psycopg2")
    with create_engine(address, poolclass=NullPool).begin() as db:
        yield db


def found(place: Installation) -> dict[Thing, list[Any]]:
    """Return all stored values by kind and mark; of a picture, its size in the storage."""
    there: dict[Thing, list[Any]] = defaultdict(list)
    with _connected(place.stack.admin_database_url) as db:
        for kind, statement in _ROWS.items():
            for mark, value in db.execute(text(statement)):
                there[kind, mark].append(value)
        for kind, statement in _PICTURES.items():
            for mark, key in db.execute(text(statement)):
                there[kind, mark].append(_size(place.storage / key / "high.webp"))
    return there


def _size(picture: Path) -> tuple[int, int] | str:
    try:
        with Image.open(picture) as opened:
            opened.load()
            return opened.size
    except OSError as error:
        return f"a picture that cannot be read: {error}"


def catalogue(place: Installation) -> list[str]:
    """Return the findings of ``make verify-catalogue``."""
    with reading(place.stack.admin_database_url) as db:
        return list(differences(db))


def orphans(place: Installation) -> list[str]:
    """Age pending keys by a quarter of an hour, sweep once, and return objects that are left over or missing."""
    with _connected(place.stack.admin_database_url) as db:
        for schema in ("catalog", "media", "users"):
            db.execute(
                text(f"UPDATE {schema}.files SET since = since - interval '16 min' WHERE state = 'pending'")
            )
    deadline = time.monotonic() + _SWEEP_SECONDS
    while set((keys := _keys(place)).values()) != {"live"} and time.monotonic() < deadline:
        time.sleep(0.1)
    stored = {entry.name for entry in place.storage.iterdir()}
    return [
        *(f"{key} is {state}" for key, state in keys.items() if state != "live"),
        *(f"{name} is on storage alone" for name in stored - keys.keys()),
        *(f"{key} has a row alone" for key in keys.keys() - stored),
    ]


def _keys(place: Installation) -> dict[str, str]:
    with _connected(place.stack.admin_database_url) as db:
        return {row.key: row.state for row in db.execute(text(_KEYS))}
