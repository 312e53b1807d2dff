"""Builds the Flask application of a service: routes, health, logs, metrics, errors."""

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
_DATABASE_SECONDS = counter("bunko_database_seconds", "Time that requests waited for SQL statements.").of()


def service(
    name: str,
    pages: Sequence[Api],
    *,
    database: "Database | None" = None,
    schema: "SchemaRevision | None" = None,
    checks: Sequence[Callable[[], None]] = (),
    max_body: int = MAX_BODY,
) -> Flask:
    """Return the application ``name`` with the routes of ``pages``.

    ``checks`` raise if a required dependency other than the database is unavailable; the program is then not ready.
    ``max_body`` is the maximum size of a request body in bytes.
    """
    logs.to_stdout(name)
    tracing.start(name)
    app = Flask(name, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = max_body
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the OpenAPI document lists routes in the order of their declarations
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
        # Not for file nodes: the gateway does not send them the body of an upload that they refused.
        app.after_request(_read_rest)
    return app


def addresses(pages: Sequence[Api]) -> Mapping[tuple[str, str], Route]:
    """Return all (method, path) pairs of ``pages`` and their routes.

    A path that lacks parts of a route leads to that route, unless another route of the same method has this path: the
    contract requires 400 for missing parts, not 404.
    """
    routes = [route for page in pages for route in page.routes]
    known = {(route.method, route.full_path): route for route in routes}
    for route in routes:
        for shorter in _without_parts(route.full_path):
            known.setdefault((route.method, shorter), route)
    return known


def _without_parts(address: str) -> list[str]:
    """Return the variants of a path with some or all of its parts missing.

    Those of ``/a/<id>/<type>`` are ``/a//<type>``, ``/a/<id>`` and ``/a``.
    Those of ``/a/<id>/b`` are ``/a//b`` and ``/a/b``.
    """
    steps = address.split("/")
    parts = [step for step in steps if step.startswith("<")]
    lacking = chain.from_iterable(combinations(parts, number) for number in range(1, len(parts) + 1))
    shorter = ["/".join("" if step in absent else step for step in steps).rstrip("/") for absent in lacking]
    return [*shorter, "/".join(step for step in steps if step not in parts)] if parts else []


def _add_health(app: Flask, checks: Sequence[Callable[[], None]], schema: "SchemaRevision | None") -> None:
    health_check = HealthCheck(checks, schema.state if schema else None)

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
            token = request.headers.get(tokens.HEADER)
            tokens.verify(token, target, issuer="gateway", keys=app.extensions["token_keys"])
        except Refusal as refusal:
            return error_response(refusal)
        return health_check.health()

    app.add_url_rule("/health/live", "live", live, provide_automatic_options=False)
    app.add_url_rule("/health/ready", "ready", ready, provide_automatic_options=False)
    app.add_url_rule(PATH, "about", about, provide_automatic_options=False)


def _http_error(error: HTTPException) -> Response:
    """Convert Flask's HTTP errors into refusals."""
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
    """Read the unread rest of the request body before the response is sent.

    The client sends its next request as soon as it has the response. Gunicorn's gthread worker (26.2) would read that
    request together with the rest of this body, and then wait for data that it has already buffered.
    """
    if request.content_length:
        with suppress(HTTPException, OSError):
            request.stream.read()
    return response


def _finish(response: Response) -> Response:
    response.headers[logs.REQUEST_ID] = logs.request_id()
    # Not for GET: no list shows what it writes, and a cacheable response must not set a cookie.
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
