"""Observers of responses: headers and metrics when a response starts, access log and trace when it was sent.

``ON_START`` and ``ON_CLOSE`` list them in the order in which they run.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.http.request_context import RequestContext
from gateway.http.response import SECURITY_HEADERS, StartResponse, WsgiResponse
from gateway.http.route_table import ROUTES
from shared.observability import logs, server_timing
from shared.observability.request_metrics import UNKNOWN, ResponseLog

OWN_PAGES = "own pages"
"""Metrics label for pages the gateway serves itself."""
_METHODS = ("GET", "POST", "DELETE")
_OTHER_METHOD = "other"
_RESPONSE_LOGS = {
    (method, label): ResponseLog(method, label)
    for label in (*ROUTES, OWN_PAGES, UNKNOWN)
    for method in (*_METHODS, _OTHER_METHOD)
}

Observer = Callable[[RequestContext, WsgiResponse], None]


def send(context: RequestContext, response: WsgiResponse, start_response: StartResponse) -> Iterable[bytes]:
    """Start a response and return its body for the WSGI server, which closes it."""
    for observe in ON_START:
        observe(context, response)
    start_response(response.status_line, response.headers)
    return _ObservedBody(context, response)


@dataclass(slots=True)
class _ObservedBody:
    """The body of a response that is being sent."""

    context: RequestContext
    response: WsgiResponse

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.response.body)

    def close(self) -> None:
        """Release what the body holds, and run the observers of the response's end."""
        self.response.close()
        for observe in ON_CLOSE:
            observe(self.context, self.response)


def _add_headers(context: RequestContext, response: WsgiResponse) -> None:
    """Add the security headers that the response does not set itself, and the request id."""
    present = {name.lower() for name, _ in response.headers}
    response.headers += [header for header in SECURITY_HEADERS.items() if header[0].lower() not in present]
    response.headers.append((logs.REQUEST_ID, context.request_id))


def _add_server_timing(context: RequestContext, response: WsgiResponse) -> None:
    """Add the time until the response started, and the service's and the database's share, where requested."""
    context.response_ms = context.elapsed_ms()
    if context.show_timing:
        work = context.work
        inner = {"service": work.service, "database": work.database} if work else {}
        timing = server_timing.metrics(gateway=context.response_ms, **inner)
        response.headers.append((server_timing.HEADER, timing))


def _count(context: RequestContext, response: WsgiResponse) -> None:
    if not context.is_health_check:
        method = context.method if context.method in _METHODS else _OTHER_METHOD
        seconds = context.response_ms / 1000
        _RESPONSE_LOGS[method, context.route_label].record(response.status, seconds)


def _log(context: RequestContext, response: WsgiResponse) -> None:
    if context.is_health_check:
        return
    work = context.work
    logs.access(
        {
            "method": context.method,
            "path": context.path,
            "route": work.route if work else None,
            "status": response.status,
            "user": context.user_id,
            "upstream": context.upstream,
            "ms": context.elapsed_ms(),
            "gateway_ms": context.response_ms,
            "service_ms": work.service if work else None,
            "database_ms": work.database if work else None,
        }
    )


def _end_span(context: RequestContext, response: WsgiResponse) -> None:
    if span := context.span:
        facts = {"url.path": context.path, "user.id": context.user_id}
        route = context.work.route if context.work else None
        span.set_response(context.method, route, response.status, **facts)
        span.end()


def _end_log_context(_context: RequestContext, _response: WsgiResponse) -> None:
    logs.end()


ON_START: tuple[Observer, ...] = (_add_headers, _add_server_timing, _count)
ON_CLOSE: tuple[Observer, ...] = (_log, _end_span, _end_log_context)
