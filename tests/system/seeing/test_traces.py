"""Traces of a running system, as received by a collector."""

import json
import secrets
from typing import Any

import pytest

from deploy.stack.stack import Stack
from tests.support.client import Client
from tests.support.otlp_collector import Collector, Trace
from tests.support.pictures import base64_of, quarters
from tests.support.waiting import wait_until

LIST = """
gateway: GET /admin-volumes
  gateway: ask the database: session
  gateway: ask catalog
    catalog: GET /admin-volumes
"""

UPLOAD = """
gateway: POST /user/update-image/<id>
  gateway: ask the database: session
  gateway: ask files
    files: POST /user/update-image/<id>
      files: wait for a slot
      files: open picture
      files: ask users
        users: POST /internal/files/avatars/reserve
      files: render picture
      files: store picture
      files: ask users
        users: POST /internal/files/avatars/attach
"""


@pytest.fixture(scope="module")
def reader(seen: Stack) -> Client:
    """A client signed in to the traced system."""
    return Client(seen.address).register(f"reader-{secrets.token_hex(6)}")


@pytest.fixture(scope="module")
def boss(seen: Stack) -> Client:
    """Its administrator."""
    return Client(seen.address).sign_in("admin", seen.administrator.password or "")


def traced(collector: Collector, client: Client, method: str, path: str, **options: Any) -> tuple[str, Trace]:
    """Send a request; return its id, and its trace once the first span has arrived."""
    request_id = f"trace-{secrets.token_hex(6)}"
    answer = client.ask(method, path, headers={"X-Request-Id": request_id}, **options)
    assert answer.status_code < 500, answer.text
    return request_id, collector.trace(request_id)


def without_statements(trace: Trace) -> str:
    """Return the tree of a trace without the statements of services: a new connection has some more."""
    statements = {span.id for span in trace.spans if "db.query.text" in span.facts}
    return "\n" + "".join(
        f"{line}\n" for line in Trace([s for s in trace.spans if s.id not in statements]).tree()
    )


def test_a_list_is_one_trace(seen: Stack, collector: Collector, boss: Client) -> None:
    request_id, _ = traced(collector, boss, "GET", "/admin-volumes?client=1")
    wait_until(lambda: len(without_statements(collector.trace(request_id))) >= len(LIST))
    trace = collector.trace(request_id)
    assert without_statements(trace) == LIST
    (service,) = (span for span in trace.spans if span.program == "catalog" and "http.route" in span.facts)
    statements = [span for span in trace.spans if "db.query.text" in span.facts]
    assert statements
    assert {span.parent for span in statements} == {service.id}
    assert statements[-1].name == "SELECT"
    assert "FROM catalog." in statements[-1].facts["db.query.text"]


def test_an_upload_is_one_trace_with_every_step_of_the_picture(collector: Collector, reader: Client) -> None:
    body = {"image": base64_of(quarters())}
    path = f"/user/update-image/{reader.user['id']}"
    request_id, _ = traced(collector, reader, "POST", path, json=body)
    wait_until(lambda: len(without_statements(collector.trace(request_id))) >= len(UPLOAD))
    assert without_statements(collector.trace(request_id)) == UPLOAD
    statements = {span.name for span in collector.trace(request_id).spans if "db.query.text" in span.facts}
    assert {"INSERT", "UPDATE"} <= statements


def test_the_log_names_the_trace(seen: Stack, collector: Collector, reader: Client) -> None:
    request_id, trace = traced(collector, reader, "GET", "/auth/me")

    def said(program: str) -> list[Any]:
        return [json.loads(line) for line in seen.log.tail(program) if f'"{request_id}"' in line]

    wait_until(lambda: said("gateway") and said("users"))
    for program in ("gateway", "users"):
        assert [line["trace_id"] for line in said(program)] == [trace.spans[0].trace]
    assert trace.spans[0].facts["user.id"] == reader.user["id"]


def test_what_no_client_asked_for_leaves_no_trace(collector: Collector, reader: Client) -> None:
    traced(collector, reader, "GET", "/auth/me")
    firsts = {span.name for _, span in collector.received if not span.parent}
    assert firsts
    assert not [name for name in firsts if "/health" in name or "/internal" in name or "/status" in name]


def test_no_secret_gets_into_a_span(seen: Stack, collector: Collector, reader: Client) -> None:
    canary = f"canary-{secrets.token_hex(6)}"
    stranger = Client(seen.address)
    stranger.session.headers.update({"Authorization": canary, "User-Agent": canary, "Referer": canary})
    asked: list[tuple[Client, str, str, dict[str, Any]]] = [
        (stranger, "POST", "/auth/login", {"json": {"username": canary, "password": canary}}),
        (stranger, "POST", "/auth/register", {"json": {"username": canary, "password": canary}}),
        # Its name is taken: the database's error quotes it.
        (stranger, "POST", "/auth/register", {"json": {"username": canary, "password": canary}}),
        (stranger, "GET", "/auth/me", {"cookies": {"refreshToken": canary}}),
        (reader, "GET", f"/user/collection?client=1&search={canary}", {}),
        (
            reader,
            "POST",
            f"/users/{reader.user['id']}/save-settings",
            {"json": {"settings": {canary: canary}}},
        ),
        (reader, "POST", f"/user/update-image/{reader.user['id']}", {"json": {"image": canary}}),
    ]
    for client, method, path, options in asked:
        traced(collector, client, method, path, **options)
    last, _ = traced(collector, reader, "GET", "/auth/me")
    wait_until(lambda: "users: GET /auth/me" in without_statements(collector.trace(last)))
    cookie = reader.session.cookies["refreshToken"]
    password = seen.administrator.password
    secrets_ = [canary, cookie, cookie.split(".")[2], "eyJ", password or "eyJ"]
    for batch in collector.raw:
        for secret in secrets_:
            assert secret.encode() not in batch


def test_the_collector_is_told_its_key(collector: Collector) -> None:
    wait_until(lambda: collector.keys)
    assert set(collector.keys) == {"opens it"}
