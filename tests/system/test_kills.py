"""Every program is killed in turn under edits and uploads: no acknowledged change is lost, no object left over."""

import base64
import io
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import requests
from PIL import Image

from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client

pytestmark = pytest.mark.slow

PROGRAMS = ("file-1", "catalog", "postgres", "users", "gateway", "media")
HONEST = {200, 502, 503, 504}
"""Statuses that a client may get while programs die; never 401, 404 or 500."""


@pytest.fixture(scope="module")
def mortal() -> Iterator[Stack]:
    """A separate running system, as this one is killed."""
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "SWEEP_SECONDS": "1"}
        with Stack(environment | {"ADMIN_PASSWORD": ADMIN_PASSWORD}) as running:
            yield running


class Writer(threading.Thread):
    """Writes one numbered version after the other, and records the acknowledged ones."""

    def __init__(self, write: Callable[[int], requests.Response]) -> None:
        super().__init__()
        self.write = write
        self.tried = 0
        self.acknowledged: list[int] = []
        self.statuses: set[int] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.tried += 1
            try:
                status = self.write(self.tried).status_code
            except requests.RequestException:
                continue  # the gateway itself was killed under the request
            self.statuses.add(status)
            if status == 200:
                self.acknowledged.append(self.tried)

    def wait_for_another(self) -> None:
        """Wait until one more write has been acknowledged; fail after 30 seconds."""
        before, deadline = len(self.acknowledged), time.monotonic() + 30
        while len(self.acknowledged) == before:
            assert time.monotonic() < deadline, f"nothing was acknowledged any more: {self.statuses}"
            assert self.is_alive()
            time.sleep(0.01)


def _cover(number: int) -> str:
    """Return a picture whose size encodes a number."""
    buffer = io.BytesIO()
    Image.effect_noise((100 + number, 300), 80).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def _rows(stack: Stack, statement: str) -> list[tuple[str, ...]]:
    with psycopg2.connect(stack.admin_database_url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def _sweep(stack: Stack) -> None:
    """Age abandoned uploads by a quarter of an hour, so that the sweeper deletes them."""
    _rows(stack, "UPDATE catalog.files SET since = since - interval '1 hour' WHERE state = 'pending'")
    deadline = time.monotonic() + 30
    while _rows(stack, "SELECT key FROM catalog.files WHERE state <> 'live'"):
        assert time.monotonic() < deadline, "the sweeper left something"
        time.sleep(0.1)


def test_no_kill_loses_an_acknowledged_change_or_leaves_a_file(mortal: Stack) -> None:
    admin, editor, uploader = (Client(mortal.address).sign_in("admin", ADMIN_PASSWORD) for _ in range(3))
    series = admin.post("/admin-series/add", name="Monster", type="Manga", client=1)["id"]
    group = admin.post("/admin-volumes/add-group", name="Volume 1", series=series)["id"]
    volume = admin.post("/admin-volumes/add-volume", name="Volume 1", group=group, language="English")["id"]
    edits = Writer(
        lambda number: editor.ask("POST", f"/admin-volumes/edit-volume/{volume}", json={"pages": number})
    )
    uploads = Writer(
        lambda number: uploader.ask(
            "POST", f"/admin-volumes/update-image/{volume}/front", json={"image": _cover(number)}
        )
    )
    writers = (edits, uploads)
    for writer in writers:
        writer.start()
    try:
        for program in PROGRAMS:
            for writer in writers:
                writer.wait_for_another()
            pid = mortal.pids[program]
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            mortal.wait_until_ready()
        for writer in writers:
            writer.wait_for_another()
    finally:
        for writer in writers:
            writer.over.set()
        for writer in writers:
            writer.join(60)
    assert edits.statuses | uploads.statuses <= HONEST
    document = admin.get(f"/admin-volumes/id/{volume}")
    assert document["pages"] >= edits.acknowledged[-1]
    kept = requests.get(f"{mortal.address}/files/{document['cover_path']}", timeout=10)
    assert kept.status_code == 200
    assert Image.open(io.BytesIO(kept.content)).width >= 100 + uploads.acknowledged[-1]
    _sweep(mortal)
    live = {key for (key,) in _rows(mortal, "SELECT key FROM catalog.files")}
    stored = {path.name for path in (mortal.configuration.state / "files").iterdir()}
    assert live == {document["cover_path"].split("/")[0]}
    assert stored == live
    assert Path(mortal.configuration.state / "files" / live.pop() / "high.webp").is_file()
