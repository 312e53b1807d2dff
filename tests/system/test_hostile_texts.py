"""The CPU cost of texts that are slow to normalise, match or parse, at every position of every route.

The requests are made from the OpenAPI document, so that a new route is covered at once.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from deploy.stack.stack import Stack
from shared.web.openapi_examples import example
from tests.load.fuzzing.api.judging import NO_PICTURE
from tests.load.fuzzing.api.running import administrator
from tests.support.client import Client
from tests.support.processes import cpu_seconds

MOST_SECONDS = 1.0
"""Seconds of CPU of all programs for one request: at most 0.1 on an idle machine; some of these took a minute."""
_ENOUGH = 4
"""Faults after which a test ends: each may have taken a minute."""
LARGE = 1_000_000
"""Bytes of a hostile text: with the rest of a body almost the permitted size."""

MARKS = "a" + "\u0315\u0300" * (LARGE // 4)
VALUES: Mapping[str, Any] = {
    "marks out of order": MARKS,
    "many names": ["a" + "\u0315\u0300" * 127] * (LARGE // 520),
    "names that unfold": ["\ufdfa" * 255] * (LARGE // 800),
    "many wrong ids": ["x"] * (LARGE // 4),
}
"""Values for each position of a body, arrays where one belongs."""
ADDITIONS: Mapping[str, Any] = {
    "a long name of a field": {MARKS: 1},
    "many fields": {f"{number:06}": [] for number in range(LARGE // 12)},
    "many lists": {"unknown": [[]] * (LARGE // 3)},
    "many settings": {"settings": {f"{number:06}": [] for number in range(LARGE // 13)}},
}
"""Fields added to a valid body."""
LONG = 6000
"""Bytes of a hostile text that fits into a request line or a header."""
IN_ADDRESSES = (
    "a" + quote("\u0315\u0300") * (LONG // 12),
    quote("\ufdfa") * (LONG // 9),
    "9" * LONG,
    "," * LONG,
    "%20" * (LONG // 3) + "x",
)
IN_HEADERS: Mapping[str, str] = {
    "blanks": "a/b" + " " * LONG + "x",
    "parameters": "a/b" + ";a=b" * (LONG // 4),
    "quotes": 'W/"' * (LONG // 3),
    "ranges": "bytes=" + ",".join(f"{number}-{number}" for number in range(LONG // 10)),
    "digits": "bytes=" + "9" * LONG + "-",
    "marks": MARKS[: LONG // 2].encode().decode("latin-1"),
}
READ_HEADERS = (
    *("Accept", "Accept-Language", "Content-Type", "If-Match", "If-Modified-Since", "If-None-Match"),
    *("If-Range", "If-Unmodified-Since", "Range", "User-Agent"),
)
"""The headers of a client that reach a service."""


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    parameters: list[dict[str, Any]]
    body: dict[str, Any] | None
    """The schema of its body."""
    is_open: bool
    schemas: Mapping[str, Any]

    def target(self, name: str = "", text: str = "") -> str:
        """Return a valid path and query, with ``text`` as the parameter ``name``."""
        path, query = self.path, list[str]()
        for parameter in self.parameters:
            given = parameter["name"] == name
            value = text if given else quote(str(example(parameter["schema"], self.schemas)))
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", value)
            elif given or parameter["required"]:
                query.append(f"{parameter['name']}={value}")
        return f"{path}?{'&'.join(query)}" if query else path

    def hostile_bodies(self) -> Mapping[str, str]:
        """Return the hostile bodies, each once, by the hostile value."""
        if self.body is None:
            return {}
        usual = example(self.body, self.schemas)
        hostile = {
            _text(body): what
            for what, value in VALUES.items()
            for body in _with(value, self.body, self.schemas)
            if isinstance(body, dict)
        }
        return hostile | {_text(usual | addition): what for what, addition in ADDITIONS.items()}


def _text(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _with(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Any]:
    """Yield documents that fit ``schema`` except for ``value`` as the whole or at one position, for each position."""
    if "$ref" in schema:
        schema = schemas[str(schema["$ref"]).rpartition("/")[2]]
    branches = [branch for key in ("anyOf", "oneOf", "allOf") for branch in schema.get(key, ())]
    for branch in branches:
        yield from _with(value, branch, schemas)
    if branches or schema.get("type") == "null":
        return
    if isinstance(value, str) or schema.get("type") == "array":
        yield value
    if schema.get("type") == "array":
        yield from ([item] for item in _with(value, schema.get("items", {}), schemas))
    if schema.get("type") == "object":
        usual = example(schema, schemas)
        for name, part in schema.get("properties", {}).items():
            yield from (usual | {name: inner} for inner in _with(value, part, schemas))
        if isinstance(value, str):
            yield usual | {value: value}


class Meter:
    """Sends requests to a system, and records answers that are faults or cost too much CPU."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._anonymous = Client(stack.address)
        self._admin = administrator(stack.address, stack.admin_database_url)
        self.asked = 0
        self.wrong: list[str] = []

    def ask(self, operation: Operation, requests: Mapping[str, Mapping[str, Any]]) -> None:
        """Send ``requests`` (hostile value -> request), as an administrator if a login is needed."""
        client = self._anonymous if operation.is_open else self._admin
        masters = [psutil.Process(pid) for pid in self._stack.pids.values() if pid]
        pids = [process.pid for one in masters for process in (one, *one.children(recursive=True))]
        for what, request in requests.items():
            before = cpu_seconds(pids)
            answer = client.ask(operation.method, **{"path": operation.target(), **request})
            took = cpu_seconds(pids) - before
            self.asked += 1
            fault = answer.status_code >= 500 and (operation.method, operation.path) != NO_PICTURE
            if fault or took > MOST_SECONDS:
                self.wrong.append(
                    f"{operation.method} {operation.path}, {what}: {answer.status_code} after {took:.2f} s"
                )
            assert len(self.wrong) < _ENOUGH, self.wrong
            if answer.status_code == 401 and not operation.is_open:
                client = self._admin = administrator(self._stack.address, self._stack.admin_database_url)


