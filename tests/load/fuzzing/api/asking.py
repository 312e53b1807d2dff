"""Requests made from the OpenAPI document, and the conditions for every answer.

A batch is a number: it selects one operation, valid or invalid requests, and the seed of the
requests, so that ``--first 4711`` sends the same ones again. Schemathesis makes the first requests; the others are
variations of those.
"""

import contextlib
import json
from collections.abc import Iterable
from random import Random
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import hypothesis
import requests
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NotSet
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import RAW_QUERY_STRING_KEY
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.load.fuzzing.api.judging import refusal_problems
from tests.load.fuzzing.api.outcome import Outcome
from tests.load.fuzzing.api.sending import Sender
from tests.load.fuzzing.api.variations import NEAR, Asked

CASES = 20
"""Cases of Schemathesis in a batch; fewer if an operation has fewer."""
VARIED = 480
"""Variations of the cases, if there is anything to vary; one costs a fiftieth of a case."""

_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_REFUSALS = ["400", "401", "403", "404", "409", "413", "414", "422", "429"]
_CONFIGURATION = {
    "checks": {
        # A declared 503 is allowed; 500 is judged below.
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "500", "503"]},
        "negative_data_rejection": {"expected-statuses": [*_REFUSALS, "500", "503"]},
    }
}


class Asker:
    """A client with every permission that calls every operation of the document."""

    def __init__(self, gateway: str, session: requests.Session) -> None:
        document = requests.get(f"{gateway}/openapi.json", timeout=30).json()
        # Permissions are tested elsewhere; here every request has the cookie.
        del document["components"]["securitySchemes"]
        for operations in document["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
        configuration = schemathesis.Config.from_dict(_CONFIGURATION)
        schema = schemathesis.openapi.from_dict(document, config=configuration)
        self.operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        self._gateway = gateway
        self._session = session
        self._sender = Sender(gateway, session.cookies["refreshToken"], document)

    def is_signed_in(self) -> bool:
        """Return whether the cookie is still valid: the requests include logouts."""
        return self._session.get(f"{self._gateway}/auth/me", timeout=30).status_code == 200

    def ask(self, batch: int, *, seed: int = 0, cases: int = CASES, varied: int = VARIED) -> Outcome:
        """Send the requests of one batch: cases, and variations of them."""
        turn, place = divmod(batch, len(self.operations))
        mode = GenerationMode.NEGATIVE if turn % 2 else GenerationMode.POSITIVE
        operation = self.operations[place]
        outcome = Outcome()
        asked: list[Asked] = []

        @hypothesis.seed(f"{seed}-{batch}")
        @hypothesis.settings(
            max_examples=cases,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case[Any]) -> None:
            outcome.wrong += self._problems(case, outcome)
            asked.extend(_asked(case))

        # Unsatisfiable: an operation with neither parameters nor a body has no invalid request.
        with contextlib.suppress(hypothesis.errors.Unsatisfiable):
            send()
        if any(one.path or one.query or one.has_body for one in asked):
            chance = Random(f"{seed}-{batch}")
            outcome += self._sender.send(operation.method.upper(), operation.path, asked, varied, chance)
        outcome.wrong = [f"batch {batch}: {problem}" for problem in outcome.wrong]
        return outcome

    def _problems(self, case: Case[Any], outcome: Outcome) -> Iterable[str]:
        """Send a case; return the faults of its answer."""
        if case.meta and case.meta.generation.mode.is_positive:
            case.path_parameters = {name: _near(value) for name, value in case.path_parameters.items()}
            case.body = _near_all(case.body)
        response = case.call(base_url=self._gateway, session=self._session, timeout=60)
        outcome.statuses[response.status_code] += 1
        try:
            excluded: list[Any] = (
                [negative_data_rejection] if has_blanks(str(response.request.url), case.body) else []
            )
            case.validate_response(response, checks=_CHECKS, excluded_checks=excluded)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                yield f"{case.as_curl_command()}: {response.status_code} {failure.title}: {failure.message}"
        if response.status_code >= 400:
            yield from (
                f"{case.as_curl_command()}: {problem}: {response.status_code} {response.text[:500]}"
                for problem in refusal_problems(
                    response.status_code,
                    dict.fromkeys(response.headers, ""),
                    response.content,
                    (case.method, case.path),
                )
            )


def _asked(case: Case[Any]) -> Iterable[Asked]:
    """Yield the request of a case if it can be varied: not if it is no JSON or has a hand-made address."""
    has_body = not isinstance(case.body, NotSet)
    query = dict(case.query or {})
    if RAW_QUERY_STRING_KEY not in query and (not has_body or case.media_type == "application/json"):
        with contextlib.suppress(TypeError, ValueError):
            json.dumps([case.path_parameters, query, case.body if has_body else None])
            yield Asked(dict(case.path_parameters or {}), query, case.body if has_body else None, has_body)


def has_blanks(url: str, body: Any) -> bool:
    """Return whether any value has surrounding blanks: they are ignored, and a blank value counts as absent.

    A schema cannot express this.
    """
    address = urlsplit(url)
    parts = [unquote(part) for part in address.path.split("/")[1:]]
    parts += [value for _, value in parse_qsl(address.query, keep_blank_values=True)]
    return not all(parts) or any(text != text.strip() for text in (*parts, *_texts(body)))


def _texts(body: Any) -> Iterable[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict | list):
        for part in body.values() if isinstance(body, dict) else body:
            yield from _texts(part)


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
