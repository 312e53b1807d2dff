"""What every answer of the gateway gets: the contract's shape, headers that protect, a line in the log."""

import json
import time
from typing import Any

from flask import Response, g, request

from gateway.origins import Origins
from shared import logs, timing
from shared.refusals import Refusal

_PROTECTION = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Where an answer says nothing else itself. What may be cached says so: pictures do."""


def refused(refusal: Refusal) -> Response:
    """Return the answer to a refused request."""
    body = json.dumps(refusal.document())
    return Response(body, refusal.status, refusal.headers, mimetype="application/json")


def finish(response: Response, origins: Origins) -> Response:
    """Add what every answer carries, and log it once it has been sent."""
    for name, value in _PROTECTION.items():
        response.headers.setdefault(name, value)
    for name, value in origins.answer_headers(request.headers.get("Origin", "").lower()).items():
        response.headers.add(name, value)
    response.headers[logs.REQUEST_ID] = logs.request_id()
    if "timed" in g:
        inner = response.headers.getlist(timing.HEADER)
        response.headers[timing.HEADER] = ", ".join(
            [timing.metrics(gateway=_milliseconds_since(g.began)), *inner]
        )
    if not request.path.startswith("/health/"):
        facts = _facts(response)
        began = g.get("began", time.perf_counter())
        response.call_on_close(lambda: logs.access(facts | {"ms": _milliseconds_since(began)}))
    return response


def _facts(response: Response) -> dict[str, Any]:
    """What the log says about a request: never its query, its headers or its body."""
    return {
        "method": request.method,
        "path": g.address.path if "address" in g else request.path,
        "status": response.status_code,
        "upstream": g.get("upstream"),
        "user": g.get("user_id"),
        "request_id": logs.request_id(),
    }


def _milliseconds_since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