@pytest.fixture(scope="module")
def operations(expendable: Stack) -> list[Operation]:
    document = Client(expendable.address).get("/openapi.json")
    return [
        Operation(
            method.upper(),
            path,
            operation.get("parameters", []),
            operation["requestBody"]["content"]["application/json"]["schema"]
            if "requestBody" in operation
            else None,
            "security" not in operation,
            document["components"]["schemas"],
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]


@pytest.fixture
def meter(expendable: Stack) -> Meter:
    return Meter(expendable)


@pytest.mark.slow
def test_no_body_costs_much(meter: Meter, operations: list[Operation]) -> None:
    headers = {"Content-Type": "application/json"}
    for operation in operations:
        bodies = operation.hostile_bodies()
        requests = {
            f"{what} ({number})": {"data": body.encode(), "headers": headers}
            for number, (body, what) in enumerate(bodies.items())
        }
        meter.ask(operation, requests)
    assert meter.wrong == []
    assert meter.asked > 300


@pytest.mark.slow
def test_no_address_costs_much(meter: Meter, operations: list[Operation]) -> None:
    many = "?" + "&".join(["a"] * (LONG // 2))
    for operation in operations:
        requests = {
            f"{parameter['name']}={text[:9]}": {"path": operation.target(parameter["name"], text)}
            for parameter in operation.parameters
            for text in IN_ADDRESSES
        }
        meter.ask(operation, requests | {"parameters": {"path": operation.target().partition("?")[0] + many}})
    assert meter.wrong == []
    assert meter.asked > 300


def test_no_header_costs_much(meter: Meter, operations: list[Operation]) -> None:
    """On public routes, including pictures, whose routes read more headers than others."""
    for operation in operations:
        if operation.method == "GET" and operation.is_open:
            requests = {
                f"{name}: {what}": {"headers": {name: value}}
                for name in READ_HEADERS
                for what, value in IN_HEADERS.items()
            }
            meter.ask(operation, requests)
    assert meter.wrong == []
    assert meter.asked > 300
