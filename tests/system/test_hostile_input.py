"""Invalid and odd values in every field, parameter and path part of every route of the OpenAPI document.

Every answer has a documented status and shape; values that cannot be valid are refused.
"""

import copy
import http.client
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from deploy.stack.stack import Stack
from shared.web.openapi_examples import example
from tests.load.fuzzing.api.judging import refusal_problems
from tests.load.fuzzing.api.running import administrator
from tests.support.client import Client
from tests.support.hostile_values import BODIES, IN_PATHS, IN_QUERIES, NEVER, ODD, TYPES

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Operation:
    """One operation of the document, with a valid request for it."""

    method: str
    path: str
    parts: list[str]
    query: dict[str, Any]
    body: dict[str, Any] | None
    statuses: frozenset[int]

    def target(self, part: str = "", text: str = "", *, query: str | None = None) -> str:
        """Return path and query, with one part of the path, or the whole query, replaced."""
        path = self.path
        for name in self.parts:
            usual_part = "1" if "id" in name.lower() else "front"
            path = path.replace(f"{{{name}}}", text if name == part else usual_part)
        as_usual = "&".join(f"{name}={quote(str(value))}" for name, value in self.query.items())
        query = as_usual if query is None else query
        return f"{path}?{query}" if query else path


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = operation.get("parameters", [])
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            yield Operation(
                method.upper(),
                path,
                [parameter["name"] for parameter in parameters if parameter["in"] == "path"],
                {
                    parameter["name"]: example(parameter["schema"], schemas) if parameter["required"] else ""
                    for parameter in parameters
                    if parameter["in"] == "query"
                },
                content and copy.deepcopy(content["example"]),
                frozenset(int(status) for status in operation["responses"]),
            )


class Asker:
    """Sends requests on one connection as an administrator and collects the faults of the answers."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._connection = http.client.HTTPConnection(urlsplit(stack.address).netloc, timeout=60)
        self._client: Client | None = None
        self.asked = 0
        self.wrong: list[str] = []

    def ask(
        self,
        operation: Operation,
        target: str,
        body: bytes | None = None,
        *,
        kind: str = "application/json",
        refused: bool = False,
    ) -> None:
        """Send one request; with ``refused`` its answer must be a refusal."""
        headers = {"Cookie": f"refreshToken={self._cookie()}"} | ({"Content-Type": kind} if kind else {})
        self._connection.request(operation.method, target, body, headers)
        answer = self._connection.getresponse()
        content, status = answer.read(), answer.status
        self.asked += 1
        problems = [] if status in operation.statuses else ["not listed in the document"]
        if refused and status < 400:
            problems.append("taken")
        if status >= 400 and (operation.method, operation.path) != ("DELETE", "/user/delete-image/{id}"):
            problems += refusal_problems(status, dict(answer.getheaders()), content)
        if status == 401 and operation.path != "/auth/login":
            self._client = None
        self.wrong += [
            f"{operation.method} {target[:120]} {(body or b'')[:120]!r}: {status} {content[:200]!r}: {problem}"
            for problem in problems
        ]

    def _cookie(self) -> str:
        if self._client is None:
            self._client = administrator(self._stack.address, self._stack.admin_database_url)
        return str(self._client.session.cookies["refreshToken"])


@pytest.fixture(scope="module")
def operations(expendable: Stack) -> list[Operation]:
    """All operations; those that end the own session come last."""
    document = Client(expendable.address).get("/openapi.json")
    return sorted(_operations(document), key=lambda operation: "log" in operation.path)


@pytest.fixture
def asker(expendable: Stack) -> Asker:
    return Asker(expendable)


def _with(body: dict[str, Any], name: str, raw: str) -> bytes:
    """Return the body with raw JSON text in one field."""
    fields = [f"{json.dumps(key)}:{raw if key == name else json.dumps(value)}" for key, value in body.items()]
    return f"{{{','.join(fields)}}}".encode("utf-8", "surrogatepass")


def test_no_field_takes_or_breaks_on_what_is_no_value(asker: Asker, operations: list[Operation]) -> None:
    for operation in operations:
        for name in operation.body or ():
            for raw in NEVER:
                asker.ask(operation, operation.target(), _with(operation.body or {}, name, raw), refused=True)
    assert asker.wrong == []
    assert asker.asked > 1000


def test_no_field_breaks_on_odd_values(asker: Asker, operations: list[Operation]) -> None:
    """Each field gets every eighth value, from another start for each: all values in all fields take minutes."""
    turn = itertools.count()
    for operation in operations:
        for name in operation.body or ():
            for raw in ODD[next(turn) % 8 :: 8]:
                asker.ask(operation, operation.target(), _with(operation.body or {}, name, raw))
            most = json.dumps(operation.body)[:-1]
            asker.ask(operation, operation.target(), f"{most},{json.dumps(name)}:null}}".encode())
    assert asker.wrong == []
    assert asker.asked > 500


def test_no_body_that_is_no_json_object_is_taken(asker: Asker, operations: list[Operation]) -> None:
    for operation in operations:
        if operation.body is None:
            continue
        for body in BODIES.values():
            asker.ask(operation, operation.target(), body, refused=True)
        for kind in TYPES:
            whole = json.dumps(operation.body).encode()
            asker.ask(operation, operation.target(), whole, kind=kind, refused=True)
    assert asker.wrong == []


def test_no_path_part_breaks_a_route(asker: Asker, operations: list[Operation]) -> None:
    turn = itertools.count()
    for operation in operations:
        body = json.dumps(operation.body).encode() if operation.body else None
        for name in operation.parts:
            for text in IN_PATHS[next(turn) % 3 :: 3]:
                wrong = name.lower().endswith("id")
                target = operation.target(name, quote(text, safe=""))
                asker.ask(operation, target, body, refused=wrong)
    assert asker.wrong == []


def test_no_query_breaks_a_route(asker: Asker, operations: list[Operation]) -> None:
    turn = itertools.count()
    for operation in operations:
        for name in operation.query:
            others = "&client=1" if "client" in operation.query and name != "client" else ""
            for text in IN_QUERIES[next(turn) % 3 :: 3]:
                asker.ask(operation, operation.target(query=f"{name}={quote(text, safe='%')}{others}"))
            asker.ask(operation, operation.target(query=f"{name}=1&{name}=abc{others}"))
    assert asker.wrong == []
