"""Refusals: the answers that say no, in the contract's one shape.

A refusal is raised anywhere below a route and answered by ``shared.web.routes``; it is a client's
answer, never a fault. Its body is ``{"data": text, "code": status}``, with ``errors`` added
where fields are to blame.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Self

MOST_ERRORS = 100
"""How many fields ``errors`` names at most."""


class Refusal(Exception):
    """An answer other than success, with its status, text and headers.

    Declared once as a constant and raised as it stands; ``with_errors`` makes the copy that
    names fields.
    """

    def __init__(
        self,
        status: int,
        text: str,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.errors = dict(islice((errors or {}).items(), MOST_ERRORS))
        self.headers = dict(headers or {})

    def with_errors(self, errors: Mapping[str, str]) -> Self:
        """Return this refusal with ``errors`` (field -> what is wrong with it), the first ``MOST_ERRORS`` of them."""
        return type(self)(self.status, self.text, errors=errors, headers=self.headers)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """Return this refusal with more response headers."""
        return type(self)(self.status, self.text, errors=self.errors, headers=self.headers | dict(headers))

    def document(self) -> dict[str, object]:
        """The body of the answer."""
        body: dict[str, object] = {"data": self.text, "code": self.status}
        return body | {"errors": self.errors} if self.errors else body


MISSING = Refusal(400, "Required parameters missing")
INVALID = Refusal(400, "Invalid parameters")
UNAUTHORIZED = Refusal(401, "Unauthorized")
FORBIDDEN = Refusal(403, "Forbidden")
NOT_FOUND = Refusal(404, "Not found")
METHOD_NOT_ALLOWED = Refusal(405, "Method not allowed")
TOO_LARGE = Refusal(413, "Request body too large")
TOO_MANY_REQUESTS = Refusal(429, "Too many requests.")
NO_FILES_HERE = Refusal(503, "This service is not handling file uploads.")
UNAVAILABLE = Refusal(503, "Service unavailable", headers={"Retry-After": "1"})


def invalid(field: str, reason: str) -> Refusal:
    """A 400 that blames one field."""
    return INVALID.with_errors({field: reason})
