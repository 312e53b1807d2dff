"""Uploads that end early: at every system call, on a full disk, with a killed owner, beside the sweeper.

Acknowledged uploads stay; others leave nothing after a sweep; and a cover is always complete.
"""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image
from sqlalchemy import Engine, text

from deploy.stack.stack import Stack
from tests.load.faults.calls import KILL, faulty, needs_strace, small_disk
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.file_nodes import FileNode, file_node
from tests.support.internal_client import InternalClient
from tests.support.pictures import BLUE, GREEN, RED, Colour, base64_of, looks_like, noise, opened
from tests.support.waiting import wait_until

SIDE = "front"


@pytest.fixture(scope="module")
def node(stack: Stack) -> Iterator[FileNode]:
    """A file node with the storage and owners of the stack's nodes, which do the sweeping."""
    with file_node(stack) as running:
        yield running


@pytest.fixture
def editor(node: FileNode) -> InternalClient:
    return node.program.called_by("gateway", "edit-volumes")


def storage_of(stack: Stack) -> Path:
    return Path(urlsplit(stack.settings("file-1")["STORAGE_URL"]).path)


def plain(colour: Colour) -> str:
    return base64_of(Image.new("RGB", (60, 90), colour))


def upload(by: InternalClient, volume: int, image: str) -> int | None:
    """Return the status of an upload, None without an answer."""
    try:
        return by.send("POST", f"/admin-volumes/update-image/{volume}/{SIDE}", image=image)[0]
    except requests.RequestException:
        return None


def shows(admin: Client, volume: int, colour: Colour) -> bool:
    """Return whether both sizes of a volume's cover exist, complete and of one colour.

    By their stored paths: by id, a node may serve its cached entry for a moment after another node's upload.
    """
    path = admin.get(f"/admin-volumes/id/{volume}")["cover_path"]
    for stored in (path, path.replace("high", "scaled")):
        answer = admin.ask("GET", f"/files/{stored}")
        assert answer.status_code == 200, answer.text
        if not looks_like(opened(answer.content), (colour,) * 4):
            return False
    return True


def give_up_pending(owner: Engine) -> None:
    """Age every pending upload by a quarter of an hour."""
    with owner.begin() as db:
        for schema in ("catalog", "media", "users"):
            db.execute(
                text(f"UPDATE {schema}.files SET since = since - interval '16 min' WHERE state = 'pending'")
            )


def owned_keys(owner: Engine) -> set[str]:
    """Return every key that has a row."""
    with owner.connect() as db:
        tables = " UNION ALL ".join(
            f"SELECT key FROM {schema}.files" for schema in ("catalog", "media", "users")
        )
        return set(db.execute(text(tables)).scalars())


def doomed_keys(owner: Engine) -> list[str]:
    with owner.connect() as db:
        tables = " UNION ALL ".join(
            f"SELECT key FROM {schema}.files WHERE state <> 'live'"
            for schema in ("catalog", "media", "users")
        )
        return list(db.execute(text(tables)).scalars())


def assert_nothing_is_left(stack: Stack, owner: Engine) -> None:
    """After a sweep, every stored object has a row."""
    give_up_pending(owner)
    wait_until(lambda: not doomed_keys(owner))
    stored = {entry.name for entry in storage_of(stack).iterdir()}
    assert stored <= owned_keys(owner)


STEPS = [
    ("mkdir", 1),
    *(("fsync", when) for when in range(1, 7)),
    ("rename", 1),
    *(("sendto", when) for when in range(1, 5)),
    *(("recvfrom", when) for when in range(2, 6)),
]


@needs_strace
@pytest.mark.parametrize(("call", "when"), STEPS)
def test_a_node_killed_at_any_step_loses_nothing_and_leaves_nothing(
    stack: Stack,
    node: FileNode,
    editor: InternalClient,
    admin: Client,
    owner: Engine,
    volume: int,
    call: str,
    when: int,
) -> None:
    assert upload(editor, volume, plain(RED)) == 200
    worker = node.worker
    with faulty(worker, call, KILL, when=when):
        status = upload(editor, volume, plain(BLUE))
    assert status in (None, 200)
    if status == 200:
        assert shows(admin, volume, BLUE)
    else:
        wait_until(lambda: node.worker not in (None, worker))
        assert shows(admin, volume, RED) or shows(admin, volume, BLUE)
    node.wait_until_ready()
    assert_nothing_is_left(stack, owner)
    assert upload(editor, volume, plain(GREEN)) == 200
    assert shows(admin, volume, GREEN)


