"""The composition as an operator runs it: started, used, scaled, restarted and broken, in this order."""

import json
import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from docker.models.containers import Container

from tests.containers.composition import PROGRAMS, Composition, composition
from tests.containers.traffic import PASSING, PICTURE, Uploads, is_ready
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.readme import DONE, first_session
from tests.support.waiting import wait_until

OUT_OF_MEMORY = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
"""Files with the number of out-of-memory kills of a container, for both versions of control groups."""


@pytest.fixture(scope="module")
def running() -> Iterator[Composition]:
    with composition() as composed:
        client = composed.client()
        wait_until(lambda: is_ready(client))
        yield composed


@pytest.fixture(scope="module")
def admin(running: Composition) -> Client:
    return running.administrator()


def _is_healthy(container: Container) -> bool:
    """Return whether the container's health check passes; True if it has none."""
    container.reload()
    return bool(container.attrs["State"].get("Health", {}).get("Status", "healthy") == "healthy")


def test_the_readmes_session_works(running: Composition, tmp_path: Path) -> None:
    (tmp_path / ".curlrc").write_text(f"cacert = {running.secrets / 'tls.crt'}\n")
    password = (running.secrets / "administrator-password").read_text().strip()
    environment = {"HOME": str(tmp_path), "PATH": os.defpath}
    texts, cover = first_session(running.address, password, tmp_path, environment)
    assert texts == DONE
    picture = running.client().ask("GET", cover.removeprefix(running.address))
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")


def test_a_program_may_do_little(running: Composition) -> None:
    """It runs as an unprivileged user, can write only to /tmp, and has no build tools."""
    for program in PROGRAMS:
        container = running.containers(program)[0]
        trial = (
            "id -u; touch /bunko/x /venv/x 2>&1 | grep -c Read-only;"
            " for tool in pip pip3 gcc make curl; do which $tool; done; true"
        )
        said = container.exec_run(["sh", "-c", trial]).output
        assert said == b"10001\n2\n", (program, said)


def test_secrets_stand_in_no_environment(running: Composition) -> None:
    keys = json.loads((running.secrets / "keys.json").read_text())
    for program in (*PROGRAMS, "database", "prepare"):
        told = json.dumps(running.containers(program)[0].attrs)
        assert not [name for name, key in keys.items() if key in told], program


def test_stored_pictures_come_from_nginx(running: Composition, admin: Client) -> None:
    catalogue = Catalogue(admin)
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=PICTURE)
    path = f"/files/{catalogue.get_volume(volume)['cover_path']}"
    answer = running.client().ask("GET", path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (
        200,
        "public, max-age=31536000, immutable",
    )
    assert "X-Request-Id" not in answer.headers  # the gateway's mark


def test_a_storm_of_uploads_takes_nobodys_memory(running: Composition, admin: Client) -> None:
    """Large bodies from anonymous clients and from one that is signed in; no process is killed."""
    body = json.dumps({"name": "x", "tags": [], "image": "A" * 30_000_000})
    senders = [running.client() for _ in range(8)] + [running.administrator() for _ in range(8)]
    over = threading.Event()

    def storm(client: Client) -> set[int]:
        # nginx sends keep-alive before it decides not to read the rest of a refused body, and then closes.
        headers = {"Content-Type": "application/json", "Connection": "close"}
        return {
            client.ask("POST", "/media/add", data=body, headers=headers, timeout=120).status_code
            for _ in range(4)
        }

    def work() -> set[int]:
        seen = set()
        while not over.is_set():
            seen |= {admin.ask("GET", path).status_code for path in ("/auth/me", "/media?limit=1")}
            seen.add(
                admin.ask(
                    "POST", f"/users/{admin.user['id']}/save-settings", json={"theme": "dark"}
                ).status_code
            )
        return seen

    with ThreadPoolExecutor(1) as beside:
        honest = beside.submit(work)
        try:
            answers = at_once([partial(storm, sender) for sender in senders])
        finally:
            over.set()
    assert honest.result() == {200}
    assert set().union(*answers[:8]) <= {401, 503}
    assert set().union(*answers[8:]) <= {400, 503}
    for service in (*PROGRAMS, "nginx"):
        for container in running.containers(service):
            state = container.attrs["State"]
            assert (container.attrs["RestartCount"], state["OOMKilled"]) == (0, False), service
            said = str(container.exec_run(["sh", "-c", f"cat {' '.join(OUT_OF_MEMORY)}"]).output)
            assert re.findall(r"oom_kill (\d+)", said) == ["0"], (service, said)


def test_file_nodes_come_and_go_under_load(running: Composition, admin: Client) -> None:
    with Uploads(running) as uploads:
        for number in (3, 1, 2):
            running.scale("file-service", number)
            wait_until(partial(_has_nodes, admin, number))
    assert uploads.broken == []
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}


def _has_nodes(client: Client, number: int) -> bool:
    return bool(client.get("/health/files") == {"answering": number, "configured": number})


def test_a_service_gets_a_second_node_and_loses_it_under_load(running: Composition, admin: Client) -> None:
    with Uploads(running) as uploads:
        for number in (2, 1):
            running.scale("media-service", number)
            wait_until(partial(_has_ready_nodes, admin, "media", number))
    assert uploads.broken == []
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}


def _has_ready_nodes(client: Client, name: str, number: int) -> bool:
    status = client.ask("GET", "/status", headers={"Accept": "application/json"}).json()
    (service,) = (service for service in status["services"] if service["name"] == name)
    return [node["state"] for node in service["nodes"]] == ["ready"] * number


@pytest.mark.parametrize("service", [*PROGRAMS, "nginx", "database"])
def test_a_container_is_restarted_under_load(running: Composition, admin: Client, service: str) -> None:
    with Uploads(running) as uploads:
        for container in running.containers(service):
            container.restart(timeout=40)
            wait_until(lambda: is_ready(running.client()))
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}
    told = f"{len(uploads.acknowledged)} uploads, {len(uploads.refused)} refused"
    print(f"{service}: {told}, {len(uploads.broken)} broken off")


def test_postgresql_is_killed_under_load(running: Composition, admin: Client) -> None:
    """No acknowledged upload is lost, no session ends, and the system recovers without help."""
    database = running.containers("database")[0]
    with Uploads(running) as uploads:
        database.kill()
        wait_until(lambda: uploads.refused)
        database.start()
        wait_until(partial(_is_healthy, database))
        wait_until(lambda: is_ready(running.client()))
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}
    assert admin.get("/auth/me")["user"]["username"] == "admin"


def test_the_logs_hold_no_error_and_no_secret(running: Composition) -> None:
    keys = json.loads((running.secrets / "keys.json").read_text())
    for program in PROGRAMS:
        for container in running.containers(program):
            log = container.logs().decode()
            assert "Traceback" not in log, (program, log[log.index("Traceback") :][:3000])
            assert not [name for name, key in keys.items() if key in log], program
