"""Three file nodes over one storage: killed nodes, racing uploads, and few queries for many readers."""

import io
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests
from PIL import Image

from deploy.stack.stack import Stack
from files.owners.lookup_cache import FRESH
from tests.load.faults.calls import KILL, faulty, needs_strace
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.log_record import LogRecord
from tests.support.overlap import at_once
from tests.support.pictures import opened
from tests.support.three_file_nodes import HONEST, NODES, ThreeNodes, numbered
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def system() -> Iterator[ThreeNodes]:
    log = LogRecord()
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "ADMIN_PASSWORD": ADMIN_PASSWORD}
        settings = {"FILE_NODES": "3", "SWEEP_SECONDS": "1", "RATE_LIMITS": "off"}
        with Stack(environment | settings, log=log) as stack:
            admin = Client(stack.address).sign_in("admin", ADMIN_PASSWORD)
            series = admin.post("/admin-series/add", name="Monster", type="Manga", client=1)["id"]
            group = admin.post("/admin-volumes/add-group", name="Group", series=series)["id"]
            body = {"name": "Volume 1", "group": group, "language": "English", "public": True}
            yield ThreeNodes(stack, log, admin, admin.post("/admin-volumes/add-volume", **body)["id"])


def patiently(ask: Callable[[], requests.Response]) -> None:
    """Repeat a request until it is answered with 200; only ``HONEST`` statuses may come before."""
    statuses = []

    def done() -> bool:
        statuses.append(ask().status_code)
        assert statuses[-1] in HONEST
        return statuses[-1] == 200

    wait_until(done)


def test_the_health_page_says_how_many_nodes_answer(system: ThreeNodes) -> None:
    assert system.admin.get("/health/files") == {"configured": 3, "answering": 3}
    file = Path(system.stack.settings("gateway")["FILE_NODES_FILE"])
    before = file.read_text()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # the node does not listen
        try:
            file.write_text(f"http://127.0.0.1:{nobody.getsockname()[1]}\n{before}")
            assert system.admin.get("/health/files") == {"configured": 4, "answering": 3}
            assert [system.upload(number).status_code for number in range(8)] == [200] * 8
        finally:
            file.write_text(before)


def test_nodes_come_and_go_without_a_restart_of_the_gateway(system: ThreeNodes) -> None:
    file = Path(system.stack.settings("gateway")["FILE_NODES_FILE"])
    before = file.read_text()
    try:
        file.write_text(f"{system.stack.service_url('file-3')}\n")
        assert system.admin.get("/health/files") == {"configured": 1, "answering": 1}
        used = system.log.count("file-3", "update-image")
        assert [system.upload(number).status_code for number in range(3)] == [200] * 3
        wait_until(lambda: system.log.count("file-3", "update-image") == used + 3)
    finally:
        file.write_text(before)
    assert system.admin.get("/health/files") == {"configured": 3, "answering": 3}


def test_a_node_killed_during_uploads_loses_no_acknowledged_one_and_doubles_none(system: ThreeNodes) -> None:
    names = [f"Poster {number}" for number in range(30)]
    killed = threading.Event()

    def add(name: str) -> int:
        body = {"name": name, "tags": ["killed"], "image": numbered(names.index(name))}
        status = system.somebody().ask("POST", "/media/add", json=body).status_code
        if not killed.is_set():
            killed.set()
            pid = system.stack.pids["file-1"]
            assert pid
            os.kill(pid, signal.SIGKILL)
        return status

    with ThreadPoolExecutor(6) as pool:
        statuses = dict(zip(names, pool.map(add, names), strict=True))
    assert set(statuses.values()) <= HONEST
    listed = [media["name"] for media in system.admin.get("/media", limit=100)["media"]]
    assert len(listed) == len(set(listed)), "an upload was sent twice"
    acknowledged = {name for name, status in statuses.items() if status == 200}
    assert len(acknowledged) > 10
    assert acknowledged <= set(listed)
    system.stack.wait_until_ready("file-1")
    system.sweep()
    system.check()


def test_of_64_racing_uploads_of_one_cover_one_is_left(system: ThreeNodes) -> None:
    at_once([partial(patiently, partial(system.upload, number)) for number in range(64)])
    shown = requests.get(f"{system.stack.address}/files/{system.cover}", timeout=10)
    assert 100 <= Image.open(io.BytesIO(shown.content)).width < 164
    system.sweep()
    system.check()


