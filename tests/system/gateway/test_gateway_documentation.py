"""The documentation pages of the whole system."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.stack.stack import Stack
from gateway.proxy.forward import Forwarder
from gateway.proxy.upstreams import of_files, of_services
from gateway.site.openapi_document import FRESH_SECONDS, OpenApiDocument
from shared.errors import Refusal
from shared.rpc.endpoints import Endpoints
from tests.support.client import Client
from tests.support.gateway_harness import KEYS, GatewayHarness, HarnessFactory, PlayedService


@pytest.fixture
def document(anonymous: Client) -> Any:
    return anonymous.get("/openapi.json")


def test_one_valid_document_tells_of_every_program(document: Any) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert {
        "/admin-volumes",
        "/media/add",
        "/users/{id}/save-settings",
        "/auth/login",
        "/files/{key}/{name}",
        "/health/files",
    } <= document["paths"].keys()
    assert document["paths"]["/media/add"]["post"]["summary"] != "Served by file nodes"


def test_the_document_says_how_to_sign_in_and_what_is_refused_first(document: Any) -> None:
    guide = document["info"]["description"]
    for text in ("refreshToken", "Required parameters missing", "Retry-After", "9007199254740991"):
        assert text in guide


def test_the_page_works_without_the_internet(stack: Stack) -> None:
    page = requests.get(stack.address + "/docs", timeout=10)
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(references) >= 4
    for reference in references:
        assert reference.startswith("/"), reference
        part = requests.get(urljoin(stack.address, reference), timeout=10)
        assert part.status_code == 200, reference
        assert part.content
    assert requests.get(stack.address + "/docs/", timeout=10).text == page.text


def test_without_a_service_there_is_no_document_at_first(opening: HarnessFactory) -> None:
    door = opening.open()
    door["media"].stop()
    answer = door.ask("GET", "/openapi.json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_the_document_is_asked_for_anew_after_a_while_and_stays_while_a_service_is_away(
    opening: HarnessFactory, tmp_path: Path
) -> None:
    programs = {name: opening.play() for name in ("catalog", "media", "users")}
    services = of_services({name: Endpoints(program.url) for name, program in programs.items()}, seconds=2)
    clock = [100.0]
    documentation = OpenApiDocument(
        Forwarder(services, of_files(tmp_path / "none"), KEYS), now=lambda: clock[0]
    )
    with pytest.raises(Refusal):
        documentation.json()
    for name, program in programs.items():
        _describe(program, f"/{name}")
    assert b'"/media"' in documentation.json()
    _describe(programs["media"], "/changed")
    assert b'"/media"' in documentation.json()
    clock[0] += FRESH_SECONDS + 1
    assert b'"/changed"' in documentation.json()
    programs["media"].stop()
    clock[0] += FRESH_SECONDS + 1
    assert b'"/changed"' in documentation.json()


def test_a_node_that_cannot_be_asked_leaves_the_owners_word(
    door: GatewayHarness, opening: HarnessFactory
) -> None:
    for name in ("catalog", "media", "users"):
        _describe(door[name], f"/{name}")
    node = opening.play()
    node.responder["/openapi.json"] = lambda exchange: exchange.reset()
    door.nodes_file.write_text(node.url)
    assert "/media" in door.ask("GET", "/openapi.json").json()["paths"]


def _describe(program: PlayedService, path: str) -> None:
    operation = {"responses": {"200": {"description": "x"}}}
    described = {
        "openapi": "3.1.0",
        "paths": {path: {"get": operation}},
        "components": {"schemas": {}, "securitySchemes": {}},
    }
    body = json.dumps(described).encode()
    program.responder["/openapi.json"] = lambda exchange: exchange.send(200, body)
