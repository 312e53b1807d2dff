"""Error responses of the API.

A handler, or any function below it, raises a ``Refusal``; ``shared.web.routes`` sends it. It is an expected
response, not a fault. Its body is ``{"data": text, "code": status}``, plus ``errors`` if single fields are wrong.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Self

MOST_ERRORS = 100
"""Maximum number of fields in ``errors``."""


class Refusal(Exception):
    """An error response: status, text, wrong fields and headers.

    Each is declared once as a constant and raised. ``with_errors`` and ``with_headers`` return copies.
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
        """Return a copy with ``errors`` (field -> reason), limited to the first ``MOST_ERRORS``."""
        return type(self)(self.status, self.text, errors=errors, headers=self.headers)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """Return a copy with additional response headers."""
        return type(self)(self.status, self.text, errors=self.errors, headers=self.headers | dict(headers))

    def document(self) -> dict[str, object]:
        """Return the response body."""
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
    """Return a 400 with one wrong field."""
    return INVALID.with_errors({field: reason})
