"""A running system with three file nodes over one storage."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import requests
from PIL import Image

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.log_record import LogRecord
from tests.support.pictures import base64_of, opened
from tests.support.waiting import wait_until

HONEST = {200, 502, 503, 504}
"""Statuses that an upload may get while nodes are killed."""
NODES = ("file-1", "file-2", "file-3")


@dataclass
class ThreeNodes:
    """A running system with three file nodes, and one volume in it."""

    stack: Stack
    log: LogRecord
    admin: Client
    volume: int

    @property
    def storage(self) -> Path:
        return self.stack.configuration.state / "files"

    @property
    def cover(self) -> str:
        """The storage path of the volume's cover."""
        return str(self.admin.get(f"/admin-volumes/id/{self.volume}")["cover_path"])

    def upload(self, number: int, side: str = "front") -> requests.Response:
        """Upload a cover whose width encodes ``number``; one attempt."""
        path = f"/admin-volumes/update-image/{self.volume}/{side}"
        return Client.ask(self.somebody(), "POST", path, json={"image": numbered(number)})

    def somebody(self) -> Client:
        """Return the administrator on a connection of its own."""
        client = Client(self.stack.address)
        client.session.cookies.update(self.admin.session.cookies)
        return client

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with (
            contextlib.closing(psycopg2.connect(self.stack.admin_database_url)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def sweep(self) -> None:
        """Wait until the sweepers have deleted all that is not live; abandoned uploads are made old enough first."""
        for schema in ("catalog", "media"):
            self.rows(f"UPDATE {schema}.files SET since = since - interval '1 hour' WHERE state = 'pending'")
        left = "SELECT key FROM catalog.files WHERE state <> 'live' UNION ALL SELECT key FROM media.files"
        wait_until(lambda: not self.rows(left + " WHERE state <> 'live'"))

    def check(self) -> None:
        """Check that every reference has its objects in the storage, and every object its reference."""
        referred = self.rows(
            "SELECT key FROM catalog.volumes, unnest(ARRAY[front_key, back_key, spine_key]) AS key"
            " WHERE key IS NOT NULL UNION ALL SELECT key FROM media.media"
        )
        keys = [key for (key,) in referred]
        assert len(keys) == len(set(keys))
        assert {path.name for path in self.storage.iterdir()} == set(keys)
        for key in keys:
            for name in ("high.webp", "scaled.webp"):
                assert opened((self.storage / key / name).read_bytes()).width > 0


def numbered(number: int) -> str:
    return base64_of(Image.effect_noise((100 + number, 120), 60).convert("RGB"), "JPEG")
