"""The composition as an operator has it: brought up, used, scaled, restarted and hurt, in this order."""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from docker.models.containers import Container

from tests.catalogue import Catalogue
from tests.client import Client
from tests.containers.composition import PROGRAMS, Composition, composition
from tests.containers.traffic import PASSING, PICTURE, Uploads, is_ready
from tests.readme import DONE, first_session
from tests.runner import eventually


@pytest.fixture(scope="module")
def running() -> Iterator[Composition]:
    with composition() as composed:
        client = composed.client()
        eventually(lambda: is_ready(client))
        yield composed


@pytest.fixture(scope="module")
def admin(running: Composition) -> Client:
    return running.administrator()


def _is_healthy(container: Container) -> bool:
    """Whether the container's own health check says so; true without one."""
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
    """It is nobody in particular, writes nowhere but to /tmp, and finds nothing to build with."""
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


def test_file_nodes_come_and_go_under_load(running: Composition, admin: Client) -> None:
    with Uploads(running) as uploads:
        for number in (3, 1, 2):
            running.scale("file-service", number)
            eventually(partial(_has_nodes, admin, number))
    assert uploads.broken == []
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}


def _has_nodes(client: Client, number: int) -> bool:
    return bool(client.get("/health/files") == {"answering": number, "configured": number})


def test_a_service_gets_a_second_node_and_loses_it_under_load(running: Composition, admin: Client) -> None:
    with Uploads(running) as uploads:
        for number in (2, 1):
            running.scale("media-service", number)
            eventually(partial(_has_ready_nodes, admin, "media", number))
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
            eventually(lambda: is_ready(running.client()))
    assert set(uploads.refused) <= PASSING
    assert uploads.missing(admin) == {}
    told = f"{len(uploads.acknowledged)} uploads, {len(uploads.refused)} refused"
    print(f"{service}: {told}, {len(uploads.broken)} broken off")


def test_postgresql_is_killed_under_load(running: Composition, admin: Client) -> None:
    """Nothing acknowledged is lost, nobody is logged out, and everything works again by itself."""
    database = running.containers("database")[0]
    with Uploads(running) as uploads:
        database.kill()
        eventually(lambda: uploads.refused)
        database.start()
        eventually(partial(_is_healthy, database))
        eventually(lambda: is_ready(running.client()))
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
