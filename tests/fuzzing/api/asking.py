"""Requests made up from the OpenAPI document, and what must hold for every answer to one.

A batch is a number: it names one operation, whether what is sent fits its schema or breaks it, and the seed of the
requests, so that ``--first 4711`` sends the same ones again.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import hypothesis
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

BATCH = 100
"""Requests in a batch; fewer where an operation cannot be asked in so many ways."""
NEAR = 12
"""Most ids that are sent are brought to 1..NEAR, where something is."""

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_NO_PICTURE = ("DELETE", "/user/delete-image/{id}")
"""The one route that is specified to answer 500 to a client: who has no profile image cannot delete it."""
_REFUSALS = ["400", "401", "403", "404", "409", "413", "414", "422", "429"]
_CONFIGURATION = {
    "checks": {
        # A declared 503 is no fault; 500 is judged below.
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "500", "503"]},
        "negative_data_rejection": {"expected-statuses": [*_REFUSALS, "500", "503"]},
    }
}


@dataclass
class Outcome:
    """What came of some requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(self.statuses + other.statuses, self.wrong + other.wrong)


class Asker:
    """Somebody with every permission who asks everything the document lists."""

    def __init__(self, gateway: str, session: requests.Session) -> None:
        document = requests.get(f"{gateway}/openapi.json", timeout=30).json()
        # Who may ask is proven elsewhere, token by token; here the one cookie always goes along.
        del document["components"]["securitySchemes"]
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        configuration = schemathesis.Config.from_dict(_CONFIGURATION)
        schema = schemathesis.openapi.from_dict(document, config=configuration)
        self.operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        self._gateway = gateway
        self._session = session

    def is_signed_in(self) -> bool:
        """Whether the cookie still counts: logging out is among what is asked."""
        return self._session.get(f"{self._gateway}/auth/me", timeout=30).status_code == 200

    def ask(self, batch: int, *, seed: int = 0, most: int = BATCH) -> Outcome:
        """Send the requests of one batch."""
        turn, place = divmod(batch, len(self.operations))
        mode = GenerationMode.NEGATIVE if turn % 2 else GenerationMode.POSITIVE
        operation = self.operations[place]
        outcome = Outcome()

        @hypothesis.seed(f"{seed}-{batch}")
        @hypothesis.settings(
            max_examples=most,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case[Any]) -> None:
            outcome.wrong += [f"batch {batch}: {problem}" for problem in self._problems(case, outcome)]

        # Unsatisfiable: there is nothing to break where an operation has neither parameters nor a body.
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):
            send()
        return outcome

    def _problems(self, case: Case[Any], outcome: Outcome) -> Iterable[str]:
        """Send one request; return what is wrong with its answer."""
        if case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters = {name: _near(value) for name, value in case.path_parameters.items()}
            case.body = _near_all(case.body)
        response = case.call(base_url=self._gateway, session=self._session, timeout=60)
        outcome.statuses[response.status_code] += 1
        try:
            case.validate_response(
                response, checks=_CHECKS, excluded_checks=_excluded(str(response.request.url))
            )
        except FailureGroup as failures:
            for failure in failures.exceptions:
                yield f"{case.as_curl_command()}: {response.status_code} {failure.title}: {failure.message}"
        if response.status_code >= 400:
            yield from (
                f"{case.as_curl_command()}: {problem}: {response.status_code} {response.text[:500]}"
                for problem in refusal_problems(
                    response.status_code, dict(response.headers), response.content, case
                )
            )


def refusal_problems(status: int, headers: Any, body: bytes, case: Case[Any] | None = None) -> Iterable[str]:
    """Yield what is wrong with an answer that says no."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict) or set(document) - {"data", "code", "errors"}:
        yield "not of the contract's shape"
        return
    if document.get("code") != status or not isinstance(document.get("data"), str):
        yield "not of the contract's shape"
    if status == 400 and not document.get("errors"):
        yield "a 400 that names nothing"
    if status == 503 and not any(name.lower() == "retry-after" for name in headers):
        yield "a 503 without Retry-After"
    if status >= 500 and status != 503 and not (case and (case.method, case.path) == _NO_PICTURE):
        yield "a fault of ours"


def _excluded(url: str) -> list[Any]:
    """A blank query parameter counts as absent, which no schema can say; of several with one name the first counts."""
    blank = any(not value.strip() for _, value in parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return [negative_data_rejection] if blank else []


def _near(value: Any) -> Any:
    """Return a small id for most ids."""
    if isinstance(value, int) and not isinstance(value, bool) and value > NEAR and value % 4:
        return value % NEAR + 1
    return value


def _near_all(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _near_all(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_near_all(part) for part in value]
    return _near(value)