@needs_strace
@pytest.mark.parametrize(
    ("call", "when", "error", "expected"),
    [
        ("mkdir", 1, "ENOSPC", 507),
        ("mkdir", 1, "EDQUOT", 507),
        ("mkdir", 1, "EROFS", 500),
        *(("fsync", when, "EIO", 500) for when in range(1, 5)),
        ("fsync", 2, "ENOSPC", 507),
        ("rename", 1, "EIO", 500),
    ],
)
def test_an_upload_that_cannot_be_stored_is_refused_and_leaves_nothing(
    stack: Stack,
    node: FileNode,
    editor: InternalClient,
    admin: Client,
    owner: Engine,
    volume: int,
    call: str,
    when: int,
    error: str,
    expected: int,
) -> None:
    texts = {500: "Could not update cover", 507: "Insufficient storage"}
    assert upload(editor, volume, plain(RED)) == 200
    path = f"/admin-volumes/update-image/{volume}/{SIDE}"
    with faulty(node.worker, call, f"error={error}", when=when):
        answer = editor.send("POST", path, image=plain(BLUE))
    assert answer == (expected, {"data": texts[expected], "code": expected})
    assert shows(admin, volume, RED)
    assert_nothing_is_left(stack, owner)
    assert upload(editor, volume, plain(GREEN)) == 200


@needs_strace
@pytest.mark.parametrize(("call", "when"), [("fsync", 1), ("rename", 1), ("fsync", 6)])
def test_an_upload_that_takes_so_long_that_it_is_swept_up_is_refused(
    stack: Stack,
    node: FileNode,
    editor: InternalClient,
    admin: Client,
    owner: Engine,
    volume: int,
    call: str,
    when: int,
) -> None:
    """The upload is delayed while storing; meanwhile its key expires and is swept."""
    assert upload(editor, volume, plain(RED)) == 200
    statuses: list[int | None] = []
    known = owned_keys(owner)
    with faulty(node.worker, call, "delay_enter=2000000", when=when):
        slow = threading.Thread(target=lambda: statuses.append(upload(editor, volume, plain(BLUE))))
        slow.start()
        wait_until(lambda: owned_keys(owner) - known)
        give_up_pending(owner)
        wait_until(lambda: not doomed_keys(owner))
        slow.join()
    assert statuses in ([500], [503])
    assert shows(admin, volume, RED)
    stored = {entry.name for entry in storage_of(stack).iterdir()}
    assert stored <= owned_keys(owner)


def test_a_full_disk_refuses_uploads_and_still_shows_pictures(
    stack: Stack, anonymous: Client, catalogue: Catalogue, volume: int, tmp_path: Path
) -> None:
    other = catalogue.volume(catalogue.group(catalogue.series()))
    with small_disk(tmp_path / "disk", "200k") as disk, file_node(stack, STORAGE_URL=disk.as_uri()) as node:
        editor = node.program.called_by("gateway", "edit-volumes")
        assert upload(editor, volume, plain(RED)) == 200
        path = f"/admin-volumes/update-image/{other}/{SIDE}"
        full = {"data": "Insufficient storage", "code": 507}
        assert editor.send("POST", path, image=base64_of(noise(1500, 1500), "JPEG")) == (507, full)
        assert anonymous.refused("GET", f"/volumes/cover/{other}/{SIDE}") == (404, "Cover not found")
        kept = str(catalogue.get_volume(volume)["cover_path"]).partition("/")[0]
        assert [entry.name for entry in disk.iterdir()] == [kept]
        assert upload(editor, other, plain(BLUE)) == 200


def test_an_upload_whose_owner_is_away_is_refused(stack: Stack, owner: Engine, volume: int) -> None:
    before = owned_keys(owner)
    away = json.loads(stack.settings("file-1")["UPSTREAMS"]) | {"catalog": "http://127.0.0.1:9"}
    with file_node(stack, UPSTREAMS=json.dumps(away)) as lonely:
        by = lonely.program.called_by("gateway", "edit-volumes add-media")
        path = f"/admin-volumes/update-image/{volume}/{SIDE}"
        gone = {"data": "Service unavailable", "code": 503}
        assert by.send("POST", path, image=plain(RED)) == (503, gone)
        assert by.send("DELETE", f"/admin-volumes/delete-image/{volume}/{SIDE}") == (503, gone)
        assert by.send("POST", "/media/add", name="x", tags=[], image=plain(RED))[0] == 200
    assert owned_keys(owner) > before
    assert {entry.name for entry in storage_of(stack).iterdir()} <= owned_keys(owner)


def test_bytes_that_are_gone_are_not_found(
    stack: Stack, admin: Client, anonymous: Client, volume: int
) -> None:
    """Objects deleted from outside: 404 and no 500, and a new upload repairs it."""
    admin.post(f"/admin-volumes/update-image/{volume}/{SIDE}", image=plain(RED))
    key = admin.get(f"/admin-volumes/id/{volume}")["cover_path"].partition("/")[0]
    stored, away = storage_of(stack) / key, storage_of(stack) / "away"
    stored.rename(away)
    try:
        assert anonymous.refused("GET", f"/volumes/cover/{volume}/{SIDE}") == (404, "Cover not found")
        assert anonymous.refused("GET", f"/files/{key}/high.webp") == (404, "Not found")
    finally:
        away.rename(stored)
    assert shows(admin, volume, RED)