@pytest.mark.slow
def test_many_readers_are_few_questions_to_the_owner(system: ThreeNodes) -> None:
    patiently(partial(system.upload, 1))
    path = f"/volumes/cover/{system.volume}/front/high"
    asked = partial(system.log.count, "catalog", f'/internal/files/covers/{system.volume}/front"')
    before = asked()

    def read(query: str) -> list[int]:
        client = Client(system.stack.address)
        return [client.ask("GET", path + query).status_code for _ in range(100)]

    def read_all(query: str) -> Sequence[Sequence[int]]:
        return at_once([partial(read, query)] * 6)

    # Without a key, a cover is shown only while its volume is public, which the owner decides.
    assert read_all("") == [[200] * 100] * 6
    wait_until(lambda: asked() - before == 600)
    key = system.cover.partition("/")[0]
    read_all(f"?hash={key}")
    since = asked()
    threading.Event().wait(FRESH)
    assert read_all(f"?hash={key}") == [[200] * 100] * 6
    assert asked() == since


def test_a_hidden_cover_is_hidden_by_every_node_from_the_next_request_on(system: ThreeNodes) -> None:
    patiently(partial(system.upload, 1))
    client, path = Client(system.stack.address), f"/volumes/cover/{system.volume}/front/high"
    key = system.cover.partition("/")[0]
    for public, status in ((True, 200), (False, 404)) * 5:
        system.admin.post(f"/admin-volumes/edit-volume/{system.volume}", public=public)
        assert [client.ask("GET", path).status_code for _ in range(6)] == [status] * 6
        assert [client.ask("GET", f"{path}?hash={key}").status_code for _ in range(3)] == [200] * 3
    system.admin.post(f"/admin-volumes/edit-volume/{system.volume}", public=True)


def test_a_replaced_cover_is_shown_by_every_node_soon_and_by_hash_at_once(system: ThreeNodes) -> None:
    client = Client(system.stack.address)
    path = f"/volumes/cover/{system.volume}/front/high"

    def widths(query: str = "") -> set[int]:
        return {opened(client.ask("GET", path + query).content).width for _ in range(6)}

    patiently(partial(system.upload, 2))
    widths()
    patiently(partial(system.upload, 3))
    assert widths("?hash=" + system.cover.partition("/")[0]) <= {102, 103}
    wait_until(lambda: widths() == {103})
    assert widths("?hash=" + system.cover.partition("/")[0]) == {103}
    system.admin.delete(f"/admin-volumes/delete-image/{system.volume}/front")
    wait_until(lambda: {client.ask("GET", path).status_code for _ in range(6)} == {404})


def test_avif_is_made_by_one_node_of_three(system: ThreeNodes) -> None:
    patiently(partial(system.upload, 4))
    path = f"/volumes/cover/{system.volume}/front/high"
    count = partial(system.log.count, "catalog")
    wanted, finished = (f"/internal/files/{name}" for name in ("take-on", "finish"))
    before = count(wanted), count(finished)
    accept = {"Accept": "image/avif,image/webp"}

    def ask() -> str:
        return str(system.somebody().ask("GET", path, headers=accept).headers["Content-Type"])

    assert set(at_once([ask] * 12)) <= {"image/webp", "image/avif"}
    wait_until(lambda: count(wanted) - before[0] == 3 and ask() == "image/avif")
    wait_until(lambda: count(finished) - before[1] == 1)
    assert {"image/avif"} == {ask() for _ in range(6)}


@needs_strace
@pytest.mark.parametrize(("call", "when"), [("mkdir", 1), ("fsync", 1), ("rename", 1), ("fsync", 4)])
def test_a_node_killed_at_any_step_leaves_nothing_and_breaks_nothing(
    system: ThreeNodes, call: str, when: int
) -> None:
    patiently(partial(system.upload, 5))
    before = system.cover
    worker = psutil.Process(_worker(system, "file-1"))
    with faulty(worker.pid, call, KILL, when=when):
        statuses = [system.upload(6).status_code for _ in NODES]
    assert set(statuses) <= HONEST
    # Mostly by one of these uploads; a sweeper that deletes replaced covers also syncs.
    wait_until(lambda: not worker.is_running())
    assert system.cover != before
    patiently(partial(system.upload, 7))
    system.sweep()
    system.check()


@needs_strace
@pytest.mark.parametrize("when", [2, 5, 8, 11])
def test_the_owner_killed_at_any_step_breaks_no_reference(system: ThreeNodes, when: int) -> None:
    patiently(partial(system.upload, 8))
    with faulty(_worker(system, "catalog"), "sendto", KILL, when=when):
        assert system.upload(9).status_code in HONEST
    system.stack.wait_until_ready("catalog")
    assert requests.get(f"{system.stack.address}/files/{system.cover}", timeout=10).status_code == 200
    patiently(partial(system.upload, 10))
    system.sweep()
    system.check()


def _worker(system: ThreeNodes, program: str) -> int:
    """Return the worker process of a program."""
    master = system.stack.pids[program]
    assert master
    found: list[int] = []

    def there() -> bool:
        found[:] = [child.pid for child in psutil.Process(master).children()]
        return bool(found)

    wait_until(there)
    return found[0]
