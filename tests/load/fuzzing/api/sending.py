"""Sends variations of requests and checks the answers."""

import http.client
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

from tests.load.fuzzing.api.judging import Operation
from tests.load.fuzzing.api.outcome import Outcome
from tests.load.fuzzing.api.variations import Asked, damaged, varied

_DAMAGED = 0.05
"""Share of bodies that are damaged as text."""


class Sender:
    """Sends requests over a kept-alive connection, all with one cookie."""

    def __init__(self, gateway: str, cookie: str, document: Mapping[str, Any]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=60)
        self._cookie = {"Cookie": f"refreshToken={cookie}"}
        self._document = document

    def send(self, method: str, path: str, asked: Sequence[Asked], count: int, chance: Random) -> Outcome:
        """Send ``count`` variations of the requests ``asked`` of an operation."""
        operation, outcome = Operation(self._document, method, path), Outcome()
        for _ in range(count):
            one = varied(asked, chance)
            body, forbidden = one.text(), operation.forbids(one)
            if body and chance.random() < _DAMAGED:
                body, forbidden = damaged(body, chance), False
            target = one.target(path)
            outcome.wrong += [
                f"{method} {target} {body[:5000]!r}: {problem}"
                for problem in self._problems(operation, target, body, forbidden, outcome)
            ]
        return outcome

    def _problems(
        self, operation: Operation, target: str, body: bytes, forbidden: bool, outcome: Outcome
    ) -> Iterable[str]:
        headers = self._cookie | ({"Content-Type": "application/json"} if body else {})
        try:
            self._connection.request(operation.method, target, body or None, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            yield f"no answer: {error!r}"
            return
        outcome.statuses[answer.status] += 1
        known = {name.lower(): value for name, value in answer.getheaders()}
        for problem in operation.problems(answer.status, known, content, forbidden=forbidden):
            yield f"{problem}: {answer.status} {content[:500]!r}"
