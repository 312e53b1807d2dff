"""A service as a Flask application: its pages of routes, its health, its log."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import chain, combinations
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from shared import read_your_writes, settings, shutdown
from shared.errors import METHOD_NOT_ALLOWED, NOT_FOUND, TOO_LARGE, UNAVAILABLE, Refusal
from shared.identity import tokens
from shared.identity.tokens import TokenTarget
from shared.observability import logs, server_timing, tracing
from shared.observability.metrics import counter
from shared.observability.request_metrics import UNKNOWN, ResponseLog
from shared.web.answers import error_response
from shared.web.health import PATH, Health, HealthCheck
from shared.web.openapi import describe
from shared.web.parsing import MAX_BODY
from shared.web.routes import Api, Route

if TYPE_CHECKING:
    from shared.postgres.engine import Database
    from shared.web.schema_revision import SchemaRevision

_log = logging.getLogger("bunko.service")
_DATABASE_SECONDS = counter("bunko_database_seconds", "Time that requests waited for statements.").of()


def service(
    name: str,
    pages: Sequence[Api],
    *,
    database: "Database | None" = None,
    schema: "SchemaRevision | None" = None,
    checks: Sequence[Callable[[], None]] = (),
    max_body: int = MAX_BODY,
) -> Flask:
    """Return the application ``name`` that serves ``pages``.

    ``needs`` are checks of what it cannot do without, beside its database: each raises where that is
    away, and the program is not ready then.
    """
    logs.to_stdout(name)
    tracing.start(name)
    app = Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # routes are documented in the order of their pages
    app.extensions["answers"] = {None: ResponseLog("any", UNKNOWN)}
    app.extensions["token_keys"] = settings.mapping("TOKEN_KEYS")
    if database is not None:
        app.extensions["database"] = database
    answers = {route: ResponseLog(route.method, route.full_path) for page in pages for route in page.routes}
    for (method, address), route in addresses(pages).items():
        endpoint = f"{method} {address}"
        app.extensions["answers"][endpoint] = answers[route]
        app.add_url_rule(
            address,
            endpoint=endpoint,
            view_func=route,
            methods=[method],
            strict_slashes=False,
            provide_automatic_options=False,
        )
    _add_health(app, [*checks, *([database.check] if database else [])], schema)
    app.add_url_rule("/openapi.json", "openapi", lambda: describe(pages), provide_automatic_options=False)
    app.register_error_handler(HTTPException, _http_error)
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_end)
    if max_body <= MAX_BODY:
        # A file node answers before the body comes; what it refused is not sent to it over the same connection.
        app.after_request(_read_rest)
    return app


def addresses(pages: Sequence[Api]) -> Mapping[tuple[str, str], Route]:
    """Return every (method, path) that is answered and its route.

    A path whose last parts are missing belongs to the route they are missing from, unless another
    route of the same method stands there: the contract answers 400, not 404.
    """
    routes = [route for page in pages for route in page.routes]
    known = {(route.method, route.full_path): route for route in routes}
    for route in routes:
        for shorter in _without_parts(route.full_path):
            known.setdefault((route.method, shorter), route)
    return known


def _without_parts(address: str) -> list[str]:
    """How a path looks that lacks some or all of its parts.

    ``/a/<id>/<type>`` lacks them as ``/a//<type>``, ``/a/<id>`` and ``/a``; ``/a/<id>/b`` as ``/a//b`` and ``/a/b``.
    """
    steps = address.split("/")
    parts = [step for step in steps if step.startswith("<")]
    lacking = chain.from_iterable(combinations(parts, number) for number in range(1, len(parts) + 1))
    shorter = ["/".join("" if step in absent else step for step in steps).rstrip("/") for absent in lacking]
    return [*shorter, "/".join(step for step in steps if step not in parts)] if parts else []


def _add_health(app: Flask, checks: Sequence[Callable[[], None]], schema: "SchemaRevision | None") -> None:
    examination = HealthCheck(checks, schema.state if schema else None)

    def live() -> dict[str, str]:
        return {"status": "alive"}

    def ready() -> Response | dict[str, str]:
        if shutdown.started.is_set():
            return error_response(UNAVAILABLE)
        for check in checks:
            try:
                check()
            except Exception as error:
                _log.warning("not ready: %s", error)
                return error_response(UNAVAILABLE)
        return {"status": "ready"}

    def about() -> Response | Health:
        target = TokenTarget(app.name, "GET", PATH)
        try:
            given = request.headers.get(tokens.HEADER)
            tokens.verify(given, target, issuer="gateway", keys=app.extensions["token_keys"])
        except Refusal as refusal:
            return error_response(refusal)
        return examination.health()

    app.add_url_rule("/health/live", "live", live, provide_automatic_options=False)
    app.add_url_rule("/health/ready", "ready", ready, provide_automatic_options=False)
    app.add_url_rule(PATH, "about", about, provide_automatic_options=False)


def _http_error(error: HTTPException) -> Response:
    """Put Flask's own errors into the contract's shape."""
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        return error_response(METHOD_NOT_ALLOWED.with_headers({"Allow": allowed}))
    if isinstance(error, RequestEntityTooLarge):
        return error_response(TOO_LARGE)
    if error.code == 404:
        return error_response(NOT_FOUND)
    return error_response(Refusal(error.code or 500, error.name))


def _begin() -> None:
    g.began = time.perf_counter()
    logs.begin(request.headers.get(logs.REQUEST_ID, ""))
    server_timing.spent.database = 0.0
    read_your_writes.current.committed = 0
    if tracing.is_on() and (parent := request.headers.get(tracing.PARENT)):
        g.opened = tracing.begin(parent)


def _end(_error: BaseException | None) -> None:
    if opened := g.pop("opened", None):
        opened.end()
    logs.end()


def _read_rest(response: Response) -> Response:
    """Read what a refusal left of the body, before the answer goes out.

    The next request follows on the same connection as soon as the answer is there. Gunicorn's gthread worker (26.2)
    would take it in with the rest of this body, and then wait for what it holds already.
    """
    if request.content_length:
        with suppress(HTTPException, OSError):
            request.stream.read()
    return response


def _finish(response: Response) -> Response:
    response.headers[logs.REQUEST_ID] = logs.request_id()
    # What a GET writes beside its answer, no list shows; and what is the same for everybody must not set a cookie.
    if read_your_writes.current.committed and request.method != "GET":
        response.headers[read_your_writes.HEADER] = str(read_your_writes.current.committed)
    took = (time.perf_counter() - g.began) * 1000
    work = server_timing.ServerTiming(g.get("route"), took, server_timing.spent.database)
    response.headers[server_timing.SERVICE_HEADER] = work.header()
    if opened := g.get("opened"):
        opened.set_response(request.method, work.route, response.status_code, **{"url.path": request.path})
    if not request.path.startswith("/health/"):
        _count(response.status_code, work)
        _log_answer(response.status_code, work)
    return response


def _count(status: int, work: server_timing.ServerTiming) -> None:
    answers: Mapping[str | None, ResponseLog] = current_app.extensions["answers"]
    answers.get(request.endpoint, answers[None]).record(status, work.service / 1000)
    _DATABASE_SECONDS.inc(work.database / 1000)


def _log_answer(status: int, work: server_timing.ServerTiming) -> None:
    took = round(work.service, 2)
    logs.access(
        {
            "method": request.method,
            "path": request.path,
            "route": work.route,
            "status": status,
            "user": g.get("user_id"),
            "upstream": None,
            "ms": took,
            "gateway_ms": None,
            "service_ms": took,
            "database_ms": round(work.database, 2),
        }
    )
